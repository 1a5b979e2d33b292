"""A command on a pseudo-terminal of a given size: its screen, its bytes, its end.

The screen is kept by pyte, a terminal emulator, so tests speak of what a person would see. Nothing
here sleeps for a fixed time: every wait ends with what it waits for, or raises `ScreenTimeout` with the
screen as it was. Byte counts are what an SSH line would carry.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import pyte

from tests.fakes.programs import ENVIRONMENT

KEYS: Mapping[str, str] = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "shift+home": "\x1b[1;2H",
    "shift+end": "\x1b[1;2F",
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
"""What a terminal sends for a key, by Textual's name for it."""

_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\??[0-9;]*\$[a-zA-Z]")
"""Private sequences (keyboard protocol, mode queries) of which pyte would print a letter."""
_ALTERNATE_SCREEN = re.compile(rb"\x1b\[\?1049[hl]")
"""pyte has one screen only: coming and going begin with an empty one."""
_ASKS_SYNCHRONIZED = b"\x1b[?2026$p"
_UNFINISHED = re.compile(rb"\x1b(\[[0-9;?<>=$]*)?\Z")


class ScreenTimeout(AssertionError):
    """The screen did not come to show what was waited for."""


class PtySession:
    """Runs `argv` on its own terminal; a context manager that ends what it started."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        environment: Mapping[str, str] | None = None,
        directory: str | None = None,
        synchronized: bool = False,
        blind: bool = False,
    ) -> None:
        """`synchronized` answers as terminals do that take each update as a whole (mode 2026). `blind`
        keeps the bytes alone and no screen, which takes most of the time."""
        self._synchronized, self._blind = synchronized, blind
        self.columns, self.lines = columns, lines
        self.received = 0
        """Bytes that the command wrote to its terminal so far."""
        self._raw = bytearray()
        self._unfinished = b""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self.resize(columns, lines)
        settings = ENVIRONMENT | {"TERM": "xterm-256color"}
        settings |= {"HOME": os.environ.get("HOME", "/")} | dict(environment or {})
        self.started = time.perf_counter()
        # setsid makes the terminal the controlling one, so that closing it is a dropped line.
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=settings,
            cwd=directory,
            close_fds=True,
        )
        os.close(slave)

    # --- what is there --------------------------------------------------------------------------

    @property
    def screen(self) -> list[str]:
        """The screen's lines, without trailing spaces."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen as one string."""
        return "\n".join(self.screen)

    @property
    def raw(self) -> bytes:
        """Everything the command ever wrote, as the line carried it."""
        return bytes(self._raw)

    @property
    def pid(self) -> int:
        """The command's process."""
        return self._process.pid

    def reversed_lines(self) -> list[int]:
        """The lines that hold reverse video: where a cursor bar stands."""
        buffer = self._screen.buffer
        return [y for y in range(self.lines) if any(cell.reverse for cell in buffer[y].values())]

    # --- what is done ----------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Send keys by name (`down`, `ctrl+c`) or as themselves (`q`, `ä`)."""
        for key in keys:
            self.write(KEYS.get(key, key))

    def write(self, text: str) -> None:
        """Send text as if it were typed."""
        os.write(self._master, text.encode())

    def paste(self, text: str) -> None:
        """Send text as a terminal sends a bracketed paste."""
        self.write(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size; the kernel tells the command."""
        self.columns, self.lines = columns, lines
        self._screen.resize(lines, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def hang_up(self) -> None:
        """Drop the line: the terminal goes away, as when an SSH connection dies."""
        os.close(self._master)
        self._master = -1

    def wait_for(self, wanted: str | Callable[["PtySession"], bool], timeout: float = 20.0) -> float:
        """Read until the screen shows `wanted`; returns seconds since the command was started."""
        deadline = time.perf_counter() + timeout
        while not (wanted in self.text if isinstance(wanted, str) else wanted(self)):
            if not self._read(deadline - time.perf_counter()):
                raise ScreenTimeout(f"waited {timeout} s for {wanted!r}; the screen was:\n{self.text}")
        return time.perf_counter() - self.started

    def wait_gone(self, unwanted: str, timeout: float = 20.0) -> None:
        """Read until the screen no longer shows `unwanted`."""
        self.wait_for(lambda session: unwanted not in session.text, timeout)

    def settle(self, quiet: float = 0.3, timeout: float = 20.0) -> None:
        """Read until the command has written nothing for `quiet` seconds."""
        deadline = time.perf_counter() + timeout
        while self._read(quiet):
            if time.perf_counter() > deadline:
                raise ScreenTimeout(f"the screen never came to rest:\n{self.text}")

    def bytes_for(self, *keys: str, quiet: float = 0.3) -> int:
        """How many bytes the command writes in answer to `keys`, until it rests."""
        self.settle(quiet)
        before = self.received
        self.press(*keys)
        if not self._read(10.0):
            raise ScreenTimeout(f"nothing was written after {keys}:\n{self.text}")
        self.settle(quiet)
        return self.received - before

    def wait_end(self, timeout: float = 20.0) -> int:
        """The command's exit code (minus the signal's number where one killed it)."""
        deadline = time.perf_counter() + timeout
        while (
            self._process.poll() is None
            and self._read(min(0.1, deadline - time.perf_counter())) is not None
        ):
            if time.perf_counter() > deadline:
                raise ScreenTimeout(f"the command is still running:\n{self.text}")
        while self._read(0.05):
            pass
        return self._process.wait(timeout=max(0.1, deadline - time.perf_counter()))

    def _read(self, timeout: float) -> bool | None:
        """Take what is there; True: something came, False: nothing within `timeout`, None: the end."""
        if self._master < 0:
            return None
        ready, _, _ = select.select([self._master], [], [], max(0.0, timeout))
        if not ready:
            return False
        with suppress(OSError):  # EIO: nobody has the terminal open any more
            data = os.read(self._master, 65_536)
            if data:
                self._take(data)
                return True
        return None

    def _take(self, data: bytes) -> None:
        self.received += len(data)
        self._raw += data
        if self._synchronized and _ASKS_SYNCHRONIZED in data:
            os.write(self._master, b"\x1b[?2026;2$y")
        if self._blind:
            return
        data = self._unfinished + data
        cut = _UNFINISHED.search(data)
        self._unfinished = data[cut.start() :] if cut else b""
        known = _UNKNOWN_TO_PYTE.sub(b"", data[: cut.start()] if cut else data)
        self._stream.feed(_ALTERNATE_SCREEN.sub(b"\x1b[2J\x1b[H", known))

    # --- the end ---------------------------------------------------------------------------------

    def close(self) -> None:
        """End the command, and let go of its terminal."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._master >= 0:
            self.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
