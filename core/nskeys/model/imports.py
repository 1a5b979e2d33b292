"""Imports: a row of another program's export, the plan made from it, and the report."""

from dataclasses import dataclass, field
from enum import StrEnum

from nskeys.errors import BadRow
from nskeys.model.credentials import NAME_LIMIT, CredentialFields
from nskeys.model.secret import SecretBytes
from nskeys.reasons import FieldProblem

# --- import --------------------------------------------------------------------------------------


class ImportFormat(StrEnum):
    """The exports that `credential import` reads."""

    KEEPASSXC_CSV = "keepassxc-csv"
    BITWARDEN_CSV = "bitwarden-csv"
    BITWARDEN_JSON = "bitwarden-json"
    NSKEYS_JSON = "nskeys-json"


@dataclass(frozen=True, slots=True)
class ImportedCredential:
    """A row that becomes a credential. Its secret stays inside the service."""

    row: int
    fields: CredentialFields
    renamed_from: str = ""
    kind_rule: str = ""
    """The token of the rule that chose the kind: `given` (by `--kind`), `stated` (by nskeys' own JSON)
    or `group` (a word in the name of its group or folder)."""
    group: str = ""
    """The group or folder as the export names it."""
    kind_word: str = ""
    """Where the group chose the kind: the known word that was found in it."""


@dataclass(frozen=True, slots=True)
class DroppedField:
    """A field of the export that nskeys has no place for, and how many rows filled it."""

    field: str
    rows: int


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do."""

    source: str
    format: ImportFormat
    credentials: tuple[ImportedCredential, ...]
    bad: tuple[BadRow, ...]
    dropped: tuple[DroppedField, ...]
    fingerprint: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    imported: int
    skipped: tuple[BadRow, ...]
    renamed: tuple[tuple[str, str], ...]
    dropped: tuple[DroppedField, ...]


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
    """A whole export, parsed; `bad` holds the rows that the format itself forbids."""

    format: ImportFormat
    rows: tuple[ExportRow, ...]
    bad: tuple[BadRow, ...]
    dropped: tuple[DroppedField, ...]


def bad_row(row: int, title: str, field: str, problem: FieldProblem) -> BadRow:
    """Return a row that cannot be imported, under a printable title: no longer than a name, and without
    lone surrogates, which JSON can spell and no output can encode."""
    return BadRow(row, title[:NAME_LIMIT].encode("utf-8", "replace").decode("utf-8"), field, problem)
