"""Something that can be done now: the choices, the likeliest first."""

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.choice_list import Choice, ChoiceList


class Offer(Dialog[str]):
    """Returns the key of the choice; None for Esc. `words` is safe, paragraph by paragraph."""

    def __init__(self, title: str, words: Sequence[str], choices: Sequence[Choice]) -> None:
        super().__init__(title)
        self._words, self._choices = tuple(words), tuple(choices)

    def body(self) -> Iterable[Widget]:
        """The words, then the choices."""
        yield from (text(paragraph) for paragraph in self._words)
        yield ChoiceList(self._choices)

    @on(ChoiceList.Chosen)
    def _answer(self, message: ChoiceList.Chosen) -> None:
        self.dismiss(message.key)
