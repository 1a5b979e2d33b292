"""CSV (RFC 4180) as programs and spreadsheets write it. What can be read in two ways is refused."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from nskeys.errors import ImportUnreadable
from nskeys.reasons import ImportProblem

CELL_LIMIT = 131_072
"""Characters of one cell; twice the longest secret."""
DELIMITERS = ",;\t|"

Record = tuple[int, list[str] | None]
"""The entry's number (from 1, without the header) and its cells; None where it has more or fewer cells than
there are columns."""

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?(?:\r\n?|\n|\Z)', re.IGNORECASE)
"""What spreadsheets write above the header to say which character separates the cells."""


def column_key(name: str) -> str:
    """Return the name by which a column is known, without regard to case and to how its characters are
    composed."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def separator_line(text: str) -> str:
    """Return the character that a first line `sep=;` names; "" where there is no such line."""
    found = _SEPARATOR_LINE.match(text)
    return found[1] if found else ""


class CsvTable:
    """The header is read at once, the records when they are asked for, once.

    `backslash`: quotes and backslashes in a cell have a backslash before them, as KeePass 1 writes them;
    else quotes are doubled.
    """

    def __init__(self, source: str, text: str, delimiter: str = ",", *, backslash: bool = False) -> None:
        self._source = source
        self._backslash = backslash
        self._line = 1
        if found := _SEPARATOR_LINE.match(text):
            text, self._line = text[found.end() :], 2
        self._delimiter = delimiter
        self._cell = _pattern(delimiter, backslash)
        self._beside = _beside(delimiter)
        self._open = re.compile(rf"{_padding(delimiter)}\"")
        self._text = text
        self._place = 0
        self._ended = False
        self._spaced = False
        """Whether the header is written with spaces between its cells."""
        self.columns = self._header()
        """The columns' names as written; `column 7` for one that has none."""
        self.names = tuple(map(column_key, self.columns))

    def __iter__(self) -> Iterator[Record]:
        row, columns = 0, len(self.names)
        for cells in self._plainly() if self._is_plain() else self._carefully():
            if any(cells):
                row += 1
                yield row, cells if len(cells) == columns else None

    def _carefully(self) -> Iterator[list[str]]:
        while not self._ended:
            yield self._next()

    def _is_plain(self) -> bool:
        """Return whether no quote stands beside spaces at the edge of a cell, and every line ends as usual:
        then Python's reader, five times as fast, reads the same cells."""
        return (
            not (self._backslash or self._spaced)
            and self._beside.search(self._text, max(self._place - 1, 0)) is None
        )

    def _plainly(self) -> Iterator[list[str]]:
        """Yield the records as Python's reader reads them. Where it refuses one, that is read again with
        care, which says what is wrong and where."""
        reader = csv.reader(_lines(self._text, self._place), delimiter=self._delimiter, strict=True)
        done = 0
        try:
            for cells in reader:
                yield cells
                done += 1
        except csv.Error:
            yield from islice(self._carefully(), done, None)

    def _header(self) -> tuple[str, ...]:
        cells: list[str] = []
        while not self._ended and not any(cells):
            cells = self._next(header=True)
        return tuple(cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1))

    def _next(self, *, header: bool = False) -> list[str]:
        """Return the next record, which may be a blank line. Raises ImportUnreadable with the line of what
        cannot be read: `quote_in_field`, `padded_cell`, `stray_backslash`, `field_too_long`, and where the
        record begins `unterminated_quote`."""
        begins, cells = self._line, list[str]()
        spaced = padded = False
        while True:
            found = self._cell.match(self._text, self._place)
            if found is None:
                raise ImportUnreadable(self._source, *self._problem(begins))
            before, quoted, after, plain, end = found.groups()
            self._place = found.end()
            if quoted is None:
                cell = plain
                padded = padded or (cell != cell.strip(" \t") and not cell.isspace())
                if self._backslash and "\\" in cell:
                    raise ImportUnreadable(self._source, ImportProblem.STRAY_BACKSLASH, begins)
            else:
                self._line += quoted.count("\n") or quoted.count("\r")
                spaced = spaced or bool(before or after)
                cell = _unescaped(quoted, self._backslash)
            if len(cell) > CELL_LIMIT:
                raise ImportUnreadable(self._source, ImportProblem.FIELD_TOO_LONG, begins)
            cells.append(cell)
            if end in _ENDS:
                break
        self._ended = not end
        self._line += 1
        if header:
            self._spaced = spaced or padded
        elif padded and (spaced or self._spaced):
            # Quotes, or the header, show that spaces stand between cells; without quotes nothing tells
            # whether they belong to a cell.
            raise ImportUnreadable(self._source, ImportProblem.PADDED_CELL, begins)
        return cells

    def _problem(self, begins: int) -> tuple[ImportProblem, int]:
        """Return what is wrong with the quoted cell that could not be read."""
        opened = self._open.match(self._text, self._place)
        rest = self._text[opened.end() - 1 if opened else self._place :]
        whole = re.match(_BACKSLASHED if self._backslash else _DOUBLED, rest)
        if whole is not None:
            return ImportProblem.QUOTE_IN_FIELD, self._line + whole[0].count("\n")
        if self._backslash and re.search(r'\\[^"\\]', rest):
            return ImportProblem.STRAY_BACKSLASH, self._line
        return ImportProblem.UNTERMINATED_QUOTE, begins


_ENDS = frozenset({"\n", "\r", "\r\n", ""})
_DOUBLED = r'"([^"]*+(?:""[^"]*+)*+)"'
_BACKSLASHED = r'"((?:[^"\\]|\\["\\])*+)"'


def _padding(delimiter: str) -> str:
    return " *+" if delimiter == "\t" else r"[ \t]*+"


def _pattern(delimiter: str, backslash: bool) -> re.Pattern[str]:
    """Return the pattern of one cell and what ends it: spaces, the quoted text, spaces; or text that begins
    with no quote."""
    padding, end = _padding(delimiter), re.escape(delimiter)
    quoted = _BACKSLASHED if backslash else _DOUBLED
    return re.compile(
        rf"(?:({padding}){quoted}({padding})|(?!{padding}\")([^{end}\r\n]*+))({end}|\r\n?|\n|\Z)"
    )


def _beside(delimiter: str) -> re.Pattern[str]:
    """Return what keeps a text from being plain."""
    spaces, end = " +" if delimiter == "\t" else r"[ \t]+", re.escape(delimiter)
    return re.compile(rf'(?:^|[{end}\r\n]){spaces}"|"{spaces}(?:[{end}\r\n]|\Z)|\r(?!\n)')


def _lines(text: str, place: int) -> Iterator[str]:
    """Yield the lines from `place` on, with their ends; no copy of the text is made."""
    while place < len(text):
        end = text.find("\n", place) + 1 or len(text)
        yield text[place:end]
        place = end


def _unescaped(cell: str, backslash: bool) -> str:
    if backslash:
        return re.sub(r'\\(["\\])', r"\1", cell) if "\\" in cell else cell
    return cell.replace('""', '"') if '"' in cell else cell
