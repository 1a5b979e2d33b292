"""Small dialogs: a message, facts, a yes or no, a choice, one line of text."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.form_field import FormField


class MessageDialog(Dialog[None]):
    """`happened` and `to_do` are one safe sentence each, `more` further paragraphs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "leave", "Go on", tooltip="Close this message"),
        Binding("escape", "leave", show=False),
    ]

    def __init__(self, title: str, happened: str, to_do: str = "", *more: str) -> None:
        super().__init__(title)
        self._happened, self._rest = happened, (to_do, *more)

    def body(self) -> Iterable[Widget]:
        yield text(self._happened, "dialog--happened")
        yield from (text(paragraph) for paragraph in self._rest if paragraph)


class ConfirmDialog(Dialog[bool]):
    """Returns True for yes; False or None (Esc) for no. `question` is safe text, paragraph by paragraph."""

    def __init__(self, title: str, *question: str, yes: str = "Yes", no: str = "No") -> None:
        super().__init__(title)
        self._question = question
        self._answers = (Choice("no", no), Choice("yes", yes))

    def body(self) -> Iterable[Widget]:
        """Return the question and the answers, the safe one first."""
        yield from (text(paragraph) for paragraph in self._question)
        yield ChoiceList(self._answers)

    @on(ChoiceList.Chosen)
    def _answer(self, message: ChoiceList.Chosen) -> None:
        self.dismiss(message.key == "yes")


class ChoiceDialog(Dialog[str]):
    """Returns the key of the choice; None for Esc. `words` is safe text, paragraph by paragraph."""

    def __init__(self, title: str, words: Sequence[str], choices: Sequence[Choice]) -> None:
        super().__init__(title)
        self._words, self._choices = tuple(words), tuple(choices)

    def body(self) -> Iterable[Widget]:
        yield from (text(paragraph) for paragraph in self._words)
        yield ChoiceList(self._choices)

    @on(ChoiceList.Chosen)
    def _answer(self, message: ChoiceList.Chosen) -> None:
        self.dismiss(message.key)


class LineDialog(Dialog[str]):
    """Returns the line, or None for Esc. `check` returns a safe sentence about a line that cannot be
    used."""

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
        if self._prompt:
            yield text(self._prompt)
        yield FormField(self._label, self._value, help=self._help)

    def action_accept(self) -> None:
        """Return the line, unless it cannot be used."""
        field = self.query_one(FormField)
        problem = self._check(field.value)
        if problem:
            field.problem = problem
        else:
            self.dismiss(field.value)


class FactsDialog(Dialog[None]):
    """Shows pairs of a label and safe text."""

    DEFAULT_CSS = """
    FactsDialog .dialog--edge { width: 100%; padding: 0; }
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
        yield Facts(self._pairs)

    def action_scroll(self, lines: int) -> None:
        """Scroll a line up or down, where there is more than fits."""
        self.query_one(".dialog--frame").scroll_relative(y=lines, animate=False)
