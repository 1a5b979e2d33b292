"""A folder behind a mount that never answers: every use ends in time, with the same words."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from nskeys.destinations.local.slow_mounts import slow_mount
from nskeys.destinations.local.timeout_folder import TimeoutFolder
from nskeys.destinations.resolver import AllDestinations
from nskeys.destinations.workers.pool import TimeLimits, WorkerProcess, Workers
from nskeys.errors import DestinationInvalid, DestinationUnreachable, FileUnreadable
from nskeys.model.destinations import DestinationInfo, LocationReason
from nskeys.ports import Destination
from tests.fakes.dead_mounts import StandingStill, dead_mount

# Long enough for a worker to start on a busy machine, so that what hangs is the look and not the start.
LIMITS = TimeLimits(look=1.0, publish=1.0)


@dataclass
class Hanging:
    """A folder that does not answer, and how its destinations are reached."""

    folder: Path
    destinations: AllDestinations

    def place(self) -> Destination:
        return self.destinations.at(DestinationInfo(str(self.folder)))


@pytest.fixture(params=["a dead mount", "a worker that stands still"])
def hanging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hanging]:
    with ExitStack() as stack:
        if request.param == "a dead mount":
            folder = stack.enter_context(dead_mount(tmp_path / "dead"))
            destinations = AllDestinations(tuple, Workers(LIMITS), slow_mount)
        else:
            folder = tmp_path / "dead"
            workers = Workers(LIMITS, StandingStill)
            destinations = AllDestinations(tuple, workers, lambda path: str(folder))
        yield Hanging(folder, destinations)
        destinations.close()


USES: dict[str, Callable[[Destination], object]] = {
    "where": lambda place: place.where(),
    "check": lambda place: place.check(),
    "publish": lambda place: place.publish("a.zip", b"backup"),
    "read": lambda place: place.read("a.zip", 100),
    "listing": lambda place: place.listing(),
    "remove": lambda place: place.remove("a.zip"),
    "sweep": lambda place: place.sweep(),
}


@pytest.mark.parametrize("use", USES)
def test_whatever_is_asked_of_it_ends_in_time(hanging: Hanging, use: str) -> None:
    began = time.monotonic()
    with pytest.raises(DestinationUnreachable) as silent:
        USES[use](hanging.place())
    assert time.monotonic() - began < 4
    assert (silent.value.destination, silent.value.problem) == (str(hanging.folder), "no_answer")


def test_twenty_looks_at_it_cost_one_wait(hanging: Hanging) -> None:
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(DestinationUnreachable):
            hanging.place().read("a.zip", 100)
    assert time.monotonic() - began < 2.5


def test_an_address_with_dots_behind_it_ends_in_time_too(hanging: Hanging) -> None:
    with pytest.raises(DestinationUnreachable) as silent:
        hanging.destinations.normal(f"{hanging.folder}/sub/../a.zip")
    assert silent.value.problem == "no_answer"


def test_what_was_declared_of_it_needs_no_look(hanging: Hanging) -> None:
    place = hanging.destinations.at(DestinationInfo(str(hanging.folder), "tape to the safe"))
    assert place.where().reason is LocationReason.DECLARED
    assert place.address_of("a.zip") == f"{hanging.folder}/a.zip"


def test_disks_of_this_machine_are_used_without_a_worker(tmp_path: Path) -> None:
    def no_worker() -> WorkerProcess:
        raise AssertionError

    destinations = AllDestinations(tuple, Workers(start=no_worker), lambda path: None)
    place = destinations.at(DestinationInfo(str(tmp_path)))
    for use in USES.values():
        use(place)
    assert destinations.normal(f"{tmp_path}/../x")


def test_a_file_that_is_a_link_to_a_dead_mount_is_not_read_here(tmp_path: Path) -> None:
    with dead_mount(tmp_path / "dead") as dead:
        (tmp_path / "a.zip").symlink_to(dead / "a.zip")
        destinations = AllDestinations(tuple, Workers(LIMITS))
        with pytest.raises(DestinationUnreachable) as silent:
            destinations.at(DestinationInfo(str(tmp_path))).read("a.zip", 100)
        destinations.close()
    assert silent.value.problem == "no_answer"


def test_a_large_archive_goes_through_a_worker_whole(tmp_path: Path) -> None:
    workers = Workers()
    place = TimeoutFolder(DestinationInfo(str(tmp_path)), workers, lambda path: "/")
    data = bytes(range(256)) * 65_536
    assert place.publish("a.zip", data) == "a.zip"
    assert place.read("a.zip", len(data)) == data
    with pytest.raises(FileUnreadable) as large:
        place.read("a.zip", len(data) - 1)
    assert large.value.problem == "too_large"
    with pytest.raises(DestinationInvalid):
        place.read("../a.zip", 10)
    workers.close()
