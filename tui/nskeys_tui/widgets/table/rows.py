"""Rows of a table: their source, the few that are held, and which of them are visible."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Row:
    """A row to show. `cells` are safe for a terminal, one for each column; `style` is empty or one of
    `good`, `warning`, `error`, `quiet`, and applies to the `styled` columns."""

    key: str
    cells: tuple[str, ...]
    style: str = ""


def has(row: Row, text: str) -> bool:
    """Return whether every word of the text stands in some cell of the row, whatever its case."""
    cells = "\n".join(row.cells).casefold()
    return all(word in cells for word in text.casefold().split())


class Rows(Protocol):
    """A source of rows. Called in a thread, by one caller at a time."""

    def total(self) -> int:
        """Return how many rows there are now."""
        ...

    def window(self, first: int, count: int) -> Sequence[Row]:
        """Return up to `count` rows from number `first` (0 is the first); fewer where there are no more."""
        ...


@runtime_checkable
class SearchedRows(Rows, Protocol):
    """A source that may take longer to count its rows than to find the first ones."""

    def beginning(self, count: int) -> Sequence[Row] | None:
        """Return the first rows before all are counted, fewer than `count` only where there are no more;
        None where counting takes no time."""
        ...

    def stop(self) -> None:
        """Break off what another thread is fetching: that raises Cancelled."""
        ...


class KnownRows:
    """A few rows in memory. A row's key is its number."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = tuple(rows)

    def total(self) -> int:
        return len(self._rows)

    def window(self, first: int, count: int) -> tuple[Row, ...]:
        return self._rows[first : first + count]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows, the first of which has number `first`."""

    first: int = 0
    rows: tuple[Row, ...] = ()

    def row(self, number: int) -> Row | None:
        """Return the row with this number; None where it is not held."""
        index = number - self.first
        return self.rows[index] if 0 <= index < len(self.rows) else None

    def holds(self, first: int, last: int) -> bool:
        """Return whether all rows from `first` up to `last`, exclusive, are held."""
        return first >= last or (self.first <= first and last <= self.first + len(self.rows))


def fetch(rows: Rows, first: int, count: int) -> tuple[int, Chunk]:
    """Return how many rows there are, and up to `count` of them from `first`, or the last ones."""
    total = rows.total()
    first = max(0, min(first, total - count))
    return total, Chunk(first, tuple(rows.window(first, count)))


class Repaint(Enum):
    """What a movement makes it necessary to repaint."""

    NOTHING = "nothing"
    TWO_ROWS = "two_rows"
    """The row that the cursor left, and the one that it moved to."""
    ALL = "all"


class RowWindow:
    """`height` lines over `total` rows (None: not known yet), of which `top` is the first."""

    def __init__(self) -> None:
        self.height = 1
        self.total: int | None = None
        self.top = 0
        self.cursor = 0

    @property
    def bottom(self) -> int:
        """The number after that of the last visible row."""
        return min(self.top + self.height, self.total or 0)

    def begin(self, cursor: int) -> None:
        """Start a new list, of which nothing is known."""
        self.total = None
        self.top = self.cursor = max(0, cursor)

    def move(self, by: int) -> Repaint:
        """Move this many rows down (or up)."""
        return self._go(self.cursor + by)

    def page(self, by: int) -> Repaint:
        """Move this many pages down (or up), keeping one line."""
        step = by * max(1, self.height - 1)
        return self._go(self.cursor + step, self.top + step)

    def edge(self, towards: int) -> Repaint:
        """Move to the first row (-1) or the last one (1)."""
        return self._go(0 if towards < 0 else (self.total or 1) - 1)

    def resize(self, height: int) -> None:
        """Set the height; the cursor stays visible."""
        self.height = max(1, height)
        if self.total is not None:
            self.top = self._clamped(self._turned())

    def arrive(self, total: int) -> Repaint:
        """Set the number of rows; the cursor keeps its number as far as there is such a row."""
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
