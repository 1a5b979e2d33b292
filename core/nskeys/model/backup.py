"""A backup's facts: what its `.kms` says of itself, signed, and repeated in `manifest.json`."""

from dataclasses import dataclass, field
from datetime import datetime

from nskeys.model.audit import AuditHead
from nskeys.model.checkpoint import Predecessor
from nskeys.model.copy_keys import CopyKey, HeldCopyKey
from nskeys.model.keys import KeyInfo, Kid
from nskeys.model.recovery import EarlierIdentity, RecoveryIdentity
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes

KMS_NAME = "keys.kms"
MANIFEST_NAME = "manifest.json"
RESTORE_NAME = "RESTORE.txt"
READER_NAME = "open_kms.py"
FORMAT = 1
"""The version of the backup format that is written, and the only one that is read."""
PREDECESSORS_LIMIT = 100
"""Server keys before the present one that facts name; of more, the newest."""


@dataclass(frozen=True, slots=True)
class MemberFact:
    """An archive member: its SHA-256 (hex) and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A key in the backup: its `KeyInfo`, and how many credentials it had sealed when the backup was
    made."""

    info: KeyInfo
    credentials: int


@dataclass(frozen=True, slots=True)
class CheckpointMark:
    """The checkpoint that a backup was made at: its number and its SHA-256 in hex."""

    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """Everything a backup says of itself. `members` covers all but `keys.kms`, `manifest.json`."""

    server: str
    cmdb_id: str
    server_key: str
    """Thumbprint of the server key that signed, 64 hex digits."""
    server_public: bytes
    """That key's public half, 32 bytes: with it anybody can check the signatures."""
    created: datetime
    generation: int
    previous: str | None
    """SHA-256 of the previous `.kms` in hex; None for the first."""
    keys: tuple[KeyFact, ...]
    kinds: tuple[tuple[str, int], ...]
    """Credentials per kind, in the kinds' order."""
    audit: AuditHead
    protection: Protection
    recipients: tuple[str, ...] = ()
    """Who can open it; those of `identities` are among them."""
    hint: str = ""
    identities: tuple[RecoveryIdentity, ...] = ()
    """The recovery identities whose files are members of the archive."""
    copy_keys: tuple[CopyKey, ...] = ()
    """The copy keys in it, oldest first: it opens the database copies that are encrypted to them."""
    earlier: tuple[EarlierIdentity, ...] = ()
    """The identities before them, so that a restore on new hardware still knows whom older backups are
    for."""
    predecessors: tuple[Predecessor, ...] = ()
    """The server keys before the present one, the newest first: what this server claims of itself."""
    checkpoint: CheckpointMark | None = None
    """The checkpoint at which it was made; None where the server signs none."""
    source: str = ""
    """Where nskeys is to be had, as the settings say; empty where they say nothing."""
    members: tuple[tuple[str, MemberFact], ...] = ()

    @property
    def number(self) -> int:
        """The number of the last change that the backup saw."""
        return self.checkpoint.number if self.checkpoint is not None else self.audit.count

    @property
    def kids(self) -> tuple[Kid, ...]:
        """The ids of its keys, in their order."""
        return tuple(key.info.kid for key in self.keys)

    @property
    def credentials(self) -> int:
        """How many credentials the CMDB held when it was made."""
        return sum(count for _, count in self.kinds)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json`: the facts and their Ed25519 signature, every member's hash, and the signature over
    all of it."""

    facts: BackupFacts
    signature: bytes
    members: tuple[tuple[str, MemberFact], ...]
    manifest_signature: bytes


@dataclass(frozen=True, slots=True)
class BackedUpKey:
    """A key read from a `.kms`: its thumbprint was recomputed and equals `info.kid`."""

    info: KeyInfo
    material: SecretBytes


@dataclass(frozen=True, slots=True)
class KmsContents:
    """An opened `.kms`: its facts, the signature over them, which holds, and every key."""

    facts: BackupFacts
    signature: bytes
    keys: tuple[BackedUpKey, ...]
    copy_keys: tuple[HeldCopyKey, ...] = ()

    def wipe(self) -> None:
        for held in self.copy_keys:
            held.secret.wipe()
        for key in self.keys:
            key.material.wipe()


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a backup file says without a password. `manifest` is None for a bare `.kms`."""

    path: str
    kms: bytes = field(repr=False)
    kms_sha256: str
    file_sha256: str
    size: int
    manifest: Manifest | None
    protection: Protection
    identities: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """The identity files in it, by their members' names."""

    @property
    def bare(self) -> bool:
        """Whether it is a `.kms` without its archive, so that nothing about it could be checked."""
        return self.manifest is None
