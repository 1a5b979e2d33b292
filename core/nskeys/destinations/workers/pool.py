"""The worker processes of one run: for each call that is made at the same time on the same mount one, busy
or idle."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, NamedTuple

from nskeys.destinations.workers.protocol import Message, ProtocolError, pack, unpack, wanted

_MODULE = "nskeys.destinations.worker"
_PIECE = 1 << 16
_KILL_TIMEOUT_S = 0.2
"""Seconds that a killed process gets to end; then it is left to the kernel."""


class NoAnswer(Exception):
    """No answer within the time limit, or none at all."""


class WorkerProcess:
    """One process with two pipes. For one thread at a time, except `end`."""

    def __init__(self) -> None:
        import subprocess  # here and below: most runs start no worker

        self._process = subprocess.Popen(  # noqa: S603  # this interpreter with a module of our own
            [sys.executable, *_interpreter_options(), "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",  # so that it keeps no mount busy
            start_new_session=True,  # Ctrl+C and a lost line are for the program to deal with
            bufsize=0,
        )
        for pipe in (self._questions, self._answers):
            os.set_blocking(pipe.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs; a process that ended is reaped."""
        return self._process.poll() is None

    def ask(self, question: Message, seconds: float) -> Message:
        """Return its answer. Raises NoAnswer after this many seconds, or when it ends; it cannot be used
        afterwards."""
        until = time.monotonic() + seconds
        try:
            self._send(pack(question), until)
            return self._receive(until)
        except (OSError, ProtocolError):
            raise NoAnswer from None

    def end(self) -> None:
        """Kill it. Returns at once, even where the kernel cannot end it."""
        import subprocess

        with suppress(OSError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILL_TIMEOUT_S)

    def close(self) -> None:
        """Kill it and close its pipes."""
        self.end()
        for pipe in (self._questions, self._answers):
            with suppress(OSError):
                pipe.close()

    def _send(self, data: bytes, until: float) -> None:
        import selectors

        rest = memoryview(data)
        while rest:
            self._wait_for(self._questions, selectors.EVENT_WRITE, until)
            rest = rest[os.write(self._questions.fileno(), rest[:_PIECE]) :]

    def _receive(self, until: float) -> Message:
        import selectors

        received = bytearray()
        while more := wanted(received):
            self._wait_for(self._answers, selectors.EVENT_READ, until)
            piece = os.read(self._answers.fileno(), more)
            if not piece:
                raise NoAnswer
            received += piece
        return unpack(received)

    def _wait_for(self, pipe: IO[bytes], event: int, until: float) -> None:
        import selectors

        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise NoAnswer

    @property
    def _questions(self) -> IO[bytes]:
        return _there(self._process.stdin)

    @property
    def _answers(self) -> IO[bytes]:
        return _there(self._process.stdout)


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise NoAnswer
    return pipe


def _interpreter_options() -> Iterable[str]:
    """Return the interpreter options with which the worker finds its modules where this program does, and
    never in its working folder."""
    yield "-P"
    if sys.flags.isolated:
        yield "-I"
    else:
        yield from ("-s",) if sys.flags.no_user_site else ()
        yield from ("-E",) if sys.flags.ignore_environment else ()


class TimeLimits(NamedTuple):
    """Seconds that an answer may take; values, so that tests need not wait."""

    look: float = 10.0
    publish: float = 120.0
    bytes_per_second: int = 1 << 20
    """The lowest accepted transfer rate; the time limit grows with the size of an archive."""

    def to_read(self, size: int) -> float:
        """Return the limit for reading up to `size` bytes."""
        return self.look + size / self.bytes_per_second

    def to_publish(self, size: int) -> float:
        """Return the limit for writing `size` bytes durably."""
        return self.publish + size / self.bytes_per_second


class Interrupted(Exception):
    """A person stopped waiting for the answer."""


class Workers:
    """Runs calls on mounts that may never answer. For any number of threads."""

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
        """Return the answer of a worker for `mount`. Raises NoAnswer, and Interrupted after `interrupt`.

        A mount that has just timed out is not asked again for as long as one look may take, so twenty
        copies on a dead mount cost one timeout, not twenty.
        """
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
        """Raise Interrupted in every thread that waits, and end their workers. May be called from threads
        and signal handlers."""
        for worker in list(self._busy):  # no lock: a signal handler may stand in the thread that holds it
            self._interrupted.add(worker)
            worker.end()

    def leave_alone(self, mount: str) -> None:
        """Skip `mount` for as long as one look may take, because it has just timed out."""
        with self._lock:
            self._silent_until[mount] = time.monotonic() + self.limits.look

    def close(self) -> None:
        """End every worker; threads that wait for one get NoAnswer."""
        with self._lock:
            idle = [worker for workers in self._idle.values() for worker in workers]
            busy, abandoned = tuple(self._busy), self._abandoned
            self._idle, self._abandoned = {}, []
        for worker in (*idle, *abandoned):
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
