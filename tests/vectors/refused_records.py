"""Rows, records and files that must be refused: one rule of core/FORMAT.md broken in each."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import seal_key
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, to_base64url
from tests.vectors import records, stores
from tests.vectors.entries import Doc, Entry, refused
from tests.vectors.positives import CMDB_ID, KEK, keys_by_kid, readable
from tests.vectors.shares import custodians_shares

OTHER_SEED = SecretBytes(b"the seed of some other server...")
Edit = Callable[[Any], object]


def entries() -> list[Entry]:
    """Every refused record."""
    return [
        *_rows(),
        *_store(),
        *_signed(),
        *_trail(),
        *_recovery(),
        *_shares(),
        *_checkpoints(),
        *_cmdbs(),
        *_home(),
        *_exports(),
    ]


def _json(rule: str, outcome: str, kind: str, name: str, note: str, told: Any, **opened_with: Any) -> Entry:
    number = rule.removeprefix("R-")
    data = readable(told)
    return refused(rule, outcome, kind, f"{number}-{name}.json", data, note, opened_with)


# --- section 3 -------------------------------------------------------------------------------------


def _rows() -> list[Entry]:
    good = records.sealed_row(0)

    def other(rule: str, name: str, note: str, **members: Any) -> Entry:
        told = deepcopy(good)
        told["rows"][0] |= members
        return _json(rule, "does not open", "sealed rows", f"{name}", note, told)

    blob = bytes.fromhex(good["rows"][0]["blob"])
    row = good["rows"][0]
    return [
        other("R-3.1", "version", "the first byte is 2", blob=(b"\x02" + blob[1:]).hex()),
        other("R-3.1", "size", "a byte is missing", blob=blob[:-1].hex()),
        other("R-3.1", "block", "half a block is missing", blob=blob[:-32].hex()),
        other("R-3.2", "bit", "the last bit of the tag", blob=(blob[:-1] + bytes([blob[-1] ^ 1])).hex()),
        other("R-3.2", "target", "another target", target="https://evil.example"),
        other("R-3.2", "number", "the number of another change", number=row["number"] + 1),
        other("R-3.2", "moved", "moved to another credential", credential_id="ab" * 16),
        other(
            "R-3.3", "no-mark", "no 0x80 behind the secret", blob=_padded(row, b"secret" + bytes(58)).hex()
        ),
        other(
            "R-3.3",
            "block-more",
            "a block of zero bytes too many",
            blob=_padded(row, b"secret\x80" + bytes(121)).hex(),
        ),
        other(
            "R-10.9", "secret", "a secret of more than 65,535 bytes", blob=(b"\x01" + bytes(65_692)).hex()
        ),
    ]


def _padded(row: Doc, plain: bytes) -> bytes:
    """A blob of the row that holds this, whatever it is."""
    aad = b"nskeys/row/1\x00" + bytes.fromhex(CMDB_ID + row["kid"] + row["credential_id"])
    aad += row["number"].to_bytes(8, "big")
    for name in ("kind", "name", "target", "account", "note"):
        text = row[name].encode()
        aad += len(text).to_bytes(4, "big") + text
    key = keys_by_kid()[row["kid"]]
    return b"\x01" + bytes(12) + AESGCM(key.reveal()).encrypt(bytes(12), plain, aad)


# --- section 7 -------------------------------------------------------------------------------------


def _store() -> list[Entry]:
    def changed(
        rule: str, name: str, note: str, file: str, edit: Callable[[str], str], outcome: str = "damaged"
    ) -> Entry:
        files = dict(stores.passphrase())
        files[file] = edit(files[file])
        return _entry(rule, outcome, name, note, files, stores.BY_PASSPHRASE)

    def _entry(
        rule: str,
        outcome: str,
        name: str,
        note: str,
        files: Mapping[str, str],
        opened_with: Mapping[str, Any],
    ) -> Entry:
        return _json(rule, outcome, "key store", name, note, {"files": files}, **opened_with)

    def told(**members: Any) -> Callable[[str], str]:
        return lambda text: stores.document({**stores.members(text), **members})

    def other_sum(text: str) -> str:
        return text.replace(json.loads(text)["sha256"], "ab" * 32)

    def parameters(**members: Any) -> Callable[[str], str]:
        def edit(text: str) -> str:
            document = stores.members(text)
            return stores.document({**document, "parameters": {**document["parameters"], **members}})

        return edit

    def without(text: str) -> str:
        document = stores.members(text)
        del document["created"]
        return stores.document(document)

    def rewrapped(secret: SecretBytes) -> Callable[[str], str]:
        def edit(text: str) -> str:
            document = stores.members(text)
            aad = stores.wrap_aad(document["kid"], document["created"])
            return stores.document(
                {**document, "wrapped": to_base64url(seal_key(bytes(12), KEK, aad, secret))}
            )

        return edit

    protector, server, key, copy_key = (
        "store/1/protector.json",
        "store/1/server.json",
        stores.KEY_FILE,
        stores.COPY_KEY_FILE,
    )
    by_file = dict(stores.file())
    by_file[protector] = parameters(kek="AAAA")(by_file[protector])
    two = {**stores.passphrase(), "store/2/protector.json": stores.passphrase()[protector]}
    del two["store/current"]
    return [
        changed("R-7.1", "hash", "`sha256` is another document's", key, other_sum),
        changed("R-7.1", "line-feed", "no line feed at the end", key, lambda text: text.rstrip("\n")),
        changed("R-7.1", "spaces", "white space", protector, lambda text: text.replace(",", ", ", 1)),
        changed("R-7.2", "version", "`version` is 2", protector, told(version=2), "newer"),
        changed("R-7.3", "extra", "a member that is not listed", server, told(extra=1)),
        changed("R-7.3", "missing", "no `created`", key, without),
        changed("R-7.4", "current", "`current` is 01", "store/current", lambda _: "01\n"),
        changed("R-7.4", "no-line-feed", "`current` without its line feed", "store/current", lambda _: "1"),
        _entry(
            "R-7.4", "damaged", "no-current", "two generations, no `current`", two, stores.BY_PASSPHRASE
        ),
        changed("R-7.5", "kid", "another kid than the file's name", key, told(kid="ab" * 32)),
        changed(
            "R-7.6",
            "server-pub",
            "server.pub is another key's",
            "server.pub",
            lambda _: stores.server_pub(public_of(OTHER_SEED)),
        ),
        changed(
            "R-7.7",
            "created",
            "a key that was made at another time",
            key,
            told(created="2025-01-03T08:11:01Z"),
        ),
        changed(
            "R-7.7",
            "copy-key",
            "a copy key of another time",
            copy_key,
            told(created="2026-11-22T14:02:01Z"),
        ),
        changed("R-7.7", "size", "60 bytes", key, told(wrapped="A" * 80)),
        changed(
            "R-7.8",
            "other-key",
            "another key, wrapped under this kid",
            key,
            rewrapped(SecretBytes(bytes(32))),
        ),
        changed(
            "R-7.9", "memory", "more memory than is allowed", protector, parameters(memory_kib=1_048_577)
        ),
        changed("R-7.9", "lanes", "less memory than the lanes need", protector, parameters(lanes=9)),
        changed("R-7.9", "salt", "a salt of 15 bytes", protector, parameters(salt="A" * 20)),
        _entry("R-7.9", "damaged", "kek", "a KEK of 3 bytes", by_file, {}),
        changed("R-7.9", "extra", "a parameter that is not listed", protector, parameters(pepper="x")),
        _entry(
            "R-7.10",
            "wrong password",
            "passphrase",
            "another passphrase",
            stores.passphrase(),
            {"passphrase": "eight wooden ducks in a row"},
        ),
    ]


# --- sections 8 and 12: documents that the server key signs ----------------------------------------


def _of(signed: Doc, label: str, edit: Edit, *, again: bool = True) -> Doc:
    """The record with another document; signed again where that is not what is wrong."""
    document = json.loads(signed["text"])
    edit(document)
    return records.signed(label, document, None if again else signed["signature"])


def put(**members: Any) -> Edit:
    """Return what gives an object these members."""
    return lambda document: document.update(members)


def _signed() -> list[Entry]:
    found: list[Entry] = []
    for kind, label, good, rule, unsigned in (
        ("register row", "register", records.register_sftp(), "R-8.1", "R-8.2"),
        ("register row", "register", records.database_row(), "R-8.1", "R-8.2"),
        ("drill", "drill", records.drill(), "R-8.3", "R-8.4"),
        ("statement", "replaced", records.replaced(), "R-8.5", "R-8.6"),
    ):
        prefix = "copy-" if "copy" in json.loads(good["text"]) else ""
        found += [
            _json(rule, "damaged", kind, f"{prefix}extra", "a member more", _of(good, label, put(extra=1))),
            _json(
                unsigned,
                "not signed",
                kind,
                f"{prefix}signature",
                "the signature of another document",
                {**good, "signature": records.signed(label, {})["signature"]},
            ),
            _json(
                unsigned,
                "not signed",
                kind,
                f"{prefix}label",
                "signed as something else",
                records.signed("facts", json.loads(good["text"]), as_label=label),
            ),
        ]
    good = records.register_sftp()
    found += [
        _json(
            "R-8.1",
            "damaged",
            "register row",
            "sight",
            "a sight that there is not",
            _of(good, "register", put(sight="seen")),
        ),
        _json(
            "R-8.1",
            "damaged",
            "register row",
            "proof",
            "a proof that there is not",
            _of(good, "register", put(proofs=[{"proof": "sure", "moment": "2026-11-23T03:00:00Z"}])),
        ),
        _json(
            "R-8.3",
            "damaged",
            "drill",
            "end",
            "an end that there is not",
            _of(records.drill(), "drill", put(end="good")),
        ),
        _json(
            "R-8.5",
            "damaged",
            "statement",
            "upto",
            "`upto` below 0",
            _of(records.replaced(), "replaced", put(upto=-1)),
        ),
    ]
    return found


def _trail() -> list[Entry]:
    good = records.trail()
    edited, cut, other = deepcopy(good), deepcopy(good), deepcopy(good)
    edited["lines"][1]["line"] = edited["lines"][1]["line"].replace("emea", "apac")
    del cut["lines"][0]
    other["cmdb_id"] = "ab" * 16
    return [
        _json("R-9.1", "damaged", "audit trail", "edited", "a line was edited", edited),
        _json("R-9.1", "damaged", "audit trail", "cut", "the first line was cut off", cut),
        _json("R-9.1", "damaged", "audit trail", "other-cmdb", "the trail of another CMDB", other),
    ]


def _recovery() -> list[Entry]:
    good = records.recovery()

    def told(rule: str, outcome: str, name: str, note: str, edit: Edit) -> Entry:
        return _json(rule, outcome, "recovery record", name, note, {**good, **_of(good, "recovery", edit)})

    def threshold(document: Doc) -> None:
        document["identities"][1]["threshold"] = 1

    changed = {**good, "files": {name: data[:-2] for name, data in good["files"].items()}}
    return [
        told("R-11.1", "damaged", "extra", "a member more", put(extra=1)),
        told(
            "R-11.1",
            "damaged",
            "order",
            "custodians before the person",
            lambda one: one["identities"].reverse(),
        ),
        told("R-11.1", "damaged", "threshold", "a threshold of 1", threshold),
        told(
            "R-11.1",
            "damaged",
            "waiting",
            "a person's identity waits",
            lambda one: one.update(waiting=one["identities"][0]),
        ),
        told("R-11.2", "newer", "version", "`version` is 2", put(version=2)),
        _json(
            "R-11.3",
            "not signed",
            "recovery record",
            "signature",
            "not its signature",
            {**good, "signature": "00" * 64},
        ),
        told(
            "R-11.3", "not signed", "other-server", "another server key's record", put(server_key="ab" * 32)
        ),
        _json("R-11.4", "damaged", "recovery record", "file", "the files have other hashes", changed),
        _json(
            "R-11.4",
            "damaged",
            "recovery record",
            "no-file",
            "the files are missing",
            {**good, "files": {}},
        ),
        refused(
            "R-11.5",
            "damaged",
            "identity file",
            "11.5-recipient.age",
            records.identity_file(b"age1qqqq\n"),
            "a recipient for an identity",
            records.BY_PASSWORD,
        ),
        refused(
            "R-11.5",
            "damaged",
            "identity file",
            "11.5-two.age",
            records.identity_file(records.PERSON_LINE * 2),
            "two identities",
            records.BY_PASSWORD,
        ),
        refused(
            "R-11.5",
            "damaged",
            "identity file",
            "11.5-checksum.age",
            records.identity_file(records.PERSON_LINE.replace(b"1", b"1Q", 1)),
            "not in Bech32",
            records.BY_PASSWORD,
        ),
    ]


def _shares() -> list[Entry]:
    good = custodians_shares()
    words = good[1].split()
    swapped = [*words[:18], words[19], words[18]]
    other = custodians_shares(secret=bytes(16), identifier=7)

    def told(rule: str, outcome: str, name: str, note: str, shares: list[str]) -> Entry:
        return _json(rule, outcome, "shares", name, note, {"shares": shares})

    unknown = " ".join(["nskeys", *words[1:]])
    return [
        told("R-11.6", "damaged", "words", "a share of 19 words", [good[0], good[2], " ".join(words[:-1])]),
        told("R-11.6", "damaged", "unknown", "a word that is not in the list", [good[0], good[2], unknown]),
        told("R-11.6", "damaged", "checksum", "two words swapped", [good[0], good[2], " ".join(swapped)]),
        told("R-11.7", "incomplete", "two", "two shares of three", good[:2]),
        told("R-11.7", "incomplete", "twice", "one share twice", [good[0], good[1], good[1]]),
        told("R-11.8", "mixed", "sets", "a share of another set", [good[0], good[1], other[2]]),
    ]


def _checkpoints() -> list[Entry]:
    good, home = records.checkpoint(), records.home_checkpoint()

    def told(rule: str, outcome: str, name: str, note: str, edit: Edit) -> Entry:
        return _json(rule, outcome, "checkpoint", name, note, _of(good, "checkpoint", edit))

    def beside(name: str, note: str, edit: Edit, rule: str = "R-12.4", outcome: str = "damaged") -> Entry:
        document = json.loads(home["file"])
        edit(document)
        spelled = canonical_json(document).decode() + "\n"
        return _json(rule, outcome, "home checkpoint", f"home-{name}", note, {**home, "file": spelled})

    return [
        told("R-12.1", "damaged", "extra", "a member more", put(extra=1)),
        told("R-12.1", "damaged", "number", "`number` is 0", put(number=0)),
        told("R-12.1", "damaged", "void", "a range that ends before it begins", put(void=[[3, 2]])),
        told("R-12.1", "damaged", "void-101", "101 ranges", put(void=[[2, 2]] * 101)),
        told("R-12.2", "newer", "version", "`version` is 2", put(version=2)),
        beside("version", "`version` of the home's document is 2", put(version=2), "R-12.2", "newer"),
        _json(
            "R-12.3",
            "not signed",
            "checkpoint",
            "signature",
            "not its signature",
            {**good, "signature": "00" * 64},
        ),
        beside("register", "another list of rows", put(register=[])),
        beside("keys", "another state of a key", lambda one: one["keys"][0].update(state="compromised")),
        beside("recovery", "another record", put(recovery=None)),
        beside("extra", "a member more", put(extra=1), "R-12.1"),
    ]


# --- sections 14 to 16 -----------------------------------------------------------------------------


def _cmdbs() -> list[Entry]:
    good = records.cmdb_sql("SQLite")

    def told(rule: str, outcome: str, name: str, note: str, before: str, after: str) -> Entry:
        if before not in good:
            raise ValueError(before)
        data = good.replace(before, after).encode()
        return refused(rule, outcome, "cmdb", f"{rule[2:]}-{name}.sqlite.sql", data, note)

    return [
        told("R-14.1", "newer", "schema", "schema 2", "('schema', '1')", "('schema', '2')"),
        told("R-14.2", "damaged", "id", "an id in upper case", f"'{CMDB_ID}')", f"'{CMDB_ID.upper()}')"),
        told(
            "R-14.2", "damaged", "number", "a number that is none", "('number', '12')", "('number', '12x')"
        ),
        told("R-14.2", "damaged", "no-number", "no number", "('number', '12')", "('numbers', '12')"),
    ]


def _home() -> list[Entry]:
    def config(rule: str, outcome: str, name: str, note: str, text: str) -> Entry:
        return refused(rule, outcome, "config.toml", f"{rule[2:]}-{name}.toml", text.encode(), note)

    def registry(name: str, note: str, text: str) -> Entry:
        return refused("R-15.3", "damaged", "registry.json", f"15.3-{name}.json", text.encode(), note)

    return [
        config("R-15.1", "newer", "version", "version 2", "version = 2\n"),
        config("R-15.2", "damaged", "toml", "no TOML", "version : 1\n"),
        config("R-15.2", "damaged", "unknown", "a setting that there is not", "drill_day = 90\n"),
        config("R-15.2", "damaged", "type", "a number as text", 'drill_days = "90"\n'),
        config("R-15.2", "damaged", "twice", "an address twice", '[[destination]]\naddress = "/a"\n' * 2),
        registry("text", "no JSON", "KMSBackupPath=/mnt\n"),
        registry("type", "a date that is none", '{"KMSBackupDate": "yesterday"}\n'),
    ]


def _exports() -> list[Entry]:
    entry = {"kind": "run-as", "name": "a", "target": "b", "account": "c", "note": "", "secret": "d"}

    def told(name: str, note: str, entries: Any) -> Entry:
        return _json("R-16.1", "damaged", "export", name, note, {"credentials": entries})

    without = {name: value for name, value in entry.items() if name != "secret"}
    return [
        told("no-secret", "no `secret`", [entry, without]),
        told("type", "an account that is a list", [{**entry, "account": ["c"]}]),
        told("object", "an entry that is no object", [entry, "e"]),
    ]
