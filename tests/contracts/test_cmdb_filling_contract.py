"""What every CMDB keeps to when it is filled from a copy: all of the rows, or nothing of them."""

from pathlib import Path

import pytest

from nskeys.errors import CannotCreate, CmdbDamaged, CmdbNotEmpty, NameTaken
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.model.database_copy import Rows
from nskeys.model.database_tables import COPIED_TABLES, CREDENTIALS, KEYS, META, Table
from nskeys.ports import Cmdb, CmdbView
from nskeys.reasons import Problem
from nskeys.services.inventory import differences_of
from nskeys.store.cmdb import SqlCmdb
from tests.contracts.test_cmdb_copying_contract import filled, rows_in
from tests.fakes.cmdbs import CMDB_ID, add
from tests.fakes.credentials import a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock
from tests.fakes.memory_cmdb import MemoryCmdb

SIGNED = SignedCheckpoint("{}", b"c" * 64)


@pytest.fixture
def rows() -> list[tuple[Table, Rows]]:
    """The rows of a CMDB with something in every table."""
    source = MemoryCmdb()
    source.create(CMDB_ID)
    filled(source)
    with source.reading() as view:
        return [(table, rows_in(view, table)) for table in COPIED_TABLES]


def fill(cmdb: Cmdb, rows: list[tuple[Table, Rows]]) -> None:
    with cmdb.filling() as new:
        for table, some in rows:
            for row in some:
                new.add(table, [row])
        with_all = new.finish(SIGNED)
        assert with_all.cmdb_id == CMDB_ID


def everything(view: CmdbView) -> list[tuple[Table, Rows]]:
    return [(table, rows_in(view, table)) for table in COPIED_TABLES]


def test_it_becomes_what_was_copied(empty_cmdb: Cmdb, rows: list[tuple[Table, Rows]]) -> None:
    fill(empty_cmdb, rows)
    with empty_cmdb.reading() as view:
        assert everything(view) == rows
        assert (view.cmdb_id, view.number, view.checkpoint()) == (CMDB_ID, 2, SIGNED)
        assert differences_of(view) == ()
        page = view.page(CredentialFilter(), CredentialOrder(), 10)
    assert [placed.credential.fields.name for placed in page] == [f"ns0{number}" for number in range(5)]
    add(empty_cmdb, a_credential("ns09"))  # changes go on from there
    with empty_cmdb.reading() as view:
        assert view.number == 3


def test_what_breaks_off_leaves_nothing(
    empty_cmdb: Cmdb, rows: list[tuple[Table, Rows]], tmp_path: Path
) -> None:
    def broken_off() -> None:
        with empty_cmdb.filling() as new:
            for table, some in rows:
                new.add(table, some)
            new.finish(None)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert not empty_cmdb.exists()
    assert list(tmp_path.iterdir()) == []
    fill(empty_cmdb, rows)


def test_one_in_which_nothing_ever_was_is_filled(cmdb: Cmdb, rows: list[tuple[Table, Rows]]) -> None:
    fill(cmdb, rows)
    with cmdb.reading() as view:
        assert everything(view) == rows


def test_one_with_rows_is_never_replaced(cmdb: Cmdb, rows: list[tuple[Table, Rows]]) -> None:
    add(cmdb, a_credential("ns01"))
    with cmdb.reading() as view:
        before = everything(view)
    with pytest.raises(CmdbNotEmpty) as refused:
        fill(cmdb, rows)
    assert refused.value.credentials == 1
    with cmdb.reading() as view:
        assert everything(view) == before


@pytest.mark.parametrize("empty_cmdb", ["sqlite", "postgres"], indirect=True)
def test_rows_that_no_cmdb_can_hold_leave_nothing(empty_cmdb: Cmdb, rows: list[tuple[Table, Rows]]) -> None:
    wrong = [
        (table, [(some[0][0], 99, *some[0][2:])] if table is CREDENTIALS else some) for table, some in rows
    ]
    with pytest.raises(CmdbDamaged):
        fill(empty_cmdb, wrong)
    assert not empty_cmdb.exists()
    for marks in ([], [("cmdb_id", CMDB_ID)], [*dict(rows)[META], ("more", "")]):
        with pytest.raises(CmdbDamaged):
            fill(empty_cmdb, [(META, marks), (KEYS, dict(rows)[KEYS])])
        assert not empty_cmdb.exists()


def test_a_journal_without_its_database_is_not_rolled_back_into_the_next(
    tmp_path: Path, rows: list[tuple[Table, Rows]]
) -> None:
    (tmp_path / "cmdb.sqlite3-journal").write_bytes(b"of another file")
    cmdb = SqlCmdb(f"sqlite:///{tmp_path}/cmdb.sqlite3", FixedClock())
    with pytest.raises(CannotCreate):
        fill(cmdb, rows)
    assert not cmdb.exists()


def test_what_a_killed_process_left_is_no_obstacle(tmp_path: Path, rows: list[tuple[Table, Rows]]) -> None:
    (tmp_path / "cmdb.sqlite3.new").write_bytes(b"half a file")
    cmdb = SqlCmdb(f"sqlite:///{tmp_path}/cmdb.sqlite3", FixedClock())
    fill(cmdb, rows)
    assert [path.name for path in tmp_path.iterdir()] == ["cmdb.sqlite3"]
    assert (tmp_path / "cmdb.sqlite3").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("empty_cmdb", ["sqlite", "postgres"], indirect=True)
def test_rows_that_fail_in_a_savepoint_leave_those_before_them(
    empty_cmdb: Cmdb, rows: list[tuple[Table, Rows]]
) -> None:
    """As when a change of the same transaction, or its index for the search, is taken back alone."""
    with empty_cmdb.filling() as new:
        for table, some in rows:
            new.add(table, some)
        new.finish(None)
        change = new.change(an_event(), (), None, lambda _: None)
        with pytest.raises(NameTaken):
            change.add([*(a_credential(f"ns1{number}") for number in range(200)), a_credential("ns00")])
    with empty_cmdb.reading() as view:
        names = [row.credential.fields.name for row in view.sealed()]
        assert names == [f"ns0{number}" for number in range(5)]
        assert differences_of(view) == ()


@pytest.mark.parametrize("leads", ["nowhere", "to an empty file", "to a CMDB"])
def test_a_link_is_never_followed_nor_replaced(
    tmp_path: Path, rows: list[tuple[Table, Rows]], leads: str
) -> None:
    behind, link = tmp_path / "elsewhere.sqlite3", tmp_path / "cmdb.sqlite3"
    if leads == "to a CMDB":
        fill(SqlCmdb(f"sqlite:///{behind}", FixedClock()), rows)
    elif leads == "to an empty file":
        behind.touch()
    before = behind.read_bytes() if behind.exists() else None
    link.symlink_to(behind)
    with pytest.raises(CannotCreate) as refused:
        fill(SqlCmdb(f"sqlite:///{link}", FixedClock()), rows)
    assert (refused.value.path, refused.value.problem) == (str(link), Problem.LINK)
    assert link.is_symlink()
    assert (behind.read_bytes() if behind.exists() else None) == before
