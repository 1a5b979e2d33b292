"""A backup's facts: what its `.kms` says of itself, signed, and repeated in `manifest.json`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from nskeys.model.audit import AuditHead
from nskeys.model.keys import KeyInfo, Kid
from nskeys.model.recovery import EarlierIdentity, RecoveryIdentity
from nskeys.model.secret import SecretBytes

KMS_NAME = "keys.kms"
MANIFEST_NAME = "manifest.json"
RESTORE_NAME = "RESTORE.txt"
READER_NAME = "open_kms.py"
FORMAT = 1
"""The version of the backup format that is written, and the only one that is read."""
HINT_LIMIT = 200


class Protection(StrEnum):
    """What opens a `.kms`."""

    PASSWORD = "password"
    RECIPIENTS = "recipients"


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
class BackupFacts:
    """Everything a backup says of itself. `members` covers all but `keys.kms`, `manifest.json`."""

    server: str
    cmdb_id: str
    server_key: str
    """Thumbprint of the server key that signed, 64 hex digits."""
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
    earlier: tuple[EarlierIdentity, ...] = ()
    """The identities before them, so that a restore on new hardware still knows whom older backups are
    for."""
    members: tuple[tuple[str, MemberFact], ...] = ()

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
    """`manifest.json`: the facts, their Ed25519 signature (None: unsigned), every member's hash."""

    facts: BackupFacts
    signature: bytes | None
    members: tuple[tuple[str, MemberFact], ...]


class Signer(StrEnum):
    """Who signed a backup, as far as its bytes were compared with a public key."""

    NOBODY = "nobody"
    CLAIMED = "claimed"
    """It has a signature, and there is no key to check it with."""
    THIS_SERVER = "this_server"
    OTHER_SERVER = "other_server"
    """It names another key than the one at hand; its signature was not checked."""
    BROKEN = "broken"
    """It names the key at hand, and the signature is not by it."""


@dataclass(frozen=True, slots=True)
class BackedUpKey:
    """A key read from a `.kms`: its thumbprint was recomputed and equals `info.kid`."""

    info: KeyInfo
    material: SecretBytes


@dataclass(frozen=True, slots=True)
class KmsContents:
    """An opened `.kms`: facts, signature, every key, and the server key's 32-byte seed (if any)."""

    facts: BackupFacts
    signature: bytes | None
    keys: tuple[BackedUpKey, ...]
    server_key: SecretBytes | None

    def wipe(self) -> None:
        for key in self.keys:
            key.material.wipe()
        if self.server_key is not None:
            self.server_key.wipe()


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
