"""The port of the CMDB: the database with the credentials, the register and the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nskeys.model.audit import AuditEntry, AuditHead
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credentials import (
    Credential,
    CredentialKind,
    SealedCredential,
    SealedRow,
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.inventory import KeyInventory, Tally
from nskeys.model.keys import Beyond, KeyInfo, KeyUse, Kid, Rotation
from nskeys.model.register import BackupCopy
from nskeys.model.signed_json import Json

if TYPE_CHECKING:
    from nskeys.model.credential_list import CredentialFilter, CredentialOrder, PlacedCredential
    from nskeys.model.database_copy import Rows
    from nskeys.model.database_tables import Table
    from nskeys.model.declared_backups import DeclaredBackup


class CmdbView(Protocol):
    """A consistent snapshot of the CMDB. A row that cannot be read does not stop a query: it is an
    UnreadableCredential where credentials are looked up or listed, and left out where many are read for
    their secrets (`sealed`, `sealed_rows`) or counted."""

    def unreadable(self) -> tuple[UnreadableRow, ...]:
        """Return rows that nskeys did not write like this, as far as finding them is cheap: all of up to
        20,000 credentials, and of more only those that name no key."""
        ...

    def stop(self) -> None:
        """Break off what is being asked, from another thread: that raises Cancelled, and ends the view.
        Nothing happens where nothing is asked."""
        ...

    @property
    def cmdb_id(self) -> str:
        """The id, 32 hex digits."""
        ...

    @property
    def number(self) -> int:
        """The number of the last change, 0 for none; inside a change, its own."""
        ...

    @property
    def is_standby(self) -> bool:
        """Whether the server copies another one, and may not have its last changes yet."""
        ...

    def counts(self) -> tuple[KeyUse, ...]:
        """Return the number of credentials per key and kind, with since when and up to which change."""
        ...

    def noted_counts(self) -> tuple[KeyUse, ...]:
        """Return what `counts` does, with the numbers that the keys' rows say: that takes no longer for a
        million credentials. Where the rows do not say it, it is counted."""
        ...

    def inventory(self) -> tuple[tuple[Kid, KeyInventory | None], ...]:
        """Return what each key's row says of its credentials, in the order of their ids; None where that
        cannot be read."""
        ...

    def tallies(self) -> Mapping[tuple[Kid, str], Tally]:
        """Return how many credentials of each kind a key seals, and the sum of their numbers, counted from
        an index."""
        ...

    def table_counts(self) -> tuple[tuple[str, int], ...]:
        """Return the number of rows of each table that a database copy holds, in their order."""
        ...

    def table_rows(self, table: Table) -> Iterator[Rows]:
        """Yield the rows of a table as they are stored, by its primary key, in batches. A value may be of
        any type where the database permits that."""
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

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return every key that the CMDB knows and its state, oldest first, whether or not the key itself
        is in the key store. Rows that cannot be read are left out."""
        ...

    def recovery_row(self) -> RecoveryRow | None:
        """Return the record of who can open backups, as stored; None where there is none. A damaged one has
        an empty text."""
        ...

    def stream_rows(
        self, unreadable: Callable[[UnreadableCredential], None]
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        """Yield every sealed row in batches of one key each: the fastest way to try them all. `unreadable`
        is called with each row that cannot be read."""
        ...

    def seals(self, kid: Kid) -> int:
        """Return how many secrets the key ever sealed."""
        ...

    def changed_after(self, kids: Iterable[Kid], number: int) -> int:
        """Return how many credentials of these keys a later change sealed: those with a greater number, and
        all of a key under which rows were re-sealed later."""
        ...

    def beyond(self, kid: Kid, number: int, moment: datetime) -> Beyond:
        """Return the credentials of a key that a change after `number` made what they are, from an index,
        and whether one of them was added after `moment`."""
        ...

    def drill_rows(self, limit: int = ...) -> tuple[DrillRow, ...]:
        """Return the diary's last lines as stored, newest first. Damaged rows raise nothing, as with the
        register; a CMDB of an older schema has no lines."""
        ...

    def register_count(self) -> int:
        """Return how many rows the register has."""
        ...

    def register_rows(self) -> tuple[RegisterRow, ...]:
        """Return the first REGISTER_LIMIT rows of the register as stored, exact text and signature, in the
        order of first recording. Damaged rows never raise CmdbDamaged: a value that no row can have becomes
        an empty text without a signature."""
        ...

    def rotation(self) -> Rotation | None:
        """Return the open rotation, if any."""
        ...

    def audit_head(self) -> AuditHead:
        """Return count and last hash of the audit trail, as stored."""
        ...

    def checkpoint(self) -> SignedCheckpoint | None:
        """Return the checkpoint as stored; None where there is none, an empty text where it cannot be
        one."""
        ...

    def key_rows(self) -> tuple[Mapping[str, Json], ...]:
        """Return every row of `keys` whole, in the order of their numbers, whatever is in them: what a
        checkpoint hashes."""
        ...

    def statements(self) -> tuple[SignedStatement, ...]:
        """Return the signed statements, oldest first."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return the drills that were noted without the server key, newest first."""
        ...

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        """Return the lines after number `after`, in order."""
        ...


class RegisterRow(NamedTuple):
    """A register row as stored. `text` is RFC 8785 JSON, exactly what `signature` covers."""

    text: str
    signature: bytes | None


class DrillRow(NamedTuple):
    """A line of the diary of drills as stored, with text and signature as in `RegisterRow`."""

    number: int
    text: str
    signature: bytes | None


class SignedStatement(NamedTuple):
    """Something out of the ordinary that the server key signed under a label of its own; `number` is that
    of the change that wrote it."""

    number: int
    label: str
    text: str
    signature: bytes


class RecoveryRow(NamedTuple):
    """The record of who can open backups as stored: RFC 8785 JSON, exactly what `signature` covers."""

    text: str
    signature: bytes


class CmdbChange(CmdbView, Protocol):
    """One transaction. It begins with its line in the audit trail, and commits all or nothing."""

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        """Insert rows, counted as seals of their keys. Raises NameTaken. A key that is not known yet is
        added as deactivated, and KeyUsedUp is raised before a key counts more than its limit. Raises
        ValueError for a number that no change had yet. (`replace` does the same.)"""
        ...

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        """Replace the rows with the same ids by re-sealed ones, counted as seals of their keys. Raises
        NameTaken (as if they were replaced one after the other), NoSuchCredential."""
        ...

    def reseal(
        self,
        old: Kid,
        rows: Sequence[tuple[SealedRow, bytes]],
        kid: Kid,
        bound: Sequence[bytes] | None = None,
    ) -> None:
        """Replace the blobs of rows that `old` sealed and that were read before, all sealed by `kid`;
        counted as its seals. Nothing else changes, not even `updated` and the number. `bound` is their
        `row_fields.bound_of`, where that is known. Raises NoSuchCredential."""
        ...

    def count_anew(self) -> None:
        """Count the inventory of every key anew, from the rows that are there."""
        ...

    def remove(self, credential_id: str) -> None:
        """Delete a credential. Raises NoSuchCredential."""
        ...

    def set_keys(self, keys: Iterable[KeyInfo]) -> None:
        """Give these keys these states, and add those that are not there yet. When a key was made never
        changes."""
        ...

    def set_recovery(self, row: RecoveryRow) -> None:
        """Replace the record of who can open backups."""
        ...

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        """Insert the register row, or replace the one with the same `.kms` and address. Raises ValueError
        unless `row.text` is what `model.register_json.to_text` makes of `copy`."""
        ...

    def record_database(self, copy: DatabaseCopy, row: RegisterRow) -> None:
        """Insert the register row of a database copy, or replace the one with the same copy and
        destination. Raises ValueError unless `row.text` is what `model.database_register_json` makes of
        `copy`."""
        ...

    def record_declared(self, backup: DeclaredBackup, row: RegisterRow) -> None:
        """Insert the register row of somebody else's database backup, or replace the one of that name.
        Raises ValueError unless `row.text` is what `model.declared_backups_json` makes of `backup`."""
        ...

    def write_drill(self, text: str, signature: bytes | None) -> None:
        """Append a line to the diary."""
        ...

    def resign_drill(self, number: int, signature: bytes) -> None:
        """Replace the signature of a line of the diary."""
        ...

    def set_rotation(self, rotation: Rotation) -> Rotation:
        """Insert it (number 0) or update it, and return it with its number."""
        ...

    def set_checkpoint(self, before: SignedCheckpoint | None, after: SignedCheckpoint) -> None:
        """Replace the checkpoint by compare-and-swap. Raises CmdbDamaged where it is not the one before."""
        ...

    def add_statement(self, statement: SignedStatement) -> None:
        """Keep a signed statement for ever."""
        ...

    def resign_statement(self, number: int, signature: bytes) -> None:
        """Replace the signature of a statement."""
        ...
