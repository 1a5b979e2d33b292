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
from nskeys.wording.fields import field_label
from nskeys.wording.labels import kind_name
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import Sentence, Table, listed, token_words
from nskeys.wording.text.terminal import fit, safe, shown

_TYPED_AS_IT_IS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@+-]*")
"""Words that a shell takes as they are, so a command with them can be typed."""
_FIELD_PROBLEMS = MappingProxyType(
    {
        "empty": ("is empty", "Type something into it."),
        "not_readable": ("cannot be read in the CMDB", "Give it anew, together with the secret."),
        "several_lines": ("has more than one line", "Write it in one line."),
        "zero_character": ("contains the character U+0000", "Type it anew without that character."),
        "control_characters": (
            "contains a character that cannot be seen",
            "Type it anew in plain text.",
        ),
        "not_nfc": ("is not in Unicode's normal form C", "Type it anew."),
        "not_text": ("is not valid Unicode text", "Type it anew, or save its file as UTF-8."),
        "too_long": ("is too long", "Shorten it."),
        "not_url": ("is not a URL of another server", "Write it like https://ns02.example.net."),
        "not_domain_user": ("is not a domain and a user", "Write it like DOMAIN\\user."),
        "not_host_port": ("is not a host, or a host and a port", "Write it like host or host:5631."),
        "password_in_url": (
            "has a password in it, and the target is not secret",
            "Take the password out of the target.",
        ),
        "kind_unknown": (
            "is not known, for nothing says what the credential is for",
            "Name it with '--kind hierarchy', '--kind pcanywhere' or '--kind run-as'.",
        ),
        "missing": ("is missing", "Write it, even if it is empty."),
        "wrong_type": ("is not text", "Write it as text in quotes."),
        "not_a_login": ("is not a login with a user and a password", "Leave it out, or take the rest."),
        "not_an_object": ("is not a JSON object", "Write it as an object in braces."),
        "reference": (
            "only points to another entry",
            "Write what it points to into the export, or leave it out.",
        ),
        "kind_ambiguous": (
            "is not sure, for the entry lies in groups that say different ones",
            "Name it with '--kind hierarchy', '--kind pcanywhere' or '--kind run-as'.",
        ),
        "deleted": ("is the bin, where deleted entries lie", "Take it with '--with-deleted'."),
        "looks_deleted": (
            "is called like a recycle bin, so the entry looks deleted",
            "Take it with '--with-deleted'.",
        ),
        "still_encrypted": (
            "is still encrypted, for this is XML from inside a database",
            "Export it as 'KeePass XML (2.x)' in KeePass.",
        ),
        "no_secret": ("is empty, for the entry has no password", "Take it with '--empty-secrets'."),
        "changed": ("is here already with other values", "Take it with '--update'."),
        "wrong_columns": (
            "has another number of cells than there are columns",
            "Quote cells that contain a comma or a line break.",
        ),
    }
)
_LIMITS = MappingProxyType(
    {"name": NAME_LIMIT, "target": FIELD_LIMIT, "account": FIELD_LIMIT, "note": NOTE_LIMIT}
)
_OTHER_LABELS = MappingProxyType({"server": "name of the server", "row": "entry", "type": "entry"})
_SEALS = MappingProxyType(
    {
        "key_missing": (
            "its key is not on this server",
            "Bring the key back with 'nskeys restore FILE' from a backup that holds it.",
        ),
        "key_inactive": (
            "its key is not active yet",
            "Finish the rotation with 'nskeys key rotate', then try again.",
        ),
        "tampered": (
            "its row in the CMDB was changed after it was sealed, or is damaged",
            (
                "Give it a new secret ('nskeys credential edit {id}'), "
                "or remove it ('nskeys credential remove {id} --yes')."
            ),
        ),
    }
)
_IMPORTS = MappingProxyType(
    {
        "unknown_format": (
            "is none of the exports that nskeys reads",
            "'nskeys credential import --help' names those; '--columns' reads any CSV.",
        ),
        "encrypted": (
            "is an encrypted export",
            "Export it anew without encryption, import it, then delete it.",
        ),
        "not_remembered": (
            "is no name under which columns were remembered",
            "Name them once with '--columns name=...,account=...,secret=...' and '--remember NAME'.",
        ),
        "no_such_column": (
            "does not have the columns that were named",
            "Write them as in the file's first line, and give '--delimiter' what stands between them.",
        ),
        "utf16": ("is UTF-16 text", "Import it without '--encoding', or with '--encoding utf-16'."),
        "utf32": ("is UTF-32 text", "Save it as UTF-8 and import that."),
        "code_page": (
            "is not UTF-8, so it is in a code page that it does not name",
            (
                "Save it as 'CSV UTF-8' in the spreadsheet, or name its code page: '--encoding cp1252' is "
                "Windows-1252, of Western Europe."
            ),
        ),
        "not_in_encoding": (
            "is not text in the encoding that was named",
            "Name another with '--encoding', or save it as UTF-8.",
        ),
        "zip": ("is a ZIP archive", "Unpack it and import the file in it."),
        "zip_damaged": ("is a damaged 1Password 1PUX", "Export it anew in 1Password and import that."),
        "onepif": (
            "is a 1PIF of an old 1Password, one document a line",
            "Export it anew as CSV in 1Password and import that.",
        ),
        "json_lines": (
            "holds more than one JSON document, as none of the exports does",
            "Export it anew as CSV and import that.",
        ),
        "proton_json": ("is Proton Pass' JSON", "Export it anew as CSV in Proton Pass and import that."),
        "gzip": ("is a gzip file", "Unpack it with 'gunzip' and import what was in it."),
        "compressed": ("is a compressed file", "Unpack it and import the file in it."),
        "archive": ("is a compressed archive", "Unpack it and import the file in it."),
        "age": ("is encrypted with age", "Open it with 'age -d' and import what was in it."),
        "pgp": ("is encrypted with OpenPGP", "Open it with 'gpg -d' and import what was in it."),
        "openssl": (
            "is encrypted with OpenSSL",
            "Open it with 'openssl enc -d' and import what was in it.",
        ),
        "sqlite": ("is an SQLite database", "Export CSV in the program that wrote it and import that."),
        "password_safe": (
            "is an encrypted Password Safe",
            "Export it as text in Password Safe and import that with '--columns'.",
        ),
        "spreadsheet": (
            "is a spreadsheet's own file",
            "Save it as 'CSV UTF-8' in the spreadsheet and import that.",
        ),
        "pdf": ("is a PDF", "Export CSV in the program that holds the passwords and import that."),
        "kdbx": (
            "is an encrypted KDBX, the KeePass database itself",
            "Export it as CSV in KeePassXC (Database, Export) and import that.",
        ),
        "kdb": (
            "is an encrypted KDB, the database of KeePass 1",
            "Export it as CSV in KeePass and import that.",
        ),
        "web_page": ("is a web page", "Import the file that the password manager exported."),
        "xml_syntax": ("is not well-formed XML", "Export it anew in KeePass and import that."),
        "xml_entities": (
            "is XML that defines entities, which KeePass never writes",
            "Export it anew in KeePass and import that.",
        ),
        "keepass1_xml": ("is XML of KeePass 1", "Export it as CSV in KeePass and import that."),
        "mremoteng": (
            "is mRemoteNG's XML, whose passwords are encrypted",
            "Export it as CSV in mRemoteNG and import that with '--columns'.",
        ),
        "rdcman": (
            "is a file of Remote Desktop Connection Manager, whose passwords only Windows opens",
            "Enter its credentials with 'nskeys credential add'.",
        ),
        "xml": (
            "is XML of a program that nskeys does not know",
            "Export CSV in that program and import that with '--columns'.",
        ),
        "too_large": ("is larger than an export can be", "Split it and import the parts."),
        "too_many_rows": ("has more entries than one import takes", "Split it and import the parts."),
        "field_too_long": ("holds a cell that is too long", "Shorten it, or leave that entry out."),
        "unterminated_quote": ("opens a quote and never closes it", "Export it anew, or close the quote."),
        "quote_in_field": (
            "has a quote in the middle of a cell",
            "Export it anew, or double the quotes inside quoted cells.",
        ),
        "padded_cell": (
            "has spaces around its cells, and nothing says whether they belong to one without quotes",
            "Put that cell in quotes, or take the spaces away.",
        ),
        "stray_backslash": (
            "has a backslash that stands before neither a backslash nor a quote",
            "Double it, as KeePass writes it, or export it anew.",
        ),
        "duplicate_column": ("has two columns of one name", "Rename one of them."),
    }
)


def _field_invalid(error: FieldInvalid) -> Sentence:
    words, advice = _FIELD_PROBLEMS.get(error.problem, ("", "Correct it and try again."))
    words = words or f"cannot be used{problem_text(error.problem)}"
    if error.problem == "too_long" and error.limit:
        unit = "byte" if error.field == "secret" else "character"
        words = f"is longer than {count(error.limit, unit)}"
    return Sentence(f"The {_label(error.field)} {words}.", advice)


def bad_row(row: BadRow) -> str:
    """A row of an import that cannot be taken: `row 3, "db01": the account is empty`."""
    title = f', "{fit(safe(row.title), 40)}"' if row.title else ""
    return f"row {number(row.row)}{title}: {row_problem(row)}"


def row_problem(row: BadRow) -> str:
    """Why a row cannot be taken, to stand behind its name: `the account is empty`."""
    limit = SECRET_LIMIT if row.field == "secret" else _LIMITS.get(row.field, 0)
    problem = _field_invalid(FieldInvalid(row.field, row.problem, limit)).what.removesuffix(".")
    return f"{problem[0].lower()}{problem[1:]}"


def _label(field: str) -> str:
    known = field_label(field)
    return _OTHER_LABELS.get(field) or known.lower()


def _name_taken(error: NameTaken) -> Sentence:
    reference = f"{error.kind}/{error.name}"
    typed = reference if _TYPED_AS_IT_IS.fullmatch(reference) else "ID"
    return Sentence(
        f"There is a {kind_name(error.kind)} credential named {shown(error.name)} already.",
        f"Choose another name, or change that one with 'nskeys credential edit {typed}'.",
    )


def _no_such_credential(error: NoSuchCredential) -> Sentence:
    return Sentence(
        f"No credential is called {shown(error.reference)}.",
        "Give an id or kind/name as 'nskeys credential list' shows them.",
    )


def _ambiguous_credential(error: AmbiguousCredential) -> Sentence:
    matches = listed(tuple(shown(match) for match in error.matches))
    return Sentence(
        f"{shown(error.reference)} stands for {count(len(error.matches), 'credential')}: {matches}.",
        "Give kind/name, or more digits of the id, of the one that is meant.",
    )


def _seal_does_not_open(error: SealDoesNotOpen) -> Sentence:
    reference = shown(f"{error.kind}/{error.name}")
    fallback = (token_words({}, error.reason), "Run 'nskeys verify' to see which credentials open.")
    words, advice = _SEALS.get(error.reason, fallback)
    return Sentence(f"{reference} does not open: {words}.", advice.format(id=safe(error.credential)))


def _import_refused(error: ImportRefused) -> Sentence:
    rows = count(len(error.bad), "row")
    return Sentence(
        f"{rows} of {shown(error.source)} cannot be taken, so nothing was imported.",
        "Correct what is named, or take the rest with 'nskeys credential import FILE --skip-bad'.",
    )


def _import_unreadable(error: ImportUnreadable) -> Sentence:
    line = f" (line {number(error.line)})" if error.line else ""
    words, advice = _IMPORTS.get(
        error.problem,
        (f"cannot be imported{problem_text(error.problem)}", "Export it anew and import that."),
    )
    return Sentence(f"{shown(error.source)} {words}{line}.", advice)


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
