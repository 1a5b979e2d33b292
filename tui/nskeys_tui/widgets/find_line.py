"""The search line of a list; it searches while one types."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from nskeys_tui.widgets.inputs import SearchInput, TextInput

_PAUSE = 0.2
"""Seconds without a key before the list is searched."""


class FindLine(Horizontal):
    """Draws ` / finance▏ 7 found`; hidden until it is opened."""

    DEFAULT_CSS = """
    FindLine {
        height: 1;
        padding: 0 1;
        display: none;
        &.-open { display: block; }
        & .find-line--sign { width: 2; color: $accent; text-style: bold; }
        & TextInput { width: 1fr; }
        & .find-line--found { width: auto; margin-left: 2; text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "done", "To the list", tooltip="Go to what was found"),
        Binding("escape", "close", "Show all", tooltip="Stop searching"),
    ]

    @dataclass
    class Searched(Message):
        """The text to search for changed."""

        text: str

    class Done(Message):
        """Enter was pressed: go to the results."""

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._placeholder = placeholder
        self._pause: Timer | None = None
        self._wanted = ""

    def compose(self) -> ComposeResult:
        yield Static(Content("/"), classes="find-line--sign")
        yield SearchInput(self._placeholder)
        yield Static(classes="find-line--found")

    @property
    def text(self) -> str:
        """The text that is searched for."""
        return self._wanted

    def open(self) -> None:
        """Show the line and focus it."""
        self.add_class("-open")
        self.query_one(TextInput).focus()

    def found(self, words: str) -> None:
        """Show how many were found, in safe text."""
        self.query_one(".find-line--found", Static).update(Content(words))

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_PAUSE, self._ask)

    def _ask(self) -> None:
        text = self.query_one(TextInput).value.strip()
        if self._pause is not None:
            self._pause.stop()
        if text != self._wanted:
            self._wanted = text
            self.post_message(self.Searched(text))

    def action_done(self) -> None:
        """Go to the list; an empty line is closed."""
        self._ask()
        self.set_class(bool(self._wanted), "-open")
        self.post_message(self.Done())

    def action_close(self) -> None:
        """Close the line and search for nothing."""
        with self.prevent(Input.Changed):
            self.query_one(TextInput).value = ""
        self.action_done()
