"""The port of the CMDB: the database with the credentials, the register and the audit trail."""

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
    """A consistent snapshot of the CMDB. A row that cannot be read does not stop a query: it is an
    UnreadableCredential where credentials are looked up or listed, and left out where many are read for
    their secrets (`sealed`, `sealed_rows`) or counted."""

    def unreadable(self) -> tuple[UnreadableRow, ...]:
        """Return rows that nskeys did not write like this, as far as finding them is cheap: all of up to
        20,000 credentials, and of more only those that name no key."""
        ...

    def counts(self) -> tuple[KeyUse, ...]:
        """Return the number of credentials per key and kind, with the earliest sealing and the last seal's
        number."""
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
        """Return up to `limit` credentials in `order`: those after the cursor `after` (None: from the
        start; `backwards`: those before it, or from the end, still in `order`), without the first
        `offset`."""
        ...

    def credential(self, credential_id: str) -> SealedCredential | None:
        """Return a credential by its full id; None where there is none."""
        ...

    def find(self, reference: str) -> tuple[Credential, ...]:
        """Return the credentials with this `kind/name`, or else with this id or id prefix (at most 10)."""
        ...

    def named(self, kind: CredentialKind, name: str) -> Credential | None:
        """Return the credential of this kind and name; None where there is none."""
        ...

    def names(self) -> frozenset[tuple[str, str]]:
        """Return every (kind, name) there is."""
        ...

    def sealed(
        self, kid: Kid | None = None, after: str = "", limit: int = 5_000
    ) -> tuple[SealedCredential, ...]:
        """Return up to `limit` sealed rows ordered by id, after the id `after`; of one key or of all."""
        ...

    def sealed_rows(self, kid: Kid, after: str = "", limit: int = 5_000) -> Sequence[SealedRow]:
        """Return what `sealed` does, as plain rows for long work: one key's, ordered by id, after the id
        `after`."""
        ...

    def seals(self, kid: Kid) -> int:
        """Return how many secrets the key ever sealed."""
        ...

    def last_seal(self) -> int:
        """Return how many secrets all keys have sealed, which is the number of the last seal."""
        ...

    def sealed_after(self, kids: Iterable[Kid], seal_no: int) -> int:
        """Return how many credentials of these keys have a greater number."""
        ...

    def drill_rows(self, limit: int = 1_000) -> tuple["DrillRow", ...]:
        """Return the diary's last lines as stored, newest first. Damaged rows raise nothing, as with the
        register; a CMDB of an older schema has no lines."""
        ...

    def register_rows(self) -> tuple["RegisterRow", ...]:
        """Return the register as stored, exact text and signature, in the order of first recording. Damaged
        rows never raise CmdbDamaged: a value that no row can have becomes an empty text without a
        signature."""
        ...

    def rotation(self) -> Rotation | None:
        """Return the open rotation, if any."""
        ...

    def audit_head(self) -> AuditHead:
        """Return count and last hash of the audit trail, as stored."""
        ...

    def audit_signature(self) -> tuple[AuditHead, bytes] | None:
        """Return the last head that the server key signed, with its signature."""
        ...

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        """Return the lines after number `after`, in order."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register row as stored. `text` is RFC 8785 JSON, exactly what `signature` covers."""

    text: str
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class DrillRow:
    """A line of the diary of drills as stored, with text and signature as in `RegisterRow`."""

    number: int
    text: str
    signature: bytes | None


class CmdbChange(CmdbView, Protocol):
    """One transaction. It begins with its line in the audit trail, and commits all or nothing."""

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        """Insert rows, counted as seals of their keys. Raises NameTaken. Keys get their `key_no` here too,
        and KeyUsedUp is raised before a key counts more than its limit. Each row gets the value of
        `last_seal` after that as its `seal_no`. (`replace` and `reseal` do the same.)"""
        ...

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        """Replace the rows with the same ids by re-sealed ones, counted as seals of their keys. Raises
        NameTaken (as if they were replaced one after the other), NoSuchCredential."""
        ...

    def reseal(self, rows: Sequence[tuple[str, bytes]], kid: Kid, moment: datetime) -> None:
        """Replace the blobs of these credential ids, all sealed by `kid` at `moment`; counted as its seals.
        Nothing else changes, not even `updated`. Raises NoSuchCredential."""
        ...

    def remove(self, credential_id: str) -> None:
        """Delete a credential. Raises NoSuchCredential."""
        ...

    def know_keys(self, kids: Iterable[Kid]) -> None:
        """Give these keys a `key_no` if they have none."""
        ...

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        """Insert the register row, or replace the one with the same `.kms` and address. Raises ValueError
        unless `row.text` is what `model.register_json.to_text` makes of `copy`."""
        ...

    def write_drill(self, text: str, signature: bytes | None) -> None:
        """Append a line to the diary."""
        ...

    def set_rotation(self, rotation: Rotation) -> Rotation:
        """Insert it (number 0) or update it, and return it with its number."""
        ...

    def sign_audit(self, head: AuditHead, signature: bytes) -> None:
        """Store the signature of a head of the audit trail."""
        ...


class Cmdb(Protocol):
    """The database itself: its identity, its transactions, and streams of sealed rows."""

    def describe(self) -> str:
        """Return `SQLite` or `PostgreSQL`, to show to a person."""
        ...

    def address(self) -> str:
        """Return the URL or path, without any password."""
        ...

    def login(self) -> DatabaseLogin | None:
        """Return how nskeys logs in to its server; None for a file. Raises ConfigurationInvalid."""
        ...

    def exists(self) -> bool:
        """Return whether there is a CMDB of nskeys at all. Creates nothing."""
        ...

    def cmdb_id(self) -> str:
        """Return the id, 32 hex digits. Raises NotSetUp where there is none."""
        ...

    def outdated(self) -> bool:
        """Return whether a change would migrate it to a newer schema first. Raises NotSetUp,
        NewerVersion."""
        ...

    def create(self, cmdb_id: str) -> None:
        """Create the tables, durably; does nothing if this id's CMDB exists. Raises AlreadySetUp if
        another's does."""
        ...

    def reading(self) -> AbstractContextManager[CmdbView]:
        """Open a read-only transaction on a consistent snapshot. On SQLite no change commits while it is
        open, so keep it short, and never change inside it. Raises NotSetUp, NewerVersion."""
        ...

    def changing(self, event: AuditEvent) -> AbstractContextManager[CmdbChange]:
        """Open a transaction that writes `event` to the audit trail; an exception rolls all of it back. It
        migrates an older schema first (after copying an SQLite file)."""
        ...

    def stream_raw(
        self, unreadable: Callable[[UnreadableCredential], None] = ...
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        """Yield every sealed row from one snapshot, in batches of one key each: the fastest way to try them
        all. `unreadable` is called with each row that cannot be read."""
        ...

    def close(self) -> None: ...
