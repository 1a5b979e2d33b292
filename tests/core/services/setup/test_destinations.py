"""Destinations: listed with what keeps backups from them, added, tested, removed."""

import json
from dataclasses import replace

import pytest

from nskeys.errors import DestinationInvalid, DestinationUnreachable, NotSetUp
from nskeys.model.destinations import DestinationInfo, Location, LocationReason
from nskeys.model.registry import RegistryValues
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import Server, Site


def configured(server: Server) -> list[str]:
    """The configured addresses, in order."""
    return [info.address for info in server.installation.settings.read().destinations]


def test_each_is_looked_at_and_the_default_is_marked(server: Server) -> None:
    [vault] = server.services.destinations.listing()
    assert (vault.info.address, vault.default, vault.problem) == (server.vault, True, None)
    assert vault.where.location is Location.ELSEWHERE
    server.back_up(server.local)
    statuses = {status.info.address: status for status in server.services.destinations.listing()}
    assert statuses[server.local].default
    assert not statuses[server.vault].default
    assert statuses[server.local].where.location is Location.HERE


def test_one_that_is_gone_says_so_and_does_not_hide_the_others(server: Server) -> None:
    server.services.destinations.add(server.local)
    with server.cut_off(server.vault):
        statuses = {status.info.address: status for status in server.services.destinations.listing()}
    assert isinstance(statuses[server.vault].problem, DestinationUnreachable)
    assert statuses[server.local].problem is None


def test_looking_leaves_nothing_behind(server: Server) -> None:
    before = server.everything()
    server.services.destinations.listing()
    server.services.destinations.test(server.vault)
    assert server.services.destinations.files(server.vault) == ()
    assert server.everything() == before


def test_what_is_carried_away_by_other_means_is_declared_once(server: Server) -> None:
    server.add("one")
    server.back_up(server.local)
    assert server.counts() == (0, 1, 0)
    status = server.services.destinations.add(server.local, "tape to the safe")
    assert (status.where.location, status.where.reason) == (Location.ELSEWHERE, LocationReason.DECLARED)
    assert status.where.detail == "tape to the safe"
    assert server.counts() == (1, 0, 0)
    server.services.destinations.remove(server.local)
    assert server.counts() == (0, 1, 0)


def test_adding_and_removing_are_told_in_the_trail(server: Server) -> None:
    server.services.destinations.add(server.local, "tape to the safe")
    (waits,) = server.installation.events.read()
    line = json.loads(waits)
    assert (line["action"], line["subject"]) == ("destination-added", server.local)
    assert line["details"] == {"declared": "tape to the safe"}
    assert configured(server) == [server.vault, server.local]
    gone = server.services.destinations.remove(server.local)
    assert gone is not None
    assert (gone.address, gone.declared_elsewhere) == (server.local, "tape to the safe")
    assert json.loads(server.installation.events.read()[-1])["action"] == "destination-removed"
    assert configured(server) == [server.vault]


def test_one_address_in_two_spellings_is_one_destination(server: Server) -> None:
    server.services.destinations.add(f"file://{server.local}/")
    assert configured(server) == [server.vault, server.local]
    server.services.destinations.add(f"{server.local}//")
    assert configured(server) == [server.vault, server.local]


def test_removing_what_is_not_configured_changes_nothing(server: Server) -> None:
    before = server.everything()
    assert server.services.destinations.remove(server.local) is None
    assert server.everything() == before


def test_backups_at_a_removed_destination_stay_and_so_do_their_rows(server: Server) -> None:
    address = server.back_up(server.local).copy.address
    server.services.destinations.add(server.local)
    server.services.destinations.remove(server.local)
    assert [copy.address for copy in server.services.register.copies()] == [address]
    assert len(server.services.destinations.files(server.local)) == 1


@pytest.mark.parametrize("address", ["", "gopher://vault/x", "/mnt/\udcff"])
def test_what_is_no_address_is_refused_before_anything(server: Server, address: str) -> None:
    before = server.everything()
    with pytest.raises(DestinationInvalid):
        server.services.destinations.add(address)
    assert server.everything() == before


def test_files_are_listed_newest_first(server: Server) -> None:
    for _ in range(3):
        server.back_up()
        server.clock.advance(days=1)
    names = [listed.name for listed in server.services.destinations.files(server.vault)]
    assert names == sorted(names, reverse=True)
    assert len(names) == 3


def test_what_a_newer_version_configured_is_shown_as_unusable_and_can_be_let_go(
    memory: MemoryServer,
) -> None:
    newer = DestinationInfo("sftp://vault02/nskeys")
    settings = memory.settings_file.read()
    memory.settings_file.write(replace(settings, destinations=(newer, *settings.destinations)))
    statuses = {status.info.address: status for status in memory.services.destinations.listing()}
    assert isinstance(statuses[newer.address].problem, DestinationInvalid)
    assert statuses["/vault"].problem is None
    memory.back_up("/vault")
    memory.services.destinations.add(memory.local)
    assert memory.services.destinations.remove(newer.address) == newer


def test_registry_values_of_a_newer_version_do_not_hide_the_first_screen(memory: MemoryServer) -> None:
    memory.registry.values = RegistryValues("sftp://vault02/nskeys", memory.clock.now())
    assert memory.services.recoverability.overview().registry.backup_path == "sftp://vault02/nskeys"
    statuses = memory.services.destinations.listing()
    assert [status.default for status in statuses] == [False, True]
    with pytest.raises(DestinationInvalid):
        memory.services.backup.plan()


def test_before_a_set_up_none_is_remembered(site: Site) -> None:
    server = site.server()
    with pytest.raises(NotSetUp):
        server.services.destinations.add(server.local)
