"""The schemas of documents about database copies."""

from nskeys.cli.schemas.parts import (
    COUNT,
    FLAG,
    LOCATION,
    PROOF,
    SHA256,
    SIGHT,
    TEXT,
    TIME,
    TRIED,
    Schema,
    listed,
    or_null,
    record,
    token,
)
from nskeys.reasons import Problem

DATABASE_COPY: Schema = {
    "id": SHA256,
    "number": COUNT,
    "created": TIME,
    "credentials": COUNT,
    "copy_key": or_null(SHA256),
    "destination": TEXT,
    "parts": listed(record({"name": TEXT, "sha256": SHA256, "size": COUNT})),
    "location": LOCATION,
    "proof": PROOF,
    "sight": SIGHT,
    "looked": TIME,
    "counts": FLAG,
    "declared": FLAG,
}
_CHECK: Schema = {
    "number": COUNT,
    "created": TIME,
    "credentials": COUNT,
    "checked": TIME,
    "proof": PROOF,
    "source": TEXT,
}
DATABASE_BACKUP: Schema = {
    "text": TEXT,
    "declared": TIME,
    "withdrawn": or_null(TIME),
    "counts": FLAG,
    "checks": listed(record(_CHECK)),
}
RESTORED_DATABASE: Schema = {
    "path": TEXT,
    "number": COUNT,
    "highest_known": COUNT,
    "created": TIME,
    "credentials": COUNT,
    "engine": TEXT,
    "cmdb": TEXT,
    "here": FLAG,
    "missing_keys": listed(record({"key_id": SHA256, "credentials": COUNT})),
}
DATABASE_PART: Schema = {
    "facts": {"type": "object"},
    "part": COUNT,
    "sig": TEXT,
    "members": {"type": "object"},
}
DATABASE_COPIED: Schema = {
    "copies": listed(record(DATABASE_COPY)),
    "failures": listed(record({"destination": TEXT, "problem": TEXT})),
    "left_out": listed(record({"table": TEXT, "row": TEXT, "problem": token(Problem)})),
    "differing_keys": listed(SHA256),
    "mismatches": listed(TEXT),
}
_MOVED: Schema = {
    "from": record({"engine": TEXT, "address": TEXT}),
    "to": record({"engine": TEXT, "address": TEXT}),
    "number": COUNT,
    "credentials": COUNT,
    "rows": COUNT,
}
DATABASE_MOVE_PLAN: Schema = {**_MOVED, "begun": FLAG, "already_moved": FLAG}
DATABASE_MOVED: Schema = {**_MOVED, "put_aside": or_null(TEXT), "not_put_aside": or_null(TEXT)}
DATABASES: dict[str, Schema] = {
    "database-copy": DATABASE_COPY,
    "databases": {
        "copies": listed(record(DATABASE_COPY)),
        "declared": listed(record(DATABASE_BACKUP)),
    },
    "database-backup": DATABASE_BACKUP,
    "database-check": {
        "backup": record(DATABASE_BACKUP),
        "check": record(_CHECK),
        **TRIED,
        "earlier": or_null(COUNT),
    },
    "database-copied": DATABASE_COPIED,
    "database-part": DATABASE_PART,
    "database-move-plan": DATABASE_MOVE_PLAN,
    "database-moved": DATABASE_MOVED,
}
"""By their names."""
