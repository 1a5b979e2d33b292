"""A few rows without a header and a cursor, for display only."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.painter import RowPainter, lean
from nskeys_tui.widgets.table.rows import Row


class RowLines(Widget):
    """One line for each row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-lines--warning",
        "row-lines--error",
        "row-lines--quiet",
    }
    DEFAULT_CSS = """
    RowLines {
        height: auto;
        & > .row-lines--warning { color: $warning; text-style: bold; }
        & > .row-lines--error { color: $error; text-style: bold; }
        & > .row-lines--quiet { text-style: dim; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns: tuple[Column, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._painter = RowPainter(())

    def show(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """Show these rows; repaint only if they changed."""
        if (tuple(columns), tuple(rows)) == (self._columns, self._rows):
            return
        as_high = len(rows) == len(self._rows)
        self._columns, self._rows = tuple(columns), tuple(rows)
        self._painter = RowPainter(columns)
        self._painter.resize(self.size.width)
        self.refresh(layout=not as_high)

    def get_content_height(self, *_: object) -> int:
        return len(self._rows)

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width)
        row = self._rows[y]
        return self._painter.styled_row(row.cells, self._paint(row.style))

    def on_resize(self, event: events.Resize) -> None:
        self._painter.resize(event.size.width)
        self.refresh()

    def _paint(self, paint: str) -> Style | None:
        if not paint:
            return None
        return lean(self.get_component_rich_style(f"row-lines--{paint}", partial=True))
