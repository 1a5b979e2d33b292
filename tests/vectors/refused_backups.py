"""Key backups that must be refused: one rule of core/FORMAT.md broken in each."""

import base64
import json
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from nskeys.archive.age.header import Header, Stanza, format_header, parse_header
from nskeys.archive.age.recipients import decrypt_by
from nskeys.archive.age.scrypt import FileRandomness, decrypt, encrypt_with
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.canonical_zip import build
from nskeys.crypto.signing import sign
from nskeys.model.recovery import IdentityKind
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, to_base64url
from tests.vectors.entries import Doc, Entry, refused
from tests.vectors.forging import FILE_KEY, QUICK, Pieces, Story, Wrong, archive, kms_of
from tests.vectors.positives import (
    IDENTITIES,
    PASSWORD,
    SERVER_SEED,
    archive_to_recipients,
    archive_under_password,
)

PERSON = X25519Identity(SecretBytes(IDENTITIES[IdentityKind.PERSON][0]))
STRANGER = X25519Identity(SecretBytes(b"the identity of some stranger..."))
BY_PASSWORD = {"password": PASSWORD}
BY_IDENTITY = {"identity": PERSON.spelled().text()}


@cache
def under_password() -> Story:
    """The positive archive under a password, in its pieces."""
    written = archive_under_password()
    return Story.of(written.data, decrypt(written.kms, SecretBytes.from_text(PASSWORD)))


@cache
def to_recipients() -> Story:
    """The one to recipients."""
    written = archive_to_recipients()
    return Story.of(written.data, decrypt_by(written.kms, [PERSON]))


def entries() -> list[Entry]:
    """Every refused key backup."""
    return [*_spellings(), *_keys(), *_headers(), *_contents(), *_facts(), *_archives(), *_bounds()]


def _zip(
    rule: str, outcome: str, name: str, note: str, wrong: Wrong, story: Story | None = None, **more: Any
) -> Entry:
    story = story or under_password()
    opened_with = BY_IDENTITY if story.facts["protection"] == "recipients" else BY_PASSWORD
    return _entry(rule, outcome, f"{name}.zip", archive(story, wrong), note, more or opened_with)


def _bare(rule: str, outcome: str, name: str, note: str, wrong: Wrong, story: Story | None = None) -> Entry:
    """A bare `.kms`, for what is wrong in the facts: an archive has them twice, and weighs eight times as
    much."""
    story = story or under_password()
    opened_with = BY_IDENTITY if story.facts["protection"] == "recipients" else BY_PASSWORD
    return _kms(rule, outcome, name, note, kms_of(story, wrong), opened_with)


def _kms(
    rule: str, outcome: str, name: str, note: str, data: bytes, opened_with: Mapping[str, Any]
) -> Entry:
    return _entry(rule, outcome, f"{name}.kms", data, note, opened_with)


def _entry(
    rule: str, outcome: str, name: str, data: bytes, note: str, opened_with: Mapping[str, Any]
) -> Entry:
    number = rule.removeprefix("R-")
    if len(data) > 256 * 1024:
        name, data = f"{name}.zlib", zlib.compress(data, 9)
    return refused(rule, outcome, "key backup", f"{number}-{name}", data, note, opened_with)


def put(**members: Any) -> Callable[[Doc], object]:
    """Return what gives an object these members."""
    return lambda document: document.update(members)


def _told(name: str, value: Any) -> Wrong:
    return Wrong(facts=put(**{name: value}))


# --- sections 1 and 2 ------------------------------------------------------------------------------


def _spellings() -> list[Entry]:
    def more(data: bytes) -> bytes:
        return data + b"\n"

    def twice(data: bytes) -> bytes:
        return data.replace(b'"generation":41', b'"generation":41,"generation":41', 1)

    def spaced(data: bytes) -> bytes:
        return json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True).encode()

    def number(spelled: bytes) -> Callable[[bytes], bytes]:
        return lambda data: data.replace(b'"generation":41', b'"generation":' + spelled, 1)

    def deep(facts: Doc) -> None:
        facts["earlier"] = [[[[[[]]]]]]

    decomposed = unicodedata.normalize("NFD", "die blaue Tür")
    other_half = to_base64url(bytes(63) + b"\xff")[:-1] + "-"
    return [
        _zip("R-1.1", "not canonical", "line-feed", "a line feed behind the manifest", Wrong(spelled=more)),
        _zip(
            "R-1.1", "not canonical", "twice", "a member of the manifest stands twice", Wrong(spelled=twice)
        ),
        _zip("R-1.1", "not canonical", "spaces", "white space in the JWK Set", Wrong(plain=spaced)),
        _zip(
            "R-1.1",
            "not canonical",
            "escaped",
            "an escape that is not needed, in the manifest",
            Wrong(spelled=lambda data: data.replace(b'"previous"', b'"\\u0070revious"')),
        ),
        _zip(
            "R-1.1",
            "not canonical",
            "beyond",
            "an integer above 2^53 - 1",
            Wrong(spelled=number(b"9007199254740993")),
        ),
        _zip("R-1.2", "damaged", "text", "the JWK Set is no JSON", Wrong(plain=lambda _: b"keys")),
        _zip(
            "R-1.2",
            "damaged",
            "latin-1",
            "the JWK Set is not UTF-8",
            Wrong(plain=lambda data: data.replace(b'"server":"', b'"server":"\xfc')),
        ),
        _zip("R-1.3", "damaged", "fraction", "a number with a fraction", Wrong(spelled=number(b"41.0"))),
        _zip("R-1.3", "damaged", "digits", "an integer of 17 digits", Wrong(spelled=number(b"1" * 17))),
        _bare("R-1.4", "damaged", "deep", "arrays in one another, seven levels in all", Wrong(facts=deep)),
        _bare("R-1.5", "damaged", "unknown", "a member that is not listed", _told("extra", 1)),
        _bare(
            "R-1.5",
            "damaged",
            "missing",
            "a member of the facts is missing",
            Wrong(facts=lambda facts: facts.pop("audit")),
        ),
        _bare(
            "R-1.5",
            "damaged",
            "kind",
            "a kind of credentials that there is not",
            _told("kinds", {"ftp": 1}),
        ),
        _bare("R-1.6", "damaged", "type", "`generation` is true", Wrong(facts=put(generation=True))),
        _bare("R-1.6", "damaged", "zero", "`generation` is 0", _told("generation", 0)),
        _bare(
            "R-1.6",
            "damaged",
            "state",
            "a state that there is not",
            Wrong(facts=lambda facts: facts["keys"][0].update(state="destroyed")),
        ),
        _bare("R-1.6", "damaged", "below", "a count below 0", _told("kinds", {"hierarchy": -1})),
        _zip(
            "R-1.7",
            "damaged",
            "base64url",
            "unused bits of `sig` are not zero",
            Wrong(manifest=put(sig=other_half)),
        ),
        _bare(
            "R-1.8",
            "damaged",
            "upper-case",
            "`previous` in upper case",
            Wrong(facts=lambda facts: facts.update(previous=facts["previous"].upper())),
        ),
        _bare("R-1.8", "damaged", "short", "`cmdb_id` of 31 digits", _told("cmdb_id", "c" * 31)),
        _bare("R-1.9", "damaged", "no-such-day", "30 February", _told("created", "2026-02-30T00:00:00Z")),
        _bare(
            "R-1.9", "damaged", "offset", "an offset for Z", _told("created", "2026-11-23T03:00:00+00:00")
        ),
        _bare("R-1.9", "damaged", "before-1970", "1969", _told("created", "1969-12-31T23:59:59Z")),
        _bare("R-1.10", "damaged", "not-nfc", "a hint that is not NFC", _told("hint", decomposed)),
        _kms(
            "R-1.11",
            "wrong password",
            "too-long",
            "a password of 1,025 bytes",
            kms_of(under_password(), Wrong()),
            {"password": "x" * 1025},
        ),
    ]


def _keys() -> list[Entry]:
    def other(payload: Doc) -> None:
        payload["keys"][0]["k"] = to_base64url(bytes(32))

    return [
        _zip("R-2.1", "damaged", "other-key", "`k` is another key's", Wrong(payload=other)),
        _bare(
            "R-2.2",
            "damaged",
            "other-server-key",
            "`server_key` is another's",
            _told("server_key", "ab" * 32),
        ),
    ]


# --- section 4 -------------------------------------------------------------------------------------


def _headers() -> list[Entry]:
    password, recipients = under_password(), to_recipients()
    good, listed = kms_of(password, Wrong()), kms_of(recipients, Wrong())

    def retold(data: bytes, edit: Callable[[list[Stanza]], object]) -> bytes:
        """The file with other stanzas and the MAC that belongs to them."""
        header = parse_header(data)
        stanzas = list(header.stanzas)
        edit(stanzas)
        return format_header(stanzas, FILE_KEY) + data[header.size :]

    def first(stanzas: list[Stanza], **changed: Any) -> None:
        stanzas[0] = replace(stanzas[0], **changed)

    def scrypt(*arguments: str) -> bytes:
        return retold(good, lambda stanzas: first(stanzas, arguments=arguments))

    def spelled(data: bytes) -> bytes:
        return base64.b64encode(data).rstrip(b"=")

    (salt, factor) = parse_header(good).stanzas[0].arguments
    header: Header = parse_header(listed)
    low = "A" * 43
    wrong = "damaged"
    mac = header.size - 2
    return [
        _kms(
            "R-4.1",
            "no backup",
            "v2",
            "another version of age",
            good.replace(b"/v1", b"/v2", 1),
            BY_PASSWORD,
        ),
        _kms("R-4.2", wrong, "cut", "it ends in the header", good[:60], BY_PASSWORD),
        _kms(
            "R-4.2",
            wrong,
            "crlf",
            "lines end in CR LF",
            b"v1\n->".join(good.replace(b"\n", b"\r\n", 3).split(b"v1\r\n->", 1)),
            BY_PASSWORD,
        ),
        _kms(
            "R-4.2",
            wrong,
            "padded",
            "a body in base64 with padding",
            listed.replace(b"\n->", b"=\n->", 2).replace(b"=\n->", b"\n->", 1),
            BY_IDENTITY,
        ),
        _kms(
            "R-4.2",
            wrong,
            "no-payload",
            "nothing behind the header",
            good[: parse_header(good).size],
            BY_PASSWORD,
        ),
        _kms(
            "R-4.3",
            wrong,
            "two",
            "a second scrypt stanza",
            retold(good, lambda stanzas: stanzas.append(stanzas[0])),
            BY_PASSWORD,
        ),
        _kms(
            "R-4.3",
            wrong,
            "beside",
            "an X25519 stanza beside the scrypt stanza",
            retold(good, lambda stanzas: stanzas.append(header.stanzas[0])),
            BY_PASSWORD,
        ),
        _kms(
            "R-4.3",
            wrong,
            "salt",
            "a salt of 15 bytes",
            scrypt(spelled(bytes(15)).decode(), factor),
            BY_PASSWORD,
        ),
        _kms("R-4.3", wrong, "three", "a third argument", scrypt(salt, factor, "x"), BY_PASSWORD),
        _kms(
            "R-4.3", wrong, "zeros", "a work factor with a zero before it", scrypt(salt, "01"), BY_PASSWORD
        ),
        _kms(
            "R-4.3",
            wrong,
            "body",
            "a body of 33 bytes",
            retold(good, lambda stanzas: first(stanzas, body=bytes(33))),
            BY_PASSWORD,
        ),
        _kms("R-4.4", wrong, "factor", "a work factor of 21", scrypt(salt, "21"), BY_PASSWORD),
        _kms("R-4.5", "wrong password", "other", "another password", good, {"password": "blaue Tür"}),
        _kms(
            "R-4.6",
            wrong,
            "low-order",
            "a share of low order",
            retold(listed, lambda stanzas: first(stanzas, arguments=(low,))),
            BY_IDENTITY,
        ),
        _kms(
            "R-4.6",
            wrong,
            "share",
            "a share of 31 bytes",
            retold(listed, lambda stanzas: first(stanzas, arguments=(spelled(bytes(31)).decode(),))),
            BY_IDENTITY,
        ),
        _kms(
            "R-4.6",
            wrong,
            "body",
            "a body of 48 bytes",
            retold(listed, lambda stanzas: first(stanzas, body=bytes(48))),
            BY_IDENTITY,
        ),
        _kms(
            "R-4.7",
            "other identity",
            "other",
            "another identity",
            listed,
            {"identity": STRANGER.spelled().text()},
        ),
        _kms(
            "R-4.8",
            wrong,
            "mac",
            "a bit of the MAC",
            listed[: mac - 4] + bytes([listed[mac - 4] ^ 1]) + listed[mac - 3 :],
            BY_IDENTITY,
        ),
        _kms(
            "R-4.9",
            wrong,
            "bit",
            "the last bit of the payload",
            good[:-1] + bytes([good[-1] ^ 1]),
            BY_PASSWORD,
        ),
        _kms("R-4.9", wrong, "cut", "the payload ends early", good[:-100], BY_PASSWORD),
    ]


def _contents() -> list[Entry]:
    def wrong(
        rule: str, name: str, note: str, edit: Callable[[Doc], object], outcome: str = "damaged"
    ) -> Entry:
        data = kms_of(under_password(), Wrong(payload=edit))
        return _kms(rule, outcome, name, note, data, BY_PASSWORD)

    def server_key(payload: Doc) -> None:
        jwk = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "x": "x", "d": "d"}
        payload["keys"].append(jwk)

    def of(at: int, **members: Any) -> Callable[[Doc], object]:
        return lambda payload: payload["keys"][at].update(members)

    story = under_password()
    inside = Wrong(facts=put(protection="recipients", recipients=[PERSON.recipient]), under_password=True)
    bare = kms_of(story, inside)
    return [
        wrong(
            "R-4.10", "one-less", "a key of the facts is missing", lambda payload: payload["keys"].pop(1)
        ),
        wrong(
            "R-4.10",
            "swapped",
            "two keys in another order",
            lambda payload: payload["keys"].insert(1, payload["keys"].pop(0)),
        ),
        wrong("R-4.11", "server-key", "a server key in the set", server_key),
        wrong("R-4.12", "extra", "a member of a key that is not listed", of(0, ext=True)),
        wrong("R-4.12", "state", "a state that is not that of the facts", of(0, state="active")),
        wrong("R-4.12", "iat", "another moment than that of the facts", of(1, iat=1)),
        wrong("R-4.12", "copy-key", "`age` is another's", of(2, age=STRANGER.spelled().text())),
        _kms(
            "R-4.13", "damaged", "protection", "facts for recipients, under a password", bare, BY_PASSWORD
        ),
        _kms(
            "R-4.14",
            "not signed",
            "zeros",
            "`sig` is 64 zero bytes",
            kms_of(story, Wrong(signature=lambda _: bytes(64))),
            BY_PASSWORD,
        ),
    ]


# --- section 5 -------------------------------------------------------------------------------------


def _facts() -> list[Entry]:
    story, to = under_password(), to_recipients()
    first, second, copy = story.facts["keys"][0], story.facts["keys"][1], story.facts["copy_keys"][0]

    def people(name: str, note: str, edit: Callable[[Doc], object]) -> Entry:
        return _bare("R-5.6", "damaged", name, note, Wrong(facts=edit), to)

    def no_member(facts: Doc) -> None:
        facts["identities"][0]["member"] = "identity-custodians.age"

    other = {**copy, "kid": "ab" * 32, "created": "2025-01-03T08:11:00Z"}
    return [
        _bare("R-5.1", "newer", "format-2", "format 2", _told("format", "nskeys/backup/2")),
        _bare(
            "R-5.2", "damaged", "format", "a format of another form", _told("format", "nskeys/backup/01")
        ),
        _bare(
            "R-5.3",
            "damaged",
            "no-keys",
            "no key at all",
            Wrong(facts=put(keys=[])),
            Story(story.facts, []),
        ),
        _bare("R-5.3", "damaged", "twice", "a kid twice", _told("keys", [first, second, second])),
        _bare("R-5.4", "damaged", "order", "the newer copy key first", _told("copy_keys", [copy, other])),
        _bare("R-5.4", "damaged", "twice", "a copy key twice", _told("copy_keys", [copy, copy])),
        _bare(
            "R-5.5",
            "damaged",
            "recipients",
            "recipients under a password",
            _told("recipients", [PERSON.recipient]),
        ),
        people("order", "custodians before the person", lambda facts: facts["identities"].reverse()),
        people(
            "kind-twice",
            "two identities of a person",
            lambda facts: facts.update(identities=[facts["identities"][0]] * 2),
        ),
        people(
            "no-recipient",
            "an identity that is no recipient",
            lambda facts: facts["recipients"].pop(1),
        ),
        people("member", "another kind's member", no_member),
        _zip("R-5.7", "damaged", "escape", "ESC in the hint", _told("hint", "a\x1bb")),
        _bare("R-5.7", "damaged", "bidi", "U+202E in the server's name", _told("server", "a\u202eb")),
        _bare(
            "R-5.8", "damaged", "server-256", "a server name of 256 characters", _told("server", "x" * 256)
        ),
        _bare("R-5.8", "damaged", "no-server", "an empty server name", _told("server", "")),
        _bare("R-5.8", "damaged", "source-201", "a source of 201 characters", _told("source", "x" * 201)),
        _bare("R-5.8", "damaged", "hint-201", "a hint of 201 characters", _told("hint", "x" * 201)),
    ]


# --- section 6 -------------------------------------------------------------------------------------


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _swapped(pieces: Pieces) -> None:
    pieces[1], pieces[2] = pieces[2], pieces[1]


def _exchanged(files: Doc) -> None:
    randomness = FileRandomness(FILE_KEY, bytes(16), bytes(16))
    line = STRANGER.spelled().reveal() + b"\n"
    password = SecretBytes.from_text(IDENTITIES[IdentityKind.PERSON][1])
    files["identity.age"] = encrypt_with(randomness, line, password, QUICK)


def _clear(files: Doc) -> None:
    files["identity.age"] = PERSON.spelled().reveal() + b"\n"


def _larger(files: Doc) -> None:
    files["identity.age"] += bytes(64 * 1024)


def _one_less(pieces: Pieces) -> None:
    del pieces[2]


def _missing_stanza(data: bytes) -> bytes:
    header = parse_header(data)
    return format_header(header.stanzas[:-1], FILE_KEY) + data[header.size :]


def _inside(payload: Doc) -> None:
    payload["facts"]["generation"] = 9
    payload["sig"] = to_base64url(sign(SERVER_SEED, "facts", canonical_json(payload["facts"])))


def _archives() -> list[Entry]:
    story, to = under_password(), to_recipients()
    data_at = 30 + len("RESTORE.txt")

    def laid(change: Callable[[bytes], bytes]) -> Wrong:
        return Wrong(laid_out=change)

    def other_kms(pieces: Pieces) -> None:
        pieces[-1] = ("keys.kms", kms_of(story, Wrong(plain=lambda _: b"{}")))

    by_member = {"member": "identity.age", "password": IDENTITIES[IdentityKind.PERSON][1]}
    return [
        _zip("R-6.1", "no backup", "text", "no zip", laid(lambda _: b"no zip at all")),
        _kms(
            "R-6.1",
            "no backup",
            "other",
            "neither an archive nor an age file",
            b"-----BEGIN PGP MESSAGE-----\n",
            BY_PASSWORD,
        ),
        _zip(
            "R-6.1", "no backup", "other-zip", "another program's zip", laid(lambda _: build([("a", b"b")]))
        ),
        _zip(
            "R-6.2",
            "damaged",
            "cut",
            "it ends in the last member",
            laid(lambda data: data[: len(data) * 3 // 4]),
        ),
        _zip(
            "R-6.2",
            "damaged",
            "crc",
            "a bit in RESTORE.txt",
            laid(lambda data: _flipped(data, data_at + 9)),
        ),
        _zip(
            "R-6.3",
            "no backup",
            "copy",
            "a member cmdb.age",
            Wrong(members=lambda pieces: pieces.append(("cmdb.age", b""))),
        ),
        _zip(
            "R-6.4",
            "newer",
            "other-names",
            "format 2, with other members",
            Wrong(facts=put(format="nskeys/backup/2"), members=lambda pieces: pieces.append(("new", b""))),
        ),
        _zip("R-6.5", "not canonical", "swapped", "two members in another order", Wrong(members=_swapped)),
        _zip(
            "R-6.5",
            "not canonical",
            "twice",
            "a member twice",
            Wrong(members=lambda pieces: pieces.append(pieces[-1])),
        ),
        _zip("R-6.5", "not canonical", "no-manifest", "no manifest.json", Wrong(members=_one_less)),
        _zip("R-6.5", "not canonical", "comment", "a comment", laid(lambda data: data[:-2] + b"\x01\x00x")),
        _zip(
            "R-6.5", "not canonical", "behind", "a byte behind the end", laid(lambda data: data + b"\x00")
        ),
        _zip("R-6.5", "not canonical", "date", "another date", laid(lambda data: _flipped(data, 12))),
        _zip(
            "R-6.5", "not canonical", "directory", "the directory is cut off", laid(lambda data: data[:-30])
        ),
        _zip("R-6.6", "damaged", "other-kms", "another keys.kms", Wrong(members=other_kms)),
        _zip("R-6.7", "forged", "reader", "another open_kms.py", Wrong(reader=lambda _: b"print('x')\n")),
        _zip(
            "R-6.8",
            "forged",
            "restore",
            "other instructions",
            Wrong(restore=lambda data: data + b"\nDo this.\n"),
        ),
        _zip(
            "R-6.9",
            "forged",
            "fact-member",
            "another hash of RESTORE.txt in the facts",
            Wrong(fact_members=lambda members: members["RESTORE.txt"].update(sha256="ab" * 32)),
        ),
        _zip(
            "R-6.9",
            "forged",
            "member",
            "another size of open_kms.py in the manifest",
            Wrong(manifest=lambda manifest: manifest["members"]["open_kms.py"].update(size=1)),
        ),
        _zip(
            "R-6.10", "forged", "protection", "keys.kms is for recipients", Wrong(under_password=True), to
        ),
        _zip(
            "R-6.11",
            "forged",
            "stanza-less",
            "no stanza of the writer's own",
            Wrong(kms=_missing_stanza),
            to,
        ),
        _zip(
            "R-6.11",
            "forged",
            "recipient",
            "the checksum of a recipient",
            Wrong(facts=lambda facts: facts["recipients"].append(_other_sign(facts["recipients"][0]))),
            to,
        ),
        _zip("R-6.12", "forged", "clear", "an identity file in the clear", Wrong(identities=_clear), to),
        _zip("R-6.13", "not signed", "sig", "`sig` is 64 zero bytes", Wrong(signature=lambda _: bytes(64))),
        _zip(
            "R-6.13",
            "not signed",
            "manifest-sig",
            "`manifest_sig` is `sig` once more",
            Wrong(manifest_signature=lambda _: bytes(64)),
        ),
        _zip(
            "R-6.14",
            "forged",
            "exchanged",
            "another identity in identity.age, under the same password",
            Wrong(identities=_exchanged),
            to,
            **by_member,
        ),
        _zip(
            "R-6.15", "forged", "inside", "other facts inside keys.kms, signed too", Wrong(payload=_inside)
        ),
        _zip(
            "R-10.7",
            "forged",
            "identity",
            "an identity file of more than 64 KiB",
            Wrong(identities=_larger),
            to,
        ),
    ]


def _other_sign(text: str) -> str:
    return text[:-1] + ("q" if text[-1] != "q" else "p")


# --- section 10 ------------------------------------------------------------------------------------


def _bounds() -> list[Entry]:
    story, to = under_password(), to_recipients()
    large = b"PK\x03\x04" + bytes(16 * 1024 * 1024)
    key = story.facts["keys"][0]
    earlier = {"kind": "person", "number": 1, "recipient": PERSON.recipient}
    before = {"server_key": "ab" * 32, "upto": 1}
    too_long = "x" * 4097
    stanza = Stanza("X25519", ("A" * 42 + "E",), bytes(32))
    many = format_header([stanza] * 102, FILE_KEY) + bytes(64)

    def keys(manifest: Doc) -> None:
        manifest["facts"]["keys"] = [key] * 10_001

    set_of = refused(
        "R-10.3",
        "damaged",
        "JWK Set",
        "10.3-jwk-set.json.zlib",
        zlib.compress(b"{" + b" " * (8 * 1024 * 1024) + b"}", 9),
        "a JWK Set of more than 8 MiB",
    )
    return [
        _entry("R-10.1", "no backup", "archive.zip", large, "an archive of more than 16 MiB", BY_PASSWORD),
        _zip(
            "R-10.2",
            "damaged",
            "manifest",
            "a manifest of more than 4 MiB",
            Wrong(spelled=lambda _: b" " * (4 * 1024 * 1024 + 1)),
        ),
        set_of,
        _zip("R-10.4", "damaged", "keys", "10,001 keys", Wrong(manifest=keys)),
        _bare(
            "R-10.5",
            "damaged",
            "recipients",
            "101 recipients",
            Wrong(facts=lambda facts: facts.update(recipients=facts["recipients"] * 34)),
            to,
        ),
        _bare(
            "R-10.5",
            "damaged",
            "recipient",
            "a recipient of 4,097 characters",
            Wrong(facts=lambda facts: facts["recipients"].append(too_long)),
            to,
        ),
        _kms("R-10.6", "damaged", "stanzas", "102 stanzas", many, BY_IDENTITY),
        _bare("R-10.8", "damaged", "earlier", "101 earlier identities", _told("earlier", [earlier] * 101)),
        _bare(
            "R-10.8", "damaged", "predecessors", "101 predecessors", _told("predecessors", [before] * 101)
        ),
    ]
