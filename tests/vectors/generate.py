"""Makes the test vectors: `python tests/vectors/generate.py` from the repository's root.

Everything is fixed, nonces too, so a second run changes nothing. Once a format was released its vectors
are never made anew: one that changes gets a new number, a new folder, and its own part of this script. The
keys, nonces and passwords in here are published and protect nothing.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from nskeys.archive.age.identity_files import write_identity_with
from nskeys.archive.age.recipients import RecipientsRandomness, parse_recipient
from nskeys.archive.age.scrypt import FileRandomness
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.recovery_json import record_bytes, recovery_document
from nskeys.archive.writing import WrittenArchive, write_to_with, write_with
from nskeys.crypto.kdf import Argon2Cost, argon2id
from nskeys.crypto.keys import server_thumbprint, thumbprint
from nskeys.crypto.sealing import Sealer
from nskeys.crypto.signing import public_of, sign
from nskeys.crypto.wrapping import seal_key
from nskeys.model.audit import (
    Action,
    Actor,
    AuditEvent,
    AuditHead,
    first_digest,
    next_digest,
)
from nskeys.model.backup import BackedUpKey, BackupFacts, KeyFact, Protection
from nskeys.model.credentials import CredentialFields, CredentialKind
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import KeyInfo, KeyState
from nskeys.model.recovery import EarlierIdentity, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, ProofDate
from nskeys.model.register_json import to_text
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, canonical_json, to_base64url
from nskeys.store.keystore.files import (
    KeyRecord,
    ServerRecord,
    StoreRecord,
    change_bytes,
    key_bytes,
    server_bytes,
    server_pub_bytes,
    store_bytes,
)

HERE = Path(__file__).parent
FOLDER = HERE / "format-1"

CMDB_ID = bytes(range(0xC0, 0xD0)).hex()
STORE_ID = bytes(range(0xD0, 0xE0)).hex()
OLD_KEY = SecretBytes(bytes(range(32)))
KEY = SecretBytes(bytes(range(32, 64)))
SERVER_SEED = SecretBytes(bytes(range(64, 96)))
KEK = SecretBytes(bytes(range(96, 128)))
PASSWORD = "Blaue Tür, 3. Stock"
PASSPHRASE = "seven wooden ducks in a row"
LOG_N = 4
COST = Argon2Cost(memory_kib=64, iterations=1, lanes=1)

_IDENTITIES = {
    IdentityKind.PERSON: (bytes(range(128, 160)), "vier Wände, 2 Türen", 2, 0, 0, ""),
    IdentityKind.CUSTODIANS: (
        bytes(range(160, 192)),
        "00112233445566778899aabbccddeeff",
        1,
        5,
        3,
        "acquire surprise",
    ),
}
"""Of each kind: private half, password, number, shares, threshold, what they begin with."""
_ONCE = X25519Identity(SecretBytes(bytes(range(192, 224)))).recipient
_EARLIER = EarlierIdentity(
    IdentityKind.PERSON, 1, X25519Identity(SecretBytes(bytes(range(224, 256)))).recipient
)
SSH_SEED = SecretBytes(hashlib.sha256(b"ssh").digest())
_WIRE = b"".join(struct.pack(">I", len(part)) + part for part in (b"ssh-ed25519", public_of(SSH_SEED)))
SSH_RECIPIENT = f"ssh-ed25519 {base64.b64encode(_WIRE).decode('ascii')}"

_MADE = datetime(2025, 1, 3, 8, 11, 0, tzinfo=UTC)
_ROTATED = datetime(2026, 11, 22, 14, 2, 0, tzinfo=UTC)
_BACKED_UP = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
_OLD_INFO = KeyInfo(thumbprint(OLD_KEY), _MADE, KeyState.DEACTIVATED, _ROTATED)
_INFO = KeyInfo(thumbprint(KEY), _ROTATED, KeyState.ACTIVE, _ROTATED)
_SERVER = server_thumbprint(public_of(SERVER_SEED))

_ROWS: tuple[tuple[CredentialFields, str], ...] = (
    (
        CredentialFields(
            CredentialKind.HIERARCHY, "emea-ns02", "https://ns02.emea.example", "CORP\\svc-repl"
        ),
        "correct horse battery staple",
    ),
    (
        CredentialFields(
            CredentialKind.PCANYWHERE, "Kasse Süd", "kasse-7.example:5631", "hélène", "erreichbar ab 8"
        ),
        "",
    ),
    (
        CredentialFields(CredentialKind.RUN_AS, "deploy-finance", "finance-*", "CORP\\svc-deploy"),
        "63 bytes, so that the mark 0x80 is the last byte of its block..",
    ),
    (
        CredentialFields(CredentialKind.RUN_AS, "長い名前", "nightly", "root", "n" * 700),
        "パスワード" * 13,
    ),
)


def vectors() -> dict[str, bytes]:
    """Every file by its path under the folder."""
    under_password, to_recipients = _archive_under_password(), _archive_to_recipients()
    files = {one.member: data for one, data in (_identity(kind) for kind in IdentityKind)}
    return {
        "thumbprints.json": _readable(_thumbprints()),
        "sealed_rows.json": _readable(_sealed_rows()),
        "password.zip": under_password.data,
        "password.kms": under_password.kms,
        "password.json": _readable({"password": PASSWORD, **_opened(under_password)}),
        "recipients.zip": to_recipients.data,
        "recipients.kms": to_recipients.kms,
        "recipients.json": _readable({**_what_opens(), **_opened(to_recipients)}),
        "register_row.json": _readable(_register_row(under_password)),
        "audit_trail.json": _readable(_audit_trail()),
        "store.json": _readable({"passphrase": PASSPHRASE, "kek": KEK.reveal().hex()}),
        **_store(),
        **{f"home/recovery/{name}": data for name, data in files.items()},
        "home/recovery/recovery.json": _recovery_record(),
    }


def _thumbprints() -> Json:
    public = public_of(SERVER_SEED)
    return {
        "keys": [{"k": to_base64url(key.reveal()), "kid": thumbprint(key)} for key in (OLD_KEY, KEY)],
        "server_key": {
            "d": to_base64url(SERVER_SEED.reveal()),
            "x": to_base64url(public),
            "thumbprint": server_thumbprint(public),
        },
    }


def _sealed_rows() -> Json:
    rows: list[Json] = []
    for number, (fields, secret) in enumerate(_ROWS):
        key = (OLD_KEY, KEY)[number % 2]
        credential_id = hashlib.sha256(b"credential %d" % number).digest()[:16].hex()
        nonce = hashlib.sha256(b"row nonce %d" % number).digest()[:12]
        sealer = Sealer(CMDB_ID, thumbprint(key), key)
        blob = sealer.seal_with(nonce, credential_id, fields, SecretBytes.from_text(secret))
        rows.append(
            {
                "credential_id": credential_id,
                "kind": fields.kind.value,
                "name": fields.name,
                "target": fields.target,
                "account": fields.account,
                "note": fields.note,
                "kid": thumbprint(key),
                "blob": blob.hex(),
                "secret": secret,
            }
        )
    return {"cmdb_id": CMDB_ID, "rows": rows}


def _facts() -> BackupFacts:
    return BackupFacts(
        server="ns01.example.net",
        cmdb_id=CMDB_ID,
        server_key=_SERVER,
        created=_BACKED_UP,
        generation=41,
        previous=hashlib.sha256(b"backup 40").hexdigest(),
        keys=(KeyFact(_OLD_INFO, 2), KeyFact(_INFO, 2)),
        kinds=(("hierarchy", 1), ("pcanywhere", 1), ("run-as", 2)),
        audit=AuditHead(3, hashlib.sha256(b"audit head").digest()),
        protection=Protection.PASSWORD,
        hint="the door and where it is",
    )


def _archive_under_password() -> WrittenArchive:
    keys = (
        BackedUpKey(_OLD_INFO, OLD_KEY),
        BackedUpKey(_INFO, KEY),
    )
    randomness = FileRandomness(
        file_key=bytes(range(0xA0, 0xB0)), salt=bytes(range(0x10, 0x20)), nonce=bytes(range(0x20, 0x30))
    )
    password = SecretBytes.from_text(PASSWORD)
    return write_with(randomness, _facts(), keys, SERVER_SEED, password, LOG_N)


def _opened(archive: WrittenArchive) -> dict[str, Json]:
    return {
        "kms_sha256": archive.kms_sha256,
        "archive_sha256": archive.archive_sha256,
        "payload_sha256": archive.payload_sha256,
        "keys": {thumbprint(key): to_base64url(key.reveal()) for key in (OLD_KEY, KEY)},
        "server_key": to_base64url(SERVER_SEED.reveal()),
    }


def _register_row(archive: WrittenArchive) -> Json:
    facts = archive.facts
    copy = BackupCopy(
        backup=BackupIdentity(
            kms_sha256=archive.kms_sha256,
            archive_sha256=archive.archive_sha256,
            archive_name="ns01.example.net-c0c1c2c3-20261123T030000Z.zip",
            size=len(archive.data),
            server=facts.server,
            cmdb_id=facts.cmdb_id,
            server_key=facts.server_key,
            created=facts.created,
            generation=facts.generation,
            previous=facts.previous,
            kids=facts.kids,
            protection=facts.protection,
            recipients=facts.recipients,
            hint=facts.hint,
        ),
        destination="/mnt/vault",
        address="/mnt/vault/ns01.example.net-c0c1c2c3-20261123T030000Z.zip",
        where=LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "vault02:/backups"),
        proofs=(ProofDate(Proof.OPENED, _BACKED_UP),),
        status=CopyStatus.GOOD,
        look_moment=_BACKED_UP,
        good_moment=_BACKED_UP,
    )
    text = to_text(copy)
    return {
        "text": text,
        "signature": sign(SERVER_SEED, "register", text.encode("utf-8")).hex(),
        "public": public_of(SERVER_SEED).hex(),
    }


def _audit_trail() -> Json:
    operator = Actor(0, "root", "operator")
    events = (
        AuditEvent(Action.SET_UP, "ns01.example.net", operator, _MADE),
        AuditEvent(Action.CREDENTIAL_ADDED, "hierarchy/emea-ns02", operator, _MADE),
        AuditEvent(Action.BACKED_UP, "/mnt/vault", operator, _BACKED_UP, (("generation", "41"),)),
    )
    digest = first_digest(CMDB_ID)
    lines: list[Json] = []
    for event in events:
        digest = next_digest(digest, event.line())
        lines.append({"line": event.line(), "digest": digest.hex()})
    head: Json = {"cmdb_id": CMDB_ID, "count": len(events), "head": digest.hex()}
    document = canonical_json(head)
    return {
        "cmdb_id": CMDB_ID,
        "first": first_digest(CMDB_ID).hex(),
        "lines": lines,
        "head": document.decode("utf-8"),
        "signature": sign(SERVER_SEED, "audit", document).hex(),
        "public": public_of(SERVER_SEED).hex(),
    }


def _store() -> Mapping[str, bytes]:
    """A key store under a passphrase, with a change that was committed and not carried out yet."""

    def record(info: KeyInfo, key: SecretBytes) -> KeyRecord:
        return KeyRecord(info, _wrapped(KEK, b"nskeys/wrap/1\x00", bytes.fromhex(info.kid), key))

    before = record(_OLD_INFO.in_state(KeyState.ACTIVE, _MADE), OLD_KEY)
    change = {_OLD_INFO.kid: record(_OLD_INFO, OLD_KEY), _INFO.kid: record(_INFO, KEY)}
    salt = bytes(range(0xE0, 0xF0))
    derived = argon2id(SecretBytes.from_text(PASSPHRASE), salt, COST)
    parameters: Mapping[str, Json] = {
        "kdf": "argon2id",
        "memory_kib": COST.memory_kib,
        "iterations": COST.iterations,
        "lanes": COST.lanes,
        "salt": to_base64url(salt),
        "wrapped": to_base64url(_wrapped(derived, b"nskeys/kek/1\x00", b"", KEK)),
    }
    server = ServerRecord(_SERVER, _wrapped(KEK, b"nskeys/wrap/1\x00", bytes.fromhex(_SERVER), SERVER_SEED))
    return {
        "home/server.pub": server_pub_bytes(public_of(SERVER_SEED)),
        "home/store/current": b"1\n",
        "home/store/1/protector.json": store_bytes(
            StoreRecord(STORE_ID, CMDB_ID, "passphrase", parameters)
        ),
        "home/store/1/server.json": server_bytes(server),
        f"home/store/1/keys/{_OLD_INFO.kid}.json": key_bytes(before),
        "home/store/1/change.json": change_bytes(change),
    }


def _wrapped(kek: SecretBytes, label: bytes, suffix: bytes, key: SecretBytes) -> bytes:
    """The AAD is spelled out here a second time, from core/FORMAT.md."""
    aad = label + bytes.fromhex(STORE_ID) + suffix
    nonce = hashlib.sha256(b"wrap nonce" + aad + key.reveal()).digest()[:12]
    return seal_key(nonce, kek, aad, key)


def _readable(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


# --- recipients ----------------------------------------------------------------------------------


def _identity(kind: IdentityKind) -> tuple[RecoveryIdentity, bytes]:
    """A recovery identity and its file."""
    secret, password, number, shares, threshold, set_name = _IDENTITIES[kind]
    identity = X25519Identity(SecretBytes(secret))
    randomness = FileRandomness(
        file_key=hashlib.sha256(secret + b"file key").digest()[:16],
        salt=hashlib.sha256(secret + b"salt").digest()[:16],
        nonce=hashlib.sha256(secret + b"nonce").digest()[:16],
    )
    file = write_identity_with(randomness, identity, _ROTATED, SecretBytes.from_text(password), LOG_N)
    digest = hashlib.sha256(file).hexdigest()
    made = RecoveryIdentity(kind, number, identity.recipient, _ROTATED, digest, shares, threshold, set_name)
    return made, file


def _archive_to_recipients() -> WrittenArchive:
    identities = [_identity(kind) for kind in IdentityKind]
    facts = replace(
        _facts(),
        protection=Protection.RECIPIENTS,
        recipients=(*(one.recipient for one, _ in identities), SSH_RECIPIENT),
        hint="",
        identities=tuple(one for one, _ in identities),
        earlier=(_EARLIER,),
    )
    randomness = RecipientsRandomness(
        file_key=bytes(range(0xA0, 0xB0)),
        nonce=bytes(range(0x20, 0x30)),
        ephemerals=tuple(SecretBytes(hashlib.sha256(b"share %d" % at).digest()) for at in range(4)),
    )
    keys = (BackedUpKey(_OLD_INFO, OLD_KEY), BackedUpKey(_INFO, KEY))
    files = {one.member: file for one, file in identities}
    return write_to_with(randomness, facts, keys, SERVER_SEED, files, parse_recipient(_ONCE))


def _what_opens() -> dict[str, Json]:
    identities: Json = [
        {
            "member": kind.member,
            "password": _IDENTITIES[kind][1],
            "identity": X25519Identity(SecretBytes(_IDENTITIES[kind][0])).spelled().text(),
        }
        for kind in IdentityKind
    ]
    return {"identities": identities, "ssh_seed": SSH_SEED.reveal().hex()}


def _recovery_record() -> bytes:
    recovery = Recovery(tuple(_identity(kind)[0] for kind in IdentityKind), (_EARLIER,))
    document = recovery_document(recovery, _SERVER, CMDB_ID)
    return record_bytes(document, sign(SERVER_SEED, "recovery", document))


def main() -> None:
    """Write what is missing. A vector that is there stays as it is."""
    for name, data in vectors().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(data)
        elif path.read_bytes() != data:
            raise SystemExit(f"{path} would change: a released vector stays; a new format is a new folder")


if __name__ == "__main__":
    main()
