"""The menu: every screen that the first screen has no key for."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from nskeys.wording.menu import ENTRIES
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar


class MenuScreen(Guarded[None]):
    """Opens a screen with Enter; Esc returns here from it."""

    HELP = "Up and Down, or a first letter, mark an entry; Enter goes there. Esc leads back, step by step."
    DEFAULT_CSS = """
    MenuScreen ChoiceList { height: 1fr; margin: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="Back to the first screen"),
        Binding("m", "leave", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        yield TitleBar("Menu")
        yield Rule()
        yield ChoiceList([Choice(name, label, aside=about) for name, label, about in ENTRIES])
        yield Rule()
        yield KeyBar()

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        self.app.push_screen(open_screen(message.key, self._session))

    def action_leave(self) -> None:
        self.dismiss()
