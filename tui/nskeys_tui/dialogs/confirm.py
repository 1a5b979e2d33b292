"""A plain question with two answers, of which the safe one is marked until the person moves."""

from collections.abc import Iterable

from textual import on
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.choice_list import Choice, ChoiceList


class Confirm(Dialog[bool]):
    """True for yes; False or None (Esc) for no. `question` is safe words, paragraph by paragraph."""

    def __init__(self, title: str, *question: str, yes: str = "Yes", no: str = "No") -> None:
        super().__init__(title)
        self._question = question
        self._answers = (Choice("no", no), Choice("yes", yes))

    def body(self) -> Iterable[Widget]:
        """The question and the answers; the safe one first."""
        yield from (text(paragraph) for paragraph in self._question)
        yield ChoiceList(self._answers)

    @on(ChoiceList.Chosen)
    def _answer(self, message: ChoiceList.Chosen) -> None:
        self.dismiss(message.key == "yes")
