"""The CMDBs that the contracts are held against, each in a fresh place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.ports import Cmdb
from nskeys.store.cmdb import SqlCmdb
from tests.fakes.cmdbs import CMDB_ID
from tests.fakes.fixed import FixedClock
from tests.fakes.memory_cmdb import MemoryCmdb
from tests.fakes.postgres import postgres_url

_PATIENCE = 0.2


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def empty_cmdb(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cmdb]:
    """A place for a CMDB, with none in it."""
    if request.param == "memory":
        yield MemoryCmdb(busy_timeout=_PATIENCE)
    elif request.param == "sqlite":
        yield SqlCmdb(f"sqlite:///{tmp_path}/cmdb.sqlite3", FixedClock(), busy_timeout=_PATIENCE)
    else:
        with postgres_url() as url:
            cmdb = SqlCmdb(url, FixedClock(), busy_timeout=_PATIENCE)
            yield cmdb
            cmdb.close()


@pytest.fixture
def cmdb(empty_cmdb: Cmdb) -> Cmdb:
    """A CMDB with nothing in it."""
    empty_cmdb.create(CMDB_ID)
    return empty_cmdb
