"""Asking a person on the terminal, without showing what is typed; or on a page of its own, which is gone
afterwards, where secrets have to be seen.

The question goes to the controlling terminal itself (/dev/tty), wherever standard input and output lead.
While it is open nothing typed is shown, Ctrl-C and Ctrl-\\ stop at once, and Ctrl-Z does nothing: a
stopped process would leave a terminal that shows nothing, or come back to one that shows everything.
Whatever happens, the terminal gets its settings back.
"""

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any

from nskeys.errors import Cancelled, SecretUnavailable
from nskeys.reasons import SecretProblem, Wanted
from nskeys.wording.text.terminal import broken, width

TERMINAL = "/dev/tty"
LINE_LIMIT = 4_095
"""Bytes that Linux keeps of a typed line; the rest is dropped silently (termios(3), N_TTY_BUF_SIZE)."""

_CLEAR = "\x1b[H\x1b[2J"
_TO_PAGE, _FROM_PAGE = f"\x1b[?1049h{_CLEAR}", f"{_CLEAR}\x1b[?1049l"
_LOCAL, _CONTROLS = 3, 6
"""Where the local modes and the control characters stand in what `tcgetattr` gives."""
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class _Stopped(BaseException):
    """A signal came while a question was open; it is raised again once the terminal is restored."""


class Prompt:
    """An open conversation on the terminal, made by `conversation`."""

    def __init__(self, descriptor: int, wanted: Wanted, seen: bool) -> None:
        self._descriptor = descriptor
        self._wanted = wanted
        self._seen = seen

    def tell(self, line: str) -> None:
        """Write a line that is safe for a terminal already; on a page of its own, broken between words."""
        columns, _ = self.size
        fits = not self._seen or width(line) < columns
        for part in [line] if fits else broken(line, columns - 1):
            self._write(f"{part}\n")

    def draw(self, line: str) -> None:
        """Write a line of a picture, with its colours."""
        self._write(f"{line}\n")

    def ask(self, question: str) -> bytes:
        """Return one typed line, without its ending. Raises Cancelled at the end of input (Ctrl-D on an
        empty line); SecretUnavailable where the terminal may have dropped the end of a very long line."""
        self._write(f"{question}: ")
        line = bytearray()
        while not line.endswith(b"\n"):
            piece = os.read(self._descriptor, LINE_LIMIT + 1)
            if not piece:
                break
            line += piece
        if not self._seen:
            self._write("\n")
        if not line:
            raise Cancelled
        if len(line) >= LINE_LIMIT:
            raise SecretUnavailable(self._wanted, SecretProblem.LINE_TOO_LONG)
        return bytes(line.removesuffix(b"\n"))

    def clear(self) -> None:
        """Clear the page, so that nothing on it is seen any more."""
        if not self.plain:
            self._write(_CLEAR)

    @property
    def plain(self) -> bool:
        """Whether the terminal says of itself that it takes no control sequences."""
        return os.environ.get("TERM", "") in ("", "dumb")

    @property
    def size(self) -> tuple[int, int]:
        """The columns and lines; 80 by 24 where the terminal does not say."""
        try:
            found = os.get_terminal_size(self._descriptor)
        except OSError:
            return 80, 24
        return found.columns or 80, found.lines or 24

    @contextmanager
    def page(self) -> Iterator[None]:
        """Show a page of its own (xterm's alternate screen), for what must not stay on the terminal or in
        its scrollback. A terminal without one is cleared, as far as it can do that."""
        if not self.plain:
            self._write(_TO_PAGE)
        try:
            yield
        finally:
            if not self.plain:
                with suppress(OSError):  # the terminal is gone, and its page with it
                    self._write(_FROM_PAGE)

    def _write(self, text: str) -> None:
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


@contextmanager
def conversation(wanted: Wanted, *, seen: bool = False, own_page: bool = True) -> Iterator[Prompt]:
    """Give the terminal, with its echo off, or with what is typed `seen`, on a page of its own unless that
    is no secret. Raises SecretUnavailable (`wanted`) where there is no terminal."""
    try:
        descriptor = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        raise SecretUnavailable(wanted) from None
    try:
        with _stopping(), _settled(descriptor, wanted, seen):
            prompt = Prompt(descriptor, wanted, seen)
            with prompt.page() if seen and own_page else nullcontext():
                yield prompt
    except OSError:  # the terminal went away
        raise SecretUnavailable(wanted) from None
    finally:
        os.close(descriptor)


@contextmanager
def _settled(descriptor: int, wanted: Wanted, seen: bool) -> Iterator[None]:
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        raise SecretUnavailable(wanted) from None
    settings: list[Any] = [*before[:_CONTROLS], [*before[_CONTROLS]]]
    settings[_LOCAL] &= ~(termios.ECHO | termios.ECHONL)
    settings[_LOCAL] |= termios.ICANON | termios.ISIG | (termios.ECHO | termios.ECHOE if seen else 0)
    settings[_CONTROLS][termios.VSUSP] = b"\0"  # no key stops the process (termios(3), _POSIX_VDISABLE)
    try:
        # FLUSH: what was typed before the question was shown is no answer to it.
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, settings)
        yield
    finally:
        with suppress(termios.error):  # the terminal is gone, and its settings with it
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _stopping() -> Iterator[None]:
    """Delay a signal that ends the process until the terminal is restored. Ctrl-C raises KeyboardInterrupt
    here, even where long work would otherwise finish a step first."""
    caught: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        caught.append(number)
        if len(caught) == 1:  # a second signal must not come between the first and the restored terminal
            raise KeyboardInterrupt if number == signal.SIGINT else _Stopped

    heeded: list[int] = [number for number in _STOPS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in caught:
            if number != signal.SIGINT:
                signal.raise_signal(number)
