"""Something to be read: what happened, and what to do."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog, text


class Notice(Dialog[None]):
    """`happened` and `to_do` are one safe sentence each, `more` further paragraphs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "leave", "Go on", tooltip="Close this message"),
        Binding("escape", "leave", show=False),
    ]

    def __init__(self, title: str, happened: str, to_do: str = "", *more: str) -> None:
        super().__init__(title)
        self._happened, self._rest = happened, (to_do, *more)

    def body(self) -> Iterable[Widget]:
        """What happened first, the rest below."""
        yield text(self._happened, "dialog--happened")
        yield from (text(paragraph) for paragraph in self._rest if paragraph)
