"""Translating OSErrors to CannotCreate and FileUnreadable. `problem_of` alone maps an errno to a token."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nskeys.errors import CannotCreate, FileUnreadable

_PROBLEMS = {
    errno.EIO: "io_error",
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.EROFS: "read_only",
    errno.EEXIST: "name_taken",
    errno.ENOENT: "missing",
    errno.ENOTDIR: "not_a_folder",
    errno.EISDIR: "not_a_file",
    errno.ENAMETOOLONG: "name_too_long",
    errno.EFBIG: "too_large",
    errno.ELOOP: "link_loop",
    errno.EMFILE: "too_many_open",
    errno.ENFILE: "too_many_open",
    errno.ENOMEM: "no_memory",
    errno.EBUSY: "in_use",
    errno.ETXTBSY: "in_use",
    errno.ESTALE: "gone",
    errno.ENOTCONN: "gone",
    errno.EHOSTDOWN: "gone",
    errno.EHOSTUNREACH: "gone",
    errno.ENETDOWN: "gone",
    errno.ENETUNREACH: "gone",
    errno.ETIMEDOUT: "gone",
}


def problem_of(error: OSError) -> str:
    """Return the token of an errno; a rare one keeps its name (`ENOTBLK`)."""
    number = error.errno or errno.EIO
    return _PROBLEMS.get(number) or errno.errorcode.get(number, "io_error")


def cannot_create(path: Path, error: OSError) -> CannotCreate:
    """Return the CannotCreate for an OSError."""
    problem = problem_of(error)
    return CannotCreate(str(path), "missing_folder" if problem == "missing" else problem)


@contextmanager
def creating(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_create(path, error) from None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise FileUnreadable(str(path), "missing") from None
    except OSError as error:
        raise FileUnreadable(str(path), problem_of(error)) from None
