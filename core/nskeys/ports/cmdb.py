"""The database with the credentials, the register and the audit trail."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nskeys.model.audit import AuditEntry, AuditEvent, AuditHead
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, PlacedCredential
from nskeys.model.credentials import (
    Credential,
    CredentialKind,
    SealedCredential,
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.database import DatabaseLogin
from nskeys.model.keys import KeyUse, Kid, Rotation
from nskeys.model.register import BackupCopy
from nskeys.ports.interaction import SealedRow


class CmdbView(Protocol):
    """One consistent look at the CMDB. A row that cannot be read stops nothing: it is an
    UnreadableCredential where one credential is asked for or listed, and left out where many are read for
    their secrets (`sealed`, `sealed_rows`) or counted."""

    def unreadable(self) -> tuple[UnreadableRow, ...]:
        """Rows that are not as nskeys writes them, as far as it costs little: all of up to 20,000
        credentials, and of more those that name no key."""
        ...

    def counts(self) -> tuple[KeyUse, ...]:
        """Credentials per key and kind, with the earliest sealing and the last seal's number."""
        ...

    def total(self, wanted: CredentialFilter) -> int:
        """Return how many credentials match."""
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
        """Return up to `limit` credentials in `order`, those behind the place `after` (None: from the
        start; `backwards`: those before it, or from the end, still in `order`), then skipping `offset`."""
        ...

    def credential(self, credential_id: str) -> SealedCredential | None:
        """One, by its full id."""
        ...

    def find(self, reference: str) -> tuple[Credential, ...]:
        """Return those with this `kind/name`, or else this id or id prefix (at most 10)."""
        ...

    def named(self, kind: CredentialKind, name: str) -> Credential | None:
        """Return the one of this kind and name."""
        ...

    def names(self) -> frozenset[tuple[str, str]]:
        """Return every (kind, name) there is."""
        ...

    def sealed(
        self, kid: Kid | None = None, after: str = "", limit: int = 5_000
    ) -> tuple[SealedCredential, ...]:
        """Return up to `limit` sealed rows ordered by id, behind the id `after`; of one key or of all."""
        ...

    def sealed_rows(self, kid: Kid, after: str = "", limit: int = 5_000) -> Sequence[SealedRow]:
        """As `sealed`, for long work: one key's rows ordered by id, behind the id `after`."""
        ...

    def seals(self, kid: Kid) -> int:
        """Return how many secrets the key ever sealed."""
        ...

    def last_seal(self) -> int:
        """Return how many secrets all keys ever sealed: the number of the last seal."""
        ...

    def sealed_after(self, kids: Iterable[Kid], seal_no: int) -> int:
        """Return how many credentials of these keys have a greater number."""
        ...

    def drill_rows(self, limit: int = 1_000) -> tuple["DrillRow", ...]:
        """Return the diary's last lines as stored, newest first. What a row holds never raises, as with
        the register; a CMDB of an older schema has none."""
        ...

    def register_rows(self) -> tuple["RegisterRow", ...]:
        """Return the register as stored, exact text and signature, in the order of first recording. Never
        CmdbDamaged for what a row holds: a value that no row can have is an empty text, no signature."""
        ...

    def rotation(self) -> Rotation | None:
        """Return the open rotation, if any."""
        ...

    def audit_head(self) -> AuditHead:
        """Count and last hash of the audit trail, as stored."""
        ...

    def audit_signature(self) -> tuple[AuditHead, bytes] | None:
        """Return the last head that the server key signed, with its signature."""
        ...

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        """Lines in order, behind number `after`."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register row as stored. `text` is RFC 8785 JSON, exactly what `signature` covers."""

    text: str
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class DrillRow:
    """A line of the diary of drills as stored; the same of text and signature as with the register."""

    number: int
    text: str
    signature: bytes | None


class CmdbChange(CmdbView, Protocol):
    """One transaction. It begins with its line in the audit trail and commits whole or not at all."""

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        """New rows, counted as seals of their keys. Raises NameTaken. Keys get their `key_no` here too,
        and KeyUsedUp is raised before a key counts more than its limit. Each row gets `last_seal` after
        that as its `seal_no`. (So do `replace`, `reseal`.)"""
        ...

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        """Rows with the same ids, re-sealed, counted as seals of their keys; NameTaken (as if done one
        after the other), NoSuchCredential."""
        ...

    def reseal(self, rows: Sequence[tuple[str, bytes]], kid: Kid, moment: datetime) -> None:
        """Credential ids and their new blobs, all sealed by `kid` at `moment`; counted as its seals.
        Nothing else changes, not even `updated`. Raises NoSuchCredential."""
        ...

    def remove(self, credential_id: str) -> None:
        """One row. Raises NoSuchCredential."""
        ...

    def know_keys(self, kids: Iterable[Kid]) -> None:
        """Give these keys a `key_no` if they have none."""
        ...

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        """Insert the register row, or replace the one with the same `.kms` and address. `row.text` is
        what `model.register_text.to_text` makes of `copy`, else ValueError."""
        ...

    def write_drill(self, text: str, signature: bytes | None) -> None:
        """One more line of the diary."""
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
        """Return the URL or path, without any password."""
        ...

    def login(self) -> DatabaseLogin | None:
        """Return how its server is logged in to; None for a file. Raises ConfigurationInvalid."""
        ...

    def exists(self) -> bool:
        """Return whether there is a CMDB of nskeys at all. Creates nothing."""
        ...

    def cmdb_id(self) -> str:
        """32 hex digits. Raises NotSetUp where there is none."""
        ...

    def outdated(self) -> bool:
        """Return whether a change would lead it up to a newer schema first. Raises NotSetUp,
        NewerVersion."""
        ...

    def create(self, cmdb_id: str) -> None:
        """Make the tables, durably; does nothing if this id's CMDB exists, AlreadySetUp if another's
        does."""
        ...

    def reading(self) -> AbstractContextManager[CmdbView]:
        """Return a read-only transaction: what it shows does not change while it is open. On SQLite no
        change commits meanwhile, so keep it short, and never change inside it. Raises NotSetUp,
        NewerVersion."""
        ...

    def changing(self, event: AuditEvent) -> AbstractContextManager[CmdbChange]:
        """Return a transaction that writes `event` to the audit trail; an exception rolls all of it back.
        Migrates an older schema first (after copying an SQLite file)."""
        ...

    def stream_raw(
        self, unreadable: Callable[[UnreadableCredential], None] = ...
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        """Return every sealed row in batches of one key each, from one consistent look: the quick way to
        try them all. `unreadable` is told each row that cannot be read, as it is met."""
        ...

    def stream_sealed(self, kid: Kid | None = None) -> Iterator[Sequence[SealedCredential]]:
        """Return every sealed row in batches, from one consistent look."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
