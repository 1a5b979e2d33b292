"""Every key: its state, how many credentials it seals, how many backups hold it."""

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.services.status.overview import Overview as Answer
from nskeys.wording.text.numbers import count
from nskeys_tui.presenters.overview import layout_for
from nskeys_tui.screens.key_detail import KeyScreen
from nskeys_tui.screens.rows import key_columns, key_rows
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import LOOKS, Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.table.rows import KnownRows
from nskeys_tui.widgets.table.table import CredentialTable


class KeysScreen(Guarded[None]):
    """Lists the keys; Enter shows one."""

    HELP = (
        "One key is active and seals new secrets. Older ones are deactivated: they open what they sealed, "
        "and are kept for good. A key that only the CMDB or a backup knows is not here."
    )
    AUTO_FOCUS = "CredentialTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "show", "Show", priority=True, tooltip="Everything about this key"),
        Binding("escape", "leave", "Back", tooltip="Back to where you came from"),
        Binding("k", "leave", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._answer: Answer | None = None

    def compose(self) -> ComposeResult:
        yield TitleBar("Keys")
        yield Rule(id="count")
        yield CredentialTable(key_columns(()))
        yield Rule()
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """Reload: backups and rotations change keys."""
        self._look()

    @work(exclusive=True, group=LOOKS)
    async def _look(self) -> None:
        try:
            async for status in self._session.looks.seen_by(self):
                self._answer = status.overview
                self._show()
        except NskeysError as error:
            show_error(self.app, "Keys", error)

    def _show(self) -> None:
        if self._answer is None:
            return
        keys = self._answer.recoverability.keys
        rows = key_rows(keys, brief=layout_for(self.size.width).brief)
        table = self.query_one(CredentialTable)
        table.lay_out(key_columns(rows))
        table.show(KnownRows(rows), cursor=table.cursor)
        self.query_one("#count", Rule).say(count(len(keys), "key"))

    def on_resize(self, event: events.Resize) -> None:
        self._show()

    def action_show(self) -> None:
        self.query_one(CredentialTable).action_choose()

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        self.app.push_screen(KeyScreen(self._session, message.key))

    def action_leave(self) -> None:
        self.dismiss()
