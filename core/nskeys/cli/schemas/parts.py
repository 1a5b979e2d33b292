"""What schemas are made of: types of members, and objects that stand in several documents."""

from collections.abc import Iterable
from enum import StrEnum

from nskeys.model.credentials import CredentialKind
from nskeys.model.destinations import Location
from nskeys.model.halves import Lack
from nskeys.model.keys import KeyState
from nskeys.model.recovery import IdentityKind
from nskeys.model.register import CopyStatus, Proof
from nskeys.model.signed_json import INTEGER_LIMIT, Json

Schema = dict[str, Json]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": INTEGER_LIMIT}
INTEGER: Schema = {"type": "integer"}
TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
}
"""A moment in UTC, to the second."""
NULL: Schema = {"type": "null"}
DECIMAL: Schema = {"type": "string", "pattern": "^-?[0-9]+$"}
"""An integer of any size as text."""


def hexadecimal(digits: int) -> Schema:
    """Return the schema of so many lower-case hex digits."""
    return {"type": "string", "pattern": f"^[0-9a-f]{{{digits}}}$"}


ID, SHA256 = hexadecimal(32), hexadecimal(64)


def token(tokens: Iterable[StrEnum]) -> Schema:
    """Return the schema of one of these tokens."""
    return {"enum": [one.value for one in tokens]}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    if set(schema) == {"enum"} and isinstance(schema["enum"], list):
        return {"enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, NULL]}


def listed(schema: Schema) -> Schema:
    """Return the schema of an array of such values."""
    return {"type": "array", "items": schema}


def record(members: Schema, optional: Schema | None = None) -> Schema:
    """Return the schema of an object that has these members, and may have the optional ones."""
    return {"type": "object", "properties": {**members, **(optional or {})}, "required": list(members)}


def record_of(schema: Schema) -> Schema:
    """Return the schema of an object with any names, each with such a value."""
    return {"type": "object", "additionalProperties": schema}


WEAK: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": 2}
"""The score of a password that a person insisted on; null where it is a good one, or nobody knows."""
PROOF, SIGHT, LOCATION = token(Proof), token(CopyStatus), token(Location)
CREDENTIAL_KIND, KEY_STATE = token(CredentialKind), token(KeyState)
TOTALS = record(dict.fromkeys(("total", "recoverable", "at_risk", "lost", "opens_here"), COUNT))
REACHED = record({}, {proof.value: TIME for proof in Proof})
"""Every level that was reached, with its date."""
KEY: Schema = {
    "key_id": SHA256,
    "state": or_null(KEY_STATE),
    "created": or_null(TIME),
    "credentials": COUNT,
    "in_backups": COUNT,
    "recoverable": COUNT,
    "lacks": or_null(token(Lack)),
}
CREDENTIAL: Schema = {
    "id": TEXT,  # as it stands in the row, which somebody else may have written
    "kind": CREDENTIAL_KIND,
    "name": TEXT,
    "target": TEXT,
    "account": TEXT,
}
DIFFERENCES = listed(
    record(
        {
            "key_id": SHA256,
            "readable": FLAG,
            "row_sum_fits": or_null(FLAG),
            "kinds": listed(
                record(
                    {
                        "kind": CREDENTIAL_KIND,
                        "expected": INTEGER,
                        "found": COUNT,
                        "expected_number_sum": or_null(DECIMAL),
                        "found_number_sum": or_null(DECIMAL),
                    }
                )
            ),
        }
    )
)
"""Keys whose credentials are not those of the inventory, each with the kinds of which numbers differ."""
TRIED: Schema = {
    "credentials": record({"opened": COUNT, "failed": COUNT}),
    "failures": listed(record({**CREDENTIAL, "key_id": TEXT, "reason": TEXT})),
    "differences": DIFFERENCES,
}
BACKUP: Schema = {
    "path": TEXT,
    "kms_sha256": SHA256,
    "key_ids": listed(SHA256),
    "proof": PROOF,
    "location": LOCATION,
}
LEFTOVERS = listed(record({"path": TEXT, "folder": TEXT, "protector": or_null(TEXT)}))
CLAIM: Schema = {"path": TEXT, "generation": COUNT}
HELD_BY: Schema = {"held_by": or_null(TEXT), "drill_due": FLAG}
EARLIER = listed(record({"kind": token(IdentityKind), "number": COUNT, "recipient": TEXT}))
