"""What is declared of a destination is changed in its place; what only the last backup names is known."""

from nskeys.model.destinations import Location
from tests.fakes.servers import Server


def test_another_declaration_leaves_a_destination_in_its_place(server: Server) -> None:
    services = server.services
    services.destinations.add(server.local, "tape to the safe")
    before = server.installation.settings.read().destinations
    services.destinations.add(before[0].address, "by courier")
    first, *others = server.installation.settings.read().destinations
    assert (first.address, first.declared_elsewhere) == (before[0].address, "by courier")
    assert tuple(others) == before[1:]
    assert server.installation.default_destination().address == before[0].address


def test_a_declaration_that_is_taken_back_no_longer_counts(server: Server) -> None:
    destinations = server.services.destinations
    assert destinations.add(server.local, "tape to the safe").where.location is Location.ELSEWHERE
    assert destinations.add(server.local, "").where.location is Location.HERE


def test_the_default_that_nobody_configured_is_told_apart(server: Server) -> None:
    destinations = server.services.destinations
    for info in server.installation.settings.read().destinations:
        destinations.remove(info.address)
    (only,) = destinations.listing()
    assert (only.default, only.configured) == (True, False)
    assert destinations.add(only.info.address).configured
    assert [status.configured for status in destinations.listing()] == [True]
