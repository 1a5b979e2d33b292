"""The id, schema and number of a CMDB; creating and migrating its tables.

Reading accepts an older schema as it is; a change migrates it to the newest first, in its own transaction.
A schema newer than the last known step is refused.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nskeys.errors import AlreadySetUp, CmdbUnreachable, NewerVersion, NotSetUp
from nskeys.model.credentials import CHANGE_LIMIT
from nskeys.reasons import Problem, Versioned
from nskeys.store.cmdb.engine import CmdbEngine, Connection
from nskeys.store.cmdb.migrations import TABLES, Step
from nskeys.store.cmdb.values import damaged, hex_of

_META = "meta"
_ID = "cmdb_id"
_SCHEMA = "schema"
_NUMBER = "number"
_MARK = "SELECT name, value FROM meta WHERE name IN (?, ?, ?)"
_DECIMAL = re.compile("0|[1-9][0-9]*")
_NOT_A_NUMBER = {_SCHEMA: Problem.NOT_A_SCHEMA, _NUMBER: Problem.NOT_A_COUNT}
_SET = "UPDATE meta SET value = ? WHERE name = ?"
_FIRST = "INSERT INTO meta (name, value) VALUES (?, ?), (?, ?), (?, ?)"


class CmdbMark(NamedTuple):
    """The id and the numbers of schema and last change in `meta`."""

    cmdb_id: str
    schema: int
    number: int


def read_mark(engine: CmdbEngine, connection: Connection, steps: Sequence[Step]) -> CmdbMark:
    """Return id, schema and number. Raises NotSetUp where there is no CMDB, NewerVersion, CmdbDamaged,
    CmdbAltered."""
    if _META not in engine.tables(connection):
        raise NotSetUp(engine.address.home)
    found: dict[str, object] = dict(connection.all(_MARK, _ID, _SCHEMA, _NUMBER))
    mark = CmdbMark(
        hex_of(found.get(_ID), 32, _META, _ID),
        _number_of(found.get(_SCHEMA), _SCHEMA, 10**9 - 1),
        _number_of(found.get(_NUMBER), _NUMBER, CHANGE_LIMIT),
    )
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
    apply_all(engine, connection, steps)
    schema = str(steps[-1].number)
    connection.run(_FIRST, _ID, cmdb_id, _SCHEMA, schema, _NUMBER, "0")
    connection.search.make_ready()


def next_mark(mark: CmdbMark, steps: Sequence[Step], number: int | None) -> CmdbMark:
    """Return what a change that begins now leaves behind, with this number or else the next. Raises
    CmdbDamaged where no number is left."""
    after = mark.number + 1 if number is None else number
    if after > CHANGE_LIMIT:
        raise damaged(_META, Problem.NOT_A_COUNT, _NUMBER)
    return CmdbMark(mark.cmdb_id, steps[-1].number, after)


def write_number(connection: Connection, mark: CmdbMark) -> None:
    """Make the mark's number that of the last change."""
    connection.run(_SET, str(mark.number), _NUMBER)


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
    apply_all(engine, connection, due)
    connection.run(_SET, str(due[-1].number), _SCHEMA)
    upgraded(mark.schema, due[-1].number)


def apply_all(engine: CmdbEngine, connection: Connection, steps: Sequence[Step]) -> None:
    """Run the statements of each step in its order, in the spelling of this engine."""
    for step in steps:
        for statement in step.statements(engine.spelling):
            connection.run(statement)


def _number_of(value: object, name: str, most: int) -> int:
    digits = value if isinstance(value, str) and _DECIMAL.fullmatch(value) else ""
    if digits and len(digits) <= len(str(most)) and int(digits) <= most:
        return int(digits)
    raise damaged(_META, _NOT_A_NUMBER[name], name)
