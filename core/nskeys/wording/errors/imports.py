"""When an export cannot be read, opened or taken."""

from types import MappingProxyType

from nskeys.errors import ImportRefused, ImportUnreadable
from nskeys.reasons import ImportProblem, Problem
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import Row, Table
from nskeys.wording.text.terminal import shown

_IMPORTS = MappingProxyType(
    {
        ImportProblem.UNKNOWN_FORMAT: (
            "is not an export that nskeys reads",
            "Export it as CSV: with '--columns' any CSV is read.",
        ),
        ImportProblem.ENCRYPTED: (
            "is an encrypted export",
            "Export it anew without encryption, import it, then delete it.",
        ),
        ImportProblem.NOT_REMEMBERED: (
            "is not the name of remembered columns",
            "Name them once with '--columns name=...,account=...,secret=...' and '--remember NAME'.",
        ),
        ImportProblem.NO_SUCH_COLUMN: (
            "does not have the columns that were named",
            "Write them as in the file's first line, and give '--delimiter' what stands between them.",
        ),
        ImportProblem.UTF8: ("is UTF-8 text", "Import it without '--encoding'."),
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
            "is not valid text in the encoding that it is read in",
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
            "holds more than one JSON document, and exports hold one",
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
            "Install what reads it with \"pip install 'nskeys[kdbx]'\", or import a CSV of it.",
        ),
        ImportProblem.KDF_COST: (
            "needs more memory or time to open than nskeys allows",
            "Lower its encryption settings in the program that wrote it, save it, and import that.",
        ),
        ImportProblem.KDBX_DAMAGED: (
            "is a damaged KDBX",
            "Open it in KeePassXC, save it anew and import that, or take a copy of it.",
        ),
        ImportProblem.KDBX_VERSION: (
            "is a KDBX of a version or a cipher that nskeys does not read",
            "Save it as KDBX 4 in KeePassXC and import that.",
        ),
        ImportProblem.KDBX_FAILED: (
            "could not be opened in the memory and time that it may take",
            "Export it as CSV in KeePassXC (Database, Export) and import that.",
        ),
        ImportProblem.KEY_FILE: (
            "cannot be opened with that key file, which is damaged",
            "Give another copy of the key file.",
        ),
        ImportProblem.NOT_A_TREE: (
            "is a folder without '.gpg-id', so it is no tree of 'pass'",
            "Name the folder of the password store, or an export.",
        ),
        ImportProblem.NO_GPG: (
            "is a tree of 'pass', which needs 'gpg', and that is not installed",
            "Install 'gpg', and import the secret key into it.",
        ),
        ImportProblem.NO_GPG_KEY: (
            "is encrypted to OpenPGP keys of which none is here",
            "Import it as the user whose 'gpg' has the secret key.",
        ),
        ImportProblem.GPG_FAILED: (
            "could not be opened by 'gpg'",
            "Try 'gpg --decrypt' on a file in it, and mend what that says.",
        ),
        ImportProblem.GOPASS_AGE: (
            "is a tree of 'gopass' that is encrypted with age",
            "Export it as CSV and import that with '--columns'.",
        ),
        ImportProblem.ACCOUNT_RESTRICTED: (
            "is an encrypted export that only its Bitwarden account opens",
            "Export it anew with a password of its own, or without encryption.",
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
_IMPORTS_BY_KEY = MappingProxyType(
    {
        ImportProblem.UNKNOWN_FORMAT: (
            "Export it as CSV: where that is none that nskeys knows, Import asks what its columns hold."
        ),
        ImportProblem.NOT_REMEMBERED: "Name its columns where Import asks for them.",
        ImportProblem.NO_SUCH_COLUMN: "Name its columns where Import asks for them.",
        ImportProblem.UTF8: "Choose UTF-8 where Import asks for the encoding.",
        ImportProblem.UTF16: "Save it as UTF-8 and import that.",
        ImportProblem.CODE_PAGE: (
            "Save it as 'CSV UTF-8' in the spreadsheet, or choose its code page where Import asks for it."
        ),
        ImportProblem.NOT_IN_ENCODING: "Choose another where Import asks for it, or save it as UTF-8.",
        ImportProblem.PASSWORD_SAFE: "Export it as text in Password Safe and import that.",
        ImportProblem.KDBX: "Install the extra 'nskeys[kdbx]', which reads it, or import a CSV of it.",
        ImportProblem.MREMOTENG: "Export it as CSV in mRemoteNG and import that.",
        ImportProblem.GOPASS_AGE: "Export it as CSV and import that.",
        ImportProblem.RDCMAN: "Add its credentials one by one.",
        ImportProblem.XML: "Export CSV in that program and import that.",
    }
)
"""Where the app has another way than the command line, or none."""


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


IMPORTS: Table = MappingProxyType({ImportRefused: _import_refused, ImportUnreadable: _import_unreadable})
