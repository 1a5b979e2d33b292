"""The worker processes of one run of the program: one at work, or waiting for work, for each question
that is asked at the same time behind the same mount."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nskeys.destinations.workers.process import NoAnswer, WorkerProcess
from nskeys.destinations.workers.protocol import Message


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds that an answer may take; values, so that tests need not wait."""

    look: float = 10.0
    publish: float = 120.0
    bytes_per_second: int = 1 << 20
    """The slowest that an archive may be carried; what it weighs adds to the limits."""

    def to_read(self, size: int) -> float:
        """To read up to `size` bytes."""
        return self.look + size / self.bytes_per_second

    def to_publish(self, size: int) -> float:
        """To write them durably."""
        return self.publish + size / self.bytes_per_second


class Interrupted(Exception):
    """A person did not want to wait for the answer any longer."""


class Workers:
    """Asks questions behind mounts that may never answer. For any number of threads."""

    def __init__(
        self, limits: TimeLimits | None = None, start: Callable[[], WorkerProcess] = WorkerProcess
    ) -> None:
        self.limits = limits or TimeLimits()
        self._start = start
        self._lock = threading.Lock()
        self._idle: dict[str, list[WorkerProcess]] = {}
        self._busy: set[WorkerProcess] = set()
        self._interrupted: set[WorkerProcess] = set()
        self._abandoned: list[WorkerProcess] = []
        self._silent_until: dict[str, float] = {}

    def ask(self, mount: str, question: Message, seconds: float) -> Message:
        """The answer of a worker behind `mount`; NoAnswer, and Interrupted after `interrupt`.

        A mount that just gave none is not asked again for as long as a look may take: twenty copies on
        a dead mount cost one wait, not twenty."""
        worker = self._worker(mount)
        try:
            answer = worker.ask(question, seconds)
        except BaseException as error:
            stopped = worker in self._interrupted
            self._give_up(mount, worker, silent=isinstance(error, NoAnswer) and not stopped)
            if stopped:
                raise Interrupted from None
            raise
        with self._lock:
            self._busy.discard(worker)
            self._idle.setdefault(mount, []).append(worker)
        return answer

    def interrupt(self) -> None:
        """Whoever waits gets Interrupted; their workers end. For threads and signal handlers."""
        for worker in list(self._busy):  # no lock: a signal handler may stand in the thread that holds it
            self._interrupted.add(worker)
            worker.end()

    def leave_alone(self, mount: str) -> None:
        """Ask nothing behind `mount` for as long as a look may take: it was just waited for in vain."""
        with self._lock:
            self._silent_until[mount] = time.monotonic() + self.limits.look

    def close(self) -> None:
        """End every worker; who waits for one gets NoAnswer."""
        with self._lock:
            idle = [worker for workers in self._idle.values() for worker in workers]
            busy, left = tuple(self._busy), self._abandoned
            self._idle, self._abandoned = {}, []
        for worker in (*idle, *left):
            worker.close()
        for worker in busy:
            worker.end()  # its pipes are closed by the thread that waits at them

    def _worker(self, mount: str) -> WorkerProcess:
        with self._lock:
            if time.monotonic() < self._silent_until.get(mount, 0.0):
                raise NoAnswer
            self._abandoned = [worker for worker in self._abandoned if worker.alive]
            idle = self._idle.get(mount, [])
            while idle:
                worker = idle.pop()
                if worker.alive:
                    self._busy.add(worker)
                    return worker
                worker.close()
        try:
            worker = self._start()
        except OSError:  # no memory, no more processes
            raise NoAnswer from None
        with self._lock:
            self._busy.add(worker)
        return worker

    def _give_up(self, mount: str, worker: WorkerProcess, *, silent: bool) -> None:
        worker.close()
        with self._lock:
            self._busy.discard(worker)
            self._interrupted.discard(worker)
            if worker.alive:
                self._abandoned.append(worker)
            if silent:
                self._silent_until[mount] = time.monotonic() + self.limits.look
