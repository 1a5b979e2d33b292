"""A QR code on a screen of its own: a terminal of 24 lines has no room for a frame around it."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar

BELOW = 1
"""Lines of the screen that are not the code's."""


class QrCodeScreen(ModalScreen[None], Guarded[None]):
    """Shows the code black on white, because many scanners need that; Esc or Enter closes it."""

    DEFAULT_CSS = """
    QrCodeScreen {
        align: center top;
        background: ansi_default;
        & #code { width: auto; height: auto; color: ansi_black; background: ansi_bright_white; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="Back to the words"),
        Binding("enter,v", "leave", show=False),
    ]

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._lines = tuple(lines)

    def compose(self) -> ComposeResult:
        """Return the code and the keys."""
        yield Static(Content("\n".join(self._lines)), id="code")
        yield KeyBar()

    def action_leave(self) -> None:
        self.dismiss(None)
