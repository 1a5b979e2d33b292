"""Vectors at the edges of rules: what the text alone could be read as in two ways, and now says."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any

from nskeys.archive.age import bech32
from nskeys.archive.age.header import Stanza, format_header, parse_header
from nskeys.model.signed_json import canonical_json
from tests.vectors import records, stores
from tests.vectors.copies import BY_COPY_KEY, Lines, WrongPart, parts
from tests.vectors.entries import Doc, Entry, refused
from tests.vectors.forging import FILE_KEY, Edit, Story, Wrong, archive, kms_of
from tests.vectors.positives import readable
from tests.vectors.refused_backups import BY_IDENTITY, BY_PASSWORD, put, to_recipients, under_password
from tests.vectors.shares import custodians_shares

_BY_RSA = {"ssh_key": "keys/ssh_rsa"}
_BY_MEMBER = {"member": "identity.age", "password": records.BY_PASSWORD["password"]}


def malformed_rsa() -> bytes:
    """A `.kms` for recipients whose last stanza is an `ssh-rsa` one with a tag of three bytes."""
    data = kms_of(to_recipients(), Wrong())
    header = parse_header(data)
    stanza = Stanza("ssh-rsa", ("AAAA",), bytes(256))
    return format_header([*header.stanzas, stanza], FILE_KEY) + data[header.size :]


def lenient_identity() -> bytes:
    """An identity file with lines that end in CR LF, a comment with U+2028 in it, and no last line feed."""
    return records.identity_file("# one\u2028line\r\n \t\r\n".encode() + records.PERSON_LINE.rstrip(b"\n"))


def entries() -> list[Entry]:
    """Every one that must be refused."""
    return [*_backups(), *_stores(), *_signed(), *_shares(), *_copies(), *_cmdbs(), *_exports()]


def _backups() -> list[Entry]:
    to = to_recipients()

    def zipped(rule: str, name: str, note: str, wrong: Wrong, story: Story, **given: Any) -> Entry:
        outcome = "damaged" if rule == "R-1.5" else "forged"
        opened_with = given or (BY_PASSWORD if story is not to else BY_IDENTITY)
        data = archive(story, wrong)
        return refused(rule, outcome, "key backup", f"{rule[2:]}-{name}.zip", data, note, opened_with)

    def bare(rule: str, name: str, note: str, wrong: Wrong) -> Entry:
        data = kms_of(to, wrong)
        return refused(rule, "damaged", "key backup", f"{rule[2:]}-{name}.kms", data, note, BY_IDENTITY)

    def threshold(facts: Doc) -> None:
        facts["identities"][1]["threshold"] = 1

    def holding(plain: bytes) -> Callable[[Any], object]:
        return lambda files: files.update({"identity.age": records.identity_file(plain)})

    def flipped(files: dict[str, bytes]) -> None:
        file = files["identity.age"]
        files["identity.age"] = file[:-1] + bytes([file[-1] ^ 1])

    low = bech32.encode("age", bytes(32))
    earlier = {"kind": "person", "number": 1, "recipient": "age1" + "b" * 58}
    return [
        bare(
            "R-1.6",
            "sign",
            "a sign that Bech32 has not, in an earlier recipient",
            _facts(earlier=[earlier]),
        ),
        bare(
            "R-1.5",
            "member",
            "a member of the archive that there is not",
            Wrong(fact_members=lambda members: members.update({"a": members["RESTORE.txt"]})),
        ),
        refused(
            "R-4.6",
            "damaged",
            "key backup",
            "4.6-rsa-tag.kms",
            malformed_rsa(),
            "a tag of three bytes in an ssh-rsa stanza",
            _BY_RSA,
        ),
        bare("R-5.6", "threshold", "a threshold of 1", Wrong(facts=threshold)),
        zipped(
            "R-6.9",
            "identity",
            "an identity file that the facts do not name",
            Wrong(
                identities=holding(records.PERSON_LINE),
                fact_members=lambda members: members.pop("identity.age"),
            ),
            under_password(),
        ),
        zipped(
            "R-6.11",
            "low-order",
            "a recipient of low order",
            Wrong(facts=lambda facts: facts["recipients"].append(low)),
            to,
        ),
        zipped(
            "R-6.14", "payload", "a bit of an identity file", Wrong(identities=flipped), to, **_BY_MEMBER
        ),
        zipped(
            "R-6.14",
            "none",
            "an identity file that holds none",
            Wrong(identities=holding(b"#\n")),
            to,
            **_BY_MEMBER,
        ),
    ]


def _facts(**members: Any) -> Wrong:
    return Wrong(facts=put(**members))


def _json(rule: str, outcome: str, kind: str, name: str, note: str, told: Any, **given: Any) -> Entry:
    data, called = readable(told), f"{rule[2:]}-{name}.json"
    if len(data) > 256 * 1024:
        data, called = zlib.compress(data, 9), f"{called}.zlib"
    return refused(rule, outcome, kind, called, data, note, given)


def _stores() -> list[Entry]:
    def of(rule: str, name: str, note: str, files: dict[str, str], outcome: str = "damaged") -> Entry:
        return _json(rule, outcome, "key store", name, note, {"files": files}, **stores.BY_PASSPHRASE)

    good = dict(stores.passphrase())
    server = "store/1/server.json"
    without = {name: text for name, text in good.items() if name != server}
    newer = good[server].replace('"version":1', '"version": 2').replace('"x"', '"y"')
    return [
        of("R-7.2", "spelling", "`version` is 2, in another spelling", {**good, server: newer}, "newer"),
        of("R-7.3", "no-server", "server.json is missing", without),
        of(
            "R-7.4",
            "gone",
            "`current` names a generation that is not there",
            {**good, "store/current": "7\n"},
        ),
        of(
            "R-10.13",
            "store",
            "a file of more than 64 KiB",
            {**good, server: good[server] + " " * (64 << 10)},
        ),
    ]


def _signed() -> list[Entry]:
    def of(
        rule: str, kind: str, name: str, note: str, good: Doc, edit: Edit, outcome: str = "damaged"
    ) -> Entry:
        document = json.loads(good["text"])
        edit(document)
        return _json(rule, outcome, kind, name, note, records.signed(good["label"], document))

    def surrogate() -> Doc:
        return records.signed_text(
            "register", records.register_sftp()["text"].replace('"vault02"', '"\\ud800"')
        )

    many = [
        {"what": "x" * 11_000, "since": "2026-11-23T03:00:00Z", "expected": "", "found": ""}
        for _ in range(100)
    ]
    crossed = base64.urlsafe_b64encode(bytes(63)).decode()
    statement, accepted = records.replaced(), records.accepted()
    return [
        _json("R-1.1", "not canonical", "register row", "surrogate", "a lone surrogate", surrogate()),
        of(
            "R-8.5",
            "statement",
            "cross-sig",
            "a `cross_sig` of 63 bytes",
            statement,
            put(cross_sig=crossed),
        ),
        of(
            "R-8.5",
            "statement",
            "accepted",
            "a head of the trail that is no hash",
            accepted,
            lambda document: document["audit"].update(lines="ab"),
        ),
        of("R-8.8", "statement", "version", "`version` is 2", accepted, put(version=2), "newer"),
        of(
            "R-10.12",
            "drill",
            "line",
            "a line of more than 64 KiB",
            records.drill(),
            put(host="x" * (64 << 10)),
        ),
        of(
            "R-10.13",
            "checkpoint",
            "checkpoint",
            "a checkpoint of more than 1 MiB",
            records.checkpoint(),
            put(unexplained=many),
        ),
        refused(
            "R-11.5",
            "damaged",
            "identity file",
            "11.5-latin-1.age",
            records.identity_file(b"# \xfc\n" + records.PERSON_LINE),
            "a comment that is not UTF-8",
            records.BY_PASSWORD,
        ),
    ]


def _shares() -> list[Entry]:
    good, same_name = custodians_shares(), custodians_shares(secret=bytes(16))

    def of(name: str, note: str, shares: list[str]) -> Entry:
        return _json("R-11.8", "mixed", "shares", name, note, {"shares": shares})

    return [
        of("place", "two different shares in one place", [*good[:3], same_name[0]]),
        of("digest", "three shares whose digest does not fit", [good[0], good[1], same_name[2]]),
        of(
            "polynomial",
            "a fourth share that lies on no polynomial with the others",
            [*good[:3], same_name[3]],
        ),
    ]


def _copies() -> list[Entry]:
    def of(rule: str, name: str, note: str, wrong: WrongPart, outcome: str = "damaged") -> Entry:
        (data,) = parts(wrong)
        return refused(rule, outcome, "database copy", f"{rule[2:]}-{name}.zip", data, note, BY_COPY_KEY)

    def retold(**members: Any) -> WrongPart:
        def edit(lines: Lines) -> None:
            place = next(at for at, line in enumerate(lines) if line.startswith(b'{"credentials":'))
            row = json.loads(lines[place])["credentials"]
            lines[place] = canonical_json({"credentials": {**row, **members}}) + b"\n"

        return WrongPart(lines=edit)

    left_out = {
        "count": 1,
        "rows": [{"table": "audit", "row": "1", "problem": "other"}],
        "kids": [],
        "unknown_key": False,
    }
    return [
        of("R-13.5", "problem", "a problem that there is not", WrongPart(facts=put(left_out=left_out))),
        of("R-13.14", "no-age", "no age file", WrongPart(age=lambda data: data.replace(b"/v1", b"/v2", 1))),
        of("R-13.17", "alphabet", "no base64url", retold(sealed="A"), "not canonical"),
        of("R-13.18", "column", "a column more", retold(extra=1)),
        of("R-13.18", "null", "null for a text", retold(note=None)),
        of(
            "R-13.20",
            "kind",
            "a kind that the facts leave out",
            WrongPart(facts=lambda facts: facts["kinds"].pop("pcanywhere")),
        ),
    ]


def _cmdbs() -> list[Entry]:
    data = records.cmdb_sql("SQLite").replace("('number', '12')", "('number', '012')").encode()
    note = "a number with a zero before it"
    settings = b'[columns.till]\nname = "a"\naccount = "b"\nsecret = "c"\nencoding = "ebcdic"\n'
    encoding = "an encoding that there is not"
    return [
        refused("R-14.2", "damaged", "cmdb", "14.2-zeros.sqlite.sql", data, note),
        refused("R-15.2", "damaged", "config.toml", "15.2-encoding.toml", settings, encoding),
    ]


def _exports() -> list[Entry]:
    entry = {"name": "a", "target": "b", "account": "c", "note": 5, "secret": "d"}
    return [
        _json("R-16.1", "damaged", "export", "note", "a note that is a number", {"credentials": [entry]}),
        refused("R-16.1", "damaged", "export", "16.1-text.json", b"name,account\n", "no JSON"),
    ]
