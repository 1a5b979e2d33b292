"""Imports: a row of another program's export, the plan made from it, and the report. Exports: theirs."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from nskeys.errors import BadRow
from nskeys.model.credentials import NAME_LIMIT, Credential, CredentialFields, CredentialKind
from nskeys.model.plans import ProofReport
from nskeys.model.secret import SecretBytes
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
    replaces: Credential | None = None
    """The credential that it changes; None: it is new."""


@dataclass(frozen=True, slots=True)
class DroppedField:
    """A field of the export that nskeys has no place for, and how many rows filled it."""

    field: str
    rows: int
    titles: tuple[str, ...] = ()
    """The first of these rows, by their titles."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do."""

    source: str
    format: ImportFormat
    credentials: tuple[ImportedCredential, ...]
    bad: tuple[BadRow, ...]
    dropped: tuple[DroppedField, ...]
    fingerprint: str = field(repr=False, default="")
    present: tuple[ImportedCredential, ...] = ()
    """Rows that are here already, equal in every field and the secret."""
    left_out: tuple[BadRow, ...] = ()
    """Rows that are not taken unless a person asks for them: `deleted`, `looks_deleted` (`with_deleted`),
    `no_secret` (`empty_secrets`), `changed` (`update`)."""
    encoding: str = ""
    delimiter: str = ""


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


@dataclass(frozen=True, slots=True)
class ParsedExport:
    """A whole export, parsed; `bad` holds the rows that the format itself forbids."""

    format: ImportFormat
    rows: tuple[ExportRow, ...]
    bad: tuple[BadRow, ...]
    dropped: tuple[DroppedField, ...]
    encoding: str = ""
    """What its text was read in; empty where the format is not text."""
    delimiter: str = ""
    """What stood between the cells of a CSV."""


def bad_row(row: int, title: str, field: str, problem: FieldProblem) -> BadRow:
    """Return a row that cannot be taken, under a title that can be printed."""
    return BadRow(row, printable(title), field, problem)


def printable(title: str) -> str:
    """Return the title, no longer than a name, and without lone surrogates, which JSON can spell and no
    output can encode."""
    return title[:NAME_LIMIT].encode("utf-8", "replace").decode("utf-8")
