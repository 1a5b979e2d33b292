"""A register row of a database copy as text: the RFC 8785 JSON that the server key signs.

It differs from a key backup's row in its first member, `copy`; both stand in one table.
"""

from datetime import datetime

from nskeys.model.database_register import CopyIdentity, DatabaseCopy, RegisteredPart
from nskeys.model.keys import Kid
from nskeys.model.register import CopyStatus
from nskeys.model.register_json import (
    TEXT_LIMIT,
    proof_from_json,
    proof_to_json,
    where_from_json,
    where_to_json,
)
from nskeys.model.signed_json import Fields, Json, canonical_json, hexadecimal, parse
from nskeys.model.times import to_rfc3339


def is_database_row(body: str) -> bool:
    """Return whether a row is a database copy's, readable or not: members are in the order of their
    names."""
    return body.startswith('{"copy":')


def to_text(copy: DatabaseCopy) -> str:
    """Return a row in its canonical form."""
    value: dict[str, Json] = {
        "copy": {**state_to_json(copy.copy), "copy_kid": copy.copy.copy_kid},
        "destination": copy.destination,
        "parts": [{"name": part.name, "sha256": part.sha256, "size": part.size} for part in copy.parts],
        "where": where_to_json(copy.where),
        "proofs": [proof_to_json(item) for item in copy.proofs],
        "sight": copy.status.value,
        "look_moment": to_rfc3339(copy.look_moment),
        "good_moment": _time(copy.good_moment),
        "retired": _time(copy.retired),
    }
    return canonical_json(value).decode("utf-8")


def from_text(body: str) -> DatabaseCopy:
    """Return the row that `to_text` wrote, as unsigned. Raises ValueError for any other text."""
    fields = Fields(parse(body.encode("utf-8"), TEXT_LIMIT))
    copy = DatabaseCopy(
        copy=_read_identity(fields.fields("copy")),
        destination=fields.text("destination"),
        parts=tuple(_part(Fields(item)) for item in fields.items("parts")),
        where=where_from_json(fields.fields("where")),
        proofs=tuple(proof_from_json(Fields(item)) for item in fields.items("proofs")),
        status=fields.token("sight", CopyStatus),
        look_moment=fields.moment("look_moment"),
        good_moment=_moment(fields, "good_moment"),
        retired=_moment(fields, "retired"),
    )
    fields.done()
    return copy


def state_to_json(copy: CopyIdentity) -> dict[str, Json]:
    """Return what identifies a copy, without the key that opens it."""
    return {
        "sha256": copy.sha256,
        "server": copy.server,
        "cmdb_id": copy.cmdb_id,
        "server_key": copy.server_key,
        "created": to_rfc3339(copy.created),
        "number": copy.number,
        "keys": [{"kid": kid, "credentials": count} for kid, count in copy.keys],
        "uncovered": list(copy.uncovered),
        "covers_nothing": copy.covers_nothing,
    }


def _read_identity(fields: Fields) -> CopyIdentity:
    return state_from_json(fields, fields.hexadecimal("copy_kid", 64))


def state_from_json(fields: Fields, copy_kid: str) -> CopyIdentity:
    """Return what `state_to_json` wrote, with the key that opens the copy."""
    copy = CopyIdentity(
        sha256=fields.hexadecimal("sha256", 64),
        server=fields.text("server"),
        cmdb_id=fields.hexadecimal("cmdb_id", 32),
        server_key=fields.hexadecimal("server_key", 64),
        created=fields.moment("created"),
        number=fields.integer("number"),
        copy_kid=copy_kid,
        keys=tuple(_key(Fields(item)) for item in fields.items("keys")),
        uncovered=tuple(Kid(hexadecimal(item, 64)) for item in fields.items("uncovered")),
        covers_nothing=fields.flag("covers_nothing"),
    )
    fields.done()
    return copy


def _key(fields: Fields) -> tuple[Kid, int]:
    fields.only("kid", "credentials")
    return Kid(fields.hexadecimal("kid", 64)), fields.integer("credentials")


def _part(fields: Fields) -> RegisteredPart:
    fields.only("name", "sha256", "size")
    return RegisteredPart(fields.text("name"), fields.hexadecimal("sha256", 64), fields.integer("size"))


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_rfc3339(moment)


def _moment(fields: Fields, name: str) -> datetime | None:
    return None if fields.is_null(name) else fields.moment(name)
