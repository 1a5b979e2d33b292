"""When a credential, one of its fields or an import cannot be taken, found or opened."""

import re
from types import MappingProxyType

from nskeys.errors import (
    AmbiguousCredential,
    BadRow,
    FieldInvalid,
    ImportRefused,
    ImportUnreadable,
    NameTaken,
    NoSuchCredential,
    SealDoesNotOpen,
)
from nskeys.model.credentials import FIELD_LIMIT, NAME_LIMIT, NOTE_LIMIT, SECRET_LIMIT
from nskeys.reasons import FieldProblem, ImportProblem, Problem, SealProblem
from nskeys.wording.fields import field_label
from nskeys.wording.labels import kind_name
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import Row, Table, alike, listed
from nskeys.wording.text.terminal import fit, safe, shown

_TYPED_AS_IT_IS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@+-]*")
"""Words that a shell takes as they are, so a command with them can be typed."""
_FIELD_PROBLEMS = MappingProxyType(
    {
        FieldProblem.EMPTY: ("is empty", "Type something into it."),
        FieldProblem.NOT_READABLE: (
            "cannot be read in the CMDB",
            "Give it anew, together with the secret.",
        ),
        FieldProblem.SEVERAL_LINES: ("has more than one line", "Write it in one line."),
        FieldProblem.ZERO_CHARACTER: (
            "contains the character U+0000",
            "Type it anew without that character.",
        ),
        FieldProblem.CONTROL_CHARACTERS: (
            "contains a character that cannot be seen",
            "Type it anew in plain text.",
        ),
        FieldProblem.NOT_NFC: ("is not in Unicode's normal form C", "Type it anew."),
        FieldProblem.NOT_TEXT: ("is not valid Unicode text", "Type it anew, or save its file as UTF-8."),
        FieldProblem.TOO_LONG: ("is too long", "Shorten it."),
        FieldProblem.NOT_URL: ("is not a URL of another server", "Write it like https://ns02.example.net."),
        FieldProblem.NOT_DOMAIN_USER: ("is not a domain and a user", "Write it like DOMAIN\\user."),
        FieldProblem.NOT_HOST_PORT: (
            "is not a host, or a host and a port",
            "Write it like host or host:5631.",
        ),
        FieldProblem.PASSWORD_IN_URL: (
            "has a password in it, and the target is not secret",
            "Take the password out of the target.",
        ),
        FieldProblem.KIND_UNKNOWN: (
            "is not known, for nothing says what the credential is for",
            "Name it with '--kind hierarchy', '--kind pcanywhere' or '--kind run-as'.",
        ),
        FieldProblem.MISSING: ("is missing", "Write it, even if it is empty."),
        FieldProblem.WRONG_TYPE: ("is not text", "Write it as text in quotes."),
        FieldProblem.NOT_A_LOGIN: (
            "is not a login with a user and a password",
            "Leave it out, or take the rest.",
        ),
        FieldProblem.NOT_AN_OBJECT: ("is not a JSON object", "Write it as an object in braces."),
        FieldProblem.REFERENCE: (
            "only points to another entry",
            "Write what it points to into the export, or leave it out.",
        ),
        FieldProblem.KIND_AMBIGUOUS: (
            "is not sure, for the entry lies in groups that say different ones",
            "Name it with '--kind hierarchy', '--kind pcanywhere' or '--kind run-as'.",
        ),
        FieldProblem.DELETED: ("is the bin, where deleted entries lie", "Take it with '--with-deleted'."),
        FieldProblem.LOOKS_DELETED: (
            "is called like a recycle bin, so the entry looks deleted",
            "Take it with '--with-deleted'.",
        ),
        FieldProblem.STILL_ENCRYPTED: (
            "is still encrypted, for this is XML from inside a database",
            "Export it as 'KeePass XML (2.x)' in KeePass.",
        ),
        FieldProblem.NO_SECRET: (
            "is empty, for the entry has no password",
            "Take it with '--empty-secrets'.",
        ),
        FieldProblem.CHANGED: ("is here already with other values", "Take it with '--update'."),
        FieldProblem.WRONG_COLUMNS: (
            "has another number of cells than there are columns",
            "Quote cells that contain a comma or a line break.",
        ),
    }
)
_CHOOSE_KIND, _TAKE_LEFT_OUT = "Choose the kind of every row with k.", "Take such rows with l."
_BY_KEY = MappingProxyType(
    {
        FieldProblem.KIND_UNKNOWN: _CHOOSE_KIND,
        FieldProblem.KIND_AMBIGUOUS: _CHOOSE_KIND,
        FieldProblem.DELETED: _TAKE_LEFT_OUT,
        FieldProblem.LOOKS_DELETED: _TAKE_LEFT_OUT,
        FieldProblem.NO_SECRET: _TAKE_LEFT_OUT,
        FieldProblem.CHANGED: _TAKE_LEFT_OUT,
    }
)
_LIMITS = MappingProxyType(
    {"name": NAME_LIMIT, "target": FIELD_LIMIT, "account": FIELD_LIMIT, "note": NOTE_LIMIT}
)
_OTHER_LABELS = MappingProxyType({"server": "name of the server", "row": "entry", "type": "entry"})
_SEALS = MappingProxyType(
    {
        SealProblem.KEY_MISSING: (
            "its key is not on this server",
            "Bring the key back with 'nskeys restore FILE' from a backup that holds it.",
            "Restore its key (r) from a backup that holds it, or give it a new secret.",
        ),
        SealProblem.TAMPERED: (
            "its row in the CMDB was changed after it was sealed, or is damaged",
            (
                "Give it a new secret ('nskeys credential edit {id}'), "
                "or remove it ('nskeys credential remove {id} --yes')."
            ),
            "Give it a new secret, or remove it.",
        ),
    }
)
_IMPORTS = MappingProxyType(
    {
        ImportProblem.UNKNOWN_FORMAT: (
            "is none of the exports that nskeys reads",
            "Export it as CSV: with '--columns' any CSV is read.",
        ),
        ImportProblem.ENCRYPTED: (
            "is an encrypted export",
            "Export it anew without encryption, import it, then delete it.",
        ),
        ImportProblem.NOT_REMEMBERED: (
            "is no name under which columns were remembered",
            "Name them once with '--columns name=...,account=...,secret=...' and '--remember NAME'.",
        ),
        ImportProblem.NO_SUCH_COLUMN: (
            "does not have the columns that were named",
            "Write them as in the file's first line, and give '--delimiter' what stands between them.",
        ),
        ImportProblem.UTF16: (
            "is UTF-16 text",
            "Import it without '--encoding', or with '--encoding utf-16'.",
        ),
        ImportProblem.UTF32: ("is UTF-32 text", "Save it as UTF-8 and import that."),
        ImportProblem.CODE_PAGE: (
            "is not UTF-8, so it is in a code page that it does not name",
            (
                "Save it as 'CSV UTF-8' in the spreadsheet, or name its code page: '--encoding cp1252' is "
                "Windows-1252, of Western Europe."
            ),
        ),
        ImportProblem.NOT_IN_ENCODING: (
            "is not text in the encoding that was named",
            "Name another with '--encoding', or save it as UTF-8.",
        ),
        ImportProblem.ZIP: ("is a ZIP archive", "Unpack it and import the file in it."),
        ImportProblem.ZIP_DAMAGED: (
            "is a damaged 1Password 1PUX",
            "Export it anew in 1Password and import that.",
        ),
        ImportProblem.ONEPIF: (
            "is a 1PIF of an old 1Password, one document a line",
            "Export it anew as CSV in 1Password and import that.",
        ),
        ImportProblem.JSON_LINES: (
            "holds more than one JSON document, as none of the exports does",
            "Export it anew as CSV and import that.",
        ),
        ImportProblem.PROTON_JSON: (
            "is Proton Pass' JSON",
            "Export it anew as CSV in Proton Pass and import that.",
        ),
        ImportProblem.GZIP: ("is a gzip file", "Unpack it with 'gunzip' and import what was in it."),
        ImportProblem.COMPRESSED: ("is a compressed file", "Unpack it and import the file in it."),
        ImportProblem.ARCHIVE: ("is a compressed archive", "Unpack it and import the file in it."),
        ImportProblem.AGE: ("is encrypted with age", "Open it with 'age -d' and import what was in it."),
        ImportProblem.PGP: (
            "is encrypted with OpenPGP",
            "Open it with 'gpg -d' and import what was in it.",
        ),
        ImportProblem.OPENSSL: (
            "is encrypted with OpenSSL",
            "Open it with 'openssl enc -d' and import what was in it.",
        ),
        ImportProblem.SQLITE: (
            "is an SQLite database",
            "Export CSV in the program that wrote it and import that.",
        ),
        ImportProblem.PASSWORD_SAFE: (
            "is an encrypted Password Safe",
            "Export it as text in Password Safe and import that with '--columns'.",
        ),
        ImportProblem.SPREADSHEET: (
            "is a spreadsheet's own file",
            "Save it as 'CSV UTF-8' in the spreadsheet and import that.",
        ),
        ImportProblem.PDF: (
            "is a PDF",
            "Export CSV in the program that holds the passwords and import that.",
        ),
        ImportProblem.KDBX: (
            "is an encrypted KDBX, the KeePass database itself",
            "Export it as CSV in KeePassXC (Database, Export) and import that.",
        ),
        ImportProblem.KDB: (
            "is an encrypted KDB, the database of KeePass 1",
            "Export it as CSV in KeePass and import that.",
        ),
        ImportProblem.WEB_PAGE: ("is a web page", "Import the file that the password manager exported."),
        ImportProblem.XML_SYNTAX: ("is not well-formed XML", "Export it anew in KeePass and import that."),
        ImportProblem.XML_ENTITIES: (
            "is XML that defines entities, which KeePass never writes",
            "Export it anew in KeePass and import that.",
        ),
        ImportProblem.KEEPASS1_XML: ("is XML of KeePass 1", "Export it as CSV in KeePass and import that."),
        ImportProblem.MREMOTENG: (
            "is mRemoteNG's XML, whose passwords are encrypted",
            "Export it as CSV in mRemoteNG and import that with '--columns'.",
        ),
        ImportProblem.RDCMAN: (
            "is a file of Remote Desktop Connection Manager, whose passwords only Windows opens",
            "Enter its credentials with 'nskeys credential add'.",
        ),
        ImportProblem.XML: (
            "is XML of a program that nskeys does not know",
            "Export CSV in that program and import that with '--columns'.",
        ),
        ImportProblem.TOO_LARGE: ("is larger than an export can be", "Split it and import the parts."),
        ImportProblem.TOO_MANY_ROWS: (
            "has more entries than one import takes",
            "Split it and import the parts.",
        ),
        ImportProblem.FIELD_TOO_LONG: (
            "holds a cell that is too long",
            "Shorten it, or leave that entry out.",
        ),
        ImportProblem.UNTERMINATED_QUOTE: (
            "opens a quote and never closes it",
            "Export it anew, or close the quote.",
        ),
        ImportProblem.QUOTE_IN_FIELD: (
            "has a quote in the middle of a cell",
            "Export it anew, or double the quotes inside quoted cells.",
        ),
        ImportProblem.PADDED_CELL: (
            "has spaces around its cells, and nothing says whether they belong to one without quotes",
            "Put that cell in quotes, or take the spaces away.",
        ),
        ImportProblem.STRAY_BACKSLASH: (
            "has a backslash that stands before neither a backslash nor a quote",
            "Double it, as KeePass writes it, or export it anew.",
        ),
    }
)
_NAME_COLUMNS = "Import it by command, which can be told what its columns hold."
_IMPORTS_BY_KEY = MappingProxyType(
    {
        ImportProblem.UNKNOWN_FORMAT: (
            "Export it as one of those that Import lists, or import it by command, which can be told what "
            "the columns of any CSV hold."
        ),
        ImportProblem.NOT_REMEMBERED: _NAME_COLUMNS,
        ImportProblem.NO_SUCH_COLUMN: _NAME_COLUMNS,
        ImportProblem.UTF16: "Save it as UTF-8 and import that.",
        ImportProblem.CODE_PAGE: (
            "Save it as 'CSV UTF-8' in the spreadsheet and import that, or import it by command, which can "
            "be told its code page."
        ),
        ImportProblem.NOT_IN_ENCODING: "Save it as UTF-8 and import that.",
        ImportProblem.PASSWORD_SAFE: (
            "Export it as text in Password Safe and import that by command, which can be told what its "
            "columns hold."
        ),
        ImportProblem.MREMOTENG: (
            "Export it as CSV in mRemoteNG and import that by command, which can be told what its columns "
            "hold."
        ),
        ImportProblem.RDCMAN: "Add its credentials one by one.",
        ImportProblem.XML: (
            "Export CSV in that program and import that by command, which can be told what its columns "
            "hold."
        ),
    }
)
"""Where the app has another way than the command line, or none."""


def _field_invalid(error: FieldInvalid) -> Row:
    words, advice = _FIELD_PROBLEMS[error.problem]
    if error.problem is FieldProblem.TOO_LONG and error.limit:
        unit = "byte" if error.field == "secret" else "character"
        words = f"is longer than {count(error.limit, unit)}"
    return Row(f"The {_label(error.field)} {words}.", advice, _BY_KEY.get(error.problem, advice))


def bad_row(row: BadRow) -> str:
    """Return the line of a row that cannot be taken: `row 3, "db01": the account is empty`."""
    title = f', "{fit(safe(row.title), 40)}"' if row.title else ""
    return f"row {number(row.row)}{title}: {row_problem(row)}"


def row_problem(row: BadRow) -> str:
    """Return why a row cannot be taken, to stand behind its name: `the account is empty`."""
    limit = SECRET_LIMIT if row.field == "secret" else _LIMITS.get(row.field, 0)
    problem = _field_invalid(FieldInvalid(row.field, row.problem, limit)).what.removesuffix(".")
    return f"{problem[0].lower()}{problem[1:]}"


def _label(field: str) -> str:
    known = field_label(field)
    return _OTHER_LABELS.get(field) or known.lower()


def _name_taken(error: NameTaken) -> Row:
    reference = f"{error.kind}/{error.name}"
    typed = reference if _TYPED_AS_IT_IS.fullmatch(reference) else "ID"
    return Row(
        f"There is a {kind_name(error.kind)} credential named {shown(error.name)} already.",
        f"Choose another name, or change that one with 'nskeys credential edit {typed}'.",
        "Choose another name, or change the one that has it.",
    )


def _no_such_credential(error: NoSuchCredential) -> Row:
    return Row(
        f"No credential is called {shown(error.reference)}.",
        "Give an id or kind/name as 'nskeys credential list' shows them.",
        "Somebody removed it meanwhile: look at the list once more.",
    )


def _ambiguous_credential(error: AmbiguousCredential) -> Row:
    matches = listed(tuple(shown(match) for match in error.matches))
    return alike(
        f"{shown(error.reference)} stands for {count(len(error.matches), 'credential')}: {matches}.",
        "Give kind/name, or more digits of the id, of the one that is meant.",
    )


def _seal_does_not_open(error: SealDoesNotOpen) -> Row:
    reference = shown(f"{error.kind}/{error.name}")
    words, advice, by_key = _SEALS[error.reason]
    return Row(f"{reference} does not open: {words}.", advice.format(id=safe(error.credential)), by_key)


def _import_refused(error: ImportRefused) -> Row:
    rows = count(len(error.bad), "row")
    return Row(
        f"{rows} of {shown(error.source)} cannot be taken, so nothing was imported.",
        "Correct what is named, or take the rest with 'nskeys credential import FILE --skip-bad'.",
        "Correct what is named, or take the rest with s.",
    )


def _import_unreadable(error: ImportUnreadable) -> Row:
    line = f" (line {number(error.line)})" if error.line else ""
    if isinstance(error.problem, Problem):
        words, advice = (
            f"cannot be imported{problem_text(error.problem)}",
            "Export it anew and import that.",
        )
        by_key = advice
    else:
        words, advice = _IMPORTS[error.problem]
        by_key = _IMPORTS_BY_KEY.get(error.problem, advice)
    return Row(f"{shown(error.source)} {words}{line}.", advice, by_key)


CREDENTIALS: Table = MappingProxyType(
    {
        FieldInvalid: _field_invalid,
        NameTaken: _name_taken,
        NoSuchCredential: _no_such_credential,
        AmbiguousCredential: _ambiguous_credential,
        SealDoesNotOpen: _seal_does_not_open,
        ImportRefused: _import_refused,
        ImportUnreadable: _import_unreadable,
    }
)
