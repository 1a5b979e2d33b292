"""The cells that the terminal shows, and the escape sequences that make it show others.

Nothing of Textual is needed here, so that the first page can be painted before Textual is imported.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

Cell = tuple[str, str]
"""What stands in a cell (empty: the second half of the wide character before it), and the parameters of its
SGR sequence, without those that name the terminal's own colours."""
BLANK: Cell = (" ", "")

_SINGLE = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u2500-\u25fc]*")
"""Texts of which every sign takes one cell, on every terminal."""
_GAP = 6
"""Equal cells in a run that cost no more than to step over them."""
_WORTH_ERASING, _BLANKS = 200, 8
"""Cells from the first change in which so many blanks make it worth trying to erase them all at once."""
_TO_EDGE = "\x1b[K"
"""Erases the rest of a line; fewer blanks than its bytes are written."""
_SURE_BELOW = "\U0001f000"
"""Above it terminals disagree about how many cells a sign takes."""
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "48", "51", "52", "53"})
"""Underlined, reversed, struck through, framed, overlined, a background of 256 or more colours."""


def cells_of(text: str, code: str, cells: list[Cell]) -> None:
    """Add the cells of a text in one style: one for each sign with the marks on it, and an empty one behind
    a wide one."""
    blank = style_of_blanks(code)
    if _SINGLE.fullmatch(text):
        cells += [(sign, blank if sign == " " else code) for sign in text]
        return
    from rich.cells import split_graphemes  # most pages have no such text

    for start, end, length in split_graphemes(text)[0]:
        cluster = text[start:end]
        if length:
            cells.append((cluster, blank if cluster == " " else code))
            cells += [("", code)] * (length - 1)
        elif cells:  # a mark at the beginning of a text, on what stands before it
            at = -1 if cells[-1][0] or len(cells) < 2 else -2
            cells[at] = (cells[at][0] + cluster, cells[at][1])


@dataclass(slots=True)
class Line:
    """A line as it is to be: its cells, of which None are not known, and the spans that are written."""

    cells: list[Cell | None]
    spans: list[tuple[int, int]] = field(default_factory=list)

    def write(self, x: int, cells: Iterable[Cell]) -> int:
        """Write cells from column `x`, as far as the line goes; return the column after them."""
        start, end = x, len(self.cells)
        for cell in cells:
            if x >= end:
                break
            self.cells[x] = cell
            x += 1
        self.spans.append((start, x))
        return x


class Grid:
    """The screen of a terminal, `width` by `height` cells, with the place of its cursor."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows: list[list[Cell | None]] = []
        self.forget()

    def forget(self) -> None:
        """Take nothing for granted: every cell and the cursor are written anew."""
        self._rows = [[None] * self.width for _ in range(self.height)]
        self._cursor: tuple[int, int] | None = None

    def line(self, y: int) -> Line:
        """Return a copy of line `y`, to be written on."""
        return Line(list(self._rows[y]))

    def change(self, lines: Mapping[int, Line], cursor: tuple[int, int]) -> str:
        """Return what makes the terminal show these lines by number, and its cursor in this column and
        line; they are taken as shown from now on."""
        pen = _Pen(self._cursor, self.width)
        if len(lines) == self.height and all(None in row for row in self._rows):
            pen.clear()
            self._rows = [[BLANK] * self.width for _ in range(self.height)]
        for y in sorted(lines):
            line, before = lines[y], self._rows[y]
            if line.cells == before:
                continue
            if all(map(_is_sure, before)) and all(map(_is_sure, line.cells)):
                pen.change(y, before, line.cells)
            else:
                # Terminals may disagree about widths here: written as Textual writes it, all of it.
                for start, end in line.spans:
                    pen.write_all(y, start, line.cells[start:end])
            self._rows[y] = line.cells
        text = pen.end(cursor)
        self._cursor = cursor
        return text


def _runs(before: list[Cell | None], after: list[Cell | None]) -> Iterable[tuple[int, int]]:
    """Yield the spans of a line that are sent: changed cells, and the few between them."""
    x, width = 0, len(after)
    while x < width:
        if after[x] == before[x] or after[x] is None:
            x += 1
            continue
        start, end = x, x + 1
        while end < width and any(a != b for a, b in _ahead(after, before, end)):
            end += 1
        while after[end - 1] == before[end - 1]:
            end -= 1
        while start and _is_behind(after[start]):
            start -= 1
        while end < width and _is_behind(after[end]):
            end += 1
        yield start, end
        x = end


def _ahead(
    after: list[Cell | None], before: list[Cell | None], x: int
) -> Iterable[tuple[Cell | None, Cell | None]]:
    """Return the pairs of cells that decide whether a run goes on; none behind a cell that is not known."""
    ahead = after[x : x + _GAP]
    if None in ahead:
        ahead = ahead[: ahead.index(None)]
    return zip(ahead, before[x : x + _GAP], strict=False)


def _is_behind(cell: Cell | None) -> bool:
    return cell is not None and not cell[0]


def _is_sure(cell: Cell | None) -> bool:
    return cell is None or (len(cell[0]) <= 1 and cell[0] < _SURE_BELOW)


class _Pen:
    """Writes cells with as few moves and changes of style as they need."""

    def __init__(self, at: tuple[int, int] | None, width: int) -> None:
        self._at, self._width = at, width
        """Where the terminal's cursor is; None where that is not known."""
        self._line = None if at is None else at[1]
        """The line that it is in."""
        self._style = ""
        self._out: list[str] = []

    def clear(self) -> None:
        self._out.append("\x1b[m\x1b[2J")

    def change(self, y: int, before: list[Cell | None], after: list[Cell | None]) -> None:
        """Write what differs in a line; or erase the line from there and write what is not blank, where
        that takes fewer bytes."""
        mark = self._at, self._line, self._style, len(self._out)
        runs = list(_runs(before, after))
        for start, end in runs:
            self.write(y, start, after[start:end])
        first = runs[0][0] if runs else len(after)
        if after[first : first + _WORTH_ERASING].count(BLANK) < _BLANKS or None in after[first:]:
            return
        written = self._at, self._line, self._style, self._out[mark[3] :]
        self._at, self._line, self._style = mark[:3]
        del self._out[mark[3] :]
        self._move(first, y)
        self._let_blanks_be_plain()
        self._out.append(_TO_EDGE)
        for start, end in _runs([*after[:first], *[BLANK] * (len(after) - first)], after):
            self.write(y, start, after[start:end])
        if len("".join(self._out[mark[3] :]).encode()) >= len("".join(written[3]).encode()):
            self._at, self._line, self._style = written[:3]
            self._out[mark[3] :] = written[3]

    def write(self, y: int, x: int, cells: list[Cell | None]) -> None:
        """Write known cells from this place. Blank ones up to the edge are erased instead."""
        end = len(cells)
        if x + end == self._width:
            while end and cells[end - 1] == BLANK:
                end -= 1
            if len(cells) - end < len(_TO_EDGE):
                end = len(cells)
        self._write(y, x, cells[:end])
        if end < len(cells):
            self._let_blanks_be_plain()
            self._out.append(_TO_EDGE)
        column = x + end
        self._at = (column, y) if column < self._width else None

    def write_all(self, y: int, x: int, cells: list[Cell | None]) -> None:
        """Write known cells from this place, whose width is not known."""
        self._write(y, x, cells)
        self._at = None

    def _write(self, y: int, x: int, cells: list[Cell | None]) -> None:
        self._move(x, y)
        for cell in cells:
            if cell is not None:
                if cell != BLANK:
                    self._change_style(cell[1])
                else:
                    self._let_blanks_be_plain()
                self._out.append(cell[0])

    def _let_blanks_be_plain(self) -> None:
        """A style that is not seen on blanks may stay: words of one style are written in one go."""
        if style_of_blanks(self._style):
            self._change_style("")

    def end(self, cursor: tuple[int, int]) -> str:
        """Return everything written, the cursor placed; empty where nothing changes."""
        self._change_style("")
        self._move(*cursor)
        return "".join(self._out)

    def _move(self, x: int, y: int) -> None:
        if self._at == (x, y):
            return
        if self._at is not None and self._at[1] == y and x > self._at[0]:
            self._step(x - self._at[0])
        elif self._line == y - 1:
            self._out.append("\r\n")
            self._step(x)
        elif x:
            self._out.append(f"\x1b[{y + 1};{x + 1}H")
        else:
            self._out.append(f"\x1b[{y + 1}H" if y else "\x1b[H")
        self._at, self._line = (x, y), y

    def _step(self, cells: int) -> None:
        if cells:
            self._out.append(f"\x1b[{cells}C" if cells > 1 else "\x1b[C")

    def _change_style(self, style: str) -> None:
        if style == self._style:
            return
        if not style:
            self._out.append("\x1b[m")
        elif not self._style:
            self._out.append(f"\x1b[{style}m")
        elif style.startswith(f"{self._style};"):
            self._out.append(f"\x1b[{style.removeprefix(f'{self._style};')}m")
        else:
            self._out.append(f"\x1b[0;{style}m")
        self._style = style


@lru_cache(1024)
def own_colours_left_out(codes: str) -> str:
    """Return the parameters of an SGR sequence without 39 and 49: every style begins with the terminal's
    own colours."""
    left, rest = [], codes.split(";") if codes else []
    while rest:
        length = (5 if rest[1:2] == ["2"] else 3) if rest[0] in ("38", "48") else 1
        if rest[0] not in ("39", "49", "0", ""):
            left += rest[:length]
        del rest[:length]
    return ";".join(left)


@lru_cache(1024)
def style_of_blanks(codes: str) -> str:
    """Return the parameters that are seen on a blank cell; all of them or none."""
    rest = codes.split(";") if codes else []
    while rest:
        code = rest[0]
        if code in _SEEN_ON_BLANKS or (code.isdigit() and (40 <= int(code) < 48 or 100 <= int(code) < 108)):
            return codes
        del rest[: (5 if rest[1:2] == ["2"] else 3) if code == "38" else 1]
    return ""
