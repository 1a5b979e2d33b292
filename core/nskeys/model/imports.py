"""What an importer makes of another program's export, before it becomes credentials."""

from dataclasses import dataclass

from nskeys.errors import BadRow
from nskeys.model.credentials import NAME_LIMIT
from nskeys.model.plans import DroppedField, ImportFormat
from nskeys.model.secret import SecretBytes


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One entry of an export; empty text where the export says nothing."""

    row: int
    """Counted from 1, without the header, as a person counts entries."""
    group: str
    title: str
    username: str
    url: str
    notes: str
    secret: SecretBytes
    kind: str = ""
    """The kind, where the format states it (nskeys' own JSON)."""


@dataclass(frozen=True, slots=True)
class ParsedExport:
    """A whole export, understood; `bad` holds rows that even the format forbids."""

    format: ImportFormat
    rows: tuple[ExportRow, ...]
    bad: tuple[BadRow, ...]
    dropped: tuple[DroppedField, ...]


def bad_row(row: int, title: str, field: str, problem: str) -> BadRow:
    """A row that cannot be taken, under a title that can be printed: not longer than a name, and
    without lone surrogates, which JSON can spell and no output can encode."""
    return BadRow(row, title[:NAME_LIMIT].encode("utf-8", "replace").decode("utf-8"), field, problem)
