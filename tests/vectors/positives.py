"""The first vectors of format 1: what the examples of core/FORMAT.md are cut from."""

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from nskeys.archive.age.identity_files import write_identity_with
from nskeys.archive.age.recipients import RecipientsRandomness, parse_recipient
from nskeys.archive.age.scrypt import FileRandomness
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.recovery_json import recovery_text
from nskeys.archive.writing import WrittenArchive, write_to_with, write_with
from nskeys.crypto.age_primitives import x25519_public
from nskeys.crypto.inventory import RowSums
from nskeys.crypto.kdf import Argon2Cost, argon2id
from nskeys.crypto.keys import copy_thumbprint, server_thumbprint, thumbprint
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
from nskeys.model.backup import BackedUpKey, BackupFacts, CheckpointMark, KeyFact
from nskeys.model.checkpoint import (
    Checkpoint,
    LastCheck,
    Predecessor,
    SignedCheckpoint,
    Unexplained,
    hash_of,
    to_text as checkpoint_text,
)
from nskeys.model.copy_keys import CopyKey, HeldCopyKey
from nskeys.model.credentials import (
    Credential,
    CredentialFields,
    CredentialKind,
    SealedCredential,
    SealedRow,
)
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.home_checkpoint import HomeCheckpoint, hash_of_text, to_bytes as home_bytes
from nskeys.model.keys import KeyInfo, KeyState, Kid, StoredKey
from nskeys.model.recovery import EarlierIdentity, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, ProofDate, Protection
from nskeys.model.register_json import to_text
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, to_base64url
from nskeys.model.times import to_rfc3339
from nskeys.store.keystore.files import (
    KeyRecord,
    ServerRecord,
    StoreRecord,
    key_bytes,
    server_bytes,
    server_pub_bytes,
    store_bytes,
)

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

IDENTITIES = {
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
ONCE = X25519Identity(SecretBytes(bytes(range(192, 224)))).recipient
EARLIER = EarlierIdentity(
    IdentityKind.PERSON, 1, X25519Identity(SecretBytes(bytes(range(224, 256)))).recipient
)
SSH_SEED = SecretBytes(hashlib.sha256(b"ssh").digest())
WIRE = b"".join(struct.pack(">I", len(part)) + part for part in (b"ssh-ed25519", public_of(SSH_SEED)))
SSH_RECIPIENT = f"ssh-ed25519 {base64.b64encode(WIRE).decode('ascii')}"

MADE = datetime(2025, 1, 3, 8, 11, 0, tzinfo=UTC)
ROTATED = datetime(2026, 11, 22, 14, 2, 0, tzinfo=UTC)
BACKED_UP = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
OLD_INFO = KeyInfo(thumbprint(OLD_KEY), MADE, KeyState.DEACTIVATED, ROTATED)
INFO = KeyInfo(thumbprint(KEY), ROTATED, KeyState.ACTIVE, ROTATED)
SERVER = server_thumbprint(public_of(SERVER_SEED))
COPY_SECRET = SecretBytes(hashlib.sha256(b"copy key").digest())
COPY_KEY = HeldCopyKey(CopyKey(copy_thumbprint(x25519_public(COPY_SECRET)), ROTATED), COPY_SECRET)

ROWS: tuple[tuple[CredentialFields, str], ...] = (
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


def files() -> dict[str, bytes]:
    """Every file by its path under the folder."""
    under_password, to_recipients = archive_under_password(), archive_to_recipients()
    identities = [identity(kind) for kind in IdentityKind]
    return {
        "thumbprints.json": readable(_thumbprints()),
        "sealed_rows.json": readable(sealed_rows()),
        "password.zip": under_password.data,
        "password.kms": under_password.kms,
        "password.json": readable({"password": PASSWORD, **_opened(under_password)}),
        "recipients.zip": to_recipients.data,
        "recipients.kms": to_recipients.kms,
        "recipients.json": readable({**_what_opens(), **_opened(to_recipients)}),
        "register_row.json": readable(register_row(under_password)),
        "audit_trail.json": readable(audit_trail()),
        "checkpoint.json": readable(checkpoint()),
        "store.json": readable({"passphrase": PASSPHRASE, "kek": KEK.reveal().hex()}),
        **store(),
        "recovery_record.json": readable(recovery_record()),
        **{f"home/recovery/{one.sha256}.age": data for one, data in identities},
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


def keys_by_kid() -> Mapping[str, SecretBytes]:
    """The keys by their names."""
    return {thumbprint(key): key for key in (OLD_KEY, KEY)}


@cache
def sealed_rows() -> Mapping[str, Any]:
    rows: list[Any] = []
    by_key: dict[Kid, list[SealedRow]] = {}
    for number, (fields, secret) in enumerate(ROWS):
        key = (OLD_KEY, KEY)[number % 2]
        credential_id = hashlib.sha256(b"credential %d" % number).digest()[:16].hex()
        nonce = hashlib.sha256(b"row nonce %d" % number).digest()[:12]
        sealer = Sealer(CMDB_ID, thumbprint(key), key)
        credential = Credential(credential_id, fields, thumbprint(key), BACKED_UP, BACKED_UP, 7 + number)
        blob = sealer.seal_with(nonce, credential, SecretBytes.from_text(secret))
        by_key.setdefault(sealer.kid, []).append(SealedCredential(credential, blob).row())
        rows.append(
            {
                "credential_id": credential_id,
                "kind": fields.kind.value,
                "name": fields.name,
                "target": fields.target,
                "account": fields.account,
                "note": fields.note,
                "number": credential.number,
                "created": int(credential.created.timestamp()),
                "updated": int(credential.updated.timestamp()),
                "kid": thumbprint(key),
                "blob": blob.hex(),
                "secret": secret,
            }
        )
    sums: dict[str, str] = {}
    for kid, sealed in by_key.items():
        sums[kid] = f"{RowSums(CMDB_ID, kid).of(sealed):0512x}"
    keys = {kid: to_base64url(key.reveal()) for kid, key in keys_by_kid().items()}
    return {"cmdb_id": CMDB_ID, "keys": keys, "rows": rows, "row_sums": sums}


def facts() -> BackupFacts:
    return BackupFacts(
        server="ns01.example.net",
        cmdb_id=CMDB_ID,
        server_key=SERVER,
        server_public=public_of(SERVER_SEED),
        created=BACKED_UP,
        generation=41,
        previous=hashlib.sha256(b"backup 40").hexdigest(),
        keys=(KeyFact(OLD_INFO, 2), KeyFact(INFO, 2)),
        copy_keys=(COPY_KEY.key,),
        kinds=(("hierarchy", 1), ("pcanywhere", 1), ("run-as", 2)),
        audit=AuditHead(3, hashlib.sha256(b"audit head").digest()),
        protection=Protection.PASSWORD,
        hint="the door and where it is",
        source="https://pkgs.example.net/nskeys",
        predecessors=(Predecessor(hashlib.sha256(b"the server key before").hexdigest(), 640),),
        checkpoint=CheckpointMark(812, hashlib.sha256(b"checkpoint 812").hexdigest()),
    )


@cache
def archive_under_password() -> WrittenArchive:
    keys = (
        BackedUpKey(OLD_INFO, OLD_KEY),
        BackedUpKey(INFO, KEY),
        COPY_KEY,
    )
    randomness = FileRandomness(
        file_key=bytes(range(0xA0, 0xB0)), salt=bytes(range(0x10, 0x20)), nonce=bytes(range(0x20, 0x30))
    )
    password = SecretBytes.from_text(PASSWORD)
    return write_with(randomness, facts(), keys, SERVER_SEED, password, LOG_N)


def _opened(archive: WrittenArchive) -> dict[str, Json]:
    return {
        "kms_sha256": archive.kms_sha256,
        "archive_sha256": archive.archive_sha256,
        "payload_sha256": archive.payload_sha256,
        "keys": {thumbprint(key): to_base64url(key.reveal()) for key in (OLD_KEY, KEY)},
        "server_public": to_base64url(public_of(SERVER_SEED)),
    }


def register_row(archive: WrittenArchive) -> Mapping[str, Any]:
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
        proofs=(ProofDate(Proof.OPENED, BACKED_UP),),
        status=CopyStatus.GOOD,
        look_moment=BACKED_UP,
        good_moment=BACKED_UP,
    )
    text = to_text(copy)
    return {
        "text": text,
        "signature": sign(SERVER_SEED, "register", text.encode("utf-8")).hex(),
        "public": public_of(SERVER_SEED).hex(),
    }


@cache
def audit_trail() -> Mapping[str, Any]:
    operator = Actor(0, "root", "operator", 1000, "operator")
    events = (
        AuditEvent(Action.SET_UP, "ns01.example.net", operator, MADE),
        AuditEvent(Action.CREDENTIAL_ADDED, "hierarchy/emea-ns02", operator, MADE),
        AuditEvent(Action.BACKED_UP, "/mnt/vault", operator, BACKED_UP, (("generation", "41"),)),
    )
    digest = first_digest(CMDB_ID)
    lines: list[Json] = []
    for number, event in enumerate(events, 1):
        digest = next_digest(digest, event.line(number))
        lines.append({"line": event.line(number), "digest": digest.hex()})
    return {
        "cmdb_id": CMDB_ID,
        "first": first_digest(CMDB_ID).hex(),
        "lines": lines,
        "count": len(events),
        "head": digest.hex(),
    }


def checkpoint() -> Json:
    """The checkpoint after the third line of the trail, and the home's copy of it."""
    trail, record = audit_trail(), recovery_record()
    hashes = (hash_of(["body", to_base64url(bytes(64))]),)
    rotation: Mapping[str, Json] = {
        "begun": to_rfc3339(ROTATED),
        "changed": to_rfc3339(ROTATED),
        "gate_skipped": False,
        "kid": INFO.kid,
        "number": 1,
        "stage": "resealing",
    }
    checkpoint = Checkpoint(
        cmdb_id=CMDB_ID,
        server_key=SERVER,
        number=3,
        previous=hashlib.sha256(b"the checkpoint before").hexdigest(),
        moment=BACKED_UP,
        store_id=STORE_ID,
        keys=hash_of(key_rows()),
        register=hash_of(hashes),
        diary=hash_of([]),
        audit=AuditHead(3, bytes.fromhex(str(trail["head"]))),
        rotation=hash_of(rotation),
        recovery=hash_of_text(str(record["text"])),
        predecessors=(Predecessor("ab" * 32, 1),),
        void=((2, 2),),
        unexplained=(Unexplained("diary", BACKED_UP, "1", "0"),),
        last_check=LastCheck(1, MADE, 0),
    )
    text = checkpoint_text(checkpoint)
    signed = SignedCheckpoint(text, sign(SERVER_SEED, "checkpoint", text.encode("utf-8")))
    home = HomeCheckpoint(
        signed=signed,
        keys=tuple(key_rows()),
        recovery=str(record["text"]),
        rotation=rotation,
        register=hashes,
        diary=(),
        registry=RegistryValues("/mnt/vault", BACKED_UP),
        events=("cd" * 16,),
    )
    return {
        "text": text,
        "sha256": signed.sha256,
        "signature": signed.signature.hex(),
        "public": public_of(SERVER_SEED).hex(),
        "home": home_bytes(home).decode("utf-8"),
    }


@cache
def key_rows() -> list[dict[str, Any]]:
    """The rows of `keys`, with the inventory of the sealed rows."""
    told = sealed_rows()
    rows = []
    for number, info in enumerate((OLD_INFO, INFO), 1):
        row: dict[str, Any] = {
            "key_no": number,
            "kid": info.kid,
            "created": int(info.created.timestamp()),
            "state": info.state.value,
            "state_since": int(info.state_since.timestamp()),
            "seals": 2,
            "resealed": 0,
            "counted": 0,
        }
        for kind, name in (("hierarchy", "hierarchy"), ("pcanywhere", "pcanywhere"), ("run-as", "run_as")):
            numbers = [
                one["number"] for one in told["rows"] if (one["kid"], one["kind"]) == (info.kid, kind)
            ]
            row |= {f"{name}_rows": len(numbers), f"{name}_number_sum": str(sum(numbers))}
        row["row_sum"] = told["row_sums"][info.kid]
        rows.append(row)
    return rows


@cache
def store() -> Mapping[str, bytes]:
    """A key store of two keys under a passphrase."""

    def record(kid: Kid, created: datetime, key: SecretBytes) -> bytes:
        suffix = bytes.fromhex(kid) + to_rfc3339(created).encode("ascii")
        stored = StoredKey(kid, created)
        return key_bytes(KeyRecord(stored, wrapped(KEK, b"nskeys/wrap/1\x00", suffix, key)))

    copy_kid = Kid(COPY_KEY.key.kid)

    salt = bytes(range(0xE0, 0xF0))
    derived = argon2id(SecretBytes.from_text(PASSPHRASE), salt, COST)
    parameters: Mapping[str, Json] = {
        "kdf": "argon2id",
        "memory_kib": COST.memory_kib,
        "iterations": COST.iterations,
        "lanes": COST.lanes,
        "salt": to_base64url(salt),
        "wrapped": to_base64url(wrapped(derived, b"nskeys/kek/1\x00", b"", KEK)),
    }
    public = public_of(SERVER_SEED)
    server = ServerRecord(public, wrapped(KEK, b"nskeys/wrap/1\x00", bytes.fromhex(SERVER), SERVER_SEED))
    return {
        "home/server.pub": server_pub_bytes(public_of(SERVER_SEED)),
        "home/store/current": b"1\n",
        "home/store/1/protector.json": store_bytes(
            StoreRecord(STORE_ID, CMDB_ID, "passphrase", parameters)
        ),
        "home/store/1/server.json": server_bytes(server),
        f"home/store/1/keys/{OLD_INFO.kid}.json": record(OLD_INFO.kid, MADE, OLD_KEY),
        f"home/store/1/keys/{INFO.kid}.json": record(INFO.kid, ROTATED, KEY),
        f"home/store/1/copy-keys/{copy_kid}.json": record(copy_kid, COPY_KEY.key.created, COPY_KEY.secret),
    }


def wrapped(kek: SecretBytes, label: bytes, suffix: bytes, key: SecretBytes) -> bytes:
    """The AAD is spelled out here a second time, from core/FORMAT.md."""
    aad = label + bytes.fromhex(STORE_ID) + suffix
    nonce = hashlib.sha256(b"wrap nonce" + aad + key.reveal()).digest()[:12]
    return seal_key(nonce, kek, aad, key)


def readable(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


# --- recipients ----------------------------------------------------------------------------------


@cache
def identity(kind: IdentityKind) -> tuple[RecoveryIdentity, bytes]:
    """A recovery identity and its file."""
    secret, password, number, shares, threshold, set_name = IDENTITIES[kind]
    identity = X25519Identity(SecretBytes(secret))
    randomness = FileRandomness(
        file_key=hashlib.sha256(secret + b"file key").digest()[:16],
        salt=hashlib.sha256(secret + b"salt").digest()[:16],
        nonce=hashlib.sha256(secret + b"nonce").digest()[:16],
    )
    file = write_identity_with(randomness, identity, ROTATED, SecretBytes.from_text(password), LOG_N)
    digest = hashlib.sha256(file).hexdigest()
    made = RecoveryIdentity(kind, number, identity.recipient, ROTATED, digest, shares, threshold, set_name)
    return made, file


@cache
def archive_to_recipients() -> WrittenArchive:
    identities = [identity(kind) for kind in IdentityKind]
    told = replace(
        facts(),
        protection=Protection.RECIPIENTS,
        recipients=(*(one.recipient for one, _ in identities), SSH_RECIPIENT),
        hint="",
        identities=tuple(one for one, _ in identities),
        earlier=(EARLIER,),
    )
    randomness = RecipientsRandomness(
        file_key=bytes(range(0xA0, 0xB0)),
        nonce=bytes(range(0x20, 0x30)),
        ephemerals=tuple(SecretBytes(hashlib.sha256(b"share %d" % at).digest()) for at in range(4)),
    )
    keys = (BackedUpKey(OLD_INFO, OLD_KEY), BackedUpKey(INFO, KEY), COPY_KEY)
    files = {one.member: file for one, file in identities}
    return write_to_with(randomness, told, keys, SERVER_SEED, files, parse_recipient(ONCE))


def _what_opens() -> dict[str, Json]:
    identities: Json = [
        {
            "member": kind.member,
            "password": IDENTITIES[kind][1],
            "identity": X25519Identity(SecretBytes(IDENTITIES[kind][0])).spelled().text(),
        }
        for kind in IdentityKind
    ]
    return {"identities": identities, "ssh_seed": SSH_SEED.reveal().hex()}


@cache
def recovery_record() -> Mapping[str, Any]:
    recovery = Recovery(tuple(identity(kind)[0] for kind in IdentityKind), (EARLIER,))
    text = recovery_text(recovery, SERVER, CMDB_ID)
    signature = sign(SERVER_SEED, "recovery", text.encode("utf-8"))
    return {"text": text, "signature": signature.hex(), "public": public_of(SERVER_SEED).hex()}
