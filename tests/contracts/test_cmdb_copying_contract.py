"""What every CMDB keeps to when it is copied: the rows of each table as they are stored, of one moment."""

from pathlib import Path

import pytest

from nskeys.archive.database_copy.lines import lines_of, rows_of
from nskeys.errors import Cancelled, NotSetUp
from nskeys.model.database_copy import Row
from nskeys.model.database_tables import (
    AUDIT,
    COPIED_TABLES,
    CREDENTIALS,
    DRILLS,
    KEYS,
    META,
    RECOVERY,
    REGISTER,
    ROTATIONS,
    STATEMENTS,
    Table,
)
from nskeys.model.keys import Rotation, RotationStage
from nskeys.model.register_json import to_text
from nskeys.ports import Cmdb, CmdbView, RecoveryRow, RegisterRow
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.migrations import TABLES
from tests.fakes.backups import a_copy
from tests.fakes.cmdbs import CMDB_ID, add
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import AFTERNOON, FixedClock
from tests.fakes.keys import a_key


def rows_in(view: CmdbView, table: Table) -> list[Row]:
    return [row for rows in view.table_rows(table) for row in rows]


def filled(cmdb: Cmdb) -> None:
    """Rows in every table."""
    add(cmdb, *(a_credential(f"ns0{number}") for number in range(5)))
    with cmdb.changing(an_event()) as change:
        copy = a_copy()
        change.record(copy, RegisterRow(to_text(copy), b"s" * 64))
        change.write_drill("{}", None)
        change.set_rotation(Rotation(0, NEW_KEY, RotationStage.WAITING, AFTERNOON, AFTERNOON))
        change.set_keys([a_key(OLD_KEY), a_key(NEW_KEY)])
        change.set_recovery(RecoveryRow("{}", b"r" * 64))


def test_each_table_gives_its_rows_in_the_order_of_its_key(cmdb: Cmdb, tmp_path: Path) -> None:
    filled(cmdb)
    with cmdb.kept_apart(str(tmp_path)) as view:
        found = {table: rows_in(view, table) for table in COPIED_TABLES}
        assert view.table_counts() == tuple((table.name, len(rows)) for table, rows in found.items())
        stored = view.sealed()
    assert all(rows for table, rows in found.items() if table is not STATEMENTS)
    assert found[RECOVERY] == [(1, "{}", b"r" * 64)]
    for rows in found.values():
        keys = [row[0] for row in rows]
        assert keys == sorted(keys)  # type: ignore[type-var]
    assert [row[0] for row in found[CREDENTIALS]] == [row.credential.credential_id for row in stored]
    assert [row[-1] for row in found[CREDENTIALS]] == [row.blob for row in stored]
    assert ("cmdb_id", CMDB_ID) in found[META]
    assert found[DRILLS] == [(1, "{}", None)]
    assert found[REGISTER][0][-1] == b"s" * 64
    assert found[ROTATIONS][0][1] == NEW_KEY
    assert {row[1] for row in found[KEYS]} == {OLD_KEY, NEW_KEY}
    assert len(found[AUDIT]) == 2


def test_every_row_has_a_spelling(cmdb: Cmdb, tmp_path: Path) -> None:
    filled(cmdb)
    with cmdb.kept_apart(str(tmp_path)) as view:
        for table in COPIED_TABLES:
            rows = rows_in(view, table)
            assert not rows or rows_of(table, lines_of(table, rows)) == rows


def test_what_is_kept_apart_stays_as_it_was_while_others_change(cmdb: Cmdb, tmp_path: Path) -> None:
    add(cmdb, a_credential("ns01"))
    with cmdb.kept_apart(str(tmp_path)) as view:
        before = rows_in(view, CREDENTIALS)
        add(cmdb, a_credential("ns02"))  # nobody waits for the copy
        with cmdb.changing(an_event()) as change:
            change.remove(before[0][0])  # type: ignore[arg-type]
        assert rows_in(view, CREDENTIALS) == before
        assert view.number == 1
    with cmdb.reading() as now:
        assert len(rows_in(now, CREDENTIALS)) == 1


def test_nothing_is_left_in_the_folder(cmdb: Cmdb, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    with cmdb.kept_apart(str(folder)):
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("empty_cmdb", ["memory", "sqlite"], indirect=True)
def test_a_person_can_stop_it(cmdb: Cmdb, tmp_path: Path) -> None:
    """On PostgreSQL a snapshot takes no time."""

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled), cmdb.kept_apart(str(tmp_path), stop):
        pytest.fail("it was stopped")


def test_a_place_without_a_cmdb_says_so(empty_cmdb: Cmdb, tmp_path: Path) -> None:
    with pytest.raises(NotSetUp), empty_cmdb.kept_apart(str(tmp_path)):
        pytest.fail("there is nothing to read")


def test_the_copied_columns_are_all_that_the_tables_have(tmp_path: Path) -> None:
    """A column that is added to a table and forgotten here would be missing after a restore."""
    import sqlite3

    cmdb = SqlCmdb(f"sqlite:///{tmp_path}/cmdb.sqlite3", FixedClock())
    cmdb.create(CMDB_ID)
    with sqlite3.connect(tmp_path / "cmdb.sqlite3") as file:
        for table in COPIED_TABLES:
            columns = file.execute(f"SELECT name, pk FROM pragma_table_info('{table.name}')").fetchall()
            assert {name for name, _ in columns} == set(table.names)
            assert [name for name, key in columns if key] == [table.names[0]]
    file.close()
    assert {table.name for table in COPIED_TABLES} | {
        "listing",
        "checkpoint",
        "notes",
    } == TABLES
