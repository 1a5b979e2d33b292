"""Servers whose CMDB moves, and the places that it moves to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from nskeys.model.database_plans import MoveReport
from nskeys.model.database_tables import META, MOVED_TABLES
from nskeys.ports import CmdbView
from tests.contracts.test_cmdb_copying_contract import rows_in
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.postgres import postgres_url
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, Server

WANTED = {f"run-as/{name}": f"the secret of {name}" for name in ("one", "two", "three")}

_Server = TypeVar("_Server", MemoryServer, RealServer)


def filled(server: _Server) -> _Server:
    """A server with credentials."""
    server.set_up()
    for reference, secret in WANTED.items():
        server.add(reference.partition("/")[2], secret)
    return server


def lived(server: _Server) -> _Server:
    """A server with something in most tables that a move takes along."""
    filled(server)
    server.back_up()
    server.installation.cmdb.note('{"drilled":"without the server key"}')
    return server


def everything(view: CmdbView) -> list[Any]:
    """Every row of every table but `meta`."""
    return [rows_in(view, table) for table in MOVED_TABLES if table is not META]


def move(server: Server, address: str, **progress: Any) -> MoveReport:
    """Plan it and do it."""
    moving = server.services.database_move
    return moving.execute(moving.plan(address), NOBODY, **progress)


def is_there(server: Server, address: str) -> bool:
    """Whether there is a CMDB at this address."""
    other = server.installation.cmdb.at(address)
    try:
        return other.exists()
    finally:
        other.close()


def point_back(server: _Server, url: str) -> _Server:
    """Somebody writes this address into `config.toml`; the server in a new process."""
    settings = server.installation.settings
    settings.write(replace(settings.read(), cmdb=url))
    server.restarted()
    return server


@contextmanager
def places(engine: str, folder: Path) -> Iterator[tuple[Any, str, str]]:
    """A server that lived, a place for its CMDB on another engine, and one on its own."""
    if engine == "memory":
        server = lived(MemorySite().server())
        yield server, "postgresql://db/nskeys", f"{server.home.path}/back.sqlite3"
    else:
        with postgres_url() as url:
            real = lived(RealSite(folder).server())
            yield real, url, f"{real.folder.path}/back.sqlite3"
            real.services.close()
