"""A question that is answered with one line of text."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.form_field import FormField


class AskLine(Dialog[str]):
    """Returns the line, or None for Esc. `check` gives a safe sentence for what cannot be used."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "accept", "Go on")]

    def __init__(
        self,
        title: str,
        prompt: str,
        label: str,
        value: str = "",
        *,
        help: str = "",
        check: Callable[[str], str] = lambda _: "",
    ) -> None:
        super().__init__(title)
        self._prompt, self._label, self._value = prompt, label, value
        self._help, self._check = help, check

    def body(self) -> Iterable[Widget]:
        """The question and the line."""
        if self._prompt:
            yield text(self._prompt)
        yield FormField(self._label, self._value, help=self._help)

    def action_accept(self) -> None:
        """Return the line where it can be used."""
        field = self.query_one(FormField)
        problem = self._check(field.value)
        if problem:
            field.problem = problem
        else:
            self.dismiss(field.value)
