"""Files that a command reads: a path, a pipe, `/dev/fd/N`, or `-` for standard input."""

import errno
import os

from nskeys.errors import FileUnreadable
from nskeys.model.plain_text import MARK_SIZE, drop_mark

STANDARD_INPUT = "-"
STDIN, STDERR = 0, 2

_PIECE = 1 << 20
_PROBLEMS = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.ENXIO: "missing",
    errno.EBADF: "missing",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.EISDIR: "not_a_file",
    errno.ELOOP: "link_loop",
    errno.ENAMETOOLONG: "name_too_long",
}


def read_input(path: str, limit: int) -> bytearray:
    """What is in it, up to one byte more than `limit`, so that the caller can tell; FileUnreadable."""
    try:
        if path == STANDARD_INPUT:
            return _read(STDIN, limit)
        # No O_NONBLOCK: a named pipe is waited for, as a shell's process substitution needs it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            return _read(descriptor, limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileUnreadable(path, _PROBLEMS.get(error.errno or 0, "io_error")) from None
    except ValueError:  # U+0000 in a path
        raise FileUnreadable(path, "missing") from None


def read_text_input(path: str, limit: int) -> bytearray:
    """As `read_input`, for what a person may have saved in an editor: without the byte order mark of UTF-8;
    FileUnreadable (`utf16`, `utf32`)."""
    data = read_input(path, limit + MARK_SIZE)
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
