"""The sites that the services are held against: all in memory, and with the real parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.real_site import RealSite
from tests.fakes.servers import Server, Site


@pytest.fixture(autouse=True)
def _without_another_process(second_reader_here: None) -> None:
    """The second reader itself, without a new process for each backup."""


@pytest.fixture(params=["memory", "real"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """A world without any server."""
    return MemorySite() if request.param == "memory" else RealSite(tmp_path)


@pytest.fixture
def server(site: Site) -> Iterator[Server]:
    """A server that is set up and holds nothing."""
    server = site.server()
    server.set_up()
    yield server
    server.services.close()


@pytest.fixture
def memory() -> MemoryServer:
    """A server in memory that is set up, for what the real parts have no switch for."""
    server = MemorySite().server()
    server.set_up()
    return server
