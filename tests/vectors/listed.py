"""The vectors that must be accepted, as lines of the index."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
)

from nskeys.archive.age.header import Stanza, format_header, parse_header
from nskeys.archive.age.recipients import RecipientsRandomness, parse_recipient
from nskeys.archive.age.scrypt import FileRandomness
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.writing import WrittenArchive, write_to_with, write_with
from nskeys.model.backup import BackedUpKey
from nskeys.model.recovery import EarlierIdentity, IdentityKind
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import to_base64url
from tests.vectors import records, stores
from tests.vectors.copies import copies
from tests.vectors.edges import lenient_identity, malformed_rsa
from tests.vectors.entries import Doc, Entry
from tests.vectors.forging import FILE_KEY, Wrong, archive
from tests.vectors.positives import (
    COPY_KEY,
    IDENTITIES,
    INFO,
    KEY,
    LOG_N,
    OLD_INFO,
    OLD_KEY,
    ONCE,
    PASSPHRASE,
    PASSWORD,
    SERVER_SEED,
    SSH_RECIPIENT,
    SSH_SEED,
    facts,
    identity,
    keys_by_kid,
    readable,
    sealed_rows,
)
from tests.vectors.refused_backups import put, under_password
from tests.vectors.shares import custodians_shares

RSA_KEY = "keys/ssh_rsa"
_KEYS = (BackedUpKey(OLD_INFO, OLD_KEY), BackedUpKey(INFO, KEY), COPY_KEY)
_PRIVATE = {
    kind: X25519Identity(SecretBytes(IDENTITIES[kind][0])).spelled().text() for kind in IdentityKind
}


def _given() -> Doc:
    """What every key backup of the vectors holds."""
    return {
        "keys": {kid: to_base64url(key.reveal()) for kid, key in keys_by_kid().items()},
        "copy_keys": {COPY_KEY.key.kid: to_base64url(COPY_KEY.secret.reveal())},
    }


def entries() -> list[Entry]:
    """Every accepted vector of format 1."""
    return [*_released(), *_backups(), *_rows(), *_stores(), *_records(), *copies(), *_home()]


def _released() -> list[Entry]:
    """The first vectors, from which FORMAT.md's examples are cut."""
    found = [
        Entry("thumbprints", {"thumbprints.json": None}, "2", "two keys and a server key"),
        Entry("sealed rows", {"sealed_rows.json": None}, "3", "four credentials under two keys"),
        Entry("register row", {"register_row.json": None}, "8", "a copy in a mounted share"),
        Entry("audit trail", {"audit_trail.json": None}, "9", "three lines"),
        Entry("recovery record", {"recovery_record.json": None}, "11", "a person and custodians"),
        Entry("checkpoint", {"checkpoint.json": None}, "12", "every member, and the home's document"),
        Entry(
            "about", {"password.json": None, "recipients.json": None, "store.json": None}, "6", "what opens"
        ),
    ]
    for name in ("password.zip", "password.kms"):
        found.append(_backup({name: None}, "under a password", password=PASSWORD))
    for name in ("recipients.zip", "recipients.kms"):
        for kind in IdentityKind:
            note = f"for recipients, opened by the {kind.value} identity"
            found.append(_backup({name: None}, note, identity=_PRIVATE[kind]))
        ssh = SSH_SEED.reveal().hex()
        note = "for recipients, opened by an ssh-ed25519 key"
        found.append(_backup({name: None}, note, ssh_ed25519_seed=ssh, ssh_recipient=SSH_RECIPIENT))
    for kind in IdentityKind:
        note = f"for recipients, opened by {kind.member} and its password"
        found.append(
            _backup({"recipients.zip": None}, note, member=kind.member, password=IDENTITIES[kind][1])
        )
        one, data = identity(kind)
        found.append(
            Entry(
                "identity file",
                {f"home/recovery/{one.sha256}.age": data},
                "11",
                f"the {kind.value} identity",
                opened_with={"password": IDENTITIES[kind][1]},
                gives={"identity": _PRIVATE[kind]},
            )
        )
    return found


def _backup(files: dict[str, bytes | None], note: str, **opened_with: Any) -> Entry:
    section = "6" if next(iter(files)).endswith(".zip") else "4"
    return Entry("key backup", files, section, note, opened_with=opened_with, gives=_given())


def _backups() -> list[Entry]:
    person, custodians = (_for(kind) for kind in IdentityKind)
    least = replace(
        facts(), server="x" * 255, generation=1, previous=None, hint="", predecessors=(), checkpoint=None
    )
    emoji = "\U0001f511" * 200
    most = replace(facts(), server="\U0001f5a5" * 255, generation=2**53 - 1, hint=emoji, source=emoji)
    earlier = tuple(
        EarlierIdentity(
            IdentityKind.PERSON, number, X25519Identity(SecretBytes(bytes([number] * 32))).recipient
        )
        for number in (3, 2, 1)
    )
    kept = replace(facts(), earlier=earlier)
    decomposed = "Blaue Tu\u0308r, 3. Stock"
    shares = custodians_shares()
    return [
        _backup(
            {"backups/person.zip": person.data},
            "for a person alone",
            identity=_PRIVATE[IdentityKind.PERSON],
        ),
        _backup(
            {"backups/custodians.zip": custodians.data},
            "for custodians alone, opened by three of their shares",
            member="identity-custodians.age",
            shares=[shares[4], shares[0], shares[2]],
        ),
        _backup({"backups/ssh-rsa.zip": _for_rsa()}, "for an ssh-rsa key alone", ssh_key=RSA_KEY),
        _backup({"backups/least.zip": _under(least)}, "the first backup of a server", password=PASSWORD),
        _backup({"backups/most.zip": _under(most)}, "texts and numbers at their bounds", password=PASSWORD),
        _backup(
            {"backups/earlier.zip": _under(kept)}, "earlier identities, under a password", password=PASSWORD
        ),
        _backup(
            {"backups/other-stanza.kms": malformed_rsa()},
            "a malformed stanza of another type than the identity's",
            identity=_PRIVATE[IdentityKind.PERSON],
        ),
        _backup({"password.zip": None}, "a password that is not NFC when it is typed", password=decomposed),
    ]


def _under(told: Any) -> bytes:
    randomness = FileRandomness(bytes(range(16)), bytes(range(16)), bytes(range(16)))
    password = SecretBytes.from_text(PASSWORD)
    return write_with(randomness, told, _KEYS, SERVER_SEED, password, LOG_N).data


def _for(kind: IdentityKind) -> WrittenArchive:
    made, file = identity(kind)
    told = replace(
        facts(), protection=Protection.RECIPIENTS, recipients=(made.recipient,), hint="", identities=(made,)
    )
    return write_to_with(
        _randomness(2), told, _KEYS, SERVER_SEED, {made.member: file}, parse_recipient(ONCE)
    )


def _randomness(count: int) -> RecipientsRandomness:
    shares = (hashlib.sha256(b"share of %d" % at).digest() for at in range(count))
    return RecipientsRandomness(bytes(range(16)), bytes(range(16)), tuple(map(SecretBytes, shares)))


def _for_rsa() -> bytes:
    """An archive to an ssh-rsa key, whose stanza has fixed randomness too."""
    private = load_ssh_private_key((Path(__file__).parent / RSA_KEY).read_bytes(), None)
    assert isinstance(private, RSAPrivateKey)
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    wire = base64.b64decode(line.split(" ")[1])
    tag = base64.b64encode(hashlib.sha256(wire).digest()[:4]).rstrip(b"=").decode()
    stanza = Stanza("ssh-rsa", (tag,), _oaep(private, FILE_KEY))

    def for_both(data: bytes) -> bytes:
        header = parse_header(data)
        return format_header([stanza, *header.stanzas], FILE_KEY) + data[header.size :]

    told = put(protection="recipients", recipients=[line], hint="")
    return archive(under_password(), Wrong(facts=told, kms=for_both))


def _oaep(private: RSAPrivateKey, message: bytes) -> bytes:
    """RSAES-OAEP (RFC 8017, section 7.1.1) with a fixed seed."""
    numbers = private.public_key().public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    label = hashlib.sha256(b"age-encryption.org/v1/ssh-rsa").digest()
    block = label + bytes(size - len(message) - 66) + b"\x01" + message
    seed = hashlib.sha256(b"seed of the ssh-rsa vector").digest()
    masked = _xored(block, _mgf1(seed, len(block)))
    masked_seed = _xored(seed, _mgf1(masked, 32))
    encoded = int.from_bytes(b"\x00" + masked_seed + masked, "big")
    return pow(encoded, numbers.e, numbers.n).to_bytes(size, "big")


def _mgf1(seed: bytes, size: int) -> bytes:
    blocks = (hashlib.sha256(seed + at.to_bytes(4, "big")).digest() for at in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def _xored(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


# --- the others ------------------------------------------------------------------------------------


def _rows() -> list[Entry]:
    longest = readable(records.longest_secret())
    return [Entry("sealed rows", {"rows/longest.json": longest}, "3", "a secret of 65,535 bytes")]


def _stores() -> list[Entry]:
    def of(name: str, note: str, files: Any, **opened_with: Any) -> Entry:
        data = readable({"files": files})
        given = stores.gives()
        return Entry(
            "key store", {f"stores/{name}.json": data}, "7", note, opened_with=opened_with, gives=given
        )

    token = to_base64url(stores.TOKEN_KEY.reveal())
    bound = readable({"files": stores.tpm2()})
    return [
        of("passphrase", "the store in home/, as one file", stores.passphrase(), passphrase=PASSPHRASE),
        of("file", "under no protection", stores.file()),
        of("pkcs11", "under the key of a token", stores.pkcs11(), token_key=token),
        of("no-current", "`current` is missing", stores.renewed(), passphrase=PASSPHRASE),
        of("unfinished", "a generation that was never named", stores.unfinished(), passphrase=PASSPHRASE),
        Entry("key store", {"stores/tpm2.json": bound}, "7", "bound to a TPM, and not to be opened here"),
    ]


def _records() -> list[Entry]:
    def of(kind: str, name: str, section: str, note: str, told: Any) -> Entry:
        return Entry(kind, {f"records/{name}.json": readable(told)}, section, note)

    shares = custodians_shares()
    secret = IDENTITIES[IdentityKind.CUSTODIANS][1]

    def split(name: str, note: str, given: list[str]) -> Entry:
        told = readable({"shares": given})
        return Entry("shares", {f"records/{name}.json": told}, "11", note, gives={"password": secret})

    first_letters = [" ".join(word[:4] for word in share.split()) for share in shares[:3]]
    return [
        of("register row", "register-sftp", "8", "every member, on a server", records.register_sftp()),
        of("register row", "register-s3", "8", "in a bucket, missing and retired", records.register_s3()),
        of("register row", "register-copy", "8", "a database copy", records.database_row()),
        of("drill", "drill", "8", "a drill that reached the rows", records.drill()),
        of("statement", "replaced", "8", "a server key was replaced", records.replaced()),
        of("statement", "restored", "8", "a restore", records.restored()),
        of("statement", "accepted", "12", "what a person accepted", records.accepted()),
        of(
            "recovery record",
            "recovery",
            "11",
            "the record, with the files that it names",
            records.recovery(),
        ),
        of("checkpoint", "checkpoint", "12", "the checkpoint of home/", records.checkpoint()),
        Entry(
            "identity file",
            {"records/identity-lines.age": lenient_identity()},
            "11",
            "lines that end in CR LF, a comment with U+2028, no line feed at the end",
            opened_with=records.BY_PASSWORD,
            gives={"identity": _PRIVATE[IdentityKind.PERSON]},
        ),
        of("home checkpoint", "home-checkpoint", "12", "the document of home/", records.home_checkpoint()),
        split("shares", "three of five shares", [shares[0], shares[1], shares[2]]),
        split("shares-all", "all five, in another order", shares[::-1]),
        split("shares-letters", "the first four letters of each word", first_letters),
    ]


def _home() -> list[Entry]:
    files = records.home_files()
    kinds = {name: name.removeprefix("home/") for name in files}
    sections = {"home/checkpoint.json": "12"}
    notes = {
        "home/checkpoint.json": "the home's checkpoint",
        "home/registry.json": "the registry values",
        "home/config.toml": "most settings",
        "home/known_hosts": "a host key that was trusted",
    }
    found = [
        Entry(kinds[name], {name: data}, sections.get(name, "15"), notes[name])
        for name, data in files.items()
    ]
    whole = [name for name in ("server.pub", *stores.passphrase()) if name != "server.pub"]
    found.append(
        Entry(
            "home",
            {f"home/{name}": None for name in ("server.pub", *whole)},
            "7",
            "the key store and server.pub, as files",
            opened_with={"passphrase": PASSPHRASE},
            gives=stores.gives(),
        )
    )
    for engine in ("SQLite", "PostgreSQL"):
        name = f"cmdb.{engine.lower()}.sql"
        secrets = {row["name"]: row["secret"] for row in sealed_rows()["rows"]}
        found.append(
            Entry(
                "cmdb",
                {name: records.cmdb_sql(engine).encode()},
                "14",
                f"the {engine} database that goes with home/",
                opened_with={"keys": _given()["keys"]},
                gives={"secrets": secrets},
            )
        )
    one = {"kind": "run-as", "name": "a", "target": "b", "account": "c", "note": "", "secret": "d"}
    export = readable({"credentials": [one, {**one, "name": "e", "secret": ""}]})
    found.append(
        Entry("export", {"export.json": export}, "16", "two credentials", gives={"credentials": 2})
    )
    return found
