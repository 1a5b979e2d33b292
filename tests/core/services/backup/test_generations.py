"""The numbers of backups: reserved before anything is sent, and never started again."""

import pytest

from nskeys.archive import cross_check
from nskeys.errors import BackupNotProven
from tests.fakes.memory_site import MemorySite
from tests.fakes.servers import Server, Site


def generation(server: Server) -> int:
    """The number of a backup that is made now."""
    return server.back_up().copy.backup.generation


def test_the_register_may_lose_its_rows_and_the_numbers_go_on(server: Server) -> None:
    server.add("one")
    assert [generation(server) for _ in range(3)] == [1, 2, 3]
    server.forge_register([])
    assert generation(server) == 4, "it goes on beside the mismatch"
    server.accept()
    assert generation(server) == 5
    assert server.services.backup.plan(server.vault).generation == 6


def test_a_backup_that_failed_gives_its_number_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    site = MemorySite()
    server = site.server()
    server.set_up()
    server.add("one")
    assert generation(server) == 1
    with monkeypatch.context() as broken:
        broken.setattr(cross_check, "second_opinion", lambda *given: "")
        with pytest.raises(BackupNotProven):
            server.back_up()
    assert generation(server) == 3
    told = [line for line in server.audit() if '"action":"backup-began"' in line]
    assert ['"generation":"2"' in line for line in told] == [False, True, False]


def test_a_restored_server_goes_on_above_the_backup_that_it_came_from(server: Server, site: Site) -> None:
    server.add("one")
    for _ in range(3):
        address = server.back_up().copy.address
    for fresh in (site.server(), site.with_database_of(server)):
        fresh.restore(address)
        assert generation(fresh) == 4
