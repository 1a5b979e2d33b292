"""Imports: a row of another program's export, the plan made from it, and the report. Exports: theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, overload

from nskeys.errors import BadRow
from nskeys.model.credentials import NAME_LIMIT, CredentialFields, CredentialKind
from nskeys.model.packed import Packed, PackedSecrets, Plain, Values
from nskeys.model.plans import ProofReport
from nskeys.model.secret import SecretBytes, Wipeable
from nskeys.reasons import FieldProblem

# --- import --------------------------------------------------------------------------------------


class ImportFormat(StrEnum):
    """The exports that `credential import` reads."""

    KEEPASSXC_CSV = "keepassxc-csv"
    BITWARDEN_CSV = "bitwarden-csv"
    BITWARDEN_JSON = "bitwarden-json"
    NSKEYS_JSON = "nskeys-json"
    KEEPASS1_CSV = "keepass1-csv"
    ONEPASSWORD_CSV = "1password-csv"
    LASTPASS_CSV = "lastpass-csv"
    CHROME_CSV = "chrome-csv"
    FIREFOX_CSV = "firefox-csv"
    DASHLANE_CSV = "dashlane-csv"
    NORDPASS_CSV = "nordpass-csv"
    PROTON_CSV = "proton-csv"
    SECRET_SERVER_CSV = "secret-server-csv"
    KEEPASS_XML = "keepass-xml"
    ONEPUX = "1pux"
    VAULT_JSON = "vault-json"
    KDBX = "kdbx"
    PASS = "pass"
    COLUMNS_CSV = "columns-csv"
    """A CSV whose columns a person named."""


class Deleted(Enum):
    """Whether an entry was deleted in the program that exported it."""

    NO = None
    YES = FieldProblem.DELETED
    PERHAPS = FieldProblem.LOOKS_DELETED
    """It lies in a group that is called like a recycle bin, and the format has no other mark."""


ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1257",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "shift_jis",
    "gbk",
    "big5",
    "euc-kr",
)
"""What a person may say that a file is written in: the encodings in which spreadsheets save CSV."""

COLUMN_FIELDS = ("name", "account", "secret", "target", "note", "group", "kind")
"""What a person can name columns for."""
NEEDED_FIELDS = COLUMN_FIELDS[:3]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read where it does not say so itself."""

    encoding: str = ""
    delimiter: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    """Pairs of a field and the name of its column."""


@dataclass(frozen=True, slots=True)
class CsvPreview:
    """The beginning of a CSV, for a person who says what its columns hold."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    reading: Reading
    """How it was read; without columns."""


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """An export that is a folder, by its path."""

    path: str


@dataclass(frozen=True, slots=True)
class ImportWishes:
    """What a person chose for an import."""

    kind: CredentialKind | None = None
    """For every row; None: as each row's group says."""
    skip_bad: bool = False
    with_deleted: bool = False
    empty_secrets: bool = False
    update: bool = False
    """Take what is here already with other values."""
    reading: Reading = Reading()


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
    moved: bool = False
    """Its secret stood in the target and was taken out of it."""
    replaces: str = ""
    """The id of the credential that it changes; empty: it is new."""
    seen: int = 0
    """The number that this credential had when the plan was made."""


@dataclass(frozen=True, slots=True)
class DroppedField:
    """A field of the export that nskeys has no place for, and how many rows filled it."""

    field: str
    rows: int
    titles: tuple[str, ...] = ()
    """The first of these rows, by their titles."""


LEFT_OUT = frozenset(
    {
        FieldProblem.DELETED,  # `with_deleted` takes it
        FieldProblem.LOOKS_DELETED,
        FieldProblem.NO_SECRET,  # `empty_secrets`
        FieldProblem.CHANGED,  # `update`
    }
)
"""Why a row is left out although it could be taken."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What there is how often among the rows that a plan takes."""

    kinds: Mapping[CredentialKind, int] = field(default_factory=dict)
    renamed: int = 0
    updated: int = 0


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do."""

    source: str
    format: ImportFormat
    credentials: Sequence[ImportedCredential]
    """Made when they are asked for: what is counted is in `counts`."""
    bad: tuple[BadRow, ...]
    dropped: tuple[DroppedField, ...]
    fingerprint: str = field(repr=False, default="")
    present: Sequence[int] = ()
    """Rows that are here already, equal in every field and the secret."""
    left_out: tuple[BadRow, ...] = ()
    """Rows that are not taken unless a person asks for them: those with a problem of `LEFT_OUT`."""
    encoding: str = ""
    delimiter: str = ""
    counts: ImportCounts = ImportCounts()
    encrypted: bool = False
    """As in `ParsedExport`."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    imported: int
    skipped: tuple[BadRow, ...]
    renamed: tuple[tuple[str, str], ...]
    dropped: tuple[DroppedField, ...]
    left_out: tuple[BadRow, ...] = ()
    present: int = 0
    updated: int = 0
    """How many of `imported` changed a credential that was here."""
    encrypted: bool = False
    """As in `ParsedExport`."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported: what `proof` opened. `weak` is the score of a weak password on which a person
    insisted."""

    path: str
    proof: ProofReport
    recipients: tuple[str, ...] = ()
    weak: int | None = None


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
    further: tuple[str, ...] = ()
    """Groups that it lies in besides `group`."""
    deleted: Deleted = Deleted.NO


class ExportRows(Sequence[ExportRow], Wipeable):
    """The entries of an export, packed. Each has its own copy of its secret; whoever asks for an entry
    wipes it."""

    def __init__(self) -> None:
        self._values = Packed(_values)
        self._secrets = PackedSecrets()

    def append(self, row: ExportRow) -> None:
        """Take an entry; its secret is wiped once it is packed."""
        self._values.append(
            row.row,
            row.group,
            row.title,
            row.username,
            row.url,
            row.notes,
            row.kind,
            row.further,
            row.deleted.name,
        )
        self._secrets.append(row.secret)

    def __len__(self) -> int:
        return len(self._secrets)

    def __iter__(self) -> Iterator[ExportRow]:
        return map(_export_row, self._values, self._secrets)

    @overload
    def __getitem__(self, index: int) -> ExportRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ExportRow]: ...
    def __getitem__(self, index: int | slice) -> ExportRow | Sequence[ExportRow]:
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self[place] for place in places]
        return _export_row(self._values[places], self._secrets[places])

    def wipe(self) -> None:
        """Wipe every secret; no entry is left."""
        self._secrets.wipe()


def _values(*values: Plain) -> Values:
    return values


def _export_row(values: Any, secret: SecretBytes) -> ExportRow:
    row, group, title, username, url, notes, kind, further, deleted = values
    return ExportRow(row, group, title, username, url, notes, secret, kind, further, Deleted[deleted])


@dataclass(frozen=True, slots=True)
class ParsedExport:
    """A whole export, parsed; `bad` holds the rows that the format itself forbids."""

    format: ImportFormat
    rows: ExportRows
    bad: tuple[BadRow, ...]
    dropped: tuple[DroppedField, ...]
    encoding: str = ""
    """What its text was read in; empty where the format is not text."""
    delimiter: str = ""
    """What stood between the cells of a CSV."""
    encrypted: bool = False
    """Whether it can be left where it lies: nobody reads it without what opened it here."""


def bad_row(row: int, title: str, field: str, problem: FieldProblem) -> BadRow:
    """Return a row that cannot be taken, under a title that can be printed."""
    return BadRow(row, printable(title), field, problem)


def printable(title: str) -> str:
    """Return the title, no longer than a name, and without lone surrogates, which JSON can spell and no
    output can encode."""
    return title[:NAME_LIMIT].encode("utf-8", "replace").decode("utf-8")
