"""A small backup to try things on, and ways to forge it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from nskeys.archive.age.identity_files import write_identity
from nskeys.archive.age.recipients import parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.canonical_zip import build, split
from nskeys.archive.manifest import manifest_bytes, signed_manifest
from nskeys.archive.restore_text import restore_text
from nskeys.archive.writing import WrittenArchive, write, write_to
from nskeys.crypto.keys import server_thumbprint, thumbprint
from nskeys.crypto.signing import public_of
from nskeys.model.audit import AuditHead
from nskeys.model.backup import (
    KMS_NAME,
    MANIFEST_NAME,
    READER_NAME,
    RESTORE_NAME,
    BackedUpKey,
    BackupFacts,
    KeyFact,
    MemberFact,
)
from nskeys.model.keys import KeyInfo, KeyState
from nskeys.model.recovery import EarlierIdentity, IdentityKind, RecoveryIdentity
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes

LOG_N = 1
PASSWORD = "Blaue Tür, 3. Stock"
CUSTODIANS = "00112233445566778899aabbccddeeff"
MADE = datetime(2025, 1, 3, 8, 11, tzinfo=UTC)
ROTATED = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
BACKED_UP = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SEED = SecretBytes(b"s" * 32)
PUBLIC = public_of(SEED)


def password(text: str = PASSWORD) -> SecretBytes:
    """The backup's password, or another one."""
    return SecretBytes.from_text(text)


def backed_up(material: bytes, state: KeyState, created: datetime = MADE) -> BackedUpKey:
    """A key in a state."""
    secret = SecretBytes(material)
    return BackedUpKey(KeyInfo(thumbprint(secret), created, state, ROTATED), secret)


KEYS = (
    backed_up(b"o" * 32, KeyState.DEACTIVATED),
    backed_up(b"n" * 32, KeyState.ACTIVE, ROTATED),
)


def facts() -> BackupFacts:
    """What the sample says of itself."""
    return BackupFacts(
        server="ns01.example.net",
        cmdb_id="c0" * 16,
        server_key=server_thumbprint(PUBLIC),
        server_public=PUBLIC,
        created=BACKED_UP,
        generation=41,
        previous="ab" * 32,
        keys=tuple(KeyFact(key.info, 7) for key in KEYS),
        kinds=(("hierarchy", 3), ("pcanywhere", 5), ("run-as", 6)),
        audit=AuditHead(99, b"h" * 32),
        protection=Protection.PASSWORD,
        hint="the door and where it is",
    )


def archive(of: BackupFacts | None = None) -> WrittenArchive:
    """The sample, written; quick to open."""
    return write(of or facts(), KEYS, SEED, password(), LOG_N)


@dataclass(frozen=True)
class ToRecipients:
    """A backup to recovery identities, whose passwords are known here, and to whoever else."""

    written: WrittenArchive
    person: X25519Identity
    once: X25519Identity


def to_recipients(
    *others: str, custodians: bool = False, told: BackupFacts | None = None, created: datetime = BACKED_UP
) -> ToRecipients:
    """The sample to a recovery identity under PASSWORD, to custodians' under CUSTODIANS, to `others`."""
    keys = {IdentityKind.PERSON: (X25519Identity.new(), PASSWORD, 2, 0, 0)}
    if custodians:
        keys[IdentityKind.CUSTODIANS] = (X25519Identity.new(), CUSTODIANS, 1, 5, 3)
    identities, files = [], {}
    for kind, (identity, secret, number, shares, threshold) in keys.items():
        data = write_identity(identity, created, password(secret), LOG_N)
        files[kind.member] = data
        identities.append(
            RecoveryIdentity(
                kind, number, identity.recipient, created, fact(data).sha256, shares, threshold
            )
        )
    addressed = replace(
        told or facts(),
        protection=Protection.RECIPIENTS,
        recipients=(*(one.recipient for one in identities), *others),
        identities=tuple(identities),
        earlier=(EarlierIdentity(IdentityKind.PERSON, 1, X25519Identity.new().recipient),),
        hint="",
    )
    once = X25519Identity.new()
    written = write_to(addressed, KEYS, SEED, files, parse_recipient(once.recipient))
    return ToRecipients(written, keys[IdentityKind.PERSON][0], once)


def fact(data: bytes) -> MemberFact:
    """A member's hash and size."""
    return MemberFact(hashlib.sha256(data).hexdigest(), len(data))


def members_of(data: bytes) -> dict[str, bytes]:
    """The members of an archive."""
    return dict(split(data))


def rebuilt(data: bytes, **changed: bytes) -> bytes:
    """The archive laid out again with other members: `restore`, `reader`, `manifest` or `kms`."""
    members = members_of(data)
    names = {"restore": RESTORE_NAME, "reader": READER_NAME, "manifest": MANIFEST_NAME, "kms": KMS_NAME}
    for name, member in changed.items():
        members[names[name]] = member
    return build(tuple(members.items()))


def retold(written: WrittenArchive, told: BackupFacts, server_key: SecretBytes = SEED) -> bytes:
    """The archive as a careful forger changes its story: instructions, hashes and manifest follow the
    new facts, signed by a server key that is at hand; only the encrypted part cannot follow."""
    members = members_of(written.data)
    text = restore_text(told)
    told = replace(told, members=((RESTORE_NAME, fact(text)), (READER_NAME, fact(members[READER_NAME]))))
    manifest = signed_manifest(told, fact(written.kms), server_key)
    return rebuilt(written.data, restore=text, manifest=manifest_bytes(manifest))
