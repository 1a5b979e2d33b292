"""A consistent snapshot of the CMDB: `ports.CmdbView` in one transaction."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from nskeys.errors import CmdbDamaged
from nskeys.model.audit import AuditEntry, AuditHead, first_digest
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, PlacedCredential
from nskeys.model.credentials import (
    CHANGE_LIMIT,
    Credential,
    CredentialKind,
    SealedCredential,
    SealedRow,
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.database_tables import COPIED_TABLES, MOVED_TABLES, Table
from nskeys.model.inventory import KeyInventory, Tally
from nskeys.model.keys import SEALS_LIMIT, Beyond, KeyInfo, KeyUse, Kid, Rotation, RotationStage
from nskeys.model.register import REGISTER_LIMIT
from nskeys.model.signed_json import Json
from nskeys.ports import DrillRow, RecoveryRow, RegisterRow, SignedStatement
from nskeys.reasons import Problem
from nskeys.store.cmdb.checkpoint_rows import checkpoint_of, key_rows, notes, statements
from nskeys.store.cmdb.engine import Connection, Row
from nskeys.store.cmdb.inventory import inventories, tallies
from nskeys.store.cmdb.paging import COLUMNS, Query, Selection, cursor_text, marks, storable
from nskeys.store.cmdb.records import (
    audit_entry_of,
    audit_head_of,
    drill_row_of,
    recovery_row_of,
    register_row_of,
    rotation_of,
)
from nskeys.store.cmdb.rows import (
    credential_of,
    key_info_of,
    keys_of,
    readable_rows,
    sealed_of,
    seals_of,
    unreadable_of,
)
from nskeys.store.cmdb.unreadable import OPEN_ROTATION, strays, unreadable_rows
from nskeys.store.cmdb.upgrade import CmdbMark
from nskeys.store.cmdb.uses import beyond, moved_of, noted, uses
from nskeys.store.cmdb.values import NUMBER_LIMIT, is_hex

if TYPE_CHECKING:
    from nskeys.model.database_copy import Rows

_PREFIX_MATCHES = 10
_KINDS = tuple(kind.value for kind in CredentialKind)
# The sum keeps SQLite from collecting the key's rows to sort them: they lie in the order of their ids.
_KEY_ROWS = (
    "SELECT id, kind, name, target, account, note, number, created, updated, sealed FROM credentials"
    " WHERE key_no + 0 = ?"
)
_CHANGED_LATER = (
    "SELECT count(*) FROM credentials WHERE key_no IN ({resealed}) OR (key_no IN ({marks}) AND number > ?)"
)
_LAST_LINE = "SELECT max(no) FROM audit WHERE no BETWEEN 1 AND ?"
_LAST_DIGESTS = "SELECT no, digest FROM audit WHERE no BETWEEN 1 AND ? ORDER BY no DESC LIMIT 100"
_LINES = "SELECT no, line, digest FROM audit WHERE no > ? AND no <= ? ORDER BY no LIMIT ?"

_Found = TypeVar("_Found")


def _joined(*parts: str) -> str:
    """Return a statement of several parts, all of them constants of this module."""
    return " ".join(part for part in parts if part)


def _credentials(rest: str, *more: str) -> str:
    """Return a query for the columns of credentials; `rest` follows the table's name."""
    return _joined("SELECT", ", ".join((COLUMNS, *more)), "FROM credentials", rest)


_TABLE_COUNTS = {table: _joined("SELECT count(*) FROM", table.name) for table in COPIED_TABLES}
_TABLE_ROWS = {
    table: _joined("SELECT", ", ".join(table.names), "FROM", table.name, "ORDER BY", table.names[0])
    for table in MOVED_TABLES
}
_NAMED = _credentials("WHERE kind = ? AND name = ?")
_BEGINNING = _credentials("WHERE id >= ? AND id < ? ORDER BY id LIMIT ?")
_SEALED = _credentials("WHERE id = ?", "sealed")
STREAMED = _joined(_KEY_ROWS, "ORDER BY id")


class SqlView:
    """What one transaction sees. It must not be used afterwards."""

    def __init__(self, connection: Connection, mark: CmdbMark) -> None:
        self._connection = connection
        self.cmdb_id = mark.cmdb_id
        self.schema = mark.schema
        self.number = mark.number

    def stop(self) -> None:
        """Break off what is being asked, from another thread."""
        self._connection.stop()

    @property
    def is_standby(self) -> bool:
        return self._connection.is_standby()

    def inventory(self) -> tuple[tuple[Kid, KeyInventory | None], ...]:
        return inventories(self._connection)

    def tallies(self) -> dict[tuple[Kid, str], Tally]:
        return tallies(self._connection, self._keys)

    def counts(self) -> tuple[KeyUse, ...]:
        return uses(self._connection, self._keys)

    def noted_counts(self) -> tuple[KeyUse, ...]:
        found = noted(self._connection, self._keys)
        return self.counts() if found is None else found

    def unreadable(self) -> tuple[UnreadableRow, ...]:
        return unreadable_rows(self._connection, self._keys)

    def table_counts(self) -> tuple[tuple[str, int], ...]:
        return tuple((table.name, self._connection.value(_TABLE_COUNTS[table])) for table in COPIED_TABLES)

    def table_rows(self, table: Table) -> Iterator[Rows]:
        yield from self._connection.stream(_TABLE_ROWS[table])

    def total(self, wanted: CredentialFilter) -> int:
        selection = self._selection(wanted)
        if selection.nothing:
            return 0
        if selection.text:
            from nskeys.store.cmdb.search import narrow

            narrow(self._connection, selection)
        return self._number(selection.total())

    def page(
        self,
        wanted: CredentialFilter,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None = None,
        backwards: bool = False,
        offset: int = 0,
    ) -> tuple[PlacedCredential, ...]:
        selection = self._selection(wanted)
        if selection.nothing:
            return ()
        if selection.text:
            from nskeys.store.cmdb.search import narrow, near

            found = () if offset else near(self._connection, selection, order, limit, after, backwards)
            if found:
                return self._page_of(found, backwards)
            narrow(self._connection, selection)
        of_keys = None
        if selection.key_numbers is not None:
            of_keys = self._number(selection.sealed_by_keys())
        sql, values = selection.page(order, limit, after, backwards, offset, of_keys)
        return self._page_of(self._connection.all(sql, *values), backwards)

    def credential(self, credential_id: str) -> SealedCredential | None:
        if not storable(credential_id):
            return None
        row = self._connection.one(_SEALED, credential_id)
        return None if row is None else sealed_of(row, self._keys)

    def find(self, reference: str) -> tuple[Credential, ...]:
        kind, slash, name = reference.partition("/")
        if slash and kind in tuple(CredentialKind):
            found = self.named(CredentialKind(kind), name)
            return (found,) if found else ()
        prefix = reference.lower()
        if not is_hex(prefix):
            return ()
        # "g" follows every hex digit, so this is all that begins with the prefix.
        rows = self._connection.all(_BEGINNING, prefix, prefix + "g", _PREFIX_MATCHES)
        return tuple(credential_of(row, self._keys) for row in rows)

    def named(self, kind: CredentialKind, name: str) -> Credential | None:
        normalized = unicodedata.normalize("NFC", name)
        if not storable(normalized):
            return None
        row = self._connection.one(_NAMED, kind.value, normalized)
        return None if row is None else credential_of(row, self._keys)

    def names(self) -> frozenset[tuple[str, str]]:
        rows = self._connection.all("SELECT kind, name FROM credentials")
        return frozenset((kind, name) for kind, name in rows if kind in _KINDS and type(name) is str)

    def sealed(
        self, kid: Kid | None = None, after: str = "", limit: int = 5_000
    ) -> tuple[SealedCredential, ...]:
        of_key = "" if kid is None else "AND key_no + 0 = ?"
        asked = _credentials(_joined("WHERE id > CAST(? AS TEXT)", of_key, *self._by_id()), "sealed")
        number = () if kid is None else (self._key_no(kid),)

        def batch(cursor: object) -> Sequence[Row]:
            return self._connection.all(asked, cursor, *number, limit)

        def readable(rows: Sequence[Row]) -> Sequence[SealedCredential]:
            found = (sealed_of(row, self._keys) for row in rows)
            return [row for row in found if not isinstance(row.credential, UnreadableCredential)]

        return tuple(_first_readable(batch, readable, after, limit))

    def sealed_rows(self, kid: Kid, after: str = "", limit: int = 5_000) -> Sequence[SealedRow]:
        asked = _joined(_KEY_ROWS, "AND id > CAST(? AS TEXT)", *self._by_id())
        number = self._key_no(kid)

        def batch(cursor: object) -> Sequence[Row]:
            return self._connection.all(asked, number, cursor, limit)

        def readable(rows: Sequence[Row]) -> Sequence[SealedRow]:
            return readable_rows(rows, kid, lambda _: None)

        return _first_readable(batch, readable, after, limit)

    def stream_rows(
        self, unreadable: Callable[[UnreadableCredential], None]
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        """Yield every sealed row, key by key, in batches; `unreadable` is called with those that cannot be
        read."""
        for number in self._numbers_in_use():
            kid = self._keys[number]
            for rows in self._connection.stream(STREAMED, number):
                if good := readable_rows(rows, kid, unreadable):
                    yield kid, good
        for stray in strays(self._connection, self._keys):
            unreadable(stray)

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return every key and its state, oldest first; rows that cannot be read are left out."""
        found = []
        for row in self._connection.all("SELECT kid, created, state, state_since FROM keys"):
            with suppress(CmdbDamaged):
                found.append(key_info_of(row))
        return tuple(sorted(found, key=lambda key: (key.created, key.kid)))

    def recovery_row(self) -> RecoveryRow | None:
        """Return the record of who can open backups; None where there is none."""
        row = self._connection.one("SELECT body, signature FROM recovery ORDER BY number")
        return None if row is None else recovery_row_of(row)

    def seals(self, kid: Kid) -> int:
        """Return how many secrets the key has sealed; where the number cannot be read, the limit."""
        found = self._connection.one("SELECT seals FROM keys WHERE kid = ?", kid)
        if found is None:
            return 0
        try:
            return seals_of(found[0], kid)
        except CmdbDamaged:
            return SEALS_LIMIT

    def changed_after(self, kids: Iterable[Kid], number: int) -> int:
        """Return how many credentials of these keys a later change sealed, from an index."""
        moved, highest = moved_of(self._connection), (CHANGE_LIMIT, CHANGE_LIMIT)
        known = [(self._key_no(kid), moved.get(kid, highest)[0] > number) for kid in kids]
        all_of = [key_no for key_no, later in known if key_no and later]
        others = [key_no for key_no, later in known if key_no and not later]
        asked = _CHANGED_LATER.format(resealed=marks(len(all_of)), marks=marks(len(others)))
        return self._number((asked, [*all_of, *others, number]))

    def beyond(self, kid: Kid, number: int, moment: datetime) -> Beyond:
        return beyond(self._connection, self._key_no(kid), number, moment)

    def drill_rows(self, limit: int = NUMBER_LIMIT) -> tuple[DrillRow, ...]:
        """Return the diary's last lines as stored, newest first."""
        rows = self._connection.all(
            "SELECT number, body, signature FROM drills ORDER BY number DESC LIMIT ?", limit
        )
        return tuple(drill_row_of(row) for row in rows)

    def register_count(self) -> int:
        return int(self._connection.value("SELECT count(*) FROM register"))

    def register_rows(self) -> tuple[RegisterRow, ...]:
        rows = self._connection.all(
            "SELECT body, signature FROM register ORDER BY number LIMIT ?", REGISTER_LIMIT
        )
        return tuple(register_row_of(row) for row in rows)

    def rotation(self) -> Rotation | None:
        """Return the open rotation; None also for a record that cannot be read."""
        row = self._connection.one(OPEN_ROTATION, RotationStage.FINISHED.value)
        with suppress(CmdbDamaged):
            return None if row is None else rotation_of(row)
        return None

    def audit_head(self) -> AuditHead:
        """Return count and last hash of the audit trail, as stored. Where the last line cannot be read,
        the hash is that of the last readable one: the trail goes on, and verifying it shows where it is
        broken."""
        last = self._connection.value(_LAST_LINE, NUMBER_LIMIT)
        if last is None:
            return AuditHead(0, first_digest(self.cmdb_id))
        for row in self._connection.all(_LAST_DIGESTS, NUMBER_LIMIT):
            with suppress(CmdbDamaged):
                return AuditHead(last, audit_head_of(row).digest)
        return AuditHead(last, first_digest(self.cmdb_id))

    def checkpoint(self) -> SignedCheckpoint | None:
        """Return the checkpoint as stored; None where there is none."""
        return checkpoint_of(self._connection)

    def key_rows(self) -> tuple[dict[str, Json], ...]:
        """Return every row of `keys` whole, in the order of their numbers."""
        return key_rows(self._connection)

    def statements(self) -> tuple[SignedStatement, ...]:
        """Return the signed statements, oldest first."""
        return statements(self._connection)

    def notes(self) -> tuple[str, ...]:
        """Return the drills that were noted without the server key, newest first."""
        return notes(self._connection)

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        """Return the lines after number `after`, in order; one that cannot be read is empty."""
        rows = self._connection.all(_LINES, after, NUMBER_LIMIT, limit)
        return tuple(audit_entry_of(row) for row in rows)

    @cached_property
    def _keys(self) -> dict[int, Kid]:
        """Every key id by its number; there are few."""
        return keys_of(self._connection.all("SELECT key_no, kid FROM keys"))

    def _key_no(self, kid: Kid) -> int:
        """Return a key's number; 0, which no key has, for an unknown key."""
        return next((number for number, candidate in self._keys.items() if candidate == kid), 0)

    def _numbers_in_use(self) -> list[int]:
        rows = self._connection.all("SELECT DISTINCT key_no FROM credentials")
        return sorted(number for (number,) in rows if type(number) is int and number in self._keys)

    def _by_id(self) -> tuple[str, ...]:
        """Return the end of a query that continues after an id."""
        return "AND", self._connection.text_only.format("id"), "ORDER BY id LIMIT ?"

    def _number(self, query: Query) -> int:
        statement, values = query
        found: int = self._connection.value(statement, *values)
        return found

    def _selection(self, wanted: CredentialFilter) -> Selection:
        numbers = {kid: number for number, kid in self._keys.items()}
        return Selection(wanted, numbers, self._connection.position, self._connection.text_only)

    def _page_of(self, rows: Sequence[Row], backwards: bool) -> tuple[PlacedCredential, ...]:
        page = tuple(self._placed(row) for row in rows)
        return tuple(reversed(page)) if backwards else page

    def _placed(self, row: Row) -> PlacedCredential:
        sort_key, listed_id, *columns = row
        if columns[0] is None:
            credential: Credential = unreadable_of((listed_id,), None, Problem.NO_CREDENTIAL)
        else:
            credential = credential_of(columns, self._keys)
        return PlacedCredential(credential, (cursor_text(sort_key), cursor_text(listed_id)))


def _first_readable(
    batch: Callable[[object], Sequence[Row]],
    readable: Callable[[Sequence[Row]], Sequence[_Found]],
    after: str,
    limit: int,
) -> Sequence[_Found]:
    """Return the readable part of the first batch after `after` that has any; nothing at the end."""
    cursor: object = after
    while True:
        rows = batch(cursor)
        good = readable(rows)
        if good or len(rows) < limit:
            return good
        cursor = rows[-1][0]
