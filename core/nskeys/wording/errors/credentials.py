"""When a credential or one of its fields cannot be taken, found or opened."""

import re
from types import MappingProxyType

from nskeys.errors import (
    AmbiguousCredential,
    BadRow,
    CredentialWaits,
    FieldInvalid,
    NameTaken,
    NoSuchCredential,
    SealDoesNotOpen,
)
from nskeys.model.credentials import FIELD_LIMIT, NAME_LIMIT, NOTE_LIMIT, SECRET_LIMIT
from nskeys.reasons import FieldProblem, SealProblem
from nskeys.wording.fields import field_label
from nskeys.wording.labels import kind_name
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
            "is not known: no group or folder name gives it away",
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
        FieldProblem.HTML_ENTITY: (
            "has an HTML entity such as '&amp;', which some exports write for '&' and others mean",
            "Write the character itself into the export, or add the credential by hand.",
        ),
        FieldProblem.KIND_AMBIGUOUS: (
            "is not certain: the entry's groups name different ones",
            "Name it with '--kind hierarchy', '--kind pcanywhere' or '--kind run-as'.",
        ),
        FieldProblem.DELETED: ("is the bin, where deleted entries lie", "Take it with '--with-deleted'."),
        FieldProblem.LOOKS_DELETED: (
            "has the name of a recycle bin, so the entry looks deleted",
            "Take it with '--with-deleted'.",
        ),
        FieldProblem.STILL_ENCRYPTED: (
            "is still encrypted: this is XML from inside a database",
            "Export it as 'KeePass XML (2.x)' in KeePass.",
        ),
        FieldProblem.NO_SECRET: (
            "is empty: the entry has no password",
            "Take it with '--empty-secrets'.",
        ),
        FieldProblem.CHANGED: ("is here already with other values", "Take it with '--update'."),
        FieldProblem.WRONG_COLUMNS: (
            "has another number of cells than there are columns",
            "Quote cells that contain a comma or a line break.",
        ),
    }
)
_CHOOSE_KIND, _TAKE_LEFT_OUT = "Choose the kind of every row with c.", "Take such rows with l."
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
_OTHER_LABELS = MappingProxyType(
    {"server": "name of the server", "source": "place of nskeys", "row": "entry", "type": "entry"}
)
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
                "Bring the database back from its own backup, or accept the row as it is ('nskeys "
                "checkpoint accept'); then give it a new secret ('nskeys credential edit {id}'), or "
                "remove it."
            ),
            "Bring the database back from its own backup; what was accepted takes a new secret.",
        ),
    }
)


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


def _credential_waits(error: CredentialWaits) -> Row:
    reference = shown(f"{error.kind}/{error.name}")
    return Row(
        f"Nothing was changed, since {reference} does not open: its row in the CMDB is not what nskeys "
        "wrote.",
        "Bring the database back from its own backup, or accept the row as it is ('nskeys checkpoint "
        "show' says how), and then give it a new secret or remove it.",
        "Bring the database back from its own backup; a row that was accepted as it is can be given a new "
        "secret, or removed.",
    )


CREDENTIALS: Table = MappingProxyType(
    {
        FieldInvalid: _field_invalid,
        NameTaken: _name_taken,
        NoSuchCredential: _no_such_credential,
        AmbiguousCredential: _ambiguous_credential,
        SealDoesNotOpen: _seal_does_not_open,
        CredentialWaits: _credential_waits,
    }
)
