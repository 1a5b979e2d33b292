"""The answer at the top of the first screen: lines of a label, or a bar, and text beside it."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import fit, pad, width
from nskeys_tui.presenters.overview import AnswerLine, layout_for

_GAP = 3
"""Cells between the bar and the text."""
_STYLES = {"": "", "warning": "bold $warning", "error": "bold $error", "strong": ""}


class AnswerBlock(Widget):
    """One row for each line."""

    DEFAULT_CSS = """
    AnswerBlock { height: auto; }
    """

    lines: reactive[tuple[AnswerLine, ...]] = reactive(())

    def watch_lines(self, before: tuple[AnswerLine, ...], after: tuple[AnswerLine, ...]) -> None:
        """Lay out anew only where the number of lines changes."""
        self.refresh(layout=len(before) != len(after))

    def get_content_height(self, *_: object) -> int:
        return len(self.lines)

    def render(self) -> Content:
        return Content("\n").join(self._line(line) for line in self.lines)

    def _line(self, line: AnswerLine) -> Content:
        layout = layout_for(self.size.width)
        room = self.size.width - 2 - layout.label
        hint = f"  {line.hint}" if line.hint else ""
        text = pad(fit(line.text, room - width(hint)), room - width(hint))
        style = _STYLES[line.style]
        if line.bar is None:
            styled = (text, "bold" if line.style == "strong" else "")
            return Content.assemble(" ", (pad(line.label, layout.label), style), styled, (hint, "$accent"))
        cells = layout.label - _GAP
        full = filled(*line.bar, cells)
        bar = (("█" * full, "$accent"), ("░" * (cells - full), ""))
        return Content.assemble(" ", *bar, " " * _GAP, text, (hint, "$accent"))


class RecoverBar(Widget):
    """Draws `████████████████████░░░`: full only when nothing is missing, empty only when nothing is
    there."""

    DEFAULT_CSS = """
    RecoverBar { width: 23; height: 1; }
    """

    done: reactive[int] = reactive(0)
    total: reactive[int | None] = reactive(None)
    """None draws no bar: it is not known yet."""

    def __init__(self, done: int = 0, total: int | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(RecoverBar.done, done)
        self.set_reactive(RecoverBar.total, total)

    def render(self) -> Content:
        if self.total is None:
            return Content("")
        full = filled(self.done, self.total, self.size.width)
        return Content.assemble(("█" * full, "$accent"), ("░" * (self.size.width - full), ""))


def filled(done: int, total: int, cells: int) -> int:
    """Return how many of `cells` are full."""
    if total <= 0 or done <= 0:
        return 0
    if done >= total:
        return cells
    return max(1, min(cells - 1, round(cells * done / total)))
