"""The lock around every change of state: an flock, which the kernel releases when its holder dies.

The file also names the holder, for the message that another administrator reads.
"""

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nskeys.errors import CannotCreate, Locked, NotPermitted, NskeysError
from nskeys.files import cannot_create
from nskeys.model.audit import Actor
from nskeys.model.times import to_rfc3339
from nskeys.ports import Clock, Waiting
from nskeys.reasons import Problem

_MOST_READ = 4096  # bytes; a holder's details are far shorter
_PAUSE = 0.05  # seconds between two tries
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


class FileLock:
    """ports.Lock on a file. Not reentrant. `wait`: after how many seconds a held lock raises Locked; 0: at
    once."""

    def __init__(self, path: Path, actor: Actor, clock: Clock, wait: float = 0.0) -> None:
        self._path = path
        self._actor = actor
        self._clock = clock
        self._wait = wait
        self.waiting = Waiting()

    @contextmanager
    def hold(self, doing: str) -> Iterator[None]:
        descriptor = self._take()
        try:
            self._say(descriptor, doing)
            yield
        finally:
            _release(descriptor)

    def is_held(self) -> bool:
        try:
            taken = self._try()
        except NskeysError:
            return False
        if isinstance(taken, Locked):
            return True
        _release(taken)
        return False

    def _take(self) -> int:
        """Return the open file, locked. flock has no timeout, so it is tried repeatedly."""
        until = time.monotonic() + self._wait
        reported = False
        try:
            while isinstance(taken := self._try(), Locked):
                if time.monotonic() >= until:
                    raise taken
                if not reported:
                    reported = True
                    self.waiting.begin(taken)
                self.waiting.checkpoint()
                time.sleep(_PAUSE)
        finally:
            if reported:
                self.waiting.end()
        return taken

    def _try(self) -> int | Locked:
        while True:
            descriptor = self._open()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_still_the_file(descriptor):
                    return descriptor
            except BlockingIOError:
                holder = _holder(descriptor)
                os.close(descriptor)
                return holder
            except OSError as error:
                os.close(descriptor)
                if error.errno in _NO_LOCKS:
                    raise CannotCreate(str(self._path), Problem.NO_LOCKS) from None
                raise cannot_create(self._path, error) from None
            os.close(descriptor)  # somebody removed the file; whoever comes next locks the new one

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except PermissionError:
            raise NotPermitted(str(self._path)) from None
        except (FileNotFoundError, NotADirectoryError):
            raise CannotCreate(str(self._path), Problem.MISSING_FOLDER) from None
        except OSError as error:
            raise cannot_create(self._path, error) from None

    def _is_still_the_file(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat(follow_symlinks=False))
        except FileNotFoundError:
            return False

    def _say(self, descriptor: int, doing: str) -> None:
        details = {
            "user": self._actor.login_user or self._actor.user,
            "pid": os.getpid(),
            "doing": doing,
            "since": to_rfc3339(self._clock.now()),
        }
        with suppress(OSError):  # a full disk: the lock holds, only its sentence is poorer
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(details).encode("utf-8"), 0)


def _release(descriptor: int) -> None:
    """Release the lock. Errors are ignored: they do not undo the change, and the kernel closes the file
    anyway."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
    with suppress(OSError):
        # Said explicitly, so that a worker forked meanwhile does not go on holding it.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    with suppress(OSError):
        os.close(descriptor)


def _holder(descriptor: int) -> Locked:
    """Return the holder named in the file, which may be incomplete or forged."""
    try:
        details = json.loads(os.pread(descriptor, _MOST_READ, 0))
    except (OSError, ValueError, RecursionError):
        details = None
    if not isinstance(details, dict):
        return Locked("", 0, "", "")

    def text(name: str) -> str:
        value = details.get(name)
        return value if isinstance(value, str) else ""

    pid = details.get("pid")
    if isinstance(pid, bool) or not isinstance(pid, int):
        pid = 0
    return Locked(text("user"), pid, text("doing"), text("since"))
