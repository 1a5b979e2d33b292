"""Files that are needed for a while and never kept: private, and gone with the process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nskeys.files.problems import creating
from nskeys.files.temporary_files import NEW, OWN, hold, temporary_name


@contextmanager
def nameless(folder: Path) -> Iterator[BinaryIO]:
    """Give a file (0600) in this folder that has no name: a killed process leaves none. Raises
    CannotCreate, also where what is written to it does not fit."""
    import tempfile

    with creating(folder), tempfile.TemporaryFile(dir=folder, prefix=".nskeys-", suffix=".part") as file:
        yield file


@contextmanager
def named(folder: Path) -> Iterator[Path]:
    """Give an empty file (0600) that is removed at the end, for what can only be given a name. A killed
    process leaves it for `sweep`. Raises CannotCreate."""
    path = folder / temporary_name()
    with creating(folder):
        descriptor = os.open(path, NEW, OWN)
    try:
        hold(descriptor)
        yield path
    finally:
        with suppress(OSError):
            os.close(descriptor)
        with suppress(OSError):
            path.unlink()


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Give an empty file (0600) of this name, under which nobody looks for a finished one; it is removed at
    the end. What a killed process left under it is removed first. Raises CannotCreate."""
    with creating(path):
        path.unlink(missing_ok=True)
        os.close(os.open(path, NEW, OWN))
    try:
        yield path
    finally:
        with suppress(OSError):
            path.unlink()
