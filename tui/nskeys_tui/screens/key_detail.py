"""One key: its states and dates, its credentials, and the copies of backups that hold it."""

from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import NskeysError
from nskeys.services.status.overview import Overview as Answer
from nskeys.wording.keys import GONE, NO_COPY
from nskeys.wording.labels import kid_name
from nskeys_tui.presenters.keys import key_copies, key_facts
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import LOOKS, Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room

_MARGIN = 3
"""Cells that are not the list's: one at each edge, and one for a scroll bar."""


class KeyScreen(Guarded[None]):
    """Shows a key; it cannot be changed by hand."""

    HELP = (
        "A key's id is its thumbprint, computed anew whenever the key is loaded. It would come back from "
        "any copy below that counts."
    )
    DEFAULT_CSS = """
    KeyScreen {
        & Room { padding: 1 1 0 1; }
        & #copies { height: auto; margin: 1 0 0 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "go('backup')", "Back up", tooltip="Back up keys and database"),
        Binding("o", "go('rotate')", "Rotate", tooltip="Make a new key and seal everything under it"),
        Binding("escape", "leave", "Back", tooltip="Back to the keys"),
    ]

    def __init__(self, session: Session, kid: str) -> None:
        super().__init__()
        self._session = session
        self._kid = kid
        self._answer: Answer | None = None

    def compose(self) -> ComposeResult:
        """Return the facts, then the copies."""
        yield TitleBar(f"Key {kid_name(self._kid)}")
        yield Rule()
        with Room():
            yield Facts()
            yield Static(id="copies")
        yield Rule()
        yield KeyBar()

    def on_screen_resume(self) -> None:
        self._look()

    @work(exclusive=True, group=LOOKS)
    async def _look(self) -> None:
        try:
            async for status in self._session.looks.seen_by(self):
                self._answer = status.overview
                self._show()
        except NskeysError as error:
            show_error(self.app, "Key", error)

    def on_resize(self, event: events.Resize) -> None:
        self._show()

    def _show(self) -> None:
        overview = self._answer
        if overview is None:
            return
        key = next((key for key in overview.recoverability.keys if key.kid == self._kid), None)
        if key is None:  # its last credential was removed meanwhile, and it was never here
            self.query_one(Facts).pairs = (("Key", GONE),)
            return
        self.query_one(Facts).pairs = key_facts(key, overview)
        lines = [Content.styled("Backups that hold it", "bold")]
        for address, proof, style in key_copies(key, overview, self.size.width - _MARGIN):
            lines += [Content.styled(address, "dim" if style else ""), Content.styled(f"  {proof}", "dim")]
        if len(lines) == 1:
            lines.append(Content(NO_COPY))
        self.query_one("#copies", Static).update(Content("\n").join(lines))

    def action_go(self, name: str) -> None:
        self.app.push_screen(open_screen(name, self._session))

    def action_leave(self) -> None:
        self.dismiss()
