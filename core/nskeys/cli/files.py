"""Files that a command reads or writes: a path, a pipe, `/dev/fd/N`, or `-` for a standard stream."""

import errno
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from nskeys.cli.output import Output
from nskeys.errors import FileUnreadable
from nskeys.files import problem_of
from nskeys.model.credentials import SECRET_LIMIT
from nskeys.model.plain_text import MARK_SIZE, drop_mark
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Problem
from nskeys.services.user_files import KEY_FILE_LIMIT, save_text
from nskeys.wording.passwords import others_read_words
from nskeys.wording.reports import saved_line

STANDARD_INPUT = "-"
STDIN, STDERR = 0, 2

_PIECE = 1 << 20
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.EBADF)


def read_input(path: str, limit: int, check: Callable[[int], None] = lambda _: None) -> bytearray:
    """Return up to one byte more than `limit`, so that the caller can tell a larger file. `check` gets the
    open descriptor before anything is read. Raises FileUnreadable."""
    try:
        if path == STANDARD_INPUT:
            check(STDIN)
            return _read(STDIN, limit)
        # Without O_NONBLOCK, so that opening waits for a pipe's writer, as process substitution needs.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            check(descriptor)
            return _read(descriptor, limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileUnreadable(
            path, Problem.MISSING if error.errno in _NOT_THERE else problem_of(error)
        ) from None
    except ValueError:  # U+0000 in a path
        raise FileUnreadable(path, Problem.MISSING) from None


def read_text_input(path: str, limit: int, check: Callable[[int], None] = lambda _: None) -> bytearray:
    """Read as `read_input` does, without a byte order mark of UTF-8, which an editor may have added. Raises
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


_ENDINGS = (b"\r\n", b"\n")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def guard(path: str, *, secret: bool = True) -> Callable[[int], None]:
    """Return the check of an open file for `read_input`. It raises FileUnreadable (`others_write`), and
    warns on standard error where the file is `secret` and other users can read it."""

    def check(descriptor: int) -> None:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            return  # a pipe is written by this user's own command
        if mode & _OTHERS_WRITE:
            raise FileUnreadable(path, Problem.OTHERS_WRITE)
        if secret and mode & stat.S_IROTH and _is_reached(descriptor):
            with suppress(OSError):
                sys.stderr.write(f"{others_read_words(path)}\n")

    return check


def _is_reached(descriptor: int) -> bool:
    """Return whether the folders above an open file let every user through to it."""
    try:
        above = Path(f"/proc/self/fd/{descriptor}").readlink().parents
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in above)
    except OSError:
        return False


def read_secret(path: str) -> SecretBytes:
    """Return the secret in a file, a pipe or a descriptor. Raises FileUnreadable (`too_large` above 65,535
    bytes, `others_write`, `utf16`, `utf32`)."""
    data = read_text_input(path, SECRET_LIMIT + max(map(len, _ENDINGS)), guard(path))
    ending = next((ending for ending in _ENDINGS if data.endswith(ending)), b"")
    secret = SecretBytes(data[: len(data) - len(ending)])
    data[:] = bytes(len(data))
    if len(secret) > SECRET_LIMIT:
        secret.wipe()
        raise FileUnreadable(path, Problem.TOO_LARGE)
    return secret


def read_key_file(path: str) -> SecretBytes:
    """Return every byte of a database's key file. Raises FileUnreadable (`too_large`, `others_write`)."""
    data = read_input(path, KEY_FILE_LIMIT, guard(path))
    secret = SecretBytes(data)
    data[:] = bytes(len(data))
    if len(secret) > KEY_FILE_LIMIT:
        secret.wipe()
        raise FileUnreadable(path, Problem.TOO_LARGE)
    return secret


def deliver(output: Output, text: str, path: str | None) -> None:
    """Print the text, or write it durably to a new file (0600). Raises CannotCreate."""
    if path is None:
        output.text(text)
    else:
        output.say(saved_line(save_text(path, text)))
