"""The app could not start: what happened, and what to do."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import NskeysError
from nskeys.wording.errors import say
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar


class StartupErrorScreen(Guarded[None]):
    """Shows the error until the person leaves; on the normal screen it would be lost."""

    DEFAULT_CSS = """
    StartupErrorScreen .refused--words { margin: 1 1 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "app.quit", "Quit", show=False)]

    def __init__(self, error: NskeysError) -> None:
        super().__init__()
        self._sentence = say(error)

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield Rule()
        yield Static(Content(self._sentence.what), classes="refused--words")
        yield Static(Content(self._sentence.advice), classes="refused--words")
        yield KeyBar()
