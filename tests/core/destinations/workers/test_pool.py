"""Worker processes: asked with a time limit, ended where they do not answer."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.destinations.workers.pool import NoAnswer, TimeLimits, WorkerProcess, Workers
from nskeys.destinations.workers.protocol import Message
from nskeys.destinations.workers.proxy import question
from nskeys.model.destinations import DestinationInfo
from tests.fakes.dead_mounts import StandingStill, runs

QUICK = TimeLimits(look=0.3, publish=0.3)
PATIENT = 20.0


def where(folder: Path) -> Message:
    return question(DestinationInfo(str(folder)), "where", PATIENT, {})


class Started:
    """Starts workers and keeps account of them."""

    def __init__(self, *kinds: type[WorkerProcess]) -> None:
        self.kinds = list(kinds)
        self.workers: list[WorkerProcess] = []

    def __call__(self) -> WorkerProcess:
        kind = self.kinds.pop(0) if len(self.kinds) > 1 else self.kinds[0]
        self.workers.append(kind())
        return self.workers[-1]

    @property
    def running(self) -> int:
        return sum(runs(worker.pid) for worker in self.workers)


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Started]:
    started = Started(*getattr(request, "param", (WorkerProcess,)))
    yield started
    for worker in started.workers:
        worker.close()


standing_still = pytest.mark.parametrize("started", [(StandingStill,)], indirect=True)
once_standing_still = pytest.mark.parametrize("started", [(StandingStill, WorkerProcess)], indirect=True)


def test_one_worker_answers_one_question_after_the_other(started: Started, tmp_path: Path) -> None:
    workers = Workers(start=started)
    for _ in range(3):
        assert workers.ask("/", where(tmp_path), PATIENT).head[0] == "here"
    assert len(started.workers) == 1
    workers.close()
    assert started.running == 0


def test_questions_of_two_threads_do_not_mix(started: Started, tmp_path: Path) -> None:
    workers, found = Workers(start=started), {}
    for number in range(2):
        (tmp_path / f"{number}.zip").write_bytes(bytes([number]) * 3_000_000)

    def read(number: int) -> None:
        told = {"name": f"{number}.zip", "limit": 3_000_000}
        reading = question(DestinationInfo(str(tmp_path)), "read", PATIENT, told)
        found[number] = [workers.ask("/", reading, PATIENT).body for _ in range(3)]

    threads = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workers.close()
    assert all(body == bytes([number]) * 3_000_000 for number in range(2) for body in found[number])


@standing_still
def test_one_that_does_not_answer_is_killed_when_its_time_is_over(started: Started, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        Workers(QUICK, started).ask("/", where(tmp_path), 0.3)
    assert 0.3 <= time.monotonic() - began < 5
    assert started.running == 0


@standing_still
def test_a_question_that_does_not_fit_into_the_pipe_waits_no_longer(started: Started) -> None:
    told = {"name": "a", "data": bytes(1_000_000)}
    publishing = question(DestinationInfo("/x"), "publish", PATIENT, told)
    with pytest.raises(NoAnswer):
        Workers(QUICK, started).ask("/", publishing, 0.3)
    assert started.running == 0


@once_standing_still
def test_a_mount_that_gave_no_answer_is_left_alone_for_a_while_and_then_asked_again(
    started: Started, tmp_path: Path
) -> None:
    workers = Workers(QUICK, started)
    with pytest.raises(NoAnswer):
        workers.ask("/dead", where(tmp_path), 0.3)
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        workers.ask("/dead", where(tmp_path), PATIENT)
    assert time.monotonic() - began < 0.2
    assert workers.ask("/alive", where(tmp_path), PATIENT).head[0] == "here"
    time.sleep(0.35)
    assert workers.ask("/dead", where(tmp_path), PATIENT).head[0] == "here"
    workers.close()


def test_a_worker_that_died_meanwhile_is_replaced(started: Started, tmp_path: Path) -> None:
    workers = Workers(start=started)
    workers.ask("/", where(tmp_path), PATIENT)
    started.workers[0].end()
    assert workers.ask("/", where(tmp_path), PATIENT).head[0] == "here"
    assert len(started.workers) == 2
    workers.close()


def test_a_worker_that_breaks_gives_no_answer(started: Started) -> None:
    with pytest.raises(NoAnswer):
        Workers(start=started).ask("/", question(DestinationInfo("/"), "dance", PATIENT, {}), PATIENT)
    assert started.running == 0


@standing_still
def test_who_waits_while_the_program_leaves_waits_no_longer(started: Started, tmp_path: Path) -> None:
    workers, ended = Workers(start=started), []

    def ask() -> None:
        with pytest.raises(NoAnswer):
            workers.ask("/", where(tmp_path), PATIENT)
        ended.append(time.monotonic())

    thread = threading.Thread(target=ask)
    thread.start()
    while not started.workers:
        time.sleep(0.01)
    time.sleep(0.1)
    began = time.monotonic()
    workers.close()
    thread.join(5)
    assert ended
    assert ended[0] - began < 1
    assert started.running == 0


class Unkillable(StandingStill):
    """What the kernel does not let go of: killing it does nothing until `let_go`."""

    held = True

    def end(self) -> None:
        if not self.held:
            super().end()

    @property
    def alive(self) -> bool:
        return self.held or super().alive


@pytest.mark.parametrize("started", [(Unkillable, WorkerProcess)], indirect=True)
def test_one_that_cannot_be_killed_is_left_to_the_kernel(started: Started, tmp_path: Path) -> None:
    workers = Workers(TimeLimits(look=0.1), started)
    with pytest.raises(NoAnswer):
        workers.ask("/", where(tmp_path), 0.1)
    time.sleep(0.15)
    assert workers.ask("/", where(tmp_path), PATIENT).head[0] == "here"
    worker = started.workers[0]
    assert isinstance(worker, Unkillable)
    worker.held = False
    workers.close()
    assert started.running == 0


def test_where_no_process_can_be_started_there_is_no_answer(tmp_path: Path) -> None:
    def refuse() -> WorkerProcess:
        raise BlockingIOError

    with pytest.raises(NoAnswer):
        Workers(start=refuse).ask("/", where(tmp_path), PATIENT)


def test_a_worker_ends_when_nobody_is_left_to_ask(started: Started, tmp_path: Path) -> None:
    Workers(start=started).ask("/", where(tmp_path), PATIENT)
    [worker] = started.workers
    pipe = worker._process.stdin
    assert pipe is not None
    pipe.close()
    worker._process.wait(5)


def test_a_worker_is_not_taken_in_by_the_folder_it_is_started_from(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nskeys").mkdir()
    (tmp_path / "nskeys" / "__init__.py").write_text("raise SystemExit")
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    workers = Workers(start=started)
    assert workers.ask("/", where(tmp_path), PATIENT).head[0] == "here"
    assert Path(f"/proc/{started.workers[0].pid}/cwd").resolve() == Path("/")
    workers.close()


def test_an_interrupt_at_the_terminal_is_not_the_workers(started: Started, tmp_path: Path) -> None:
    workers = Workers(start=started)
    workers.ask("/", where(tmp_path), PATIENT)
    fields = Path(f"/proc/{started.workers[0].pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    assert fields[3] == str(started.workers[0].pid)  # a session of its own (proc_pid_stat(5))
    workers.close()


def test_a_worker_gets_nothing_but_its_pipes(started: Started, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w"):
        workers = Workers(start=started)
        workers.ask("/", where(tmp_path), PATIENT)
        held = {path.name for path in Path(f"/proc/{started.workers[0].pid}/fd").iterdir()}
        workers.close()
    assert held == {"0", "1", "2"}


def test_the_worker_is_quick_to_start(tmp_path: Path) -> None:
    """It must not load what only the program needs."""
    code = "import sys, nskeys.destinations.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    heavy = {"sqlite3", "textual", "cryptography", "pyrage", "asyncio"}
    assert not heavy & set(loaded.stdout.split())
