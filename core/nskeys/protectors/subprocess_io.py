"""Running a program that is given a secret, and may answer with one, through pipes.

The secret is never in its arguments, its environment or a file. Time and answer are bounded. The buffer of
the answer is wiped; the copies that the interpreter made to write the secret live until it frees them.
"""

import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from nskeys.model.secret import SecretBytes

LONGEST = 4096
"""Bytes that can be written: what a pipe buffers without a reader."""

_ANSWER, _WORDS = 1 << 16, 1 << 16
_KILL_TIMEOUT_S = 1.0  # seconds for a killed program to be gone


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of a program: its exit code, its answer, and its standard error. Both are outside text:
    they are matched to tell failures apart, and never shown."""

    code: int
    answer: SecretBytes
    words: str


def run(
    program: Sequence[str], given: SecretBytes, environment: Mapping[str, str], seconds: float
) -> Completed:
    """Run a program. Raises OSError where it cannot be started, TimeoutError where it does not end in time
    or says more than the bounds allow; then it is killed."""
    if len(given) > LONGEST:
        raise ValueError("more than a pipe takes at once")
    until = time.monotonic() + seconds
    process = subprocess.Popen(  # noqa: S603  # the program is a name of ours, its arguments are checked
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=environment,
        cwd="/",
    )
    try:
        return _talk(process, given, until)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    finally:
        _end(process)


def _talk(process: "subprocess.Popen[bytes]", given: SecretBytes, until: float) -> Completed:
    pipes = (process.stdin, process.stdout, process.stderr)
    listens, answers, speaks = [pipe for pipe in pipes if pipe is not None]
    with suppress(BrokenPipeError), listens:  # it ended first, and says why
        listens.write(given.reveal())
    answer, words = bytearray(_ANSWER), bytearray(_WORDS)
    try:
        sizes = _collect({answers: answer, speaks: words}, until)
        code = process.wait(max(0.0, until - time.monotonic()))
        errors = words[: sizes[speaks]].decode("utf-8", "replace")
        return Completed(code, _taken(answer, sizes[answers]), errors)
    finally:
        _wipe(answer)


def _collect(pipes: Mapping[IO[bytes], bytearray], until: float) -> dict[IO[bytes], int]:
    """Read every pipe to its end into its buffer; return how many bytes each gave."""
    sizes = dict.fromkeys(pipes, 0)
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                pipe = next(pipe for pipe in pipes if pipe.fileno() == key.fd)
                size = os.readv(key.fd, [memoryview(pipes[pipe])[sizes[pipe] :]])
                sizes[pipe] += size
                if size == 0:  # its end, or the buffer's: then the program is not waited for either
                    selector.unregister(pipe)
    return sizes


def _taken(buffer: bytearray, size: int) -> SecretBytes:
    part = buffer[:size]
    try:
        return SecretBytes(part)
    finally:
        _wipe(part)


def _wipe(buffer: bytearray) -> None:
    buffer[:] = bytes(len(buffer))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the program, and wait a bounded time: one that waits for a device may not even be killed."""
    if process.poll() is None:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_KILL_TIMEOUT_S)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
