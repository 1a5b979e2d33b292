"""Leaving the app: on a signal as with `q`, and even where a thread hangs.

Work in progress gets a moment to reach its next safe point. A thread that takes longer would never end, so
then the process ends as if killed, with the terminal restored.
"""

import asyncio
import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from types import FrameType
from typing import Any

from nskeys.threads import in_a_thread
from nskeys_tui.presenters.look import MODES_OFF

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_CLEANUP_TIMEOUT_S = 1.5
"""Seconds that work has to come to its next safe place, once the terminal is put back."""
_DEADLINE = 4.0
"""Seconds until the process ends, whatever it waits for."""


class Leaving:
    """The end of one run. Make it in the main thread, before Textual changes the terminal."""

    def __init__(self, loop: asyncio.AbstractEventLoop, modes: list[Any] | None = None) -> None:
        """`modes`: those of the terminal before anything of ours changed them (None: the present ones)."""
        self._loop = loop
        self._terminal = sys.stdin.fileno()
        self._modes = modes or termios.tcgetattr(self._terminal)
        self._threads = ThreadPoolExecutor(thread_name_prefix="work")
        loop.set_default_executor(self._threads)
        self._signal: int | None = None
        self._code = 0

    def on_signals(self, leave: Callable[[], None]) -> None:
        """Call `leave` in the loop on the signals that end a process, from now on. Also on an ignored
        SIGHUP, because the app would go on without a terminal."""

        def on_signal(number: int, _frame: FrameType | None) -> None:
            self._signal = number
            self.at_the_latest(128 + number)
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(leave)

        for number in SIGNALS:
            signal.signal(number, on_signal)

    def at_the_latest(self, code: int) -> None:
        """End the process a few seconds from now, unless it has ended by itself."""
        self._code = code
        Thread(target=self._end_late, name="deadline", daemon=True).start()

    def _end_late(self) -> None:
        time.sleep(_DEADLINE)
        self._put_back()
        os._exit(self._code)

    def _put_back(self) -> None:
        """Restore the terminal without anything that may hang; a terminal that is gone is skipped."""
        with suppress(OSError, termios.error):
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._modes)
            os.set_blocking(self._terminal, False)
            try:
                os.write(self._terminal, MODES_OFF)
            finally:
                os.set_blocking(self._terminal, True)

    def end(self, code: int, close: Callable[[], None]) -> int:
        """Return the exit code after the threads have ended and `close` was called. Where a thread hangs,
        or the terminal is gone, end the process here."""
        ended = self._all_ended()
        if ended:
            close()
        if self._signal == signal.SIGHUP:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGHUP)
        if self._signal is not None:
            code = 128 + self._signal
        if not ended:
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
        return code

    def _all_ended(self) -> bool:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=_CLEANUP_TIMEOUT_S))
        try:
            in_a_thread(self._threads.shutdown).result(_CLEANUP_TIMEOUT_S)
        except TimeoutError:
            return False
        return True
