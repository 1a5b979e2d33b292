"""The table: of any length, holding only the visible rows and a page on either side.

It is one widget on Textual's line API, without children. Moving the cursor repaints
two lines and nothing else. Rows are fetched in a thread, one fetch at a time: meanwhile only the newest
request is kept, so a held key never queues up work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from rich.style import Style
from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from nskeys.errors import NskeysError
from nskeys.wording.layout import TOO_SMALL
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.painter import RowPainter, lean, with_mark, with_position
from nskeys_tui.widgets.table.position import marked_lines, position
from nskeys_tui.widgets.table.rows import Chunk, KnownRows, Repaint, Rows, RowWindow, SearchedRows, fetch

_HIGHLIGHT_DELAY_S = 0.15
"""Seconds that the cursor must stay on a row before RowHighlighted is posted."""
_BLANK_DELAY_S = 0.1
"""Seconds for which the old rows may stay while new ones are fetched; then empty lines are painted."""
_HEADER = 1
"""Lines above the rows."""


class CredentialTable(Widget, can_focus=True):
    """A table of any length. Enter chooses the row under the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "credential-table--header",
        "credential-table--cursor",
        "credential-table--good",
        "credential-table--warning",
        "credential-table--error",
        "credential-table--quiet",
    }
    DEFAULT_CSS = """
    CredentialTable {
        height: 1fr;
        min-height: 1;
        & > .credential-table--header { text-style: dim; }
        & > .credential-table--cursor { text-style: reverse; }
        & > .credential-table--good { color: $success; }
        & > .credential-table--warning { color: $warning; text-style: bold; }
        & > .credential-table--error { color: $error; text-style: bold; }
        & > .credential-table--quiet { text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "edge(-1)", show=False),
        Binding("end,G", "edge(1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    @dataclass
    class FromTable(Message):
        """A message of a table, which `@on` can select by the table's id."""

        table: "CredentialTable"

        @property
        def control(self) -> "CredentialTable":
            return self.table

    @dataclass
    class RowChosen(FromTable):
        """Enter was pressed on the row with this key."""

        key: str

    @dataclass
    class RowHighlighted(FromTable):
        """The cursor stopped on this row."""

        key: str

    @dataclass
    class WindowMoved(FromTable):
        """Other rows are visible, and all of them are here: numbers `first` to `last` (from 1) of `total`;
        0 to 0 for none."""

        first: int
        last: int
        total: int

    @dataclass
    class RowsFailed(FromTable):
        """The rows could not be fetched."""

        error: NskeysError

    @dataclass
    class _Fetched(Message):
        rows: Rows
        outcome: tuple[int, Chunk] | NskeysError

    @dataclass
    class _Begun(Message):
        """The first rows are here, and all are being counted."""

        rows: Rows
        chunk: Chunk

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Rows | None = None,
        *,
        empty: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.empty = empty
        """The text where there are no rows."""
        self._painter = RowPainter(columns)
        self._rows = rows
        self._window = RowWindow()
        self._chunk = Chunk()
        self._sort = ("", False)
        self._fetching: tuple[Rows, int, int] | None = None
        self._counting = False
        self._outdated = False
        self._rest: Timer | None = None
        self._waiting: Timer | None = None
        self._told: tuple[int, int, int] | None = None
        self._paints: dict[str, Style | None] = {}

    # --- what screens ask and say ------------------------------------------------------------------

    @property
    def total(self) -> int | None:
        """How many rows there are; None until that is known."""
        return self._window.total

    @property
    def cursor(self) -> int:
        """The number of the row under the cursor, from 0."""
        return self._window.cursor

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor; None where it has not arrived or there is none."""
        row = self._chunk.row(self._window.cursor)
        return row.key if row else None

    def show(self, rows: Rows, *, cursor: int = 0) -> None:
        """Show other rows, with the cursor on row number `cursor`. The old rows may stay visible for a
        moment."""
        if isinstance(self._rows, SearchedRows) and self._rows is not rows:
            self._rows.stop()
        self._rows, self._chunk, self._counting = rows, Chunk(), False
        self._window.begin(cursor)
        if self._waiting is None:
            self._waiting = self.set_timer(_BLANK_DELAY_S, self._stop_waiting)
        self._fetch()

    def reload(self) -> None:
        """Fetch the rows again; the old ones stay visible until they arrive, and only changes are
        painted."""
        # What is under way may have been read before whatever is the reason to read again.
        self._outdated = self._fetching is not None
        self._fetch()

    @property
    def sorts(self) -> tuple[str, ...]:
        """The tokens of the visible columns that rows can be sorted by, from left to right."""
        return self._painter.sorts

    def lay_out(self, columns: Sequence[Column]) -> None:
        """Use other columns for the rows that come next."""
        self._painter = RowPainter(columns)
        self._painter.resize(self.size.width)
        self._repaint_header()

    def mark_sort(self, token: str, descending: bool) -> None:
        """Mark the column that is sorted by `token`."""
        self._sort = (token, descending)
        self._repaint_header()

    # --- keys ----------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move this many rows down."""
        before = self._window.cursor
        self._after(before, self._window.move(by))

    def action_page(self, by: int) -> None:
        """Move this many pages down."""
        before = self._window.cursor
        self._after(before, self._window.page(by))

    def action_edge(self, towards: int) -> None:
        before = self._window.cursor
        self._after(before, self._window.edge(towards))

    def action_choose(self) -> None:
        """Choose the row under the cursor, once it has arrived."""
        if (key := self.key) is not None:
            self.post_message(self.RowChosen(self, key))

    def _after(self, before: int, needed: Repaint) -> None:
        if needed is not Repaint.ALL:
            self._repaint(needed, before, self._window.cursor)
        else:
            self._turn()
        if before != self._window.cursor:
            self._repaint_position(before)
            self._tell_at_rest()

    def _turn(self) -> None:
        """Handle a moved window. Rows to be fetched mostly arrive within a moment, and painting a page once
        takes half as many bytes as painting it empty first."""
        if self._chunk.holds(self._window.top, self._window.bottom):
            self._repaint(Repaint.ALL)
        elif self._waiting is None:
            self._waiting = self.set_timer(_BLANK_DELAY_S, self._stop_waiting)
        self._look()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
            self._repaint(Repaint.ALL)

    # --- telling ---------------------------------------------------------------------------------------

    def _tell_at_rest(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_HIGHLIGHT_DELAY_S, self._tell)

    def _tell(self) -> None:
        if (key := self.key) is not None:
            self.post_message(self.RowHighlighted(self, key))

    def _tell_window(self) -> None:
        window = self._window
        if window.total is None or self._counting or not self._chunk.holds(window.top, window.bottom):
            return
        seen = (min(window.top + 1, window.total), window.bottom, window.total)
        if seen != self._told:
            self._told = seen
            self.post_message(self.WindowMoved(self, *seen))

    # --- fetching --------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Fetch the visible rows that are not held, and those up to one page away."""
        self._tell_window()
        window = self._window
        last = min(window.bottom + window.height, window.total or 0)
        if window.total is None or not self._chunk.holds(max(0, window.top - window.height), last):
            self._fetch()

    def _fetch(self) -> None:
        """Fetch the rows around the window; while a fetch is under way, its end does that. Rows in memory
        are taken at once, so that no key meets a list without a row under the cursor."""
        if self._rows is None or not self.size.height:
            return
        first = max(0, self._window.top - self._window.height)
        count = self._window.top + 2 * self._window.height - first
        if isinstance(self._rows, KnownRows):
            self._arrive(*fetch(self._rows, first, count))
            return
        if self._fetching:
            return
        self._fetching = (self._rows, self._window.top, self._window.height)
        self.run_worker(partial(self._ask, self._rows, first, count), thread=True, group="rows")

    def _ask(self, rows: Rows, first: int, count: int) -> None:
        """Fetch in the thread; the widget is only sent a message."""
        try:
            outcome: tuple[int, Chunk] | NskeysError = self._found(rows, first, count)
        except NskeysError as error:
            outcome = error
        self.post_message(self._Fetched(rows, outcome))

    def _found(self, rows: Rows, first: int, count: int) -> tuple[int, Chunk]:
        """Return what `fetch` does. Of a search, the first rows are shown before all are counted."""
        begun = rows.beginning(count) if isinstance(rows, SearchedRows) and not first else None
        if begun is None:
            return fetch(rows, first, count)
        chunk = Chunk(0, tuple(begun))
        if len(begun) < count:
            return len(begun), chunk
        self.post_message(self._Begun(rows, chunk))
        return rows.total(), chunk

    @on(_Begun)
    def _begun(self, message: _Begun) -> None:
        message.stop()
        if message.rows is self._rows and self._window.total is None:
            self._counting = True
            self._arrive(len(message.chunk.rows), message.chunk)

    @on(_Fetched)
    def _fetched(self, message: _Fetched) -> None:
        """Take the rows or the error. If another request came meanwhile, fetch that."""
        message.stop()
        asked, self._fetching = self._fetching, None
        counted, self._counting = self._counting, False
        if message.rows is self._rows:
            if isinstance(message.outcome, NskeysError):
                self.post_message(self.RowsFailed(self, message.outcome))
            else:
                self._arrive(*message.outcome)
                if counted:
                    self._repaint_header()
        if self._outdated:
            self.reload()
        elif asked != (self._rows, self._window.top, self._window.height):
            self._look()

    def _arrive(self, total: int, chunk: Chunk) -> None:
        before, place = self._seen(), (self._window.cursor, self._window.total)
        self._chunk = chunk
        moved = self._painter.needs([row.cells for row in chunk.rows])
        if self._window.arrive(total) is Repaint.ALL or self._waiting is not None or moved:
            self._stop_waiting()
            self._repaint(Repaint.ALL)
        else:
            pairs = zip(before, self._seen(), strict=True)
            changed = [self._window.top + n for n, (was, now) in enumerate(pairs) if was != now]
            self._repaint(Repaint.TWO_ROWS, *changed)
        if moved or place != (self._window.cursor, self._window.total):
            self._repaint_header()
        self._tell_window()
        self._tell_at_rest()

    def _seen(self) -> list[object]:
        """Return what each line shows: a row, None for one that has not arrived, False after the end."""
        numbers = range(self._window.top, self._window.top + self._window.height)
        return [self._chunk.row(n) if n < (self._window.total or 0) else False for n in numbers]

    # --- painting ----------------------------------------------------------------------------------

    def _repaint(self, needed: Repaint, *numbers: int) -> None:
        """Repaint all rows, or those with these numbers if they are visible; never the header."""
        if needed is Repaint.ALL:
            self.refresh(Region(0, _HEADER, self.size.width, self._window.height))
        elif lines := {n - self._window.top for n in numbers} & set(range(self._window.height)):
            self.refresh(*(Region(0, _HEADER + y, self.size.width, 1) for y in lines))

    def _repaint_position(self, before: int) -> None:
        """Repaint where the cursor is, and nothing else of the header."""
        total = self._window.total
        texts = (position(before, total), position(self._window.cursor, total))
        cells = max(map(len, texts)) + 1
        self.refresh(Region(max(0, self.size.width - cells), 0, cells, _HEADER))

    def _repaint_header(self) -> None:
        self.refresh(Region(0, 0, self.size.width, _HEADER))

    def render_line(self, y: int) -> Strip:
        window, quiet = self._window, self._paint("header")
        if self.size.height <= _HEADER:
            return self._painter.note(TOO_SMALL, self._paint("warning"))
        if y < _HEADER:
            header = self._painter.header(*self._sort, quiet)
            total = None if self._counting else window.total
            return with_position(header, position(window.cursor, total), quiet)
        row = self._row(y)
        marked = y - _HEADER in marked_lines(window.top, window.height, window.total)
        return with_mark(row, quiet) if marked else row

    def _row(self, y: int) -> Strip:
        number, total = self._window.top + y - _HEADER, self._window.total
        if total is None or number >= total:
            text = "…" if total is None else self.empty
            return self._painter.note(text if y == _HEADER else "", self._paint("quiet"))
        row = self._chunk.row(number)
        under_cursor = number == self._window.cursor and self.has_focus
        if row is None:
            return self._painter.note("…", self._paint("cursor" if under_cursor else "quiet"))
        if under_cursor:
            return self._painter.row(row.cells, self._paint("cursor"))
        return self._painter.styled_row(row.cells, self._paint(row.style))

    def _paint(self, paint: str) -> Style | None:
        if paint and paint not in self._paints:
            style = self.get_component_rich_style(f"credential-table--{paint}", partial=True)
            self._paints[paint] = lean(style)
        return self._paints[paint] if paint else None

    # --- events --------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Drop the paints of the old theme."""
        super().notify_style_update()
        self._paints.clear()

    def on_resize(self, event: events.Resize) -> None:
        """Lay the columns out again and keep the cursor in the window."""
        self._painter.resize(event.size.width)
        self._window.resize(event.size.height - _HEADER)
        self.refresh()
        self._look()

    def on_focus(self) -> None:
        self._repaint(Repaint.TWO_ROWS, self._window.cursor)

    def on_blur(self) -> None:
        self._repaint(Repaint.TWO_ROWS, self._window.cursor)
