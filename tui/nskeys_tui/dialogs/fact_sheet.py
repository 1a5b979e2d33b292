"""Labelled facts to be read, longer than the screen if need be."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog
from nskeys_tui.widgets.facts import Facts


class FactSheet(Dialog[None]):
    """Pairs of a label and safe words."""

    DEFAULT_CSS = """
    FactSheet .dialog--edge { width: 100%; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "leave", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
    ]

    def __init__(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._pairs = tuple(pairs)

    def body(self) -> Iterable[Widget]:
        """The facts."""
        yield Facts(self._pairs)

    def action_scroll(self, lines: int) -> None:
        """Up and down, where there is more than fits."""
        self.query_one(".dialog--frame").scroll_relative(y=lines, animate=False)
