"""The id and schema of a CMDB; creating and migrating its tables.

Reading accepts an older schema as it is; a change migrates it to the newest first, in its own transaction.
A schema newer than the last known step is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nskeys.errors import AlreadySetUp, CmdbUnreachable, NewerVersion, NotSetUp
from nskeys.reasons import Problem, Versioned
from nskeys.store.cmdb.engine import CmdbEngine, Connection
from nskeys.store.cmdb.migrations import TABLES, Step
from nskeys.store.cmdb.values import damaged, hex_of

_META = "meta"
_ID = "cmdb_id"
_SCHEMA = "schema"
_DIGITS = 9
_MARK = "SELECT name, value FROM meta WHERE name IN (?, ?)"


@dataclass(frozen=True, slots=True)
class CmdbMark:
    """The id and the schema number in `meta`."""

    cmdb_id: str
    schema: int


def read_mark(engine: CmdbEngine, connection: Connection, steps: Sequence[Step]) -> CmdbMark:
    """Return id and schema. Raises NotSetUp where there is no CMDB, NewerVersion, CmdbDamaged,
    CmdbAltered."""
    if _META not in engine.tables(connection):
        raise NotSetUp(engine.address.home)
    found: dict[str, object] = dict(
        connection.all("SELECT name, value FROM meta WHERE name IN (?, ?)", _ID, _SCHEMA)
    )
    mark = CmdbMark(hex_of(found.get(_ID), 32, _META, _ID), _schema_of(found.get(_SCHEMA)))
    if mark.schema > steps[-1].number:
        raise NewerVersion(Versioned.CMDB, mark.schema, steps[-1].number)
    return mark


def create(engine: CmdbEngine, connection: Connection, steps: Sequence[Step], cmdb_id: str) -> None:
    """Create all tables and the id. Does nothing where this id's CMDB exists. Raises AlreadySetUp where
    another's does. Raises CmdbUnreachable (`other_tables`) where other tables have our names."""
    there = engine.tables(connection) & TABLES
    if _META in there:
        if read_mark(engine, connection, steps).cmdb_id != cmdb_id:
            raise AlreadySetUp(engine.address.home)
        return
    if there:
        raise CmdbUnreachable(engine.address.shown, Problem.OTHER_TABLES, ", ".join(sorted(there)))
    _apply(engine, connection, steps)
    schema = str(steps[-1].number)
    connection.run("INSERT INTO meta (name, value) VALUES (?, ?), (?, ?)", _ID, cmdb_id, _SCHEMA, schema)


def upgrade(
    engine: CmdbEngine,
    connection: Connection,
    steps: Sequence[Step],
    mark: CmdbMark,
    upgraded: Callable[[int, int], None],
) -> None:
    """Migrate to the newest schema, after a copy was made; `upgraded(from, to)` is called at the end."""
    due = [step for step in steps if step.number > mark.schema]
    if not due:
        return
    engine.copy_aside(due[-1].number)
    _apply(engine, connection, due)
    connection.run("UPDATE meta SET value = ? WHERE name = ?", str(due[-1].number), _SCHEMA)
    upgraded(mark.schema, due[-1].number)


def _apply(engine: CmdbEngine, connection: Connection, steps: Sequence[Step]) -> None:
    for step in steps:
        for statement in step.statements(engine.spelling):
            connection.run(statement)


def _schema_of(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    raise damaged(_META, Problem.NOT_A_SCHEMA, _SCHEMA)
