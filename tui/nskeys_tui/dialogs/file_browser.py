"""Finding a file or a folder on this machine with the keyboard."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nskeys.errors import CannotCreate
from nskeys.files import make_folder
from nskeys.threads import in_a_thread
from nskeys.wording.browsing import (
    BEGINS,
    NEW_FOLDER,
    NEW_FOLDER_LABEL,
    NO_ANSWER,
    new_folder_problem,
    nothing_begins,
)
from nskeys.wording.errors import say
from nskeys.wording.text.numbers import size
from nskeys.wording.text.terminal import ELLIPSIS, safe, width
from nskeys.wording.text.times import when
from nskeys_tui.dialogs.dialog import Dialog
from nskeys_tui.dialogs.questions import Line, LineDialog
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


def _listed(
    folder: Path, wanted: Callable[[str], bool], hidden: bool, *, nearest: bool
) -> tuple[Path, tuple[Entry, ...] | None]:
    """The folder, or the `nearest` one to it, and what is in it; None where it cannot be read."""
    try:
        folder = nearest_folder(folder) if nearest else folder
        return folder, list_folder(folder, wanted, hidden)
    except OSError:
        return folder, None


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
    Column("Name", 24, path=True),
    Column("Size", 11, 11, right=True),
    Column("Changed", 16, 16, essential=False),
)


def is_a_backup(name: str) -> bool:
    """Return whether a file is called as backups are."""
    return name.endswith((".zip", ".kms"))


class FileBrowser(Dialog[Path]):
    """Returns the path of a file; of a folder where `folders` are wanted; of either where a `tree` may be
    taken like a file; None for Esc. Letters go to the next name that begins with them."""

    HELP = "Type the beginning of a name to go to it."
    takes_letters = True

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
        Binding("ctrl+s", "take", "Take this folder", tooltip="Take the folder whose contents are shown"),
        Binding("ctrl+n", "new", "New folder", tooltip="Make a folder here, and go into it"),
        Binding("backspace", "up", "Up", tooltip="Take a typed letter back, or go to the folder above"),
        Binding("left", "up", show=False),
        Binding("ctrl+a", "hidden", "Hidden", tooltip="Show names that begin with a dot, or not"),
        Binding("f1", "app.help", "Help", show=False),
    ]

    PATIENCE: ClassVar[float] = 10.0
    """Seconds that a folder has to answer."""

    def __init__(
        self,
        title: str,
        start: Path,
        *,
        folders: bool = False,
        tree: bool = False,
        wanted: Callable[[str], bool] = is_a_backup,
    ) -> None:
        super().__init__(title)
        self._start, self._folders, self._tree = start, folders, tree
        self._is_wanted = is_no_file if folders else wanted
        self._folder: Path | None = None
        self._entries: tuple[Entry, ...] = ()
        self._hidden = False
        self._came_from = ""
        self._typed = ""
        """The beginning of a name, as far as it was typed."""
        self._fits = True
        """Whether a name begins with it."""

    def body(self) -> Iterable[Widget]:
        """Return where we are, what is there, what went wrong."""
        yield Static(id="where")
        yield CredentialTable(_COLUMNS, empty="Nothing to choose here")
        yield Static(id="problem")

    def on_mount(self) -> None:
        self._go(self._start)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "take":
            return self._folders or self._tree
        if action == "new":
            return self._folders
        return super().check_action(action, parameters)

    # --- typing ------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Go to the name that begins with what is typed; other keys begin anew."""
        if event.character is not None and event.is_printable:
            event.stop()
            self._begin_with(self._typed + event.character)
        elif event.key != "backspace" and self._typed:
            self._begin_with("")

    def _begin_with(self, typed: str) -> None:
        """Move to the first name that begins with `typed`, whatever its case; where none does, say so, and
        stay."""
        wanted = typed.casefold()
        names = [safe(entry.name).casefold() for entry in self._entries]
        found = next((number for number, name in enumerate(names) if name.startswith(wanted)), None)
        self._typed, self._fits = typed, found is not None or not typed
        if typed and found is not None:
            self.query_one(CredentialTable).show(EntryRows(self._entries), cursor=found)
        said = BEGINS.format(typed) if self._fits else f"! {nothing_begins(typed)}"
        self.query_one("#problem", Static).update(Content(said if typed else ""))

    def action_new(self) -> None:
        """Ask for the name of a new folder."""
        line = Line(NEW_FOLDER_LABEL, check=self._wrong_name)
        self.app.push_screen(LineDialog(NEW_FOLDER, "", line), self._make)

    def _wrong_name(self, name: str) -> str:
        taken = any(entry.name == name for entry in self._entries)
        return new_folder_problem(name, taken=taken)

    def _make(self, name: str | None) -> None:
        if name is not None and self._folder is not None:
            self.run_worker(self._made(self._folder / name), group="listing", exclusive=True)

    async def _made(self, folder: Path) -> None:
        """Make the folder in a thread, and go into it."""
        making = in_a_thread(partial(_problem_of_making, folder))
        try:
            async with asyncio.timeout(self.PATIENCE):
                problem = await asyncio.wrap_future(making)
        except TimeoutError:
            problem = NO_ANSWER
        if problem:
            self.query_one("#problem", Static).update(Content(f"! {problem}"))
        else:
            await self._list(folder)

    # --- moving ------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Open what the cursor is on, unless another name was typed."""
        if self._fits:
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
        """Take a typed letter back; without any, go to the parent folder, with the cursor on the one that
        was left."""
        if self._typed:
            self._begin_with(self._typed[:-1])
        elif self._folder is not None and self._folder != self._folder.parent:
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
        """List a folder; what was asked before is no longer waited for."""
        self.run_worker(self._list(folder), group="listing", exclusive=True)

    async def _list(self, folder: Path) -> None:
        """In a thread, which a dead network mount may keep for ever. Where nothing is shown yet and none
        answers, begin at the top."""
        first, problem = self._folder is None, self.query_one("#problem", Static)
        listing = in_a_thread(partial(_listed, folder, self._is_wanted, self._hidden, nearest=first))
        try:
            async with asyncio.timeout(self.PATIENCE):
                found, entries = await asyncio.wrap_future(listing)
        except TimeoutError:
            problem.update(Content(f"! {safe(folder.name)} does not answer."))
            if first and folder != Path("/"):
                await self._list(Path("/"))
            return
        if entries is None:
            problem.update(Content(f"! {safe(found.name)} cannot be read."))
            return
        if not first:
            problem.update(Content(""))
        self._folder, self._entries, self._typed, self._fits = found, entries, "", True
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


def is_no_file(_name: str) -> bool:
    """Return False: only folders are wanted."""
    return False


def _problem_of_making(folder: Path) -> str:
    """Make a folder; return what prevented it, or nothing."""
    try:
        make_folder(folder)
    except CannotCreate as error:
        return str(say(error).what)
    return ""


def fit_end(text: str, cells: int) -> str:
    """Return the end of safe `text`, where a path says most."""
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[1:]
    return ELLIPSIS + text
