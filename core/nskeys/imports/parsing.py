"""What every reader of an export shares: strict JSON, and what is gathered while reading."""

import json
from collections.abc import Iterable
from typing import TypeAlias

from nskeys.errors import BadRow, FieldInvalid, ImportUnreadable
from nskeys.imports.bins import lies_in_bin
from nskeys.model.credentials import NAME_LIMIT, check_secret
from nskeys.model.imports import (
    Deleted,
    DroppedField,
    ExportRow,
    ExportRows,
    ImportFormat,
    ParsedExport,
    bad_row,
    printable,
)
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Malformed, refuse_number, unique_members
from nskeys.reasons import FieldProblem, ImportProblem, Problem

ROW_LIMIT = 200_000
"""Rows of one export; twice what the program is measured with."""
DROPPED_LIMIT = 64
"""Different names of dropped fields that are reported; those beyond count as `other`."""
TITLES_LIMIT = 100
"""Entries that are named for each dropped field; all are counted."""


class Collector:
    """Fills up while a file is read; `parsed` is the result."""

    def __init__(self, source: str, form: ImportFormat) -> None:
        self._source = source
        self._format = form
        self._rows = ExportRows()
        self._bad: list[BadRow] = []
        self._dropped: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

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
        further: tuple[str, ...] = (),
        deleted: Deleted = Deleted.NO,
        marked: bool = False,
    ) -> None:
        """Take a whole entry. Its secret is kept exactly as it was written: it is another system's
        password, and one byte changed would lock that account out. `further` are groups that it lies in
        besides `group`; one that is called like a bin makes it look deleted, unless the format has a mark
        for that (`marked`)."""
        try:
            check_secret(secret)
        except FieldInvalid as error:
            self.refuse(row, title, error.field, error.problem)
            return
        self._room()
        if not marked and deleted is Deleted.NO and any(map(lies_in_bin, (group, *further))):
            deleted = Deleted.PERHAPS
        kept = SecretBytes(secret.encode("utf-8"))
        self._rows.append(ExportRow(row, group, title, username, url, notes, kept, kind, further, deleted))

    def refuse(self, row: int, title: str, field: str, problem: FieldProblem) -> None:
        """Refuse an entry that cannot be taken, named by its title. `problem` is one of FieldInvalid's, or
        `wrong_columns`, `wrong_type`, `missing`, `not_an_object` (the file's fault), `not_a_login`,
        `reference` (nothing that should be carried over)."""
        self._room()
        self._bad.append(bad_row(row, title, field, problem))

    def drop(self, title: str, names: Iterable[str]) -> None:
        """Count fields of the entry that hold something that nskeys has no place for."""
        for name in names:
            known = name in self._counts or len(self._counts) < DROPPED_LIMIT
            label = name if known and len(name) <= NAME_LIMIT else "other"
            self._counts[label] = self._counts.get(label, 0) + 1
            titles = self._dropped.setdefault(label, [])
            if len(titles) < TITLES_LIMIT:
                titles.append(printable(title))

    def parsed(self) -> ParsedExport:
        """Return everything that was found, in the export's order."""
        dropped = tuple(
            DroppedField(name, rows, tuple(self._dropped[name])) for name, rows in self._counts.items()
        )
        return ParsedExport(self._format, self._rows, tuple(self._bad), dropped)

    def _room(self) -> None:
        if len(self._rows) + len(self._bad) >= ROW_LIMIT:
            raise ImportUnreadable(self._source, ImportProblem.TOO_MANY_ROWS)


Value: TypeAlias = bool | int | float | str | list["Value"] | dict[str, "Value"] | None


def parse(source: str, text: str) -> Value:
    """Return the value. Raises ImportUnreadable with `json_syntax` or `json_lines` (and the line),
    `json_depth`, `number` or `duplicate_name`: an object with two passwords has none that is surely
    right."""
    problem: ImportProblem | Problem = Problem.JSON_SYNTAX
    line = 0
    try:
        value: Value = json.loads(text, object_pairs_hook=unique_members, parse_constant=refuse_number)
    except json.JSONDecodeError as error:
        line = error.lineno
        # "Extra data" is how json says that a document ended and the text goes on.
        if error.msg == "Extra data":
            problem = ImportProblem.JSON_LINES
    except RecursionError:
        problem = Problem.JSON_DEPTH
    except Malformed as error:
        problem = error.problem
    except ValueError:
        pass
    else:
        return value
    # Raised here and not in a handler: JSONDecodeError carries every secret of the file in `doc`.
    raise ImportUnreadable(source, problem, line)


def text_of(value: Value) -> str | None:
    """Return a string, "" for null (exports write it where nothing was entered); None for anything else."""
    if value is None:
        return ""
    return value if isinstance(value, str) else None
