"""Reading files of bounded size, and looking at what a path leads to."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nskeys.errors import FileUnreadable
from nskeys.files.problems import problem_of, reading
from nskeys.files.syncing import sync
from nskeys.reasons import Problem


def named_path(text: str) -> Path:
    """Return the absolute path that a person typed; `~` at its beginning is this user's home, if there is
    one. Raises FileUnreadable (`no_working_folder`, `zero_character`)."""
    if "\0" in text:
        raise FileUnreadable(text, Problem.ZERO_CHARACTER)
    try:
        return Path(os.path.expanduser(text)).absolute()  # noqa: PTH111  # Path raises where there is no home
    except OSError:  # of a relative path, where the folder that one stands in was removed
        raise FileUnreadable(text, Problem.NO_WORKING_FOLDER) from None


def read_bounded(path: Path, limit: int, *, from_medium: bool = False) -> bytes:
    """Return a regular file's bytes, at most `limit`. Raises FileUnreadable (`missing`, `not_permitted`,
    `not_a_file`, `too_large`, ...). `from_medium` bypasses the page cache as far as the system allows."""
    data = read_beginning(path, limit + 1, from_medium=from_medium)
    if len(data) > limit:
        raise FileUnreadable(str(path), Problem.TOO_LARGE)
    return data


def read_beginning(path: Path, size: int, *, from_medium: bool = False) -> bytes:
    """Return the first `size` bytes of a regular file, or all of one that has fewer. Raises what
    `read_bounded` raises, but for `too_large`."""
    with reading(path):
        # O_NONBLOCK: a named pipe in a file's place must not hold us up before we have seen what it is.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileUnreadable(str(path), Problem.NOT_A_FILE)
            if from_medium:
                with _but_read_only():
                    sync(descriptor)  # only clean pages can be dropped
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            data = bytearray()
            while len(data) < size and (piece := os.read(descriptor, min(size - len(data), 1 << 20))):
                data += piece
        finally:
            os.close(descriptor)
    return bytes(data)


def read_if_there(path: Path, limit: int) -> bytes | None:
    """Return what `read_bounded` does; None where there is no such file. A link that leads to nothing
    raises FileUnreadable (`dangling_link`)."""
    try:
        return read_bounded(path, limit)
    except FileUnreadable as error:
        if error.problem is not Problem.MISSING:
            raise
        with reading(path):
            dangling = path.is_symlink()
        if dangling:
            raise FileUnreadable(str(path), Problem.DANGLING_LINK) from None
        return None


def mode_of(path: Path) -> int | None:
    """Return the mode (stat(2), `st_mode`) of the file that `path` leads to; None where there is none.
    Raises FileUnreadable."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FileUnreadable(str(path), problem_of(error)) from None


def exists(path: Path) -> bool:
    """Return whether a path exists. Raises FileUnreadable where that cannot be told."""
    return mode_of(path) is not None


def is_folder(path: Path) -> bool:
    """Return whether a folder lies there. Raises FileUnreadable where that cannot be told."""
    with reading(path):
        return path.is_dir()


def names_in(folder: Path) -> list[str]:
    """Return the sorted names in a folder. Raises FileUnreadable (`missing` where there is no folder)."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # the names, not paths made of them
    except (FileNotFoundError, NotADirectoryError):
        raise FileUnreadable(str(folder), Problem.MISSING) from None
    except OSError as error:
        raise FileUnreadable(str(folder), problem_of(error)) from None


@contextmanager
def _but_read_only() -> Iterator[None]:
    """Ignore that a disk became read-only: a file on it can still be read."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
