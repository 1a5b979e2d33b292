"""Small dialogs: a message, facts, a yes or no, a choice, one line of text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.form_field import FormField
from nskeys_tui.widgets.path_input import PathInput


class MessageDialog(Dialog[None]):
    """`happened` and `to_do` are one safe sentence each, `more` further paragraphs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "leave", "Close", tooltip="Close this message"),
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

    def __init__(
        self, title: str, *question: str, yes: str = "Yes", no: str = "No", harmless: bool = False
    ) -> None:
        """`harmless`: yes, which adds something and changes nothing, is marked."""
        super().__init__(title)
        self._marked = int(harmless)
        self._question = question
        self._answers = (Choice("no", no), Choice("yes", yes))

    def body(self) -> Iterable[Widget]:
        """Return the question and the answers, no first."""
        yield from (text(paragraph) for paragraph in self._question)
        yield ChoiceList(self._answers, cursor=self._marked)

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


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be typed: its label, the value that stands there first, help below it, what is wrong with
    the value, and a `check` that returns a safe sentence about one that cannot be used."""

    label: str
    value: str = ""
    help: str = ""
    problem: str = ""
    check: Callable[[str], str] = lambda _: ""
    is_path: bool = False
    """Whether it names a file or a folder here, so that Tab completes it."""
    wanted: Callable[[str], bool] = lambda _: True
    """Which files Tab completes to."""


class LineDialog(Dialog[str]):
    """Returns the line, or None for Esc. What is wrong with it stands below the field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Accept"),
        # The app takes the key before any screen; this only names it on the bottom line.
        Binding("tab", "complete", "Complete", tooltip="Complete the path as far as it is certain"),
    ]

    def __init__(self, title: str, prompt: str, line: Line) -> None:
        super().__init__(title)
        self._prompt, self._line = prompt, line

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "complete":
            return self._line.is_path
        return super().check_action(action, parameters)

    def body(self) -> Iterable[Widget]:
        line = self._line
        if self._prompt:
            yield text(self._prompt)
        path = PathInput(line.value, is_wanted=line.wanted) if line.is_path else None
        yield FormField(line.label, line.value, help=line.help, input=path)

    def on_mount(self) -> None:
        self.query_one(FormField).problem = self._line.problem

    def action_accept(self) -> None:
        """Return the line, unless it cannot be used."""
        field = self.query_one(FormField)
        problem = self._line.check(field.value)
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
    ]

    def __init__(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._pairs = tuple(pairs)

    def body(self) -> Iterable[Widget]:
        yield Facts(self._pairs)
