"""The lock between processes."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nskeys.errors import Cancelled, CannotCreate, Locked, NotPermitted
from nskeys.model.audit import Actor
from nskeys.ports import Waiting
from nskeys.store.lock import FileLock
from tests.fakes.disks import public_folder, unprivileged
from tests.fakes.fixed import OPERATOR, FixedClock

HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from nskeys.model.audit import Actor
from nskeys.store.lock import FileLock

class Clock:
    def now(self):
        return datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

with FileLock(Path(sys.argv[1]), Actor(0, "root", login_user="alice"), Clock()).hold("rotate"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path: Path) -> FileLock:
    return FileLock(tmp_path / "lock", OPERATOR, FixedClock())


def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def refusal(lock: FileLock) -> Locked:
    with pytest.raises(Locked) as refused, lock.hold("backup"):
        raise AssertionError("both hold it")
    return refused.value


def test_the_holder_is_named_to_another_process(lock: FileLock, tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        told = refusal(lock)
        process.communicate("")
    assert (told.holder, told.pid, told.doing) == ("alice", process.pid, "rotate")
    assert told.since == "2026-11-23T03:00:00Z"
    with lock.hold("backup"):
        pass


def test_a_holder_that_was_killed_holds_nothing(lock: FileLock, tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with lock.hold("backup"):
        said = json.loads((tmp_path / "lock").read_text())
        assert said == {
            "user": "operator",
            "pid": os.getpid(),
            "doing": "backup",
            "since": "2026-11-23T14:02:00Z",
        }


def test_a_child_does_not_inherit_the_lock(lock: FileLock) -> None:
    with lock.hold("backup"):
        child = subprocess.Popen(["sleep", "30"], close_fds=False)
    try:
        with lock.hold("restore"):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_forked_worker_that_outlives_the_work_does_not_hold_it(lock: FileLock, tmp_path: Path) -> None:
    with lock.hold("rotate"):
        links = {path: path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
        [held] = [int(path.name) for path, target in links.items() if target == tmp_path / "lock"]
        workers = os.dup(held)  # what a forked process has: the same open file
    try:
        with lock.hold("backup"):
            pass
    finally:
        os.close(workers)


def test_a_lock_file_that_was_removed_is_made_anew(lock: FileLock, tmp_path: Path) -> None:
    with lock.hold("backup"):
        (tmp_path / "lock").unlink()
        with FileLock(tmp_path / "lock", Actor(0, "root"), FixedClock()).hold("restore"):
            refusal(lock)


def test_a_lock_file_that_is_removed_between_opening_and_locking_is_not_the_lock(
    lock: FileLock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock

    def remove_first(descriptor: int, operation: int) -> None:
        monkeypatch.undo()
        (tmp_path / "lock").unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with lock.hold("backup"):
        refusal(FileLock(tmp_path / "lock", OPERATOR, FixedClock()))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 4000, '{"pid": true, "user": 7}', "\x00\xff", '{"pid": "1"}']
)
def test_a_holder_that_says_nonsense_still_holds_it(lock: FileLock, tmp_path: Path, text: str) -> None:
    with lock.hold("backup"):
        (tmp_path / "lock").write_text(text, encoding="latin-1")
        told = refusal(lock)
    assert (told.holder, told.pid, told.doing, told.since) == ("", 0, "", "")


def test_the_file_is_its_owners_and_no_link_is_followed(lock: FileLock, tmp_path: Path) -> None:
    with lock.hold("backup"):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    (tmp_path / "lock").unlink()
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(CannotCreate), lock.hold("backup"):
        raise AssertionError("it followed a link")
    assert not (tmp_path / "victim").exists()


def test_without_a_home_there_is_nothing_to_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "missing" / "lock", OPERATOR, FixedClock())
    with pytest.raises(CannotCreate) as refused, lock.hold("backup"):
        raise AssertionError("there is no such folder")
    assert refused.value.problem == "missing_folder"


def test_another_users_home_is_not_locked() -> None:
    with public_folder() as folder:
        lock = FileLock(folder / "lock", OPERATOR, FixedClock())
        with lock.hold("backup"):
            pass
        with unprivileged(), pytest.raises(NotPermitted), lock.hold("backup"):
            raise AssertionError("not ours")


# --- waiting -----------------------------------------------------------------------------------------


class Watching(Waiting):
    """Keeps what it is told; may let the holder go, or give up, at the first look."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.told: list[str] = []
        self._then = then

    def begin(self, holder: Locked) -> None:
        self.told.append(f"waits for {holder.doing}")

    def checkpoint(self) -> None:
        self._then()

    def end(self) -> None:
        self.told.append("waits no more")


def patient(tmp_path: Path, seconds: float, then: Callable[[], object] = lambda: None) -> FileLock:
    lock = FileLock(tmp_path / "lock", OPERATOR, FixedClock(), seconds)
    lock.waiting = Watching(then)
    return lock


def told(lock: FileLock) -> list[str]:
    assert isinstance(lock.waiting, Watching)
    return lock.waiting.told


def test_a_change_waits_for_the_one_before_it_and_says_for_whom(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert process.stdin is not None
        lock = patient(tmp_path, 60, process.stdin.close)
        with lock.hold("backup"):
            assert told(lock) == ["waits for rotate", "waits no more"]


def test_who_need_not_wait_is_told_nothing(tmp_path: Path) -> None:
    lock = patient(tmp_path, 60)
    with lock.hold("backup"):
        pass
    assert told(lock) == []


def test_a_holder_who_keeps_it_is_named_after_the_wait(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        lock = patient(tmp_path, 0.2)
        began = time.monotonic()
        assert refusal(lock).doing == "rotate"
        assert time.monotonic() - began >= 0.2
        assert told(lock) == ["waits for rotate", "waits no more"]
        assert refusal(patient(tmp_path, 0)).doing == "rotate"
        process.communicate("")


def test_a_person_can_stop_waiting(tmp_path: Path) -> None:
    def give_up() -> None:
        raise Cancelled

    with holder(tmp_path) as process:
        lock = patient(tmp_path, 60, give_up)
        with pytest.raises(Cancelled), lock.hold("backup"):
            raise AssertionError("both hold it")
        assert told(lock) == ["waits for rotate", "waits no more"]
        process.communicate("")
    with lock.hold("restore"):
        pass


# --- file systems ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS])
def test_a_file_system_without_locks_is_called_so(
    lock: FileLock, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(CannotCreate, check=lambda error: error.problem == "no_locks"), lock.hold("backup"):
        raise AssertionError("it holds nothing")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("call", ["close", "ftruncate"])
def test_what_fails_when_the_lock_is_given_up_undoes_nothing(
    lock: FileLock, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real = getattr(os, call)

    def fail(descriptor: int, *rest: int) -> None:
        if call == "close":
            real(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with lock.hold("backup"):
        monkeypatch.setattr(os, call, fail)
    monkeypatch.undo()
    with lock.hold("restore"):
        pass
