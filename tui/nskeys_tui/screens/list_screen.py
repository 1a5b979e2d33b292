"""The base of screens with a list: the table, and below it the row under the cursor in full."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.wording.answer import found_words
from nskeys.wording.layout import ANY_CELL
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.find_line import FindLine
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import KnownRows, Row, has
from nskeys_tui.widgets.table.table import CredentialTable


class ListScreen(Guarded[None]):
    """One list. Subclasses load it when the screen is opened, and describe a row."""

    AUTO_FOCUS = "CredentialTable"
    DEFAULT_CSS = """
    ListScreen {
        & #about { height: 5; padding: 0 1; overflow: hidden; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "Find", tooltip="Show only rows that have what you type"),
        Binding("escape", "leave", "Back", tooltip="Back to where you came from"),
    ]
    NAME: ClassVar[str] = ""
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._known: tuple[Row, ...] | None = None
        """All rows, where they are few enough to be held."""

    def compose(self) -> ComposeResult:
        yield TitleBar(self.NAME)
        yield Rule()
        yield FindLine(ANY_CELL)
        yield CredentialTable(self.COLUMNS, empty=self.EMPTY)
        yield Rule()
        yield Facts(id="about")
        yield Rule()
        yield KeyBar()

    # --- what subclasses say -----------------------------------------------------------------------------

    def about(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the row with this key, in full."""
        return ()

    def say(self, *parts: str) -> None:
        """Set the line above the table; a screen that was left meanwhile says nothing."""
        if rules := self.query(Rule):
            rules.first().say(*parts)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, with the cursor on the same row number; a screen that was left meanwhile shows
        none."""
        self._known = tuple(rows)
        if not (self.query(CredentialTable) and self.query("FindLine .find-line--found")):
            return
        table, text = self.query_one(CredentialTable), self.query_one(FindLine).text
        found = [row for row in rows if has(row, text)]
        table.show(KnownRows(found), cursor=min(table.cursor, max(0, len(found) - 1)))
        self.query_one(FindLine).found(found_words(len(found)) if text else "")
        if not found:
            self.query_one("#about", Facts).pairs = ()
        self.refresh_bindings()

    # --- finding -----------------------------------------------------------------------------------------

    @property
    def finding(self) -> bool:
        """Whether a search is being typed, so that no key of the list works."""
        return any(line.has_focus_within for line in self.query(FindLine))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "find":
            return not self.finding and bool(self._known)
        return super().check_action(action, parameters)

    def action_find(self) -> None:
        """Open the search line."""
        self.query_one(FindLine).open()

    @on(FindLine.Searched)
    def _searched(self) -> None:
        self.show_rows(self._known or ())

    @on(FindLine.Done)
    def _to_the_rows(self) -> None:
        self.query_one(CredentialTable).focus()

    def action_leave(self) -> None:
        """Show all rows again; where all are shown, leave."""
        find = self.query_one(FindLine)
        if find.text:
            find.action_close()
        else:
            self.dismiss()

    @property
    def row_key(self) -> str | None:
        """The key of the row under the cursor."""
        # Keys are also asked for while the screen is taken down: then there is no table any more.
        tables = self.query(CredentialTable)
        return tables.first().key if tables else None

    # --- telling -----------------------------------------------------------------------------------------

    async def tell(self, error: NskeysError) -> None:
        """Say what went wrong; a list does not wait until it was read."""
        show_error(self.app, self.NAME, error)

    # --- messages ----------------------------------------------------------------------------------------

    @on(CredentialTable.RowHighlighted)
    def _highlighted(self, message: CredentialTable.RowHighlighted) -> None:
        message.stop()
        self.query_one("#about", Facts).pairs = self.about(message.key)
        self.refresh_bindings()

    @on(CredentialTable.RowsFailed)
    async def _failed(self, message: CredentialTable.RowsFailed) -> None:
        message.stop()
        await self.tell(message.error)
