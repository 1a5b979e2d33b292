"""A folder that lasts as long as this process and no longer, also where the process is killed."""

import fcntl
import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_PREFIX = "nskeys-demo-"
_MEMORY = Path("/dev/shm")  # noqa: S108  # only the folder with a name of its own in it is used
_TRIES, _PAUSE_S = 50, 0.1
"""How often, and how far apart, a folder is removed into which a child of the app still writes."""


class DemoFolder:
    """A folder of this user alone, in memory where that can be. A process of its own, which no signal to
    the terminal reaches, removes it when this process ends; `end` does so and waits for it."""

    def __init__(self, below: Path | None = None) -> None:
        """Make it in `below`. Raises OSError where nothing can be written there."""
        below = below or _place()
        _sweep(below)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=below))
        # Held by both processes until the last of them ends: what nobody holds may be swept.
        self._held = _locked(self.path)
        watched, self._alive = os.pipe()
        ready, tells = os.pipe()
        self._watcher = os.fork()
        if not self._watcher:
            os.close(self._alive)
            _watch(watched, tells, self.path)
        os.close(watched)
        os.close(tells)
        os.read(ready, 1)  # from now on no signal to this process's group reaches it
        os.close(ready)

    def end(self) -> None:
        """Remove the folder, and return when it is gone."""
        os.close(self._alive)
        with suppress(ChildProcessError):
            os.waitpid(self._watcher, 0)
        _remove(self.path)  # where the watcher was killed
        if self._held is not None:
            os.close(self._held)


def _place() -> Path:
    usable = _MEMORY.is_mount() and os.access(_MEMORY, os.W_OK | os.X_OK)
    return _MEMORY if usable else Path(tempfile.gettempdir())


def _watch(alive: int, tells: int, folder: Path) -> NoReturn:
    """Wait for the end of the process that holds the other end of the pipe, then remove the folder."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):  # a terminal that somebody holds open is not hung up
            os.dup2(nothing, stream)
        os.chdir("/")
        os.close(tells)
        os.read(alive, 1)
        _remove(folder)
    finally:
        os._exit(0)


def _remove(folder: Path) -> None:
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE_S)


def _sweep(below: Path) -> None:
    """Remove what is left of demos whose two processes were killed at once."""
    for folder in below.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and (held := _locked(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held)


def _locked(folder: Path) -> int | None:
    """Return a descriptor that holds the folder's lock; None where another process holds it."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
