"""Filling an empty CMDB with the rows of a database copy: all of them in one transaction, so that there is
the whole CMDB afterwards, or none."""

from collections.abc import Callable, Mapping, Sequence

from nskeys.errors import CmdbNotEmpty, CmdbUnreachable
from nskeys.model.audit import AuditEvent, AuditHead
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credential_list import sort_keys_of
from nskeys.model.database_copy import Rows
from nskeys.model.database_tables import CREDENTIALS, KEYS, META, Column, ColumnKind, Table
from nskeys.model.keys import Kid
from nskeys.ports import CmdbView
from nskeys.reasons import Problem
from nskeys.store.cmdb.change import SqlChange
from nskeys.store.cmdb.checkpoint_rows import replace_checkpoint
from nskeys.store.cmdb.engine import CmdbEngine, Connection, Row
from nskeys.store.cmdb.migrations import TABLES, Step
from nskeys.store.cmdb.rows import credential_of, keys_of
from nskeys.store.cmdb.upgrade import apply_all, read_mark, upgrade
from nskeys.store.cmdb.values import damaged
from nskeys.store.cmdb.view import SqlView

_LISTED = ("id", "kind", "by_kind", "by_name", "by_target", "by_account", "by_updated", "haystack")
_LISTING = Table("listing", tuple(Column(name, ColumnKind.TEXT) for name in _LISTED))
"""Derived from the credentials, so no copy has it."""
_FILLED = {table: f"SELECT 1 FROM {table} LIMIT 1" for table in sorted(TABLES - {META.name})}  # noqa: S608  # constants
_CREDENTIALS = "SELECT count(*) FROM credentials"
_MARKS = ("cmdb_id", "number", "schema")


_LAST = ("listing", "credentials", "keys")
_EMPTYING = tuple(f"DELETE FROM {table}" for table in (*sorted(TABLES - {*_LAST}), *_LAST))  # noqa: S608  # constants
"""Those that name others come before them."""

Begin = Callable[
    [Connection, AuditEvent, Sequence[AuditEvent], int | None, Callable[[CmdbView], AuditHead | None]],
    SqlChange,
]
"""Begins a change in a transaction."""


def require_empty(
    engine: CmdbEngine,
    connection: Connection,
    steps: Sequence[Step],
    ours: Callable[[CmdbView], bool],
) -> None:
    """Look whether there are no tables, or nothing in them, or what is `ours`. Raises CmdbNotEmpty,
    CmdbUnreachable (`other_tables`), and what `read_mark` raises."""
    there = engine.tables(connection) & TABLES
    if not there:
        return
    if META.name not in there:
        raise CmdbUnreachable(engine.address.shown, Problem.OTHER_TABLES, ", ".join(sorted(there)))
    mark = read_mark(engine, connection, steps)
    filled = any(connection.one(_FILLED[table]) is not None for table in sorted(there - {META.name}))
    if filled and not ours(SqlView(connection, mark)):
        raise CmdbNotEmpty(engine.address.shown, connection.value(_CREDENTIALS))


class SqlFill:
    """Implements `ports.CmdbFill` in one transaction, on tables that it empties, or makes where there are
    none."""

    def __init__(
        self, engine: CmdbEngine, connection: Connection, steps: Sequence[Step], begin: Begin
    ) -> None:
        """What lies there was looked at by `require_empty`."""
        self._engine, self._connection, self._steps = engine, connection, steps
        self._begin = begin
        self._marks: list[Row] = []
        self._key_rows: list[Row] = []
        if engine.tables(connection) & TABLES:
            mark = read_mark(engine, connection, steps)
            upgrade(engine, connection, steps, mark, lambda *_: None)
            for statement in _EMPTYING:
                connection.run(statement)
        else:
            apply_all(engine, connection, steps)

    def add(self, table: Table, rows: Rows) -> None:
        if table is META:
            self._marks += rows
            return
        self._connection.insert(table, rows)
        if table is KEYS:
            self._key_rows += rows
        elif table is CREDENTIALS:
            keys = keys_of(self._key_rows)
            self._connection.insert(_LISTING, [_listed(row, keys) for row in rows])

    def finish(self, checkpoint: SignedCheckpoint | None) -> SqlView:
        if tuple(row[0] for row in self._marks) != _MARKS:
            raise damaged(META.name, Problem.NOT_A_ROW)
        # A copy has the same rows whatever the schema was; these tables have the newest one.
        found: dict[object, object] = dict(self._marks)
        newest = str(self._steps[-1].number)
        self._connection.insert(META, [*{**found, "schema": newest}.items()])
        if checkpoint is not None:
            replace_checkpoint(self._connection, None, checkpoint)
        return SqlView(self._connection, read_mark(self._engine, self._connection, self._steps))

    def change(
        self,
        event: AuditEvent,
        earlier: Sequence[AuditEvent],
        number: int | None,
        check: Callable[[CmdbView], AuditHead | None],
    ) -> SqlChange:
        return self._begin(self._connection, event, earlier, number, check)


def _listed(row: Row, keys: Mapping[int, Kid]) -> Row:
    credential = credential_of(row, keys)
    listing = sort_keys_of(credential)
    return (
        str(row[0]),
        credential.fields.kind.value,
        listing.by_kind,
        listing.by_name,
        listing.by_target,
        listing.by_account,
        listing.by_updated,
        listing.haystack,
    )
