"""What a reader gathers while it goes through an export: rows, bad rows, dropped fields, and limits."""

from collections.abc import Iterable

from nskeys.errors import BadRow, FieldInvalid, ImportUnreadable
from nskeys.model.credentials import NAME_LIMIT, check_secret
from nskeys.model.imports import DroppedField, ExportRow, ImportFormat, ParsedExport, bad_row
from nskeys.model.secret import SecretBytes

ROW_LIMIT = 200_000
"""Rows of one export; twice what the program is measured with."""
DROPPED_LIMIT = 64
"""Different names of dropped fields that are reported; those beyond count as `other`."""


class Findings:
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

    def refuse(self, row: int, title: str, field: str, problem: str) -> None:
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
            raise ImportUnreadable(self._source, "too_many_rows")
