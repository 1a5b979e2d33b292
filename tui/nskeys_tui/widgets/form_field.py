"""A field of a form: its label, an input, and below it help, or what is wrong with the value."""

from typing import Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from nskeys_tui.widgets.inputs import PasswordInput, TextInput
from nskeys_tui.widgets.path_input import PathInput


class FormField(Widget):
    """Two lines, more where the text below is wrapped. `Input.Changed` bubbles through it; Enter is left to
    the screen."""

    DEFAULT_CSS = """
    FormField {
        height: auto;
        min-height: 2;
        & Horizontal { height: 1; }
        & TextInput { width: 1fr; }
        & .form-field--label { width: 14; }
        & .form-field--below {
            height: auto;
            min-height: 1;
            margin-left: 14;
            text-style: dim;
        }
        &.-wrong .form-field--below { color: $error; text-style: not dim; }
        &:focus-within .form-field--label { text-style: bold; color: $accent; }
    }
    """

    def __init__(
        self,
        label: str,
        value: str = "",
        *,
        help: str = "",
        password: bool = False,
        id: str | None = None,
        input: TextInput | None = None,
    ) -> None:
        """`input` takes the place of a plain one."""
        super().__init__(id=id)
        self._label, self._help, self._problem = label, help, ""
        self._wrong = ""
        self._input = input or (
            PasswordInput(submits=False) if password else TextInput(value, submits=False)
        )

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(Content(self._label), classes="form-field--label")
            yield self._input
        yield Static(Content(self._help), classes="form-field--below")

    @property
    def input(self) -> TextInput:
        return self._input

    @property
    def value(self) -> str:
        return self._input.value

    @value.setter
    def value(self, value: str) -> None:
        """Set a value that nobody typed."""
        self._input.give(value)

    @property
    def problem(self) -> str:
        """What is wrong with the value, in one safe sentence; empty where nothing is."""
        return self._problem

    @problem.setter
    def problem(self, problem: str) -> None:
        self._problem, self._wrong = problem, self.value
        self.set_class(bool(problem), "-wrong")
        self._say()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        """Clear the problem: it was about another value."""
        if self._problem and message.value != self._wrong:
            self.problem = ""

    @on(PathInput.Names)
    def _names(self, message: PathInput.Names) -> None:
        """Show the names with which a path may go on, in the place of the help."""
        message.stop()
        marked = message.words or self._help
        self.query_one(".form-field--below", Static).update(Content(marked))

    def explain(self, help: str) -> None:
        self._help = help
        self._say()

    def focus(self, scroll_visible: bool = True) -> Self:
        self._input.focus(scroll_visible)
        return self

    def _say(self) -> None:
        marked = f"! {self._problem}" if self._problem else self._help
        self.query_one(".form-field--below", Static).update(Content(marked))
