"""Every key: its state, how many credentials it seals, how many backups hold it."""

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.ports import Stage
from nskeys.services.status.overview import Overview as Answer
from nskeys.wording.keys import COMPROMISED_MEANS, SERVER_KEY_REPLACED_BY_KEY, server_key_lines
from nskeys.wording.labels import kid_name
from nskeys.wording.text.numbers import count
from nskeys_tui.dialogs.questions import ChoiceDialog, ConfirmDialog, MessageDialog
from nskeys_tui.presenters.overview import layout_for
from nskeys_tui.screens.key_detail import KeyScreen
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.rows import key_columns, key_rows
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.choice_list import Choice
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
        Binding("b", "go('backup')", "Back up", tooltip="Back up keys and database"),
        Binding("o", "go('rotate')", "Rotate", tooltip="Make a new key and seal everything under it"),
        Binding("c", "compromised", "Compromised", tooltip="Mark this key: somebody else may know it"),
        Binding("v", "server_key", "Server key", tooltip="Show the key that signs here, or replace it"),
        Binding("escape", "leave", "Back", tooltip="Back to where you came from"),
        Binding("y", "leave", show=False),
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

    def action_go(self, name: str) -> None:
        self.app.push_screen(open_screen(name, self._session))

    @work(exclusive=True, group="compromised")
    async def action_compromised(self) -> None:
        """Mark the key under the cursor, after a yes."""
        kid = self.query_one(CredentialTable).key
        if kid is None:
            return
        question = ConfirmDialog(
            f"Is key {kid_name(kid)} known to somebody else?", *COMPROMISED_MEANS, yes="Mark it"
        )
        if await self.app.push_screen_wait(question) is not True:
            return
        services, secrets = self._session.services, self._session.secrets
        outcome = await self._session.work(
            "Mark the key", lambda _: services.compromise.execute(kid, secrets), (Stage.UNLOCKING,)
        )
        if outcome.error is not None:
            show_error(self.app, "Keys", outcome.error)
        self._look()

    @work(exclusive=True, group="server key")
    async def action_server_key(self) -> None:
        """Show the server key and those before it; replace it after a yes."""
        service, secrets = self._session.services.server_key, self._session.secrets
        shown = await self._session.quickly(service.show)
        if isinstance(shown, NskeysError):
            show_error(self.app, "Server key", shown)
            return
        choices = (
            Choice("close", "Close"),
            Choice("replace", "Replace it", "where somebody else may know it"),
        )
        lines = server_key_lines(shown.server_key, shown.predecessors)
        if await self.app.push_screen_wait(ChoiceDialog("Server key", lines, choices)) != "replace":
            return
        question = ConfirmDialog("Replace the server key?", *SERVER_KEY_REPLACED_BY_KEY, yes="Replace it")
        if await self.app.push_screen_wait(question) is not True:
            return
        outcome = await self._session.work(
            "Replace the server key", lambda _: service.replace(secrets), (Stage.UNLOCKING,)
        )
        if outcome.error is not None:
            show_error(self.app, "Server key", outcome.error)
        elif outcome.value is not None:
            words = server_key_lines(outcome.value.server_key, outcome.value.predecessors)
            self.app.push_screen(MessageDialog("The server key was replaced", words[0], *words[1:]))

    def action_leave(self) -> None:
        self.dismiss()
