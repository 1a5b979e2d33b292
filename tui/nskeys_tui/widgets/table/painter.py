"""Rows of a table as strips of Textual's line API, with as few segments as their styles allow."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nskeys.wording.text.terminal import pad
from nskeys_tui.widgets.table.columns import Column, Laid, lay_out, line


class RowPainter:
    """Paints lines of exactly `width` cells."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._laid: tuple[Laid, ...] = ()
        self._width = 0

    def resize(self, width: int) -> None:
        """Lay the columns out anew."""
        self._width = width
        self._laid = lay_out(self._columns, width)

    @property
    def sorts(self) -> tuple[str, ...]:
        """The sort tokens of the columns that fit, from left to right."""
        return tuple(sort for laid in self._laid if (sort := self._columns[laid.index].sort))

    def header(self, sorted_by: str, descending: bool, style: Style | None) -> Strip:
        """The titles, with a mark on the column that the rows are sorted by."""
        mark = " ▼" if descending else " ▲"
        titles = [c.title + mark if sorted_by and c.sort == sorted_by else c.title for c in self._columns]
        return self.row(titles, style)

    def note(self, text: str, style: Style | None = None) -> Strip:
        """A line that is no row."""
        return Strip([Segment(pad(f" {text}", self._width), style)], self._width)

    def row(self, cells: Sequence[str], style: Style | None = None) -> Strip:
        """A row in one style."""
        return Strip([Segment("".join(self._pieces(cells)), style)], self._width)

    def styled_row(self, cells: Sequence[str], style: Style | None) -> Strip:
        """A row whose style is seen in the columns that are `styled`; neighbours are one segment."""
        segments: list[Segment] = []
        for place, piece in enumerate(self._pieces(cells)):
            styled = place < len(self._laid) and self._columns[self._laid[place].index].styled
            seen = style if styled and piece.strip() else None
            if segments and segments[-1].style == seen:
                segments.append(Segment(segments.pop().text + piece, seen))
            else:
                segments.append(Segment(piece, seen))
        return Strip(segments, self._width)

    def _pieces(self, cells: Sequence[str]) -> list[str]:
        return line(self._columns, self._laid, cells, self._width)


def lean(style: Style) -> Style | None:
    """The same style without the terminal's own colours: plain text then needs no escape sequence."""
    color = style.color if style.color and not style.color.is_default else None
    back = style.bgcolor if style.bgcolor and not style.bgcolor.is_default else None
    flags = {name: getattr(style, name) or None for name in ("bold", "dim", "reverse", "underline")}
    return Style(color=color, bgcolor=back, **flags) or None
