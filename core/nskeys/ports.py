"""Floor 2: what services need from the world, as Protocols. No I/O happens in this file.

Adapters translate foreign exceptions into `nskeys.errors` once, at their edge; every method here may
raise errors of that tree. All times are aware and in UTC, all ids lower-case hex.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from nskeys.model.audit import Actor, AuditEntry, AuditEvent, AuditHead
from nskeys.model.canonical import Json
from nskeys.model.credentials import Credential, CredentialKind, SealedCredential
from nskeys.model.exports import ParsedExport
from nskeys.model.keys import KeyInfo, KeyUse, Kid
from nskeys.model.operations import FailureReason, RegistryValues
from nskeys.model.paging import CredentialFilter, CredentialOrder, PlacedCredential
from nskeys.model.places import DestinationInfo, Whereabouts
from nskeys.model.register import BackupCopy
from nskeys.model.rotation import Rotation
from nskeys.model.secret import SecretBytes

SealedRow: TypeAlias = tuple[str, str, str, str, str, str, bytes]
"""credential_id, kind, name, target, account, note, blob: a row as a database cursor gives it."""

# --- asking and telling a person -----------------------------------------------------------------


class Purpose(StrEnum):
    """What a secret is wanted for."""

    NEW_BACKUP_PASSWORD = "new_backup_password"
    BACKUP_PASSWORD = "backup_password"
    NEW_PASSPHRASE = "new_passphrase"
    PASSPHRASE = "passphrase"
    CREDENTIAL_SECRET = "credential_secret"


@dataclass(frozen=True, slots=True)
class SecretRequest:
    """Which secret, and of what: `subject` names the file, store or credential; `hint` may help."""

    purpose: Purpose
    subject: str = ""
    hint: str = ""


class SecretProvider(Protocol):
    """Whoever can give a secret: a prompt, a file, a dialog. New ones are asked for twice there."""

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """The secret; the caller wipes it. `retry` is 0 first and counts refused ones; a provider
        that cannot give another raises SecretUnavailable, a person who gives up Cancelled."""
        ...


class Stage(StrEnum):
    """What long work is doing."""

    LOOKING = "looking"
    COLLECTING = "collecting"
    ENCRYPTING = "encrypting"
    WRITING = "writing"
    READING_BACK = "reading_back"
    OPENING = "opening"
    RECORDING = "recording"
    STORING_KEYS = "storing_keys"
    PROVING = "proving"
    RESEALING = "resealing"
    IMPORTING = "importing"
    UNLOCKING = "unlocking"


class Progress(Protocol):
    """Told how far long work is; asked whether to go on."""

    def stage(self, stage: Stage, total: int | None = None) -> None:
        """A stage begins; `total` counts what `advance` counts, None where nothing is counted."""
        ...

    def advance(self, count: int = 1) -> None:
        """So many more of the stage's total are done."""
        ...

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        """These rows were just tried; `failed` holds the ids of those that do not open."""
        ...

    def checkpoint(self) -> None:
        """Raises Cancelled if a person asked to stop. Called only where stopping is safe."""
        ...


class SilentProgress:
    """The default: tells nobody, never stops."""

    def stage(self, stage: Stage, total: int | None = None) -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        """Nothing."""

    def checkpoint(self) -> None:
        """Nothing."""


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, in UTC, whole seconds."""
        ...


class Lock(Protocol):
    """The one lock around every change of state. Never held while a person thinks."""

    def hold(self, doing: str) -> AbstractContextManager[None]:
        """Take it at once or raise Locked with the holder; `doing` is what others are told."""
        ...


# --- protectors and the key store ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A wrapped KEK as a protector leaves it: JSON parameters that `unwrap` understands."""

    parameters: Mapping[str, Json]


class Protector(Protocol):
    """Binds the KEK to the machine or to a person."""

    @property
    def name(self) -> str:
        """`tpm2`, `passphrase`, `file`, ..."""
        ...

    @property
    def asks(self) -> bool:
        """Whether a person is needed to unwrap."""
        ...

    def wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Wrapped:
        """Wrap a 32-byte KEK for the store `store_id` (32 hex digits)."""
        ...

    def unwrap(self, wrapped: Wrapped, store_id: str, secrets: SecretProvider) -> SecretBytes:
        """The KEK again; WrongPassword, KeyStoreElsewhere or KeyStoreDamaged where it is not had."""
        ...

    def opens_with(self, wrapped: Wrapped, store_id: str, candidate: SecretBytes) -> bool:
        """Whether `candidate`, say a new backup password, would unwrap this KEK."""
        ...


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What the key store says without being unlocked."""

    generation: int
    store_id: str
    cmdb_id: str
    protector: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be stored."""

    info: KeyInfo
    material: SecretBytes


class OpenKeyStore(Protocol):
    """A key store whose KEK is unwrapped. Closing it wipes the KEK and all keys it gave out."""

    def key(self, kid: Kid) -> SecretBytes:
        """A key, its thumbprint recomputed and compared; NoSuchKey, KeyStoreDamaged."""
        ...

    def server_key(self) -> SecretBytes:
        """The Ed25519 seed (32 bytes)."""
        ...

    def change(self, add: Sequence[NewKey] = (), states: Sequence[KeyInfo] = ()) -> None:
        """Add keys and change states, all or nothing, on disk when it returns."""
        ...

    def close(self) -> None:
        """Wipe everything."""
        ...


class KeyStore(Protocol):
    """This server's keys on disk, wrapped under one KEK."""

    def exists(self) -> bool:
        """Whether a complete store is there."""
        ...

    def info(self) -> StoreInfo:
        """What is known without unlocking; NotSetUp, KeyStoreDamaged, NewerVersion."""
        ...

    def keys(self) -> tuple[KeyInfo, ...]:
        """Every key's state, without unlocking; oldest first."""
        ...

    def server_public(self) -> bytes | None:
        """The server key's public half (32 bytes), from `server.pub`; None when there is none."""
        ...

    def create(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
    ) -> None:
        """Make the first generation with these keys, all or nothing; AlreadySetUp."""
        ...

    def unlock(self, secrets: SecretProvider) -> AbstractContextManager[OpenKeyStore]:
        """The open store; asks its protector's questions through `secrets`."""
        ...

    def rewrap(self, protector: Protector, unwrap: SecretProvider, wrap: SecretProvider) -> None:
        """A new generation under a new KEK and `protector`; reopened whole before the switch."""
        ...

    def opens_with(self, candidate: SecretBytes) -> bool:
        """Whether a password would open this store."""
        ...

    def sweep(self) -> None:
        """Under the lock: finish a change that was broken off, remove what was left behind."""
        ...


# --- the CMDB ------------------------------------------------------------------------------------


class CmdbView(Protocol):
    """One consistent look at the CMDB."""

    def counts(self) -> tuple[KeyUse, ...]:
        """Credentials per key and kind, with the earliest sealing."""
        ...

    def total(self, wanted: CredentialFilter) -> int:
        """How many credentials match."""
        ...

    def page(
        self,
        wanted: CredentialFilter,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None = None,
        backwards: bool = False,
        offset: int = 0,
    ) -> tuple[PlacedCredential, ...]:
        """Up to `limit` credentials in `order`, those behind the place `after` (None: from the
        start; `backwards`: those before it, or from the end, still in `order`), then skipping
        `offset`."""
        ...

    def credential(self, credential_id: str) -> SealedCredential | None:
        """One, by its full id."""
        ...

    def find(self, reference: str) -> tuple[Credential, ...]:
        """Those with this `kind/name`, or else this id or id prefix (at most 10)."""
        ...

    def named(self, kind: CredentialKind, name: str) -> Credential | None:
        """The one of this kind and name."""
        ...

    def names(self) -> frozenset[tuple[str, str]]:
        """Every (kind, name) there is."""
        ...

    def sealed(
        self, kid: Kid | None = None, after: str = "", limit: int = 5_000
    ) -> tuple[SealedCredential, ...]:
        """Up to `limit` sealed rows ordered by id, behind the id `after`; of one key or of all."""
        ...

    def sealed_rows(self, kid: Kid, after: str = "", limit: int = 5_000) -> Sequence[SealedRow]:
        """As `sealed`, for long work: one key's rows ordered by id, behind the id `after`."""
        ...

    def seals(self, kid: Kid) -> int:
        """How many secrets the key ever sealed."""
        ...

    def copies(self) -> tuple[BackupCopy, ...]:
        """The register, newest generation first; `signed` is False until a service verified it."""
        ...

    def register_rows(self) -> tuple["RegisterRow", ...]:
        """The register as stored: exact text and signature."""
        ...

    def rotation(self) -> Rotation | None:
        """The open rotation, if any."""
        ...

    def audit_head(self) -> AuditHead:
        """Count and last hash of the audit trail, as stored."""
        ...

    def audit_signature(self) -> tuple[AuditHead, bytes] | None:
        """The last head that the server key signed, with its signature."""
        ...

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        """Lines in order, behind number `after`."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register row as stored. `text` is RFC 8785 JSON, exactly what `signature` covers."""

    text: str
    signature: bytes | None


class CmdbChange(CmdbView, Protocol):
    """One transaction. It begins with its line in the audit trail and commits whole or not at all."""

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        """New rows, counted as seals of their keys; NameTaken. Keys get their `key_no` here too, and
        KeyUsedUp is raised before a key counts more than its limit. (So do `replace`, `reseal`.)"""
        ...

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        """Rows with the same ids, re-sealed, counted as seals of their keys; NameTaken (as if done one
        after the other), NoSuchCredential."""
        ...

    def reseal(self, rows: Sequence[tuple[str, bytes]], kid: Kid, moment: datetime) -> None:
        """Credential ids and their new blobs, all sealed by `kid` at `moment`; counted as its seals.
        Nothing else changes, not even `updated`. NoSuchCredential."""
        ...

    def remove(self, credential_id: str) -> None:
        """One row; NoSuchCredential."""
        ...

    def know_keys(self, kids: Iterable[Kid]) -> None:
        """Give these keys a `key_no` if they have none."""
        ...

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        """Insert the register row, or replace the one with the same `.kms` and address. `row.text` is
        what `model.register_text.to_text` makes of `copy`, else ValueError."""
        ...

    def set_rotation(self, rotation: Rotation) -> Rotation:
        """Insert it (number 0) or update it; returns it with its number."""
        ...

    def sign_audit(self, head: AuditHead, signature: bytes) -> None:
        """Remember the signature of a head."""
        ...


class Cmdb(Protocol):
    """The database with the credentials, the register and the audit trail."""

    def describe(self) -> str:
        """`SQLite` or `PostgreSQL`, for a person."""
        ...

    def address(self) -> str:
        """The URL or path, without any password."""
        ...

    def exists(self) -> bool:
        """Whether there is a CMDB of nskeys at all. Creates nothing."""
        ...

    def cmdb_id(self) -> str:
        """32 hex digits; NotSetUp where there is none."""
        ...

    def create(self, cmdb_id: str) -> None:
        """Make the tables, durably; does nothing if this id's CMDB exists, AlreadySetUp if another's
        does."""
        ...

    def reading(self) -> AbstractContextManager[CmdbView]:
        """A read-only transaction: what it shows does not change while it is open. On SQLite no change
        commits meanwhile, so keep it short, and never change inside it. NotSetUp, NewerVersion."""
        ...

    def changing(self, event: AuditEvent) -> AbstractContextManager[CmdbChange]:
        """A transaction that writes `event` to the audit trail; an exception rolls all of it back.
        Migrates an older schema first (after copying an SQLite file)."""
        ...

    def stream_raw(self) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        """Every sealed row in batches of one key each, from one consistent look: the quick way to
        try them all."""
        ...

    def stream_sealed(self, kid: Kid | None = None) -> Iterator[Sequence[SealedCredential]]:
        """Every sealed row in batches, from one consistent look."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


# --- destinations, registry, settings, imports ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A file at a destination."""

    name: str
    size: int


class Destination(Protocol):
    """A place for backups. Nothing there is ever replaced."""

    def where(self) -> Whereabouts:
        """Here or elsewhere, looked at now."""
        ...

    def address_of(self, name: str) -> str:
        """The full address of a file there."""
        ...

    def check(self) -> None:
        """Raise what would keep a backup from being written there; leaves nothing behind."""
        ...

    def publish(self, name: str, data: bytes) -> str:
        """Write durably under `name`, or `name-2`, ... where it is taken; returns the name used."""
        ...

    def read(self, name: str, limit: int) -> bytes:
        """The whole file, from the medium where that can be had; FileUnreadable above `limit`."""
        ...

    def listing(self) -> tuple[Listed, ...]:
        """The `.zip` and `.kms` files there, newest name first."""
        ...

    def sweep(self) -> None:
        """Remove temporary files that a broken off backup left."""
        ...


class Destinations(Protocol):
    """Every way to reach a backup."""

    def at(self, destination: DestinationInfo) -> Destination:
        """The destination at an address; DestinationInvalid."""
        ...

    def source(self, address: str) -> tuple[Destination, str]:
        """The destination and file name behind a file's full address."""
        ...

    def normal(self, address: str) -> str:
        """The one spelling of a destination's address (absolute, links kept)."""
        ...


class Registry(Protocol):
    """`KMSBackupPath` and `KMSBackupDate` on this server."""

    def read(self) -> RegistryValues:
        """Both values; empty where none were written."""
        ...

    def write(self, values: RegistryValues) -> None:
        """Both values, durably, at once."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """`config.toml`, understood."""

    server_name: str
    cmdb: str
    """The CMDB's URL as configured; empty for `cmdb.sqlite3` in the home."""
    destinations: tuple[DestinationInfo, ...] = ()


class SettingsFile(Protocol):
    """`config.toml`; comments that a person wrote survive a change."""

    def read(self) -> Settings:
        """What is configured, with defaults for what is not."""
        ...

    def write(self, settings: Settings) -> None:
        """Change what differs, durably."""
        ...


class ImportReader(Protocol):
    """Reads another program's export."""

    def __call__(self, source: str, data: bytes) -> ParsedExport:
        """Recognise the format and understand it; ImportUnreadable."""
        ...


class Home(Protocol):
    """The folder where all of this lies."""

    @property
    def path(self) -> str:
        """Its absolute path."""
        ...

    def prepare(self) -> None:
        """Make the folder (0700) if it is missing; HomeUnreadable, CannotCreate."""
        ...

    def default_destination(self) -> str:
        """`backups/` in the home, as an address."""
        ...


class Identity(Protocol):
    """Who runs this process."""

    def actor(self) -> Actor:
        """Effective user, and SUDO_USER."""
        ...
