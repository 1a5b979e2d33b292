"""Temporary files, from which a file gets its name only when it is whole and on the medium.

A living process holds a lock on each, so that `sweep` removes only those of dead ones.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nskeys.errors import CannotCreate
from nskeys.files.problems import creating
from nskeys.files.syncing import sync
from nskeys.reasons import Problem

_PREFIX, _SUFFIX = ".nskeys-", ".part"
_JOURNALS = ("-wal", "-journal", "-shm")
"""What SQLite puts beside a temporary file that is a database; no process locks these."""
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OWN = 0o600


@contextmanager
def temporary_file(
    folder: Path, data: bytes, mode: int = OWN, *, strict: bool = True
) -> Iterator[tuple[Path, bool]]:
    """A temporary file that holds `data`, and whether it is on the medium; CannotCreate (`no_flush`) where
    the file system cannot do that, unless not `strict`. Its temporary name is gone at the end."""
    path = folder / temporary_name()
    descriptor = os.open(path, NEW, OWN)
    try:
        hold(descriptor)
        if mode != OWN:
            os.fchmod(descriptor, mode)  # not asked of `open`, which the process's umask narrows
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        flushed = sync(descriptor)
        if strict and not flushed:
            raise CannotCreate(str(folder), Problem.NO_FLUSH)
        yield path, flushed
    finally:
        # safe: what was written is on the medium since `fsync`, and Linux frees the number all the same
        with suppress(OSError):
            os.close(descriptor)
        with suppress(OSError):
            path.unlink()


def temporary_name() -> str:
    return f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"


def temporary(folder: Path) -> list[Path]:
    """Return the temporary files in a folder; a missing folder holds none. CannotCreate."""
    return [path for path in _begun(folder) if path.name.endswith(_SUFFIX)]


def _begun(folder: Path) -> list[Path]:
    """Return the temporary files in a folder, and what has the name of one that goes on; of a folder that
    may not be listed, nothing. CannotCreate."""
    with creating(folder), suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        # Names alone: each change looks into five folders, twice.
        found = [name for name in os.listdir(folder) if name.startswith(_PREFIX)]  # noqa: PTH208
        return [folder / name for name in sorted(found) if name.endswith(_SUFFIX) or f"{_SUFFIX}-" in name]
    return []


def left_of(folder: Path, since: Collection[Path]) -> list[Path]:
    """Return the temporary files in a folder that are not among `since`: those that could not be
    removed."""
    return [path for path in temporary(folder) if path not in since]


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed process left; those that a living one writes stay. Does nothing
    for a missing folder. Raises CannotCreate."""
    for path in _begun(folder):
        with creating(folder):
            if path.name.endswith(_SUFFIX):
                remove_unless_in_use(path)
            else:
                _remove_orphan(path)


def _remove_orphan(journal: Path) -> None:
    """Remove a journal whose file is gone: whoever makes one removes it before its file."""
    file, mark, end = journal.name.rpartition("-")
    if mark + end in _JOURNALS and not journal.with_name(file).exists():
        with suppress(OSError):
            journal.unlink()


def remove_unless_in_use(path: Path) -> None:
    try:
        # For writing, because over NFS an exclusive lock needs that.
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return  # gone already, or another user's
    try:
        if hold(descriptor):
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def hold(descriptor: int) -> bool:
    """Mark a temporary file as in use until it is closed; return False where another process did. Where the
    filesystem has no locks, return True."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
