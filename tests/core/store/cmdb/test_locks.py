"""Several programs and one SQLite file: nobody comes between, nothing is lost."""

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from nskeys.errors import CmdbBusy
from nskeys.model.audit import first_digest, next_digest
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import url_of
from tests.fakes.cmdbs import CMDB_ID, total
from tests.fakes.credentials import a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock


def opened(path: Path, busy_timeout: float = 5.0) -> SqlCmdb:
    """The CMDB in a file."""
    return SqlCmdb(url_of(path), FixedClock(), busy_timeout=busy_timeout)


def test_a_program_that_holds_the_lock_is_waited_for_and_then_said_to_be_busy(
    path: Path, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN EXCLUSIVE")
    cmdb = opened(path, busy_timeout=0.05)
    with pytest.raises(CmdbBusy) as refused:
        cmdb.cmdb_id()
    assert refused.value.cmdb == str(path)
    with pytest.raises(CmdbBusy), cmdb.changing(an_event()):
        pytest.fail("another program holds the lock")
    other.execute("ROLLBACK")
    assert total(cmdb) == 1


def test_a_change_is_immediate_so_nobody_comes_between_reading_and_writing(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute("PRAGMA busy_timeout = 0")
    with cmdb.changing(an_event()), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")


def test_a_change_that_the_cache_holds_keeps_nobody_from_reading_before_it_commits(
    cmdb: SqlCmdb, path: Path
) -> None:
    with cmdb.changing(an_event()) as change:
        change.add([a_credential(f"n{n}", note="x" * 16_000) for n in range(100)])
        assert total(opened(path, busy_timeout=0.05)) == 1
    assert total(cmdb) == 101


def test_a_change_larger_than_the_cache_is_written_out_as_it_grows_and_taken_back_as_a_whole(
    cmdb: SqlCmdb, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nskeys.store.cmdb.sqlite._CACHE_KIB", 100)
    before = path.read_bytes()
    with suppress(KeyError), cmdb.changing(an_event()) as change:
        change.add([a_credential(f"n{n}", note="x" * 16_000) for n in range(100)])
        assert path.stat().st_size > len(before) + 1_000_000
        with pytest.raises(CmdbBusy):
            total(opened(path, busy_timeout=0.05))
        raise KeyError
    assert total(opened(path, busy_timeout=0.05)) == 1
    assert path.read_bytes() == before


def test_a_commit_is_on_the_medium_and_its_journal_gone(cmdb: SqlCmdb, path: Path) -> None:
    with cmdb.changing(an_event()) as change:
        connection = change._connection  # type: ignore[attr-defined]  # the one that was opened for it
        settings = {
            name: connection.value(f"PRAGMA {name}")
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
    with cmdb.changing(an_event()) as change:
        change.add([a_credential("two")])
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert total(cmdb) == 2


def test_changes_from_many_sides_are_all_kept_and_the_chain_holds(cmdb: SqlCmdb, path: Path) -> None:
    def work(worker: int) -> None:
        mine = opened(path, busy_timeout=30)
        for n in range(8):
            with mine.changing(an_event()) as change:
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
        "from tests.fakes.events import an_event\n"
        "from tests.fakes.credentials import a_credential\n"
        "from tests.fakes.fixed import FixedClock\n"
        f"with SqlCmdb({url_of(path)!r}, FixedClock()).changing(an_event()) as change:\n"
        "    change.add([a_credential(f'{n}', credential_id=f'{n:032x}') for n in range(20_000, 20_500)])\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGKILL)
    assert total(cmdb) == 1
    with cmdb.changing(an_event()) as change:
        change.add([a_credential("after")])
    assert total(cmdb) == 2
