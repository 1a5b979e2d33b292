"""The base of screens with a list: the table, and below it the row under the cursor in full."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys_tui.dialogs.questions import MessageDialog
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import KnownRows, Row
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
        Binding("escape", "dismiss", "Back", tooltip="Back to where you came from"),
    ]
    NAME: ClassVar[str] = ""
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def compose(self) -> ComposeResult:
        yield TitleBar(self.NAME)
        yield Rule()
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
        """Set the line above the table."""
        self.query(Rule).first().say(*parts)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, with the cursor on the same row number."""
        table = self.query_one(CredentialTable)
        table.show(KnownRows(rows), cursor=min(table.cursor, max(0, len(rows) - 1)))
        if not rows:
            self.query_one("#about", Facts).pairs = ()
        self.refresh_bindings()

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

    async def note(self, *sentences: str) -> None:
        """Show what was done, and wait until it was read."""
        await self.app.push_screen_wait(MessageDialog(self.NAME, sentences[0], *sentences[1:]))

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
