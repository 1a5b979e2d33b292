"""A reader holds no lock, and takes no change that is under way for something that does not fit."""

import threading
from pathlib import Path

import pytest

from nskeys.bootstrap import PATIENCE
from nskeys.reasons import MismatchKind
from nskeys.services.checkpoint.looking import compare
from tests.fakes.dying import Killed, Life
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import Server


def test_what_fits_is_said_at_once(server: Server) -> None:
    found = compare(server.installation, patience=0)
    assert (found.mismatches, found.busy) == ((), False)
    assert found.home is not None
    assert found.stored == found.home.signed


def test_between_commit_and_last_step_the_next_checkpoint_is_compared(memory: MemoryServer) -> None:
    rehearsal = Life()
    memory.with_life(rehearsal).add("one")
    steps = [place for place, call in enumerate(rehearsal.calls) if call == "checkpoint.settle"]
    with pytest.raises(Killed):
        memory.with_life(Life(steps[-1] + 1)).add("two")
    memory.restarted()
    assert memory.checkpoint.laid is not None
    found = compare(memory.installation, patience=0)
    assert (found.mismatches, found.busy) == ((), False)


def test_while_somebody_holds_the_lock_nothing_is_told(memory: MemoryServer) -> None:
    state = memory.cmdb.state.copy()
    state.audit.pop()
    memory.cmdb.state = state
    with memory.lock.hold("something long"):
        found = compare(memory.installation, patience=0)
        assert (found.busy, found.mismatches) == (True, ())
    found = compare(memory.installation, patience=0)
    assert [one.what for one in found.mismatches] == [MismatchKind.AUDIT]
    assert not found.busy


def test_a_damaged_checkpoint_of_the_home_is_told(memory: MemoryServer) -> None:
    memory.checkpoint.kept = b"{"
    found = compare(memory.installation, patience=0)
    assert [one.what for one in found.mismatches] == [MismatchKind.HOME_CHANGED]


@pytest.mark.parametrize("reads", [300, pytest.param(3_000, marks=pytest.mark.slow)])
def test_beside_writers_no_reader_ever_sees_what_does_not_fit(
    tmp_path: Path, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    # A writer without a pause holds the file most of the time: a reader has the patience of the program.
    monkeypatch.setattr(RealServer, "patience", PATIENCE)
    site = RealSite(tmp_path)
    server = site.server()
    server.set_up()
    done = threading.Event()
    broken: list[BaseException] = []

    def write() -> None:
        try:
            number = 0
            while not done.is_set():
                number += 1
                server.add(f"n{number}")
                if number % 5 == 0:
                    server.protect_anew()
        except BaseException as error:  # noqa: BLE001  # told to the reader
            broken.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [compare(server.installation) for _ in range(reads)]
    finally:
        done.set()
        writer.join()
    assert broken == []
    assert [one for one in found if one.mismatches or one.busy] == []
    assert len({one.digest for one in found}) > 5


def test_it_needs_nobody_and_changes_nothing() -> None:
    server = MemorySite().server()
    server.set_up()
    before = server.everything()
    server.services.checkpoint.show()
    assert server.everything() == before
