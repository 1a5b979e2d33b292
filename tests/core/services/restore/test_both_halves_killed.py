"""A restore of both halves that is killed before any of its calls leaves a bare machine, or one with the
whole CMDB, and running it again finishes the job."""

import pytest

from nskeys.services.database.pairs import is_empty
from nskeys.services.settling import settle
from tests.core.services.restore.test_both_halves import WANTED, bring_back, lived, newest
from tests.fakes.dying import Life, every_death
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import Server

pytestmark = pytest.mark.slow


def rows_are_whole_or_none(server: Server) -> None:
    """Either nothing was brought back, or every row."""
    if not is_empty(server.installation):
        with server.installation.cmdb.reading() as view:
            assert sum(use.credentials for use in view.counts()) == len(WANTED)
    if server.installation.key_store.exists():
        assert server.secrets() == WANTED


def walk(site: MemorySite | RealSite) -> list[str]:
    vault = lived(site.server()).vault
    bare: list[MemoryServer | RealServer] = []

    def begin(life: Life) -> None:
        bare.append(site.server())
        server = bare[-1].with_life(life)
        bring_back(server, newest(server, vault))
        assert bare[-1].restarted().secrets() == WANTED

    def survive(life: Life) -> None:
        server = bare[-1].restarted()
        with server.installation.lock.hold("looking"):
            settle(server.installation)  # what was committed is finished by whoever comes next
        rows_are_whole_or_none(server)
        bring_back(server, newest(server, vault))
        assert server.secrets() == WANTED
        assert server.services.audit.verify().whole
        server.services.close()

    return every_death(begin, survive)


def test_killed_at_any_call() -> None:
    calls = walk(MemorySite())
    assert any("filling" in call for call in calls)
    assert any("prepare" in call for call in calls)
