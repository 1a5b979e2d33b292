"""What the columns of a CSV hold: its first rows, a key for each field, encoding and delimiter."""

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import NskeysError
from nskeys.model.imports import CsvPreview, Reading
from nskeys.services.user_files import read_export
from nskeys.wording.import_columns import (
    COLUMN_KEYS,
    COLUMNS_HELP,
    ENCODING_HELP,
    REMEMBER_PROMPT,
    column_line,
    encodings,
    missing_line,
    reading_line,
)
from nskeys.wording.imports import delimiter_name
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.questions import ChoiceDialog, Line
from nskeys_tui.screens.session import Session, ask_line
from nskeys_tui.screens.wizard import WizardScreen
from nskeys_tui.widgets.choice_list import Choice, ChoiceList

_DELIMITERS = (",", ";", "\t", "|")


class ColumnsScreen(WizardScreen):
    """Lets a person choose columns; `chosen` is what was chosen, None after Esc."""

    NAME = "Import"
    HELP = COLUMNS_HELP
    DEFAULT_CSS = """
    ColumnsScreen #step .import--line { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Plan", priority=True, tooltip="Plan the import with these columns"),
        Binding("n", "hold('name')", "Name", priority=True, tooltip="This column holds the name"),
        Binding("a", "hold('account')", "Account", priority=True, tooltip="This column holds the account"),
        Binding("s", "hold('secret')", "Secret", priority=True, tooltip="This column holds the secret"),
        Binding("t", "hold('target')", "Target", priority=True, tooltip="This column holds the target"),
        Binding("o", "hold('note')", "Note", priority=True, tooltip="This column holds the note"),
        Binding("f", "hold('group')", "Group", priority=True, tooltip="This column holds the group"),
        Binding("i", "hold('kind')", "Kind", priority=True, tooltip="This column holds the kind"),
        Binding("e", "encoding", "Encoding", priority=True, tooltip="Read it in another encoding"),
        Binding("d", "delimiter", "Delimiter", priority=True, tooltip="What stands between the cells"),
        Binding("r", "remember", "Remember", priority=True, tooltip="Remember these columns under a name"),
        Binding("u", "use", "Use", priority=True, tooltip="Take columns that were remembered"),
    ]

    def __init__(self, session: Session, path: str, preview: CsvPreview) -> None:
        super().__init__(session)
        self._path = path
        self._preview = preview
        self._held: dict[str, str] = {}
        """Column by field."""
        self.chosen: Reading | None = None

    def on_mount(self) -> None:
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("accept", "remember"):
            return not missing_line(tuple(self._held))
        if action == "use":
            return bool(self.session.services.imports.remembered_names())
        return super().check_action(action, parameters)

    @property
    def _reading(self) -> Reading:
        return replace(self._preview.reading, columns=tuple(self._held.items()))

    @work(exclusive=True)
    async def _show(self) -> None:
        cursor = next((choices.cursor for choices in self.query(ChoiceList)), 0)
        choices = self._choices()
        await self.show(
            "columns",
            "what do its columns hold?",
            Static(Content(reading_line(self._preview)), classes="import--line"),
            Static(id="missing", classes="import--line"),
            ChoiceList(choices, cursor=min(cursor, len(choices) - 1), searches=False),
            then=COLUMN_KEYS,
        )
        self._say_missing()

    def _choices(self) -> list[Choice]:
        by_column = {column: name for name, column in self._held.items()}
        return [
            Choice(str(at), safe(one), aside=column_line(self._preview, at, by_column.get(one, "")))
            for at, one in enumerate(self._preview.columns)
        ]

    def _say_missing(self) -> None:
        line = missing_line(tuple(self._held))
        for said in self.query("#missing").results(Static):
            said.update(Content(line))
            said.display = bool(line)
        self.refresh_bindings()

    def action_hold(self, name: str) -> None:
        """Say what the column under the cursor holds, or take it back. The list stays, so that keys that
        are typed ahead move in it."""
        choices = self.query_one(ChoiceList)
        column = self._preview.columns[choices.cursor]
        before = self._held.get(name)
        self._held = {held: one for held, one in self._held.items() if column != one and held != name}
        if before != column:
            self._held[name] = column
        choices.show(self._choices(), cursor=choices.cursor)
        self._say_missing()

    @work(exclusive=True)
    async def action_encoding(self) -> None:
        chosen = await self.app.push_screen_wait(encoding_dialog())
        if chosen is not None:
            await self._read(Reading(chosen, self._preview.reading.delimiter))

    @work(exclusive=True)
    async def action_delimiter(self) -> None:
        choices = [Choice(one, delimiter_name(one).capitalize()) for one in _DELIMITERS]
        chosen = await self.app.push_screen_wait(ChoiceDialog("What stands between the cells", (), choices))
        if chosen is not None:
            await self._read(Reading(self._preview.reading.encoding, chosen))

    async def _read(self, reading: Reading) -> None:
        """Read the beginning anew; columns that it has no longer hold nothing."""
        found = await self.session.quickly(lambda: first_rows(self.session, self._path, reading))
        if isinstance(found, NskeysError):
            await self.tell(found)
            return
        self._preview = found
        self._held = {name: column for name, column in self._held.items() if column in found.columns}
        self._show()

    @work(exclusive=True)
    async def action_remember(self) -> None:
        imports, reading = self.session.services.imports, self._reading

        async def remember(name: str) -> bool | NskeysError:
            outcome = await self.session.quickly(partial(imports.remember, name, reading))
            return outcome if isinstance(outcome, NskeysError) else True

        await ask_line(self.app, "Remember", REMEMBER_PROMPT, Line("Name"), remember)
        self.refresh_bindings()

    @work(exclusive=True)
    async def action_use(self) -> None:
        imports = self.session.services.imports
        choices = [Choice(name, safe(name)) for name in imports.remembered_names()]
        chosen = await self.app.push_screen_wait(ChoiceDialog("Remembered columns", (), choices))
        if chosen is not None:
            reading = imports.remembered(chosen)
            self._held = dict(reading.columns)
            await self._read(replace(reading, columns=()))

    def action_accept(self) -> None:
        self.chosen = self._reading
        self.dismiss()


def first_rows(session: Session, path: str, reading: Reading) -> CsvPreview:
    """Return the beginning of a file. Raises FileUnreadable, ImportUnreadable."""
    return session.services.imports.preview(path, read_export(path), reading)


def encoding_dialog() -> ChoiceDialog:
    """Return the question for an encoding."""
    choices = [Choice(name, label) for name, label in encodings()]
    return ChoiceDialog("Encoding", (ENCODING_HELP,), choices)
