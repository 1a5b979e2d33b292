"""The sites that the services are held against: all in memory, and with the real parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.archive import cross_check
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.real_site import RealSite
from tests.fakes.second_reader import in_this_process
from tests.fakes.servers import Server, Site


@pytest.fixture(autouse=True)
def _second_reader_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reader itself, without a new process for each backup: that costs a quarter of a second,
    and its own tests start one."""

    monkeypatch.setattr(cross_check, "second_opinion", in_this_process)


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
