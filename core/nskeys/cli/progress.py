"""ports.Progress on the command line: one rewritten line on standard error, and what was proved.

The line is drawn only on a terminal, at most ten times a second. The first Ctrl-C asks the work to stop
where stopping leaves everything whole; the second one stops it at once, which leaves everything whole
too, but perhaps a file that is no backup yet.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO

from nskeys.cli.output import Output
from nskeys.errors import Cancelled
from nskeys.model.credentials import SealedRow
from nskeys.ports import Stage
from nskeys.reasons import FailureReason
from nskeys.wording.progress import STOPPING, progress_line
from nskeys.wording.text.terminal import fit, width

_PAUSE = 0.1
_COLUMNS = 80
"""Where the terminal does not say how wide it is."""
_KNOWN_AFTER = 1.0
"""Seconds of counted work before the time left is worth saying."""

ProofLine = Callable[[SealedRow, FailureReason | None], str]
"""What is said of one credential that was tried."""


class TerminalProgress:
    """Shows how far the work is; `proof_line` words each tried credential for standard output (None: not
    credential by credential). `stopping` is called in the signal handler once a person wants to stop."""

    def __init__(
        self,
        output: Output,
        stderr: TextIO,
        proof_line: ProofLine | None = None,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        self._output = output
        self._stopping = stopping
        self._proof_line = proof_line
        self._line = _Line(stderr, live=_is_terminal(stderr) and not output.quiet)
        self._stage: Stage | None = None
        self._done, self._total = 0, 0
        self._counts = False
        self._began = 0.0
        self._stop_asked = False

    def stage(self, stage: Stage, total: int | None = None) -> None:
        self._stage, self._done, self._total, self._counts = stage, 0, total or 0, total is not None
        self._began = time.monotonic()
        self._draw(force=True)

    def advance(self, count: int = 1) -> None:
        self._done += count
        self._draw()

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None:
        """Show nothing: one line has no room for several places, and what became of each is printed at the
        end."""

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        """Print a line for each."""
        word = self._proof_line
        if word is None or self._output.abandoned:
            return
        self._line.clear()
        self._output.lines(word(row, failed.get(row[0])) for row in rows)

    def pause(self) -> None:
        """Leave the terminal to somebody else; the next stage or count draws the line anew."""
        self._line.clear()

    def checkpoint(self) -> None:
        if self._stop_asked:
            raise Cancelled

    @contextmanager
    def watching(self) -> Iterator["TerminalProgress"]:
        """Handle Ctrl-C as described above, and leave a clean line behind."""
        before = signal.getsignal(signal.SIGINT)
        if before is not signal.SIG_IGN:  # a shell's background job, which Ctrl-C is not meant for
            signal.signal(signal.SIGINT, self._interrupted)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, before)
            self._line.clear()

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop_asked:
            raise KeyboardInterrupt
        self._stop_asked = True
        self._line.note(STOPPING)
        self._stopping()

    def _draw(self, *, force: bool = False) -> None:
        if self._stage is None:
            return
        left = None
        spent = time.monotonic() - self._began
        if self._done and spent >= _KNOWN_AFTER:
            left = spent / self._done * (self._total - self._done)
        total = self._total if self._counts else None
        self._line.draw(progress_line(self._stage, self._done, total, left), force=force)


class _Line:
    """A line of a terminal that is rewritten in place; nothing where it is not `live`."""

    def __init__(self, stream: TextIO, *, live: bool) -> None:
        self._stream = stream
        self._shown = 0
        self._last = 0.0
        self._live = live

    def draw(self, text: str, *, force: bool) -> None:
        if not self._live or (not force and time.monotonic() - self._last < _PAUSE):
            return
        self._last = time.monotonic()
        fitted = fit(text, self._columns() - 1)
        self._write("\r" + fitted + " " * (self._shown - width(fitted)))
        self._shown = width(fitted)

    def clear(self) -> None:
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def note(self, text: str) -> None:
        """Write a line of its own from a signal handler, past the stream's buffer, which may be in use."""
        if self._live:
            with suppress(OSError):
                os.write(self._stream.fileno(), f"\r{text.ljust(self._shown)}\n".encode())
            self._shown = 0

    def _columns(self) -> int:
        with suppress(OSError):
            return os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS
        return _COLUMNS

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone
            self._live = False


def _is_terminal(stream: TextIO) -> bool:
    with suppress(OSError, ValueError):
        return stream.isatty()
    return False
