"""Which rows of a long list are seen, and where the cursor is: pure arithmetic, without a screen.

Where the cursor leaves the window, the window turns like a page and keeps one line, so that scrolling
costs a page for each page and not a page for each line.
"""

from enum import Enum


class Repaint(Enum):
    """What a step makes necessary."""

    NOTHING = "nothing"
    TWO_ROWS = "two_rows"
    """The row that the cursor left, and the one it came to."""
    ALL = "all"


class RowWindow:
    """`height` lines on `total` rows (None: not known yet), the first of which is `top`."""

    def __init__(self) -> None:
        self.height = 1
        self.total: int | None = None
        self.top = 0
        self.cursor = 0

    @property
    def bottom(self) -> int:
        """The number behind the last row that is seen."""
        return min(self.top + self.height, self.total or 0)

    def begin(self, cursor: int) -> None:
        """Another list, of which nothing is known."""
        self.total = None
        self.top = self.cursor = max(0, cursor)

    def move(self, by: int) -> Repaint:
        """So many rows down (or up)."""
        return self._go(self.cursor + by)

    def page(self, by: int) -> Repaint:
        """So many pages down (or up); one line stays."""
        step = by * max(1, self.height - 1)
        return self._go(self.cursor + step, self.top + step)

    def edge(self, towards: int) -> Repaint:
        """To the first row (-1) or the last one (1)."""
        return self._go(0 if towards < 0 else (self.total or 1) - 1)

    def resize(self, height: int) -> None:
        """Another height; the cursor stays seen."""
        self.height = max(1, height)
        if self.total is not None:
            self.top = self._clamped(self._turned())

    def arrive(self, total: int) -> Repaint:
        """There are `total` rows; the cursor stays on its number as far as there is one."""
        first_time, top = self.total is None, self.top
        self.total = total
        self.cursor = max(0, min(self.cursor, total - 1))
        self.top = self._clamped(self.cursor - self.height // 2 if first_time else self._turned())
        return Repaint.ALL if first_time or self.top != top else Repaint.NOTHING

    def _go(self, to: int, top: int | None = None) -> Repaint:
        if not self.total:
            return Repaint.NOTHING
        before = self.cursor, self.top
        self.cursor = max(0, min(to, self.total - 1))
        self.top = self._clamped(self._turned() if top is None else top)
        if self.top != before[1]:
            return Repaint.ALL
        return Repaint.TWO_ROWS if self.cursor != before[0] else Repaint.NOTHING

    def _turned(self) -> int:
        kept = min(1, self.height - 1)
        if self.cursor < self.top:
            return self.cursor - (self.height - 1) + kept
        if self.cursor >= self.top + self.height:
            return self.cursor - kept
        return self.top

    def _clamped(self, top: int) -> int:
        return max(0, min(top, (self.total or 0) - self.height))
