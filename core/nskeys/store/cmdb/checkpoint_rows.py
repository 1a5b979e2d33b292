"""What a checkpoint is about, as the CMDB has it: read whatever it is, so that it can be compared.

No value is refused here: one that nskeys would not write is spelled as text, so the hash over it differs.
"""

from typing import Any

from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.signed_json import INTEGER_LIMIT, Json
from nskeys.ports import SignedStatement
from nskeys.store.cmdb.engine import Connection

_KEY_COLUMNS = (
    "key_no",
    "kid",
    "created",
    "state",
    "state_since",
    "seals",
    "resealed",
    "counted",
    "hierarchy_rows",
    "hierarchy_number_sum",
    "pcanywhere_rows",
    "pcanywhere_number_sum",
    "run_as_rows",
    "run_as_number_sum",
    "row_sum",
)
_KEYS = " ".join(("SELECT", ", ".join(_KEY_COLUMNS), "FROM keys ORDER BY key_no"))
_TEXT_LIMIT = 1 << 20
_NOTES = 1_000
"""Notes that are kept, the newest."""


def key_rows(connection: Connection) -> tuple[dict[str, Json], ...]:
    """Return every row of `keys` whole, in the order of their numbers."""
    return tuple(
        {name: _spelled(value) for name, value in zip(_KEY_COLUMNS, row, strict=True)}
        for row in connection.all(_KEYS)
    )


def _spelled(value: Any) -> Json:
    if type(value) is int and abs(value) <= INTEGER_LIMIT:
        return value
    if type(value) is bytes:
        return value.hex()
    if type(value) is str:
        return value.encode("utf-8", "replace").decode("utf-8")
    return f"not a value: {value!r}"


def checkpoint_of(connection: Connection) -> SignedCheckpoint | None:
    """Return the checkpoint as stored; an empty text where it cannot have been signed."""
    row = connection.one("SELECT body, signature FROM checkpoint")
    if row is None:
        return None
    body, signature = row
    readable = type(body) is str and len(body) <= _TEXT_LIMIT and type(signature) is bytes
    return SignedCheckpoint(body, signature) if readable else SignedCheckpoint("", b"")


def replace_checkpoint(
    connection: Connection, before: SignedCheckpoint | None, after: SignedCheckpoint
) -> bool:
    """Replace the checkpoint by compare-and-swap; return False where it is not the one before."""
    if before is None:
        if connection.one("SELECT 1 FROM checkpoint") is not None:
            return False
        connection.run(
            "INSERT INTO checkpoint (one, body, signature) VALUES (1, ?, ?)", after.text, after.signature
        )
        return True
    changed = connection.run(
        "UPDATE checkpoint SET body = ?, signature = ? WHERE body = ? AND signature = ?",
        after.text,
        after.signature,
        before.text,
        before.signature,
    )
    return changed == 1


def statements(connection: Connection) -> tuple[SignedStatement, ...]:
    """Return the signed statements, oldest first; those that cannot have been signed are left out."""
    rows = connection.all("SELECT number, label, body, signature FROM statements ORDER BY number")
    return tuple(
        SignedStatement(number, label, body, signature)
        for number, label, body, signature in rows
        if [type(one) for one in (number, label, body, signature)] == [int, str, str, bytes]
    )


def add_statement(connection: Connection, statement: SignedStatement) -> None:
    connection.run(
        "INSERT INTO statements (number, label, body, signature) VALUES (?, ?, ?, ?)",
        statement.number,
        statement.label,
        statement.text,
        statement.signature,
    )


def notes(connection: Connection) -> tuple[str, ...]:
    """Return the notes, newest first."""
    rows = connection.all("SELECT body FROM notes ORDER BY number DESC LIMIT ?", _NOTES)
    return tuple(body for (body,) in rows if type(body) is str and len(body) <= _TEXT_LIMIT)


def add_note(connection: Connection, text: str) -> None:
    """Append a note, and remove the oldest where there are too many."""
    last = connection.value("SELECT max(number) FROM notes")
    number = last + 1 if type(last) is int and 0 <= last < INTEGER_LIMIT else 1
    connection.run("DELETE FROM notes WHERE number = ?", number)
    connection.run("INSERT INTO notes (number, body) VALUES (?, ?)", number, text)
    connection.run("DELETE FROM notes WHERE number <= ?", number - _NOTES)
