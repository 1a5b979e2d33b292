"""What is in a folder, as rows of a table. File names are outside text, and some are no text at all."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nskeys.wording.text.numbers import size
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when
from nskeys_tui.widgets.table.rows import Row

ENTRY_LIMIT = 20_000
"""More are not looked at: nobody pages through them, and a hostile folder could hold millions."""
UP = ".."


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder or a regular file. `name` is as the file system gave it."""

    name: str
    is_folder: bool
    octets: int = 0
    modified: float | None = None


def list_folder(folder: Path, wanted: Callable[[str], bool], hidden: bool) -> tuple[Entry, ...]:
    """The way up, then folders, then regular files whose name is `wanted`; OSError where it cannot be
    read. `hidden` takes names that begin with a dot."""
    found = []
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= ENTRY_LIMIT:
                break
            if hidden or not entry.name.startswith("."):
                found += _entry(entry, wanted)
    found.sort(key=lambda entry: (not entry.is_folder, entry.name.casefold(), entry.name))
    up = [] if folder == folder.parent else [Entry(UP, is_folder=True)]
    return (*up, *found)


def nearest_folder(path: Path) -> Path:
    """`path` where it is a folder, else the first folder above it."""
    path = path.absolute()
    for folder in (path, *path.parents):
        if _is_folder(folder):
            return folder
    return Path(path.anchor or "/")


class EntryRows:
    """A listing as `Rows`; a row's key is its number."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = tuple(entries)

    def total(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    def window(self, first: int, count: int) -> tuple[Row, ...]:
        """These entries."""
        numbered = enumerate(self._entries[first : first + count], first)
        return tuple(Row(str(number), cells(entry)) for number, entry in numbered)


def cells(entry: Entry) -> tuple[str, str, str]:
    """Name, size and date; nothing in the name can reach the terminal as a command."""
    moment = "" if entry.modified is None else when(datetime.fromtimestamp(entry.modified, UTC))
    if entry.is_folder:
        return f"{safe(entry.name)}/", "", moment
    return safe(entry.name), size(entry.octets), moment


def _entry(entry: os.DirEntry[str], wanted: Callable[[str], bool]) -> list[Entry]:
    """The entry where it is a folder or a wanted file; nothing for what cannot even be looked at."""
    try:
        is_folder = entry.is_dir()
        if not is_folder and not (entry.is_file() and wanted(entry.name)):
            return []
        if is_folder:
            return [Entry(entry.name, is_folder=True)]  # asking more would wait for a dead mount in it
        about = entry.stat()
    except OSError:
        return []
    return [Entry(entry.name, is_folder=False, octets=about.st_size, modified=_date(about.st_mtime))]


def _date(seconds: float) -> float | None:
    """The time stamp, where a calendar has it: file systems hold any number."""
    return seconds if 0 <= seconds < 253_402_300_800 else None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
