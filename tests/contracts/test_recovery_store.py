"""What the recovery store keeps to, wherever it lies."""

from pathlib import Path

import pytest

from nskeys.ports import RecoveryStore
from nskeys.store.home_files import RecoveryFolder
from tests.fakes.memory_files import MemoryRecovery


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RecoveryStore:
    return RecoveryFolder(tmp_path / "recovery") if request.param == "folder" else MemoryRecovery()


def test_nothing_is_there_at_first(store: RecoveryStore) -> None:
    assert store.record() is None
    assert store.candidates("identity.age") == ()
    assert store.path == store.path_of("recovery.json")


def test_what_was_written_last_is_read(store: RecoveryStore) -> None:
    store.write(b"one", {"identity.age": b"1"})
    store.write(b"two", {"identity.age": b"2", "identity-custodians.age": b"3"})
    assert store.record() == b"two"
    assert store.candidates("identity.age") == (b"2",)
    assert store.candidates("identity-custodians.age") == (b"3",)
