"""A worker process as the program sees it: asked with a time limit, and ended where it does not answer."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import IO

from nskeys.destinations.workers.protocol import Broken, Message, packed, unpacked, wanted

_MODULE = "nskeys.destinations.worker"
_PIECE = 1 << 16
_LAST_BREATH = 0.2
"""Seconds that a killed process gets to be gone; one that the kernel holds on to is left to it."""


class NoAnswer(Exception):
    """No answer within the time limit, or none at all."""


class WorkerProcess:
    """One process with two pipes. Not for two threads at once, `end` apart."""

    def __init__(self) -> None:
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
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as the kernel tells; one that ended is reaped."""
        return self._process.poll() is None

    def ask(self, question: Message, seconds: float) -> Message:
        """Its answer. NoAnswer after so many seconds, or when it ends; it is of no use then."""
        until = time.monotonic() + seconds
        try:
            self._send(packed(question), until)
            return self._receive(until)
        except (OSError, Broken):
            raise NoAnswer from None

    def end(self) -> None:
        """Kill it. Comes back at once also where the kernel does not let go of it."""
        with suppress(OSError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_BREATH)

    def close(self) -> None:
        """`end` it and close its pipes."""
        self.end()
        for pipe in (self._questions, self._answers):
            with suppress(OSError):
                pipe.close()

    def _send(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait_for(self._questions, selectors.EVENT_WRITE, until)
            rest = rest[os.write(self._questions.fileno(), rest[:_PIECE]) :]

    def _receive(self, until: float) -> Message:
        received = bytearray()
        while more := wanted(received):
            self._wait_for(self._answers, selectors.EVENT_READ, until)
            piece = os.read(self._answers.fileno(), more)
            if not piece:
                raise NoAnswer
            received += piece
        return unpacked(received)

    def _wait_for(self, pipe: IO[bytes], event: int, until: float) -> None:
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
    """The worker finds its modules where this program does, and never in the folder it is started in."""
    yield "-P"
    if sys.flags.isolated:
        yield "-I"
    else:
        yield from ("-s",) if sys.flags.no_user_site else ()
        yield from ("-E",) if sys.flags.ignore_environment else ()
