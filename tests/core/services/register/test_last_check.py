"""Copies on other servers: an answer goes by their last check, and says how old it is."""

from datetime import timedelta

import pytest

from nskeys.cli import answer_documents, documents
from nskeys.cli.nagios import nagios_line
from nskeys.cli.prometheus import metrics
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy, CopyStatus
from tests.fakes.memory_destination import Place
from tests.fakes.memory_site import MemoryServer
from tests.fakes.monitoring import plugin_line, samples
from tests.fakes.servers import NOBODY


@pytest.fixture
def vault(memory: MemoryServer) -> Place:
    """The vault is another server now, and one credential is backed up there."""
    place = memory.destinations.places[memory.vault]
    place.live = False
    memory.add("one")
    memory.back_up()
    place.reads = place.asked_where = 0
    return place


def only(server: MemoryServer) -> BackupCopy:
    [copy] = server.services.recoverability.overview().copies
    return copy


def test_an_answer_asks_no_other_server_and_says_when_it_was_checked(
    memory: MemoryServer, vault: Place
) -> None:
    made = memory.clock.moment
    memory.clock.advance(days=2)
    copy = only(memory)
    assert vault.reads == 0
    assert copy.by_check
    assert copy.counts
    assert copy.look_moment == made
    assert memory.counts() == (1, 0, 0)


def test_monitoring_is_told_how_old_the_check_is(memory: MemoryServer, vault: Place) -> None:
    """Nobody checks any more, and the file is long gone: no answer may look as if it was seen now."""
    made = memory.clock.moment
    vault.files.clear()
    memory.clock.advance(days=400)
    overview = memory.services.recoverability.overview()
    assert overview.recoverability.checked == made
    line = plugin_line(nagios_line(overview))
    assert "What lies on other servers was checked 13 months ago." in line.words
    assert line.data["check_age"] == 400 * 86_400
    told = samples(metrics(overview, "c0" * 16))
    assert told["nskeys_checked_timestamp_seconds", ()] == made.timestamp()
    assert answer_documents.status(overview, "sqlite")["checked"] == documents.time(made)


def test_a_check_that_lies_ahead_is_of_no_known_age(memory: MemoryServer, vault: Place) -> None:
    memory.clock.advance(days=-3)
    line = plugin_line(nagios_line(memory.services.recoverability.overview()))
    assert line.data["check_age"] is None
    assert "was checked in the future: this clock or that date is wrong" in line.words


def test_what_was_looked_at_now_has_no_age(memory: MemoryServer, vault: Place) -> None:
    memory.services.destinations.add(memory.local, "tape to the safe")
    memory.back_up(memory.local)
    overview = memory.services.recoverability.overview()
    assert overview.recoverability.checked is None
    told = samples(metrics(overview, "c0" * 16))
    assert told["nskeys_checked_timestamp_seconds", ()] == overview.taken.timestamp()
    line = plugin_line(nagios_line(overview))
    assert line.data["check_age"] == 0
    assert "checked" not in line.words


def test_what_happened_there_is_known_by_the_next_check(memory: MemoryServer, vault: Place) -> None:
    seen_good = memory.clock.moment
    vault.files.clear()
    memory.clock.advance(hours=1)
    assert memory.counts() == (1, 0, 0), "nobody looked yet"
    [checked] = memory.services.register.check(NOBODY)
    assert checked.status is CopyStatus.MISSING
    assert not checked.by_check
    memory.clock.advance(hours=1)
    assert memory.counts() == (0, 1, 0)
    assert memory.services.recoverability.assess().exposed_since == seen_good


def test_a_check_that_could_not_be_made_does_not_count_as_good(memory: MemoryServer, vault: Place) -> None:
    seen_good = memory.clock.moment
    memory.clock.advance(hours=1)
    with memory.cut_off(memory.vault):
        memory.services.register.check(NOBODY)
    copy = only(memory)
    assert copy.status is CopyStatus.UNREACHABLE
    assert copy.by_check
    assert copy.look_moment == seen_good + timedelta(hours=1)
    assert copy.good_moment == seen_good
    assert memory.counts() == (0, 1, 0)
    memory.services.register.check(NOBODY)
    assert memory.counts() == (1, 0, 0)


def test_a_declaration_that_is_taken_back_counts_no_more_at_once(
    memory: MemoryServer, vault: Place
) -> None:
    vault.whereabouts = LocatedAt(Location.HERE, LocationReason.REMOTE_IS_THIS_MACHINE, "localhost")
    memory.services.destinations.add(memory.vault, "a tunnel to the other site")
    memory.services.register.check(NOBODY)
    assert memory.counts() == (1, 0, 0)
    memory.services.destinations.add(memory.vault, "")
    assert memory.counts() == (0, 1, 0)
    assert only(memory).where.location is Location.UNKNOWN
    memory.services.destinations.remove(memory.vault)
    assert memory.counts() == (0, 1, 0)
    memory.services.destinations.add(memory.vault, "a tunnel to the other site")
    assert memory.counts() == (1, 0, 0)


def test_a_folder_is_looked_at_beside_it(memory: MemoryServer, vault: Place) -> None:
    address = memory.back_up(memory.local).copy.address
    vault.reads = 0
    memory.lose(address)
    seen = {copy.destination: copy for copy in memory.services.register.copies()}
    assert seen[memory.local].status is CopyStatus.MISSING
    assert seen[memory.vault].status is CopyStatus.GOOD
    assert [seen[memory.local].by_check, seen[memory.vault].by_check] == [False, True]
    assert vault.reads == 0


def test_what_the_last_check_found_is_never_written_down_as_a_look(
    memory: MemoryServer, vault: Place
) -> None:
    rows = memory.register_rows()
    memory.clock.advance(days=1)
    only(memory)
    assert memory.register_rows() == rows


def test_not_even_where_it_lies_is_asked_of_another_server(memory: MemoryServer, vault: Place) -> None:
    for look in (False, True):
        overview = memory.services.recoverability.overview(look=look)
        assert overview.recoverability.due == ()
    assert (vault.reads, vault.asked_where) == (0, 0)


def test_a_server_without_a_copy_yet_is_no_reason_to_be_content_with_this_disk(
    memory: MemoryServer, vault: Place
) -> None:
    """Where the next backup goes to another server, one that lies here does not do for it."""
    memory.back_up(memory.local)
    memory.lose(only_at(memory, memory.vault))
    memory.services.register.check(NOBODY)
    place = memory.destinations.make("/other", vault.whereabouts)
    place.live = False
    due = memory.services.recoverability.overview(destination=DestinationInfo("/other")).recoverability.due
    assert due == (DueReason.NO_GOOD_COPY,)
    assert place.asked_where == 0


def only_at(server: MemoryServer, destination: str) -> str:
    [copy] = [copy for copy in server.services.register.copies() if copy.destination == destination]
    return copy.address
