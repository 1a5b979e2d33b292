"""Finding a file or a folder on this machine with the keyboard."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from nskeys.wording.text.numbers import size
from nskeys.wording.text.terminal import ELLIPSIS, safe, width
from nskeys.wording.text.times import when
from nskeys_tui.dialogs.dialog import Dialog
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable

ENTRY_LIMIT = 20_000
"""The most entries that are read: nobody pages through more, and a hostile folder could hold millions."""
UP = ".."


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder or a regular file. `name` is as the file system gave it."""

    name: str
    is_folder: bool
    octets: int = 0
    modified: float | None = None


def list_folder(folder: Path, wanted: Callable[[str], bool], hidden: bool) -> tuple[Entry, ...]:
    """Return the parent folder, then folders, then regular files whose name is `wanted`. Raises OSError
    where it cannot be read. `hidden` includes names that begin with a dot."""
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
    """Return `path` where it is a folder, else the nearest folder above it."""
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
        """Return how many entries there are."""
        return len(self._entries)

    def window(self, first: int, count: int) -> tuple[Row, ...]:
        numbered = enumerate(self._entries[first : first + count], first)
        return tuple(Row(str(number), cells(entry)) for number, entry in numbered)


def cells(entry: Entry) -> tuple[str, str, str]:
    """Return name, size and date, with control characters made harmless."""
    moment = "" if entry.modified is None else when(datetime.fromtimestamp(entry.modified, UTC))
    if entry.is_folder:
        return f"{safe(entry.name)}/", "", moment
    return safe(entry.name), size(entry.octets), moment


def _entry(entry: os.DirEntry[str], wanted: Callable[[str], bool]) -> list[Entry]:
    """Return the entry where it is a folder or a wanted file; nothing where it cannot be examined."""
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
    """Return the time stamp where it is within the calendar: file systems hold any number."""
    return seconds if 0 <= seconds < 253_402_300_800 else None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


_COLUMNS = (
    Column("Name", 24),
    Column("Size", 11, 11, right=True),
    Column("Changed", 16, 16, essential=False),
)


class FileBrowser(Dialog[Path]):
    """Returns the path of a file, or of a folder where `folders` are wanted; None for Esc."""

    DEFAULT_CSS = """
    FileBrowser {
        & .dialog--edge { width: 100%; height: 100%; padding: 0; }
        & .dialog--frame { height: 100%; }
        & #where { height: 1; text-style: bold; }
        & #problem { height: 1; color: $error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", priority=True, tooltip="Go into the folder, or take the file"),
        Binding("s", "take", "Take this folder", tooltip="Take the folder whose contents are shown"),
        Binding("backspace", "up", "Up", tooltip="Go to the folder above"),
        Binding("left", "up", show=False),
        Binding("full_stop", "hidden", "Hidden", tooltip="Show names that begin with a dot, or not"),
    ]

    @dataclass
    class _Listed(Message):
        asked: int
        folder: Path
        entries: tuple[Entry, ...] | None

    PATIENCE: ClassVar[float] = 10.0
    """Seconds that a folder has to answer."""

    def __init__(
        self,
        title: str,
        start: Path,
        *,
        folders: bool = False,
        wanted: Callable[[str], bool] = lambda name: name.endswith((".zip", ".kms")),
    ) -> None:
        super().__init__(title)
        self._start, self._folders = start, folders
        self._is_wanted = _no_file if folders else wanted
        self._folder: Path | None = None
        self._entries: tuple[Entry, ...] = ()
        self._hidden = False
        self._came_from = ""
        self._asked = 0

    def body(self) -> Iterable[Widget]:
        """Return where we are, what is there, what went wrong."""
        yield Static(id="where")
        yield CredentialTable(_COLUMNS, empty="Nothing to choose here")
        yield Static(id="problem")

    def on_mount(self) -> None:
        self._go(self._start)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._folders if action == "take" else super().check_action(action, parameters)

    # --- moving ------------------------------------------------------------------------------------

    def action_open(self) -> None:
        self.query_one(CredentialTable).action_choose()

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        message.stop()
        entry = self._entries[int(message.key)]
        if self._folder is None:
            return
        if entry.name == UP:
            self.action_up()
        elif entry.is_folder:
            self._go(self._folder / entry.name)
        elif not self._folders:
            self.dismiss(self._folder / entry.name)

    def action_up(self) -> None:
        """Go to the parent folder, with the cursor on the one that was left."""
        if self._folder is not None and self._folder != self._folder.parent:
            self._came_from = self._folder.name
            self._go(self._folder.parent)

    def action_take(self) -> None:
        """Return the folder that is shown."""
        if self._folder is not None:
            self.dismiss(self._folder)

    def action_hidden(self) -> None:
        """Show or hide names that begin with a dot."""
        self._hidden = not self._hidden
        if self._folder is not None:
            self._go(self._folder)

    # --- listing -----------------------------------------------------------------------------------

    def _go(self, folder: Path) -> None:
        """List a folder in a daemon thread: a dead network mount may hang it for ever, and must stop
        neither the keyboard nor the exit."""
        self._asked += 1
        about = (self._asked, folder, self._hidden, self._folder is None)
        Thread(target=self._list, args=about, daemon=True).start()
        self.set_timer(self.PATIENCE, partial(self._no_answer, self._asked, folder))

    def _list(self, asked: int, folder: Path, hidden: bool, first: bool) -> None:
        try:
            folder = nearest_folder(folder) if first else folder
            found = self._Listed(asked, folder, list_folder(folder, self._is_wanted, hidden))
        except OSError:
            found = self._Listed(asked, folder, None)
        with suppress(RuntimeError):  # the program left meanwhile
            self.post_message(found)

    def _no_answer(self, asked: int, folder: Path) -> None:
        """Give up on a folder that did not answer; where nothing is shown yet, list `/`."""
        if asked != self._asked:
            return
        self._asked += 1
        self.query_one("#problem", Static).update(Content(f"! {safe(folder.name)} does not answer."))
        if self._folder is None and folder != Path("/"):
            self._go(Path("/"))

    @on(_Listed)
    def _listed(self, message: _Listed) -> None:
        if message.asked != self._asked:
            return
        self._asked += 1
        problem = self.query_one("#problem", Static)
        if message.entries is None:
            problem.update(Content(f"! {safe(message.folder.name)} cannot be read."))
            return
        if self._folder is not None:
            problem.update(Content(""))
        self._folder, self._entries = message.folder, message.entries
        names = [entry.name for entry in self._entries]
        cursor = names.index(self._came_from) if self._came_from in names else 0
        self._came_from = ""
        self._say_where()
        self.query_one(CredentialTable).show(EntryRows(self._entries), cursor=cursor)

    def on_resize(self) -> None:
        self._say_where()

    def _say_where(self) -> None:
        where = self.query_one("#where", Static)
        if self._folder is not None:
            where.update(Content(fit_end(safe(str(self._folder)), max(1, where.size.width))))


def _no_file(_name: str) -> bool:
    return False


def fit_end(text: str, cells: int) -> str:
    """Return the end of safe `text`, where a path says most."""
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[1:]
    return ELLIPSIS + text
