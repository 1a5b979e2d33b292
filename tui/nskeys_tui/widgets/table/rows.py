"""Rows for a table: what one is, where they come from, and the few that are held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is shown. `cells` are safe for a terminal, one for each column; `style` is empty or one
    of `good`, `warning`, `error`, `quiet`, and is seen in the columns that are `styled`."""

    key: str
    cells: tuple[str, ...]
    style: str = ""


class Rows(Protocol):
    """Where rows come from. Called in a thread, by one caller at a time."""

    def total(self) -> int:
        """How many rows there are now."""
        ...

    def window(self, first: int, count: int) -> Sequence[Row]:
        """Up to `count` rows from number `first` (0 is the first); fewer where there are no more."""
        ...


class KnownRows:
    """Rows that are few and all at hand. A row's key is its number."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = tuple(rows)

    def total(self) -> int:
        """How many."""
        return len(self._rows)

    def window(self, first: int, count: int) -> tuple[Row, ...]:
        """These."""
        return self._rows[first : first + count]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows, the first of which has number `first`."""

    first: int = 0
    rows: tuple[Row, ...] = ()

    def row(self, number: int) -> Row | None:
        """The row with this number; None where it is not held."""
        place = number - self.first
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def holds(self, first: int, last: int) -> bool:
        """Whether all rows from `first` up to but without `last` are held."""
        return first >= last or (self.first <= first and last <= self.first + len(self.rows))


def fetch(rows: Rows, first: int, count: int) -> tuple[int, Chunk]:
    """How many rows there are, and up to `count` of them from `first`, or the last ones there are."""
    total = rows.total()
    first = max(0, min(first, total - count))
    return total, Chunk(first, tuple(rows.window(first, count)))
