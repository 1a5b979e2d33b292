"""Files that a command reads: a path, a pipe, `/dev/fd/N`, or `-` for standard input."""

import errno
import os
from collections.abc import Callable

from nskeys.errors import FileUnreadable
from nskeys.files import problem_of
from nskeys.model.plain_text import MARK_SIZE, drop_mark

STANDARD_INPUT = "-"
STDIN, STDERR = 0, 2

_PIECE = 1 << 20
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.EBADF)


def read_input(path: str, limit: int, check: Callable[[int], None] = lambda _: None) -> bytearray:
    """What is in it, up to one byte more than `limit`, so that the caller can tell; FileUnreadable.
    `check` gets the open descriptor before anything is read."""
    try:
        if path == STANDARD_INPUT:
            check(STDIN)
            return _read(STDIN, limit)
        # No O_NONBLOCK: a named pipe is waited for, as a shell's process substitution needs it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            check(descriptor)
            return _read(descriptor, limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileUnreadable(path, "missing" if error.errno in _NOT_THERE else problem_of(error)) from None
    except ValueError:  # U+0000 in a path
        raise FileUnreadable(path, "missing") from None


def read_text_input(path: str, limit: int, check: Callable[[int], None] = lambda _: None) -> bytearray:
    """As `read_input`, for what a person may have saved in an editor: without the byte order mark of UTF-8;
    FileUnreadable (`utf16`, `utf32`)."""
    data = read_input(path, limit + MARK_SIZE, check)
    try:
        drop_mark(data, path)
    except FileUnreadable:
        data[:] = bytes(len(data))
        raise
    return data


def _read(descriptor: int, limit: int) -> bytearray:
    data = bytearray()
    while len(data) <= limit and (piece := os.read(descriptor, min(_PIECE, limit + 1 - len(data)))):
        data += piece
    return data
