"""How wide the columns of a table are: pure arithmetic, from 60 cells to 200."""

from collections.abc import Sequence
from dataclasses import dataclass

from nskeys.wording.text.terminal import pad

GAP = 2
"""Cells between two columns; one cell stays free at each edge."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: at least `minimum` cells wide, at most `maximum` (None: what is left is shared by
    `weight`). Where even the minima do not fit, the last column that is not `essential` is left out."""

    title: str
    minimum: int
    maximum: int | None = None
    weight: int = 1
    essential: bool = True
    right: bool = False
    styled: bool = False
    """Whether the row's style is seen in this column."""
    sort: str = ""
    """The token this column is sorted by; empty where it is not."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A column that is shown: its place among the columns given, and its width in cells."""

    index: int
    width: int


def lay_out(columns: Sequence[Column], width: int) -> tuple[Laid, ...]:
    """The columns that fit into `width` cells, edges and gaps included, each as wide as it may be."""
    shown = list(range(len(columns)))
    while _needed(columns, shown) > width and (spare := [i for i in shown if not columns[i].essential]):
        shown.remove(spare[-1])
    widths = {index: columns[index].minimum for index in shown}
    left = width - _needed(columns, shown)
    while left > 0 and (growing := [index for index in shown if _grows(columns[index], widths[index])]):
        shares = sum(columns[index].weight for index in growing)
        for index in growing:
            more = max(1, left * columns[index].weight // shares)
            limit = columns[index].maximum
            room = more if limit is None else limit - widths[index]
            widths[index] += min(more, room, max(0, width - _total(widths)))
        if (rest := width - _total(widths)) == left:
            break
        left = rest
    return tuple(Laid(index, widths[index]) for index in shown)


def line(columns: Sequence[Column], laid: Sequence[Laid], texts: Sequence[str], width: int) -> list[str]:
    """One line of exactly `width` cells, in pieces: the left edge with the first column, then each
    column with the gap before it, then what is left. `texts` are safe and as many as the columns."""
    pieces = []
    used = 0
    for place, column in enumerate(laid):
        before = 1 if place == 0 else GAP
        room = max(0, min(column.width, width - used - before))
        text = pad(texts[column.index], room, right=columns[column.index].right) if room else ""
        piece = " " * min(before, width - used) + text
        used += len(" " * min(before, width - used)) + room
        pieces.append(piece)
    return [*pieces, " " * (width - used)]


def _grows(column: Column, width: int) -> bool:
    return column.weight > 0 and (column.maximum is None or width < column.maximum)


def _needed(columns: Sequence[Column], shown: Sequence[int]) -> int:
    return _total({index: columns[index].minimum for index in shown})


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + GAP * max(0, len(widths) - 1) + 2
