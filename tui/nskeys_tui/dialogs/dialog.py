"""A framed question on top of a screen: the base of all dialogs."""

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Vertical
from textual.content import Content
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room

T = TypeVar("T")
_DIM = Style(dim=True, bold=False)


class _Dimmed(BackgroundScreen):
    """The screen behind a dialog, quiet: a tint, Textual's own means, has no effect on the terminal's own
    colours."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterable[Segment]:  # noqa: ARG003
        """Yield the segments dimmed, without what they mean to a mouse."""
        for text, style, control in segments:
            yield Segment(text, _DIM if style is None else style.clear_meta_and_links() + _DIM, control)


class Dialog(ModalScreen[T | None], Guarded[T | None], Generic[T]):
    """Returns its answer, or None for Esc. Its keys are on the bottom line."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & .dialog--edge {
            width: 68;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            margin: 0 0 1 0;
            padding: 0 1;
            background: ansi_default;
        }
        & .dialog--frame {
            width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            border: round $accent;
            border-title-color: $accent;
            border-title-style: bold;
        }
        & .dialog--text { width: 100%; height: auto; margin: 0 0 1 0; }
        & .dialog--text:last-child { margin: 0; }
        & .dialog--quiet { text-style: dim; }
        & .dialog--problem { color: $error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="Leave without doing anything"),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """Return the frame with its title around `body`, and the keys."""
        frame = Room(*self.body(), classes="dialog--frame")
        frame.border_title = Content(self._title)
        yield Vertical(frame, classes="dialog--edge")
        yield KeyBar()

    def render(self) -> RenderableType:
        """Return what is seen around the frame."""
        behind = super().render()
        if isinstance(behind, BackgroundScreen) and self.is_seen:
            return _Dimmed(behind.screen, behind.color)
        return behind

    @property
    def is_seen(self) -> bool:
        """Whether the dialog is shown; else the screen behind it stays as it was."""
        return True

    def body(self) -> Iterable[Widget]:
        """Return what stands in the frame."""
        return ()

    def action_leave(self) -> None:
        self.dismiss(None)


def text(words: str, classes: str = "", *, id: str | None = None) -> Static:
    """Return a paragraph of safe words, never read as markup."""
    return Static(Content(words), classes=f"dialog--text {classes}".strip(), id=id)
