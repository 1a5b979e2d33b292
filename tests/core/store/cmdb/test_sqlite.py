"""The SQLite file of a CMDB: how it is made, what it costs, and what is no CMDB."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from nskeys.errors import AlreadySetUp, CannotCreate, CmdbUnreachable, NotPermitted, NotSetUp
from nskeys.store.cmdb import SqlCmdb, cmdb_in_file
from nskeys.store.cmdb.address import url_of
from tests.fakes.cmdbs import CMDB_ID, total
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock


def opened(path: Path, busy_timeout: float = 5.0) -> SqlCmdb:
    """The CMDB in a file."""
    return SqlCmdb(url_of(path), FixedClock(), busy_timeout=busy_timeout)


# --- the file ---------------------------------------------------------------------------------------


def test_asking_makes_no_file(path: Path) -> None:
    cmdb = opened(path)
    assert not cmdb.exists()
    with pytest.raises(NotSetUp) as refused:
        cmdb.cmdb_id()
    assert refused.value.home == str(path.parent)
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_not_there_holds_no_cmdb(tmp_path: Path) -> None:
    assert not opened(tmp_path / "gone" / "cmdb.sqlite3").exists()
    with pytest.raises(CannotCreate) as refused:
        opened(tmp_path / "gone" / "cmdb.sqlite3").create(CMDB_ID)
    assert refused.value.problem == "missing_folder"


def test_only_its_owner_may_read_the_file(path: Path) -> None:
    before = os.umask(0)
    try:
        opened(path).create(CMDB_ID)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_file_is_an_unfinished_beginning(path: Path) -> None:
    path.touch(0o600)
    cmdb = opened(path)
    assert not cmdb.exists()
    cmdb.create(CMDB_ID)
    assert cmdb.cmdb_id() == CMDB_ID


def test_a_link_that_leads_nowhere_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotCreate):
        opened(path).create(CMDB_ID)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["with ? and %20 and #.sqlite3", "ключи.sqlite3", "file:x?mode=memory"])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    cmdb = cmdb_in_file(tmp_path / name, FixedClock())
    cmdb.create(CMDB_ID)
    assert (cmdb.describe(), cmdb.address()) == ("SQLite", str(tmp_path / name))
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_the_file_may_be_replaced_while_the_program_runs(path: Path, cmdb: SqlCmdb, tmp_path: Path) -> None:
    fresh = opened(tmp_path / "restored.sqlite3")
    fresh.create("d1" * 16)
    assert total(cmdb) == 1
    (tmp_path / "restored.sqlite3").replace(path)
    assert cmdb.cmdb_id() == "d1" * 16
    assert total(cmdb) == 0
    path.unlink()
    assert not cmdb.exists()


def test_another_id_is_named_with_its_folder(path: Path, cmdb: SqlCmdb) -> None:
    with pytest.raises(AlreadySetUp) as refused:
        cmdb.create("d1" * 16)
    assert refused.value.home == str(path.parent)


@pytest.mark.parametrize("cmdb_id", ["", "c0", "C0" * 16, "zz" * 16])
def test_an_id_that_is_none_is_refused(path: Path, cmdb_id: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        opened(path).create(cmdb_id)
    assert not path.exists()


# --- what is no CMDB --------------------------------------------------------------------------------


def test_a_folder_in_its_place_is_said_to_be_no_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(CmdbUnreachable) as refused:
        opened(path).exists()
    assert refused.value.problem == "not_a_file"


def test_a_text_in_its_place_is_said_to_be_no_database(path: Path) -> None:
    path.write_text("Dear colleague,\n" * 500, encoding="utf-8")
    for act in (opened(path).exists, opened(path).cmdb_id, lambda: opened(path).create(CMDB_ID)):
        with pytest.raises(CmdbUnreachable) as refused:
            act()
        assert (refused.value.cmdb, refused.value.problem) == (str(path), "not_a_database")
    assert path.read_text(encoding="utf-8").startswith("Dear colleague")


def test_another_programs_database_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE credentials (who, what)")
    connection.close()
    cmdb = opened(path)
    assert not cmdb.exists()
    with pytest.raises(CmdbUnreachable) as refused:
        cmdb.create(CMDB_ID)
    assert (refused.value.problem, refused.value.detail) == ("other_tables", "credentials")


def test_a_database_with_room_for_ours_is_taken(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE inventory (who, what)")
    connection.close()
    cmdb = opened(path)
    cmdb.create(CMDB_ID)
    assert cmdb.exists()


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A path in a folder that every user may enter."""
    with TemporaryDirectory(prefix="nskeys-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "cmdb.sqlite3"


@contextmanager
def without_rights() -> Iterator[None]:
    """Be a user whom the permissions of files hold for."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_this_user_may_not_read_is_not_permitted(public_path: Path) -> None:
    cmdb = opened(public_path)
    cmdb.create(CMDB_ID)
    public_path.chmod(0o000)
    with without_rights(), pytest.raises(NotPermitted) as refused:
        cmdb.exists()
    assert refused.value.path == str(public_path)


def test_a_folder_that_this_user_may_not_enter_is_not_permitted(public_path: Path) -> None:
    cmdb = opened(public_path)
    cmdb.create(CMDB_ID)
    public_path.parent.chmod(0o600)
    try:
        with without_rights(), pytest.raises(NotPermitted):
            cmdb.exists()
    finally:
        public_path.parent.chmod(0o755)


def test_a_folder_that_this_user_may_not_write_takes_no_cmdb(public_path: Path) -> None:
    public_path.parent.chmod(0o555)
    with without_rights(), pytest.raises(CannotCreate) as refused:
        opened(public_path).create(CMDB_ID)
    assert refused.value.problem == "not_permitted"


def test_a_file_that_this_user_may_only_read_is_read_and_not_changed(public_path: Path) -> None:
    cmdb = opened(public_path)
    cmdb.create(CMDB_ID)
    with cmdb.changing(an_event()):
        pass
    public_path.chmod(0o444)
    with without_rights():
        assert cmdb.cmdb_id() == CMDB_ID
        with pytest.raises(CmdbUnreachable) as refused, cmdb.changing(an_event()):
            pytest.fail("the file is not to be written")
    assert refused.value.problem == "read_only"


# --- cost -------------------------------------------------------------------------------------------


def test_importing_the_cmdb_is_cheap() -> None:
    code = "import sys, nskeys.store.cmdb\nprint(sorted({'psycopg', 'sqlite3'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_empty_place_is_known_without_a_database_library(path: Path) -> None:
    code = (
        "import sys\nfrom nskeys.store.cmdb import SqlCmdb\n"
        f"cmdb = SqlCmdb({url_of(path)!r}, None)\n"
        "print(cmdb.exists(), cmdb.describe(), 'sqlite3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False SQLite False"
