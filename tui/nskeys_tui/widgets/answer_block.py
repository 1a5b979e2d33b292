"""The answer at the top of the first screen: lines of a label, or a bar, and text beside it."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys_tui.presenters.overview import AnswerLine
from nskeys_tui.presenters.spans import answer_spans, bar_spans
from nskeys_tui.widgets.painted import painted


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
        cells = self.size.width
        return Content("\n").join(painted(answer_spans(line, cells)) for line in self.lines)


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
        return painted(bar_spans(self.done, self.total, self.size.width))
