"""The CMDB in an SQLite file: how the file is made, kept, locked and read."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from nskeys.errors import (
    AlreadySetUp,
    CannotCreate,
    CmdbBusy,
    CmdbDamaged,
    CmdbUnreachable,
    NewerVersion,
    NotPermitted,
    NotSetUp,
    NskeysError,
)
from nskeys.model.audit import Action, AuditEvent, first_digest, next_digest
from nskeys.model.paging import CredentialFilter
from nskeys.store.cmdb import SqlCmdb, cmdb_in_file
from nskeys.store.cmdb_address import url_of
from tests.fakes.credentials import a_credential
from tests.fakes.fixed import AFTERNOON, OPERATOR, FixedClock

CMDB_ID = "c0" * 16


def event() -> AuditEvent:
    """A change's own account of itself."""
    return AuditEvent(Action.CREDENTIAL_ADDED, "a test", OPERATOR, AFTERNOON)


def opened(path: Path, busy_timeout: float = 5.0) -> SqlCmdb:
    """The CMDB in a file."""
    return SqlCmdb(url_of(path), FixedClock(), busy_timeout=busy_timeout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cmdb.sqlite3"


@pytest.fixture
def cmdb(path: Path) -> SqlCmdb:
    """A CMDB with one credential."""
    cmdb = opened(path)
    cmdb.create(CMDB_ID)
    with cmdb.changing(event()) as change:
        change.add([a_credential("one")])
    return cmdb


def total(cmdb: SqlCmdb) -> int:
    """How many credentials there are."""
    with cmdb.reading() as view:
        return view.total(CredentialFilter())


@pytest.fixture
def other(path: Path, cmdb: SqlCmdb) -> Iterator[sqlite3.Connection]:
    """Another program with the same file open."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


# --- the file --------------------------------------------------------------------------------------


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


# --- what is no CMDB -------------------------------------------------------------------------------


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
    with cmdb.changing(event()):
        pass
    public_path.chmod(0o444)
    with without_rights():
        assert cmdb.cmdb_id() == CMDB_ID
        with pytest.raises(CmdbUnreachable) as refused, cmdb.changing(event()):
            pytest.fail("the file is not to be written")
    assert refused.value.problem == "read_only"


# --- locks and transactions ------------------------------------------------------------------------


def test_a_program_that_holds_the_lock_is_waited_for_and_then_said_to_be_busy(
    path: Path, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN EXCLUSIVE")
    cmdb = opened(path, busy_timeout=0.05)
    with pytest.raises(CmdbBusy) as refused:
        cmdb.cmdb_id()
    assert refused.value.cmdb == str(path)
    with pytest.raises(CmdbBusy), cmdb.changing(event()):
        pytest.fail("another program holds the lock")
    other.execute("ROLLBACK")
    assert total(cmdb) == 1


def test_a_change_is_immediate_so_nobody_comes_between_reading_and_writing(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute("PRAGMA busy_timeout = 0")
    with cmdb.changing(event()), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")


def test_a_change_larger_than_the_cache_keeps_nobody_from_reading_before_it_commits(
    cmdb: SqlCmdb, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nskeys.store.cmdb_sqlite._CACHE_KIB", 100)
    with cmdb.changing(event()) as change:
        change.add([a_credential(f"n{n}", note="x" * 16_000) for n in range(100)])
        assert total(opened(path, busy_timeout=0.05)) == 1
    assert total(cmdb) == 101


def test_a_commit_is_on_the_medium_and_its_journal_gone(cmdb: SqlCmdb, path: Path) -> None:
    with cmdb.changing(event()) as change:
        connection = change._connection  # type: ignore[attr-defined]  # the one that was opened for it
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys", "trusted_schema", "cell_size_check")
        }
    assert settings == {
        "synchronous": 3,
        "journal_mode": "delete",
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
    }
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_that_was_switched_to_a_write_ahead_log_is_switched_back(
    path: Path, cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute("PRAGMA journal_mode = WAL")
    other.close()
    assert total(cmdb) == 1
    with cmdb.changing(event()) as change:
        change.add([a_credential("two")])
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert total(cmdb) == 2


def test_changes_from_many_sides_are_all_kept_and_the_chain_holds(cmdb: SqlCmdb, path: Path) -> None:
    def work(worker: int) -> None:
        mine = opened(path, busy_timeout=30)
        for n in range(8):
            with mine.changing(event()) as change:
                change.add([a_credential(f"{worker}-{n}", credential_id=f"{worker:016x}{n:016x}")])

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(cmdb) == 33
    digest = first_digest(CMDB_ID)
    with cmdb.reading() as view:
        for entry in view.audit_entries():
            digest = next_digest(digest, entry.line)
            assert entry.digest == digest
        assert view.audit_head().count == 33


def test_a_process_that_is_killed_in_a_change_leaves_nothing_of_it(cmdb: SqlCmdb, path: Path) -> None:
    code = (
        "import sys, time\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "from nskeys.store.cmdb import SqlCmdb\n"
        "from tests.core.store.test_cmdb_sqlite import event\n"
        "from tests.fakes.credentials import a_credential\n"
        "from tests.fakes.fixed import FixedClock\n"
        f"with SqlCmdb({url_of(path)!r}, FixedClock()).changing(event()) as change:\n"
        "    change.add([a_credential(f'{n}', credential_id=f'{n:032x}') for n in range(20_000, 20_500)])\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGKILL)
    assert total(cmdb) == 1
    with cmdb.changing(event()) as change:
        change.add([a_credential("after")])
    assert total(cmdb) == 2


# --- damage ----------------------------------------------------------------------------------------


def read_everything(cmdb: SqlCmdb) -> None:
    """Every question that can be asked."""
    cmdb.exists()
    with cmdb.reading() as view:
        view.counts()
        view.total(CredentialFilter(text="x"))
        view.sealed()
        view.names()
        view.register_rows()
        view.rotation()
        view.audit_head()
        view.audit_signature()
        view.audit_entries()
    list(cmdb.stream_raw())


def test_a_damaged_file_is_never_a_traceback(cmdb: SqlCmdb, path: Path, tmp_path: Path) -> None:
    with cmdb.changing(event()) as change:
        change.add([a_credential(f"n{n}", note="é" * 200) for n in range(40)])
    whole = path.read_bytes()
    damaged_path = tmp_path / "damaged.sqlite3"
    told = 0
    # The steps share no factor with the size of a page, so every part of a page is met.
    places = [(at, b"\xff" * 24) for at in range(22, len(whole), 331)]
    places += [(at, b"\x00" * 24) for at in range(22, len(whole), 1_009)]
    for at, junk in places:
        damaged_path.write_bytes(whole[:at] + junk + whole[at + 24 :])
        try:
            read_everything(opened(damaged_path))
        except NskeysError:
            told += 1
    assert told > 50


@pytest.mark.parametrize("size", [1, 15, 100, 1_000, 4_096, 5_000, 20_000])
def test_a_file_that_was_cut_short_is_never_a_traceback(cmdb: SqlCmdb, path: Path, size: int) -> None:
    os.truncate(path, size)
    with pytest.raises(NskeysError):
        read_everything(cmdb)


def test_a_broken_page_is_said_to_be_damage(cmdb: SqlCmdb, path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[4_096:] = b"\xff" * (len(whole) - 4_096)
    path.write_bytes(whole)
    with pytest.raises(CmdbDamaged) as refused:
        read_everything(cmdb)
    assert refused.value.problem == "corrupt"


@pytest.mark.parametrize("table", ["keys", "credentials", "listing", "register", "rotations", "audit"])
def test_a_missing_table_is_said_to_be_damage(cmdb: SqlCmdb, other: sqlite3.Connection, table: str) -> None:
    other.execute(f"DROP TABLE {table}")
    with pytest.raises(CmdbDamaged) as refused:
        read_everything(cmdb)
    assert refused.value.problem == "schema"


# --- versions --------------------------------------------------------------------------------------


def test_a_cmdb_of_a_newer_version_is_not_touched(cmdb: SqlCmdb, other: sqlite3.Connection) -> None:
    other.execute("UPDATE meta SET value = '7' WHERE name = 'schema'")
    for act in (cmdb.cmdb_id, cmdb.exists, lambda: cmdb.create(CMDB_ID), lambda: total(cmdb)):
        with pytest.raises(NewerVersion) as refused:
            act()
        assert (refused.value.what, refused.value.found, refused.value.known) == ("cmdb", 7, 1)
    with pytest.raises(NewerVersion), cmdb.changing(event()):
        pytest.fail("nobody knows what a newer version promises")


@pytest.mark.parametrize("value", ["", "one", "-1", "1.0", "٣", "9" * 30, b"1"])
def test_a_version_that_is_none_is_damage(cmdb: SqlCmdb, other: sqlite3.Connection, value: object) -> None:
    other.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (value,))
    with pytest.raises(CmdbDamaged) as refused:
        cmdb.exists()
    assert (refused.value.table, refused.value.problem) == ("meta", "not_a_schema")


def test_importing_the_cmdb_is_cheap() -> None:
    code = (
        "import sys, nskeys.store.cmdb\n"
        "print(sorted({'sqlalchemy', 'psycopg', 'sqlite3'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_empty_place_is_known_without_a_database_library(path: Path) -> None:
    code = (
        "import sys\nfrom nskeys.store.cmdb import SqlCmdb\n"
        f"cmdb = SqlCmdb({url_of(path)!r}, None)\n"
        "print(cmdb.exists(), cmdb.describe(), 'sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False SQLite False"
