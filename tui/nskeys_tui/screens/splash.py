"""The first paint: the frame and the labels, before anything slow is imported or any file is opened."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from nskeys.wording.waiting import FIRST_WORDS
from nskeys_tui.widgets.frame import Banner, Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar


class SplashScreen(Guarded[None]):
    """Shown until the services are there."""

    IS_ON_FIRST_PAGE = True

    def __init__(self, server: str = "", banner: str = "") -> None:
        super().__init__()
        self._server, self._banner = server, banner

    def compose(self) -> ComposeResult:
        yield TitleBar(self._server)
        yield Banner(self._banner)
        yield Rule()
        yield Static(Content(FIRST_WORDS))
        yield KeyBar()
