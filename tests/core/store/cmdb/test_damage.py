"""An SQLite file that is damaged, or of another version, is told in words and left as it is."""

import os
import sqlite3
from pathlib import Path

import pytest

from nskeys.errors import CmdbDamaged, NewerVersion, NskeysError
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import url_of
from tests.fakes.cmdbs import CMDB_ID, read_everything, total
from tests.fakes.credentials import a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock


def opened(path: Path, busy_timeout: float = 5.0) -> SqlCmdb:
    """The CMDB in a file."""
    return SqlCmdb(url_of(path), FixedClock(), busy_timeout=busy_timeout)


# --- damage -----------------------------------------------------------------------------------------


def test_a_damaged_file_is_never_a_traceback(cmdb: SqlCmdb, path: Path, tmp_path: Path) -> None:
    with cmdb.changing(an_event()) as change:
        change.add([a_credential(f"n{n}", note="é" * 200) for n in range(40)])
    whole = path.read_bytes()
    damaged_path = tmp_path / "damaged.sqlite3"
    told = 0
    # The steps share no factor with the size of a page, so every part of a page is met.
    places = [(at, b"\xff" * 24) for at in range(22, len(whole), 617)]
    places += [(at, b"\x00" * 24) for at in range(22, len(whole), 2_003)]
    places += [(at, b"\xff" * 24) for at in range(0, len(whole), 4_096)]  # the head of every page
    for at, junk in places:
        damaged_path.write_bytes(whole[:at] + junk + whole[at + 24 :])
        try:
            read_everything(opened(damaged_path))
        except NskeysError:
            told += 1
    assert told > 40


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


@pytest.mark.parametrize(
    "table", ["keys", "credentials", "listing", "register", "drills", "rotations", "audit"]
)
def test_a_missing_table_is_said_to_be_damage(cmdb: SqlCmdb, other: sqlite3.Connection, table: str) -> None:
    other.execute(f"DROP TABLE {table}")
    with pytest.raises(CmdbDamaged) as refused:
        read_everything(cmdb)
    assert refused.value.problem == "schema"


# --- versions ---------------------------------------------------------------------------------------


def test_a_cmdb_of_a_newer_version_is_not_touched(cmdb: SqlCmdb, other: sqlite3.Connection) -> None:
    other.execute("UPDATE meta SET value = '7' WHERE name = 'schema'")
    for act in (cmdb.cmdb_id, cmdb.exists, lambda: cmdb.create(CMDB_ID), lambda: total(cmdb)):
        with pytest.raises(NewerVersion) as refused:
            act()
        assert (refused.value.what, refused.value.found, refused.value.known) == ("cmdb", 7, 1)
    with pytest.raises(NewerVersion), cmdb.changing(an_event()):
        pytest.fail("nobody knows what a newer version promises")


@pytest.mark.parametrize("value", ["", "one", "-1", "1.0", "٣", "9" * 30, b"1"])
def test_a_version_that_is_none_is_damage(cmdb: SqlCmdb, other: sqlite3.Connection, value: object) -> None:
    other.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (value,))
    with pytest.raises(CmdbDamaged) as refused:
        cmdb.exists()
    assert (refused.value.table, refused.value.problem) == ("meta", "not_a_schema")
