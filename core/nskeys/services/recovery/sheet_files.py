"""Sheets in files, where somebody asked for that and named the folder: to be printed, and then removed."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from nskeys import files
from nskeys.errors import CannotCreate, SheetsRefused
from nskeys.reasons import Problem, SheetsProblem
from nskeys.services.user_files import writable_path

_MOUNTS = Path("/proc/self/mountinfo")
_IN_MEMORY = ("tmpfs", "ramfs")
_OTHERS = 0o077
_DEVICE = 2
"""Where a line of mountinfo has `major:minor` (proc_pid_mountinfo(5))."""


def check_folder(folder: str, home: str) -> Path:
    """Return the folder's real path if sheets may be written there; called before a set is split. Raises
    SheetsRefused, CannotCreate."""
    path = writable_path(folder)
    try:
        status = path.lstat()
    except OSError as error:
        raise files.cannot_create(path, error) from None
    if stat.S_ISLNK(status.st_mode):
        raise SheetsRefused(str(path), SheetsProblem.LINK)
    if not stat.S_ISDIR(status.st_mode):
        raise CannotCreate(str(path), Problem.NOT_A_FOLDER)
    # Not `resolve`, which can raise RuntimeError for links in a circle.
    real, kept = Path(os.path.realpath(path)), Path(os.path.realpath(home))
    if real.is_relative_to(kept) or kept.is_relative_to(real):
        raise SheetsRefused(str(path), SheetsProblem.IN_HOME)
    if status.st_mode & _OTHERS:
        raise SheetsRefused(str(path), SheetsProblem.OTHERS_CAN_READ)
    files.try_writing(real)
    return real


def in_memory(folder: Path) -> bool:
    """Return whether files there are held in memory and reach a disk only through swap. False where that
    cannot be told."""
    try:
        number = folder.stat().st_dev
        lines = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    device = f"{os.major(number)}:{os.minor(number)}"
    kinds = [
        back.split(" ")[0]
        for front, _, back in (line.partition(" - ") for line in lines)
        if len(front.split(" ")) > _DEVICE and front.split(" ")[_DEVICE] == device
    ]
    return bool(kinds) and all(kind in _IN_MEMORY for kind in kinds)


def _removed(folder: Path, written: Sequence[Path], before: Sequence[Path]) -> bool:
    """Try to remove each file that holds a share; return whether none is there any more, as far as the
    folder tells."""
    gone, left = True, []
    try:
        left = files.left_of(folder, before)
    except CannotCreate:
        gone = False
    for path in (*written, *left):
        try:
            files.remove(path)
        except CannotCreate:
            gone = False
    return gone


def write_sheets(folder: Path, sheets: Sequence[tuple[str, str]]) -> list[str]:
    """Write each named text into a new file (0600) and return their paths; all or none. Raises CannotCreate
    (`name_taken`, ...); SheetsRefused (`not_removed`) where a file that holds a share could not be removed
    again."""
    written: list[Path] = []
    before = files.temporary(folder)
    try:
        for name, text in sheets:
            path = folder / name
            files.write_new(path, text.encode("utf-8"))
            written.append(path)
        if files.left_of(folder, before):
            raise SheetsRefused(str(folder), SheetsProblem.NOT_REMOVED)
    except BaseException:
        if not _removed(folder, written, before):
            raise SheetsRefused(str(folder), SheetsProblem.NOT_REMOVED) from None
        raise
    return [str(path) for path in written]
