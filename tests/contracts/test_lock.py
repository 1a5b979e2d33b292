"""What every lock keeps to."""

from pathlib import Path

import pytest

from nskeys.errors import Locked
from nskeys.ports import Lock
from nskeys.store.lock import FileLock
from tests.fakes.fixed import OPERATOR, FixedClock
from tests.fakes.memory_files import FreeLock


@pytest.fixture(params=["file", "memory"])
def lock(request: pytest.FixtureRequest, tmp_path: Path) -> Lock:
    if request.param == "file":
        return FileLock(tmp_path / "lock", OPERATOR, FixedClock())
    return FreeLock()


def test_it_is_free_again_afterwards(lock: Lock) -> None:
    for _ in range(3):
        with lock.hold("backup"):
            pass


def test_it_is_free_again_after_a_failure(lock: Lock) -> None:
    with pytest.raises(ZeroDivisionError), lock.hold("backup"):
        raise ZeroDivisionError
    with lock.hold("restore"):
        pass


def test_a_second_one_is_told_what_the_first_is_doing(lock: Lock) -> None:
    with lock.hold("rotate"), pytest.raises(Locked) as refused, lock.hold("backup"):
        raise AssertionError("both hold it")
    assert refused.value.doing == "rotate"
    assert refused.value.since == "2026-11-23T14:02:00Z"


def test_who_was_refused_takes_nothing_away(lock: Lock) -> None:
    with lock.hold("rotate"):
        for _ in range(2):
            with pytest.raises(Locked), lock.hold("backup"):
                raise AssertionError("both hold it")
