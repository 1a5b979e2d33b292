"""Statements about the server key: which one this CMDB had before, and up to where that one counts.

A restore on another machine and the replacement of a server key each write one, signed by the new key
under a label of its own. It stays in the CMDB for good. A line of the audit trail never stands for it:
whoever can write to the database can invent a line, and no statement.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.signed_json import Fields, Json, canonical_json, parse, to_base64url
from nskeys.model.times import to_rfc3339

SIGNATURE_SIZE = 64
TEXT_LIMIT = 1 << 16
"""Bytes of a statement."""


class StatementKind(StrEnum):
    """What a statement tells. The value is the label that it is signed as."""

    RESTORED = "restored"
    REPLACED = "replaced"


class Statement(NamedTuple):
    """One statement. `server_key` and `predecessor` are thumbprints."""

    kind: StatementKind
    cmdb_id: str
    moment: datetime
    server_key: str
    predecessor: str | None
    """The server key before; None where it is not known whose rows these were."""
    upto: int
    """The number of the last change in this CMDB for which the predecessor counts."""
    highest: int
    """The highest number under the predecessor's signature that was known."""
    backup: str | None
    """SHA-256 of the `.kms` that was restored, in hex."""
    copy: str | None = None
    """SHA-256 of the facts of the database copy that the CMDB was made from, in hex; None where the
    database was brought back otherwise."""
    cross_signature: bytes | None = None
    """By the predecessor over the statement without it, where that key was at hand."""


def document_of(statement: Statement) -> bytes:
    """Return what the predecessor signs: the statement without its signature."""
    return canonical_json(_members(statement))


def to_text(statement: Statement) -> str:
    """Return the statement in its canonical form, which is what is signed."""
    crossed = statement.cross_signature
    spelled = None if crossed is None else to_base64url(crossed)
    return canonical_json({**_members(statement), "cross_sig": spelled}).decode("utf-8")


def _members(statement: Statement) -> dict[str, Json]:
    return {
        "cmdb_id": statement.cmdb_id,
        "moment": to_rfc3339(statement.moment),
        "server_key": statement.server_key,
        "predecessor": statement.predecessor,
        "upto": statement.upto,
        "highest": statement.highest,
        "backup": statement.backup,
        "copy": statement.copy,
    }


def from_text(kind: StatementKind, body: str) -> Statement:
    """Return the statement that `to_text` wrote. Raises ValueError for any other text."""
    fields = Fields(parse(body.encode("utf-8"), TEXT_LIMIT))
    statement = Statement(
        kind=kind,
        cmdb_id=fields.hexadecimal("cmdb_id", 32),
        moment=fields.moment("moment"),
        server_key=fields.hexadecimal("server_key", 64),
        predecessor=None if fields.is_null("predecessor") else fields.hexadecimal("predecessor", 64),
        upto=fields.integer("upto"),
        highest=fields.integer("highest"),
        backup=None if fields.is_null("backup") else fields.hexadecimal("backup", 64),
        copy=None if fields.is_null("copy") else fields.hexadecimal("copy", 64),
        cross_signature=None if fields.is_null("cross_sig") else fields.binary("cross_sig", SIGNATURE_SIZE),
    )
    fields.done()
    return statement
