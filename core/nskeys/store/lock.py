"""The one lock around every change of state: an flock, which the kernel releases when its holder dies.

The file says who holds it, for the sentence that a second administrator reads, and for nothing else.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nskeys.errors import CannotCreate, Locked, NotPermitted
from nskeys.files import cannot_create
from nskeys.model.audit import Actor
from nskeys.model.times import to_rfc3339
from nskeys.ports import Clock

_MOST_READ = 4096  # bytes; a holder's details are far shorter


class FileLock:
    """ports.Lock on a file. Not re-entrant: who holds it and asks again is told so like anyone else."""

    def __init__(self, path: Path, actor: Actor, clock: Clock) -> None:
        self._path = path
        self._actor = actor
        self._clock = clock

    @contextmanager
    def hold(self, doing: str) -> Iterator[None]:
        """Take it at once or raise Locked with the holder; NotPermitted, CannotCreate."""
        descriptor = self._take()
        try:
            self._say(descriptor, doing)
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)
            # Said explicitly, so that a worker forked meanwhile does not go on holding it.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _take(self) -> int:
        while True:
            descriptor = self._open()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _holder(descriptor)
                os.close(descriptor)
                raise holder from None
            if self._is_still_the_file(descriptor):
                return descriptor
            os.close(descriptor)  # somebody removed the file; whoever comes next locks the new one

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except PermissionError:
            raise NotPermitted(str(self._path)) from None
        except (FileNotFoundError, NotADirectoryError):
            raise CannotCreate(str(self._path), "missing_folder") from None
        except OSError as error:
            raise cannot_create(self._path, error) from None

    def _is_still_the_file(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat(follow_symlinks=False))
        except FileNotFoundError:
            return False

    def _say(self, descriptor: int, doing: str) -> None:
        details = {
            "user": self._actor.sudo_user or self._actor.user,
            "pid": os.getpid(),
            "doing": doing,
            "since": to_rfc3339(self._clock.now()),
        }
        with suppress(OSError):  # a full disk: the lock holds, only its sentence is poorer
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(details).encode("utf-8"), 0)


def _holder(descriptor: int) -> Locked:
    """Who says to hold it. The holder may be writing just now, and the file may say anything."""
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
