"""What every reader of an export shares: strict CSV and JSON, and what is gathered while reading."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from nskeys.errors import BadRow, FieldInvalid, ImportUnreadable
from nskeys.model.credentials import NAME_LIMIT, check_secret
from nskeys.model.imports import DroppedField, ExportRow, ImportFormat, ParsedExport, bad_row
from nskeys.model.secret import SecretBytes
from nskeys.reasons import FieldProblem, ImportProblem, Problem

ROW_LIMIT = 200_000
"""Rows of one export; twice what the program is measured with."""
DROPPED_LIMIT = 64
"""Different names of dropped fields that are reported; those beyond count as `other`."""


class Collector:
    """Fills up while a file is read; `parsed` is the result."""

    def __init__(self, source: str, form: ImportFormat) -> None:
        self._source = source
        self._format = form
        self._rows: list[ExportRow] = []
        self._bad: list[BadRow] = []
        self._dropped: dict[str, int] = {}

    def take(
        self,
        row: int,
        *,
        group: str,
        title: str,
        username: str,
        url: str,
        notes: str,
        secret: str,
        kind: str = "",
    ) -> None:
        """A whole entry. Its secret is kept exactly as it was written: it is another system's
        password, and one byte changed would lock that account out."""
        try:
            check_secret(secret)
        except FieldInvalid as error:
            self.refuse(row, title, error.field, error.problem)
            return
        self._room()
        kept = SecretBytes(secret.encode("utf-8"))
        self._rows.append(ExportRow(row, group, title, username, url, notes, kept, kind))

    def refuse(self, row: int, title: str, field: str, problem: FieldProblem) -> None:
        """An entry that cannot be taken, named by its title. `problem` is one of FieldInvalid's, or
        `wrong_columns`, `wrong_type`, `missing`, `not_an_object` (the file's fault), `not_a_login`,
        `deleted`, `reference` (nothing that should be carried over)."""
        self._room()
        self._bad.append(bad_row(row, title, field, problem))

    def drop(self, names: Iterable[str]) -> None:
        """These fields of one entry hold something that nskeys has no place for."""
        for name in names:
            known = name in self._dropped or len(self._dropped) < DROPPED_LIMIT
            label = name if known and len(name) <= NAME_LIMIT else "other"
            self._dropped[label] = self._dropped.get(label, 0) + 1

    def parsed(self) -> ParsedExport:
        """Everything that was found, in the export's order."""
        dropped = tuple(DroppedField(name, rows) for name, rows in self._dropped.items())
        return ParsedExport(self._format, tuple(self._rows), tuple(self._bad), dropped)

    def _room(self) -> None:
        if len(self._rows) + len(self._bad) >= ROW_LIMIT:
            raise ImportUnreadable(self._source, ImportProblem.TOO_MANY_ROWS)


Value: TypeAlias = bool | int | float | str | list["Value"] | dict[str, "Value"] | None


def parse(source: str, text: str) -> Value:
    """The value; ImportUnreadable with `json_syntax` (and the line), `json_depth` or
    `duplicate_name`: an object with two passwords has none that is surely right."""
    problem, line = Problem.JSON_SYNTAX, 0
    try:
        value: Value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        line = error.lineno
    except RecursionError:
        problem = Problem.JSON_DEPTH
    except _DuplicateName:
        problem = Problem.DUPLICATE_NAME
    except ValueError:
        pass
    else:
        return value
    # Raised here and not in a handler: JSONDecodeError carries every secret of the file in `doc`.
    raise ImportUnreadable(source, problem, line)


def text_of(value: Value) -> str | None:
    """A string, "" for null (exports write it where nothing was entered); None for anything else."""
    if value is None:
        return ""
    return value if isinstance(value, str) else None


class _DuplicateName(Exception):
    """An object has a name twice."""


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise _DuplicateName
    return result


def _no_constant(name: str) -> Value:
    raise ValueError(name)


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
            raise ImportUnreadable(self._source, Problem.DUPLICATE_COLUMN, 1)
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

    def _problem(self, begins: int) -> tuple[ImportProblem, int]:
        if self._record_length > csv.field_size_limit():
            return ImportProblem.FIELD_TOO_LONG, begins
        if self._ended:
            return ImportProblem.UNTERMINATED_QUOTE, begins
        return ImportProblem.QUOTE_IN_FIELD, self._reader.line_num
