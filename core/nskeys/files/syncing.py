"""Flushing files and folders to the medium."""

import errno
import os
from pathlib import Path

from nskeys.files.problems import creating

_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def sync(descriptor: int) -> bool:
    """fsync; False where the filesystem knows none for this kind of file."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
        return False
    return True


def sync_folder(path: Path) -> bool:
    """Make the names in a folder durable; return False where the file system cannot. Raises
    CannotCreate."""
    with creating(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return sync(descriptor)
        finally:
            os.close(descriptor)
