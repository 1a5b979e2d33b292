"""Columns of a table: their widths, and their cells as strips of Textual's line API."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nskeys.wording.text.terminal import pad

GAP = 2
"""Cells between two columns; one cell stays free at each edge."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: at least `minimum` cells wide, at most `maximum` (None: the rest is shared by `weight`).
    Where even the minima do not fit, the last column that is not `essential` is left out."""

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
    """A column that is shown: its index among the given columns, and its width in cells."""

    index: int
    width: int


def lay_out(columns: Sequence[Column], width: int) -> tuple[Laid, ...]:
    """Return the columns that fit into `width` cells, edges and gaps included, each as wide as allowed."""
    shown = list(range(len(columns)))
    while _needed(columns, shown) > width and (spare := [i for i in shown if not columns[i].essential]):
        shown.remove(spare[-1])
    widths = {index: columns[index].minimum for index in shown}
    remaining = width - _needed(columns, shown)
    while remaining > 0 and (
        growing := [index for index in shown if _grows(columns[index], widths[index])]
    ):
        shares = sum(columns[index].weight for index in growing)
        for index in growing:
            more = max(1, remaining * columns[index].weight // shares)
            limit = columns[index].maximum
            room = more if limit is None else limit - widths[index]
            widths[index] += min(more, room, max(0, width - _total(widths)))
        if (rest := width - _total(widths)) == remaining:
            break
        remaining = rest
    return tuple(Laid(index, widths[index]) for index in shown)


def line(columns: Sequence[Column], laid: Sequence[Laid], texts: Sequence[str], width: int) -> list[str]:
    """Return one line of exactly `width` cells, in pieces: the left edge with the first column, then each
    column with the gap before it, then the rest. `texts` are safe, one for each column."""
    pieces = []
    used = 0
    for index, column in enumerate(laid):
        before = 1 if index == 0 else GAP
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


class RowPainter:
    """Paints lines of exactly `width` cells."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._laid: tuple[Laid, ...] = ()
        self._width = 0

    def resize(self, width: int) -> None:
        """Lay the columns out again."""
        self._width = width
        self._laid = lay_out(self._columns, width)

    @property
    def sorts(self) -> tuple[str, ...]:
        """The sort tokens of the columns that fit, from left to right."""
        return tuple(sort for laid in self._laid if (sort := self._columns[laid.index].sort))

    def header(self, sorted_by: str, descending: bool, style: Style | None) -> Strip:
        """Return the titles, with a mark on the column that the rows are sorted by."""
        mark = " ▼" if descending else " ▲"
        titles = [c.title + mark if sorted_by and c.sort == sorted_by else c.title for c in self._columns]
        return self.row(titles, style)

    def note(self, text: str, style: Style | None = None) -> Strip:
        """Return a line that is no row."""
        return Strip([Segment(pad(f" {text}", self._width), style)], self._width)

    def row(self, cells: Sequence[str], style: Style | None = None) -> Strip:
        """Return a row in one style."""
        return Strip([Segment("".join(self._pieces(cells)), style)], self._width)

    def styled_row(self, cells: Sequence[str], style: Style | None) -> Strip:
        """Return a row whose style is applied to the `styled` columns; neighbours with one style are one
        segment."""
        segments: list[Segment] = []
        for index, piece in enumerate(self._pieces(cells)):
            styled = index < len(self._laid) and self._columns[self._laid[index].index].styled
            seen = style if styled and piece.strip() else None
            if segments and segments[-1].style == seen:
                segments.append(Segment(segments.pop().text + piece, seen))
            else:
                segments.append(Segment(piece, seen))
        return Strip(segments, self._width)

    def _pieces(self, cells: Sequence[str]) -> list[str]:
        return line(self._columns, self._laid, cells, self._width)


def lean(style: Style) -> Style | None:
    """Return the style without the terminal's own colours: plain text then needs no escape sequence."""
    color = style.color if style.color and not style.color.is_default else None
    back = style.bgcolor if style.bgcolor and not style.bgcolor.is_default else None
    flags = {name: getattr(style, name) or None for name in ("bold", "dim", "reverse", "underline")}
    return Style(color=color, bgcolor=back, **flags) or None
