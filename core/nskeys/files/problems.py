"""Translating OSErrors to CannotCreate and FileUnreadable. `problem_of` alone maps an errno to a token."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nskeys.errors import CannotCreate, FileUnreadable
from nskeys.reasons import AnyProblem, Problem, SystemProblem

_PROBLEMS = {
    errno.EIO: Problem.IO_ERROR,
    errno.ENOSPC: Problem.NO_SPACE,
    errno.EDQUOT: Problem.NO_SPACE,
    errno.EACCES: Problem.NOT_PERMITTED,
    errno.EPERM: Problem.NOT_PERMITTED,
    errno.EROFS: Problem.READ_ONLY,
    errno.EEXIST: Problem.NAME_TAKEN,
    errno.ENOENT: Problem.MISSING,
    errno.ENOTDIR: Problem.NOT_A_FOLDER,
    errno.EISDIR: Problem.NOT_A_FILE,
    errno.ENAMETOOLONG: Problem.NAME_TOO_LONG,
    errno.EFBIG: Problem.TOO_LARGE,
    errno.ELOOP: Problem.LINK_LOOP,
    errno.EMFILE: Problem.TOO_MANY_OPEN,
    errno.ENFILE: Problem.TOO_MANY_OPEN,
    errno.ENOMEM: Problem.NO_MEMORY,
    errno.EBUSY: Problem.IN_USE,
    errno.ETXTBSY: Problem.IN_USE,
    errno.ESTALE: Problem.GONE,
    errno.ENOTCONN: Problem.GONE,
    errno.EHOSTDOWN: Problem.GONE,
    errno.EHOSTUNREACH: Problem.GONE,
    errno.ENETDOWN: Problem.GONE,
    errno.ENETUNREACH: Problem.GONE,
    errno.ETIMEDOUT: Problem.GONE,
}


def problem_of(error: OSError) -> AnyProblem:
    """Return the token of an errno; a rare one keeps its name (`ENOTBLK`)."""
    number = error.errno or errno.EIO
    known, name = _PROBLEMS.get(number), errno.errorcode.get(number)
    return known or (SystemProblem(name) if name else Problem.IO_ERROR)


def cannot_create(path: Path, error: OSError) -> CannotCreate:
    """Return the CannotCreate for an OSError."""
    problem = problem_of(error)
    return CannotCreate(str(path), Problem.MISSING_FOLDER if problem is Problem.MISSING else problem)


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
        raise FileUnreadable(str(path), Problem.MISSING) from None
    except OSError as error:
        raise FileUnreadable(str(path), problem_of(error)) from None
