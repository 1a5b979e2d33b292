"""A CSV file as a table: RFC 4180 with a header row, strict, each record under its columns' names.

Quoted fields may hold commas, doubled quotes and line breaks of any kind. Nothing in a field means
anything: `=cmd|...` is a password like any other.
"""

import csv
import io
from collections.abc import Iterator, Mapping

from nskeys.errors import ImportUnreadable

Record = tuple[int, Mapping[str, str] | None]
"""The entry's number (from 1, without the header) and its cells under the columns' names in lower
case; None where it has more or fewer cells than there are columns."""


class CsvTable:
    """The header is read at once, the records when they are asked for, once."""

    def __init__(self, source: str, text: str, delimiter: str = ",") -> None:
        self._source = source
        self._ended = False
        self._record_length = 0
        self._reader = csv.reader(self._lines(text), delimiter=delimiter, strict=True)
        self.columns = tuple(name.strip() for name in self._header())
        """The columns' names as written."""
        self.names = tuple(name.casefold() for name in self.columns)

    def __iter__(self) -> Iterator[Record]:
        if len(set(self.names)) < len(self.names):
            raise ImportUnreadable(self._source, "duplicate_column", 1)
        row = 0
        while (cells := self._next()) is not None:
            if not cells:
                continue
            row += 1
            fits = len(cells) == len(self.names)
            yield row, dict(zip(self.names, cells, strict=True)) if fits else None

    def written(self, name: str) -> str:
        """A column's name as the file writes it."""
        return self.columns[self.names.index(name)]

    def _header(self) -> list[str]:
        while (cells := self._next()) == []:
            continue
        return cells or []

    def _lines(self, text: str) -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            self._record_length += len(line)
            yield line
        self._ended = True

    def _next(self) -> list[str] | None:
        """The next record, [] for a blank line, None at the end of the file."""
        begins = self._reader.line_num + 1
        self._record_length = 0
        try:
            return next(self._reader, None)
        except csv.Error:
            problem, line = self._problem(begins)
        # Raised here and not in the handler: nothing that saw the file's text hangs on the error.
        raise ImportUnreadable(self._source, problem, line)

    def _problem(self, begins: int) -> tuple[str, int]:
        if self._record_length > csv.field_size_limit():
            return "field_too_long", begins
        if self._ended:
            return "unterminated_quote", begins
        return "quote_in_field", self._reader.line_num
