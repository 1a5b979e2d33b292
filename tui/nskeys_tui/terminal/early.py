"""The terminal before Textual has it: other screen, no echo, no cursor; and as it was, whatever happens."""

import os
import signal
import sys
import termios
import tty
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

from nskeys_tui.presenters.look import ASCII, MODES_OFF, sgr_of, wants_ascii
from nskeys_tui.presenters.spans import Span
from nskeys_tui.terminal.grid import BLANK, Cell, Grid, cells_of

OTHER_SCREEN = "\x1b[?1049h"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_CURSOR = (1, 0)
"""Where Textual leaves it while nothing is typed."""
_LEAST = (40, 14)
"""Columns and lines below which Textual finds its own way."""


class EarlyScreen:
    """Shows lines on the terminal of this process. What is typed meanwhile stays for whoever reads it
    next."""

    def __init__(self, size: tuple[int, int], environment: Mapping[str, str]) -> None:
        """Take the terminal. Call it in the main thread; raises termios.error."""
        self.grid = Grid(*size)
        self._ascii = wants_ascii(environment, sys.stderr.encoding or "ascii")
        self._sgr = sgr_of(environment)
        self._input, self._output = sys.stdin.fileno(), sys.stderr.fileno()
        self.modes: list[Any] = termios.tcgetattr(self._input)
        self.has_data = False
        """Whether it shows what the app will show, and not only its frame."""
        self._ours = True
        self._before = {number: signal.signal(number, self._end) for number in _SIGNALS}
        termios.tcsetattr(self._input, termios.TCSANOW, _without_echo(self.modes))
        self._write(f"{OTHER_SCREEN}\x1b[?25l")

    def show(self, lines: Sequence[Sequence[Span]]) -> None:
        """Show these lines from the top, the rest blank."""
        changed = {}
        for y in range(self.grid.height):
            line = self.grid.line(y)
            cells = self._cells(lines[y] if y < len(lines) else ())
            line.write(0, cells + [BLANK] * (self.grid.width - len(cells)))
            changed[y] = line
        self._write(self.grid.change(changed, _CURSOR))

    def hand_over(self) -> None:
        """Leave the terminal as it is to whoever takes it now."""
        self._ours = False

    def put_back(self) -> None:
        """Put the terminal back, unless it was handed over; a terminal that is gone is skipped."""
        if not self._ours:
            return
        self._ours = False
        with suppress(OSError, termios.error):
            os.write(self._output, b"\x1b[m" + MODES_OFF)
            termios.tcsetattr(self._input, termios.TCSANOW, self.modes)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        """End the process with the code that the app would end with."""
        self.put_back()
        if number == signal.SIGHUP:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        os._exit(128 + number)

    def _cells(self, spans: Sequence[Span]) -> list[Cell]:
        cells: list[Cell] = []
        for text, paint in spans:
            cells_of(text.translate(ASCII) if self._ascii else text, self._sgr[paint], cells)
        return cells[: self.grid.width]

    def _write(self, text: str) -> None:
        data = text.encode(sys.stderr.encoding or "ascii", "replace")
        while data:
            data = data[os.write(self._output, data) :]


def early_screen(environment: Mapping[str, str]) -> EarlyScreen | None:
    """Return the screen; None where this terminal is none that a first page fits on."""
    size = _size(environment)
    if size is None or size[0] < _LEAST[0] or size[1] < _LEAST[1]:
        return None
    try:
        return EarlyScreen(size, environment)
    except termios.error:
        return None


def _size(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Return columns and lines as Textual sees them."""
    try:
        seen = os.get_terminal_size(sys.stdout.fileno())
        columns = int(environment.get("COLUMNS", "0") or 0) or seen.columns
        lines = int(environment.get("LINES", "0") or 0) or seen.lines
    except (OSError, ValueError):
        return None
    return columns, lines


def _without_echo(modes: list[Any]) -> list[Any]:
    """Return the modes that Textual sets, so that a key that is typed now means what it means then."""
    changed = [*modes]
    changed[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    changed[tty.IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    changed[tty.CC] = [*modes[tty.CC]]
    changed[tty.CC][termios.VMIN] = 1
    return changed
