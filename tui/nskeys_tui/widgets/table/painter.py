"""A table's lines as strips of Textual's line API."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nskeys.wording.text.terminal import pad
from nskeys_tui.widgets.table.columns import (
    Column,
    Laid,
    lay_out,
    line,
    needs_of,
    styled_pieces,
    title_texts,
)
from nskeys_tui.widgets.table.position import EDGE, MARK, positioned


class RowPainter:
    """Paints lines of exactly `width` cells."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._laid: tuple[Laid, ...] = ()
        self._width = 0
        self._needs: tuple[int, ...] = ()

    def resize(self, width: int) -> None:
        """Lay the columns out again."""
        self._width = width
        self._laid = lay_out(self._columns, width, self._needs)

    def needs(self, rows: Sequence[Sequence[str]]) -> bool:
        """Take into account what these rows need, and return whether that changed a width. Columns only
        grow, so that a list does not move to and fro while one pages through it."""
        if not rows:
            return False
        before = self._laid
        self._needs = needs_of(self._columns, self._needs or (0,) * len(self._columns), rows)
        self._laid = lay_out(self._columns, self._width, self._needs)
        return self._laid != before

    @property
    def sorts(self) -> tuple[str, ...]:
        """The sort tokens of the columns that fit, from left to right."""
        return tuple(sort for laid in self._laid if (sort := self._columns[laid.index].sort))

    def header(self, sorted_by: str, descending: bool, style: Style | None) -> Strip:
        """Return the titles, with a mark on the column that the rows are sorted by."""
        titles = title_texts(self._columns, sorted_by, descending)
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
        pieces = styled_pieces(self._columns, self._laid, cells, self._width)
        segments = [Segment(piece, style if styled else None) for piece, styled in pieces]
        return Strip(segments, self._width)

    def _pieces(self, cells: Sequence[str]) -> list[str]:
        return line(self._columns, self._laid, cells, self._width)


def lean(style: Style) -> Style | None:
    """Return the style without the terminal's own colours: plain text then needs no escape sequence."""
    color = style.color if style.color and not style.color.is_default else None
    back = style.bgcolor if style.bgcolor and not style.bgcolor.is_default else None
    flags = {name: getattr(style, name) or None for name in ("bold", "dim", "reverse", "underline")}
    return Style(color=color, bgcolor=back, **flags) or None


def with_position(header: Strip, text: str, style: Style | None) -> Strip:
    """Return the header with the position at its right end."""
    return Strip([Segment(positioned(header.text, header.cell_length, text), style)], header.cell_length)


def with_mark(row: Strip, style: Style | None) -> Strip:
    """Return the row with the mark in its last cell, which is free."""
    return Strip([*row.crop(0, row.cell_length - EDGE), Segment(MARK, style)], row.cell_length)
