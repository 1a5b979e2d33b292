"""The strength of a new password: a short bar and text beside it."""

from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import fit

_BAR = 4
_STYLES = ("$error", "$error", "$warning", "$success", "$success")


@dataclass(frozen=True, slots=True)
class Strength:
    """`score` from 0 (found at once) to 4 (not found), the text about it, and whether it is too `weak` to
    be used without a confirmation."""

    score: int
    words: str
    weak: bool = False


class StrengthLine(Widget):
    """Draws `███░ good: guessing it takes long`; empty where nothing was rated."""

    DEFAULT_CSS = """
    StrengthLine { height: 1; }
    """

    strength: reactive[Strength | None] = reactive(None)

    def render(self) -> Content:
        if self.strength is None:
            return Content("")
        score = max(0, min(self.strength.score, _BAR))
        bar = "█" * score + "░" * (_BAR - score)
        words = fit(self.strength.words, max(0, self.size.width - _BAR - 1))
        return Content.assemble((bar, _STYLES[score]), " ", words)
