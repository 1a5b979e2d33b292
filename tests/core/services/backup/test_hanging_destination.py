"""A destination that hangs: the answer comes all the same, and what could not be looked at is not good."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.destinations.resolver import AllDestinations
from nskeys.destinations.workers.pool import TimeLimits, WorkerProcess, Workers
from nskeys.errors import DestinationUnreachable
from nskeys.model.destinations import Location
from nskeys.model.recoverability import DueReason
from nskeys.model.register import CopyStatus
from nskeys.ports import Purpose
from tests.fakes.dead_mounts import StandingStill
from tests.fakes.fixed import Answers
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, PASSWORD

LOOK = 0.5


@dataclass
class Hangs:
    """A server one of whose vaults stops to answer when the test says so."""

    server: RealServer
    other: str
    dead: set[str]
    asked: list[float] = field(default_factory=list)
    """When each worker was started."""

    def start(self) -> WorkerProcess:
        self.asked.append(time.monotonic())
        return StandingStill()

    def slow(self, path: str) -> str | None:
        return next((folder for folder in self.dead if path.startswith(folder)), None)


@pytest.fixture
def hangs(tmp_path: Path) -> Iterator[Hangs]:
    """One credential, backed up to the vault and to another place that is carried away."""
    server = RealSite(tmp_path).server()
    server.set_up()
    hangs = Hangs(server, str(tmp_path / "other"), set())
    (tmp_path / "other").mkdir()
    places = AllDestinations(
        lambda: server.installation.settings.read().destinations,
        Workers(TimeLimits(look=LOOK, publish=LOOK), hangs.start),
        hangs.slow,
    )
    server.installation = replace(server.installation, destinations=places)
    server.services = Services(server.installation)
    server.services.destinations.add(hangs.other, "tape to the safe")
    server.add("one")
    server.back_up()
    server.back_up(hangs.other)
    yield hangs
    server.services.close()


def statuses(server: RealServer) -> dict[str, CopyStatus]:
    overview = server.services.recoverability.overview()
    return {copy.destination: copy.status for copy in overview.copies}


def test_the_other_copies_are_looked_at_and_the_answer_comes_in_time(hangs: Hangs) -> None:
    server = hangs.server
    hangs.dead.add(server.vault)
    began = time.monotonic()
    overview = server.services.recoverability.overview()
    assert time.monotonic() - began < LOOK + 1.5
    assert {copy.destination: copy.status for copy in overview.copies} == {
        server.vault: CopyStatus.UNREACHABLE,
        hangs.other: CopyStatus.GOOD,
    }
    assert overview.recoverability.totals.recoverable == 1
    assert overview.recoverability.best is not None
    assert overview.recoverability.best.destination == hangs.other


def test_several_places_that_hang_cost_the_time_of_one(hangs: Hangs) -> None:
    server = hangs.server
    hangs.dead |= {server.vault, hangs.other}
    assert set(statuses(server).values()) == {CopyStatus.UNREACHABLE}
    first, second = hangs.asked
    assert second - first < LOOK  # nobody waited for the one before asking the other
    assert server.counts() == (0, 1, 0)


def test_many_copies_in_a_place_that_hangs_cost_one_wait(hangs: Hangs) -> None:
    server = hangs.server
    for _ in range(8):
        server.back_up()
    hangs.dead.add(server.vault)
    began = time.monotonic()
    looked = server.services.register.copies()
    assert time.monotonic() - began < LOOK + 1.5
    assert sum(copy.status is CopyStatus.UNREACHABLE for copy in looked) == 9


def test_exposure_begins_with_the_last_good_look_and_ends_when_the_place_answers(hangs: Hangs) -> None:
    server = hangs.server
    hangs.dead |= {server.vault, hangs.other}
    last_good = server.clock.moment
    server.clock.advance(hours=3)
    assert server.services.recoverability.assess().exposed_since == last_good
    hangs.dead.clear()
    assert server.counts() == (1, 0, 0)


def test_a_check_of_the_register_writes_down_what_did_not_answer(hangs: Hangs) -> None:
    server = hangs.server
    hangs.dead.add(server.vault)
    server.services.register.check(NOBODY)
    remembered = server.services.register.copies(look=False)
    assert {copy.destination: copy.status for copy in remembered} == {
        server.vault: CopyStatus.UNREACHABLE,
        hangs.other: CopyStatus.GOOD,
    }
    assert not any(copy.counts for copy in remembered if copy.destination == server.vault)


def test_a_list_of_destinations_shows_which_one_does_not_answer(hangs: Hangs) -> None:
    server = hangs.server
    hangs.dead.add(server.vault)
    found = {status.info.address: status for status in server.services.destinations.listing()}
    problem = found[server.vault].problem
    assert isinstance(problem, DestinationUnreachable)
    assert problem.problem == "no_answer"
    assert found[hangs.other].problem is None
    assert found[hangs.other].where.location is Location.ELSEWHERE


def test_a_backup_to_a_place_that_hangs_is_none(hangs: Hangs) -> None:
    server = hangs.server
    before = server.register_rows(), server.installation.registry.read()
    hangs.dead.add(server.vault)
    with pytest.raises(DestinationUnreachable) as silent:
        server.back_up(server.vault)
    assert silent.value.problem == "no_answer"
    assert (server.register_rows(), server.installation.registry.read()) == before
    assert server.lock_is_free()


def test_of_two_places_the_one_that_hangs_takes_nothing_from_the_other(hangs: Hangs) -> None:
    server = hangs.server
    plan = server.services.backup.plan((server.vault, hangs.other))
    before = {copy.address for copy in server.services.register.copies()}
    hangs.dead.add(server.vault)
    began = time.monotonic()
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]})
    report = server.services.backup.execute(plan, answers)
    assert time.monotonic() - began < 2 * LOOK + 3
    assert [copy.destination for copy in report.copies] == [hangs.other]
    (failure,) = report.failures
    assert failure.info.address == server.vault
    assert isinstance(failure.error, DestinationUnreachable)
    assert failure.error.problem == "no_answer"
    made = {copy.address for copy in server.services.register.copies()} - before
    assert made == {report.copy.address}
    assert server.installation.registry.read().backup_path == hangs.other
    assert server.lock_is_free()


def test_a_default_destination_that_hangs_still_lies_elsewhere(hangs: Hangs) -> None:
    """What a place that gives no answer was when it last did decides how good a copy has to be."""
    server = hangs.server
    server.services.destinations.remove(server.vault)
    hangs.dead |= {server.vault, hangs.other}
    server.installation.registry.write(
        server.installation.registry.read()._replace(backup_path=server.vault)
    )
    assert DueReason.NO_GOOD_COPY in server.services.backup.due()
