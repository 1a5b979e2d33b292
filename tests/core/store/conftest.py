"""The CMDB that its tests share."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import url_of
from tests.fakes.cmdbs import CMDB_ID, add
from tests.fakes.credentials import a_credential
from tests.fakes.fixed import FixedClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the SQLite file of a CMDB may be."""
    return tmp_path / "cmdb.sqlite3"


@pytest.fixture
def cmdb(path: Path) -> SqlCmdb:
    """A CMDB with one credential, in an SQLite file."""
    cmdb = SqlCmdb(url_of(path), FixedClock())
    cmdb.create(CMDB_ID)
    add(cmdb, a_credential("one"))
    return cmdb


@pytest.fixture
def other(path: Path, cmdb: SqlCmdb) -> Iterator[sqlite3.Connection]:
    """Another program that has the same file open."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()
