"""Making and removing folders and files, durably."""

from contextlib import suppress
from pathlib import Path

from nskeys.errors import CannotCreate
from nskeys.files.problems import creating
from nskeys.files.syncing import sync_folder
from nskeys.reasons import Problem


def make_folder(path: Path) -> None:
    """Make a folder (0700) and its parents if they are missing. Raises CannotCreate."""
    with creating(path):
        if path.is_dir():
            return
    if path.parent != path:
        make_folder(path.parent)
    with creating(path):
        try:
            path.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise CannotCreate(str(path), Problem.NOT_A_FOLDER) from None
    sync_folder(path.parent)


def discard(path: Path) -> None:
    """Remove a file if it exists, not durably: after a power cut it may be there again. Raises
    CannotCreate."""
    with creating(path):
        path.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a file if it exists. Raises CannotCreate, because then the folder cannot be changed."""
    with creating(path):
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder and its content if it exists; links are removed, not followed. Raises
    CannotCreate."""
    with creating(path), suppress(FileNotFoundError):
        _remove_tree(path)
    sync_folder(path.parent)


def _remove_tree(path: Path) -> None:
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            _remove_tree(entry)
        else:
            entry.unlink()
    path.rmdir()
