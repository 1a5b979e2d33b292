"""The progress of long work: its stages, each done, current or to come, a count, and the time left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import fit, width


class Mark(Enum):
    """The state of a stage, not shown by colour alone."""

    PENDING = "·"
    CURRENT = "▸"
    DONE = "✓"
    FAILED = "!"


@dataclass(frozen=True, slots=True)
class StageLine:
    """A line of the panel: `✓ Opening credentials 1,200 of 100,000, about 2 minutes left`."""

    words: str
    mark: Mark = Mark.PENDING
    count: str = ""
    """The count and the remaining time; empty where nothing is counted."""


class ProgressPanel(Widget):
    """A line for each stage. `lines` may grow, because the work may have more stages than expected."""

    DEFAULT_CSS = """
    ProgressPanel { height: auto; }
    """

    lines: reactive[tuple[StageLine, ...]] = reactive((), layout=True)

    def __init__(self, lines: Sequence[StageLine] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(ProgressPanel.lines, tuple(lines))

    def finish(self) -> None:
        """Mark every stage that was begun as done."""
        self.lines = tuple(
            replace(line, mark=Mark.DONE) if line.mark is Mark.CURRENT else line for line in self.lines
        )

    def get_content_height(self, *_: object) -> int:
        return len(self.lines)

    def render(self) -> Content:
        return Content("\n").join(self._stage(line) for line in self.lines)

    def _stage(self, line: StageLine) -> Content:
        style = {Mark.PENDING: "dim", Mark.CURRENT: "bold", Mark.FAILED: "$warning"}.get(line.mark, "")
        room = self.size.width - 2
        words = fit(line.words, room)
        count = fit(line.count, max(0, room - width(words) - 2))
        gap = " " * (room - width(words) - width(count)) if count else ""
        return Content.assemble((f"{line.mark.value} ", "$accent"), (words, style), gap, count)
