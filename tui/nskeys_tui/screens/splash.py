"""The first paint: the frame and the labels, before anything slow is imported or any file is opened."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar


class SplashScreen(Guarded[None]):
    """Shown until the services are there."""

    def __init__(self, server: str = "") -> None:
        super().__init__()
        self._server = server

    def compose(self) -> ComposeResult:
        yield TitleBar(self._server)
        yield Rule()
        yield Static(Content(" If this server died now   looking …"))
        yield KeyBar()
