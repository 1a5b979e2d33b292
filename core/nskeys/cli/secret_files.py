"""Secrets out of files: `--password-file F` and its like.

A file's bytes are the secret, but for one line ending at its end, which editors and `echo` add, and for the
byte order mark that some editors put before it.

A file that other users may write is refused: a new backup would be made under a password that one of them
chose. One that they may only read is taken, with a word. ssh would refuse it; but container engines mount
secrets readable for everybody, and so is every file on a stick with FAT: on the day of a restore nothing
could be changed there, and what could be read was read before.
"""

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from nskeys.cli.files import read_text_input
from nskeys.errors import FileUnreadable
from nskeys.model.credentials import SECRET_LIMIT
from nskeys.model.secret import SecretBytes
from nskeys.wording.passwords import others_read_words

_ENDINGS = (b"\r\n", b"\n")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def guard(path: str, *, secret: bool = True) -> Callable[[int], None]:
    """What `read_input` is to check of a file by its descriptor: FileUnreadable (`others_write`), and a
    word on standard error where it is `secret` and other users can read it."""

    def check(descriptor: int) -> None:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            return  # a pipe: it says what this user's own command says
        if mode & _OTHERS_WRITE:
            raise FileUnreadable(path, "others_write")
        if secret and mode & stat.S_IROTH and _is_reached(descriptor):
            with suppress(OSError):
                sys.stderr.write(f"{others_read_words(path)}\n")

    return check


def _is_reached(descriptor: int) -> bool:
    """Whether the folders above an open file let everybody through to it."""
    try:
        above = Path(f"/proc/self/fd/{descriptor}").readlink().parents
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in above)
    except OSError:
        return False


def read_secret(path: str) -> SecretBytes:
    """The secret in a file, a pipe or a descriptor; FileUnreadable (`too_large` above 65,535 bytes,
    `others_write`, `utf16`, `utf32`)."""
    data = read_text_input(path, SECRET_LIMIT + max(map(len, _ENDINGS)), guard(path))
    ending = next((ending for ending in _ENDINGS if data.endswith(ending)), b"")
    secret = SecretBytes(data[: len(data) - len(ending)])
    data[:] = bytes(len(data))
    if len(secret) > SECRET_LIMIT:
        secret.wipe()
        raise FileUnreadable(path, "too_large")
    return secret
