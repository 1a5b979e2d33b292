"""The schema of each document, by its name."""

from collections.abc import Mapping

from nskeys.cli.schemas.databases import DATABASE_COPIED, DATABASE_COPY, DATABASES, RESTORED_DATABASE
from nskeys.cli.schemas.parts import (
    BACKUP,
    CLAIM,
    COUNT,
    CREDENTIAL,
    DIFFERENCES,
    EARLIER,
    FLAG,
    HELD_BY,
    ID,
    INTEGER,
    KEY,
    KEY_STATE,
    LEFTOVERS,
    LOCATION,
    PROOF,
    REACHED,
    SHA256,
    SIGHT,
    TEXT,
    TIME,
    TOTALS,
    TRIED,
    WEAK,
    Schema,
    listed,
    or_null,
    record,
    record_of,
    token,
)
from nskeys.cli.schemas.status import MISMATCHES, PROTECTION, STATUS
from nskeys.model.destinations import LocationReason
from nskeys.model.diary import DiaryFate, DrillEnd
from nskeys.model.halves import Lack
from nskeys.model.recoverability import RecoveryState
from nskeys.model.recovery import IdentityKind
from nskeys.model.register import Signer
from nskeys.model.retention import Fate, FateReason
from nskeys.model.schedule import Job, Obstacle, UnitStatus
from nskeys.model.statements import StatementKind
from nskeys.reasons import FieldProblem, ForeignReason, ImportProblem

_CREDENTIAL: Schema = {
    **CREDENTIAL,
    "note": TEXT,
    "key_id": TEXT,
    "state": token(RecoveryState),
    "created": TIME,
    "updated": TIME,
}
_CREDENTIAL_COPY = record(
    {
        "path": TEXT,
        "generation": COUNT,
        "location": LOCATION,
        "proof": PROOF,
        "proven": or_null(TIME),
        "looked": or_null(TIME),
    }
)
_COPY: Schema = {
    "id": SHA256,
    **BACKUP,
    "destination": TEXT,
    "server": TEXT,
    "cmdb_id": ID,
    "created": TIME,
    "generation": COUNT,
    "size": COUNT,
    "hint": TEXT,
    "sight": SIGHT,
    "looked": or_null(TIME),
    "by_check": FLAG,
    "proven": or_null(TIME),
    "typed": or_null(TIME),
    "weak_password": WEAK,
    "good": or_null(TIME),
    "retired": or_null(TIME),
    "pruned": FLAG,
    "signed": FLAG,
    "counts": FLAG,
    "proofs": REACHED,
}
_RUNBOOK_COPY = record({**_COPY, "archive_sha256": TEXT, **PROTECTION})
_REFUSED_ROW = record(
    {
        "row": COUNT,
        "title": TEXT,
        "field": TEXT,
        "problem": {"enum": [one.value for enum in (FieldProblem, ImportProblem) for one in enum]},
    }
)
_IMPORT: Schema = {
    "imported": COUNT,
    "skipped": listed(_REFUSED_ROW),
    "renamed": listed(record({"from": TEXT, "to": TEXT})),
    "dropped": listed(record({"field": TEXT, "rows": COUNT, "titles": listed(TEXT)})),
    "left_out": listed(_REFUSED_ROW),
    "present": COUNT,
    "updated": COUNT,
}
_MEMBERS = record_of(record({"sha256": SHA256, "size": COUNT}))
_SHARES: Schema = {
    "number": COUNT,
    "set": TEXT,
    "shares": COUNT,
    "threshold": COUNT,
    "recipient": TEXT,
    "created": TIME,
}
_NOT_REACHED = listed(record({"destination": TEXT, "problem": TEXT}))
_RETENTION: Schema = {
    "keep_last": COUNT,
    "keep_monthly": COUNT,
    "keep_copies": COUNT,
    "skipped": _NOT_REACHED,
}

DOCUMENTS: Mapping[str, Schema] = {
    "init": {
        "server": TEXT,
        "cmdb": TEXT,
        "cmdb_id": ID,
        "home": TEXT,
        "protector": TEXT,
        "weak_passphrase": WEAK,
    },
    "status": STATUS,
    "key": KEY,
    "key-detail": {
        **KEY,
        "state_since": or_null(TIME),
        "recoverability": token(RecoveryState),
        "exposed_since": or_null(TIME),
        "good_copies": listed(TEXT),
        "covered_upto": COUNT,
        "database_copies": listed(record(DATABASE_COPY)),
    },
    "rotation": {"key_id": SHA256, "state": KEY_STATE, "resealed": COUNT, "backup_due": FLAG, **HELD_BY},
    "credential": _CREDENTIAL,
    "credential-detail": {
        **_CREDENTIAL,
        "exposed_since": or_null(TIME),
        "copies": listed(_CREDENTIAL_COPY),
        "database_copies": listed(record(DATABASE_COPY)),
        "lacks": or_null(token(Lack)),
    },
    "import": _IMPORT,
    "import-plan": _IMPORT,
    "export": {"path": TEXT, "recipients": listed(TEXT), **TRIED, "weak_password": WEAK},
    "backup": {
        **{name: or_null(schema) for name, schema in BACKUP.items() if isinstance(schema, dict)},
        "weak_password": WEAK,
        "copies": listed(record({**BACKUP, "destination": TEXT})),
        "failures": _NOT_REACHED,
        "keys_made": FLAG,
        "database": or_null(record(DATABASE_COPIED)),
        "database_problem": or_null(TEXT),
    },
    # What the facts hold is the archive's format (core/FORMAT.md).
    "inspection": {
        "facts": {"type": "object"},
        "members": _MEMBERS,
        "sig": TEXT,
        "manifest_sig": TEXT,
        "signer": token(Signer),
    },
    "drill": {
        "proof": PROOF,
        **TRIED,
        "recorded": FLAG,
        "diary": token(DiaryFate),
        "database": or_null(record({"path": TEXT, "number": COUNT, "created": TIME})),
    },
    "diary-line": {
        "number": COUNT,
        "began": TIME,
        "seconds": COUNT,
        "uid": COUNT,
        "user": TEXT,
        "login_uid": or_null(COUNT),
        "login_user": TEXT,
        "sudo_user": TEXT,
        "host": TEXT,
        "path": TEXT,
        "archive_sha256": or_null(SHA256),
        "generation": or_null(COUNT),
        "copy_sha256": or_null(SHA256),
        "copy_number": or_null(COUNT),
        "end": token(DrillEnd),
        "proof": or_null(PROOF),
        "opened": COUNT,
        "failed": COUNT,
        "key_missing": COUNT,
        "tampered": COUNT,
        "failures": listed(TEXT),
        "typed": FLAG,
        "signed": FLAG,
    },
    "restore": {
        "added": listed(SHA256),
        "present": listed(SHA256),
        **TRIED,
        "recorded": FLAG,
        "protector": TEXT,
        "protector_before": or_null(TEXT),
        "weak_passphrase": WEAK,
        "database": or_null(record(RESTORED_DATABASE)),
        "newer": or_null(TEXT),
    },
    "restore-plan": {
        "server": TEXT,
        "protector": TEXT,
        "protector_before": or_null(TEXT),
        "added": listed(SHA256),
        "present": listed(SHA256),
        **TRIED,
        "foreign": listed(token(ForeignReason)),
        "server_key": SHA256,
        "identities": listed(record({"kind": token(IdentityKind), "number": COUNT, "recipient": TEXT})),
        "sets_up": FLAG,
        "stranded": listed(SHA256),
        "newer": or_null(TEXT),
        "database": or_null(record(RESTORED_DATABASE)),
    },
    "verification": {
        "opened": COUNT,
        "failed": COUNT,
        "failures": TRIED["failures"],
        "differences": DIFFERENCES,
    },
    "re-entry": {
        "opened": COUNT,
        "failed": COUNT,
        "differences": DIFFERENCES,
        "items": listed(
            record(
                {
                    **CREDENTIAL,
                    "key_id": TEXT,
                    "reason": TEXT,
                    "updated": TIME,
                    "backup": or_null(record({"path": TEXT, "sight": SIGHT, "counts": FLAG})),
                    "claimed_by": or_null(record(CLAIM)),
                }
            )
        ),
    },
    "runbook": {
        "server": TEXT,
        "home": TEXT,
        "cmdb_id": ID,
        "cmdb": TEXT,
        "server_key": SHA256,
        "open_kms_sha256": SHA256,
        "credentials": TOTALS,
        "databases": listed(record(DATABASE_COPY)),
        "good": listed(_RUNBOOK_COPY),
        "others": listed(_RUNBOOK_COPY),
        "taken": TIME,
    },
    "destination": {
        "destination": TEXT,
        "elsewhere": TEXT,
        "mounted": or_null(record(dict.fromkeys(("point", "kind", "source", "uuid", "inside"), TEXT))),
        "key_file": TEXT,
        "location": LOCATION,
        "reason": token(LocationReason),
        "default": FLAG,
        "problem": or_null(TEXT),
    },
    "destination-named": {"destination": TEXT, "elsewhere": TEXT},
    "host-key": {"host": TEXT, "port": COUNT, "key_type": TEXT, "fingerprint": TEXT, "trusted": FLAG},
    "schedule": {
        "in_force": FLAG,
        "systemd": FLAG,
        "obstacles": listed(token(Obstacle)),
        "units": listed(record({"path": TEXT, "sight": token(UnitStatus), "text": TEXT})),
        "timers": listed(
            record(
                {
                    "job": token(Job),
                    "enabled": FLAG,
                    "active": FLAG,
                    "next": or_null(TIME),
                    "last": or_null(TIME),
                    "last_code": or_null(INTEGER),
                }
            )
        ),
    },
    "copy": _COPY,
    **DATABASES,
    "prune-plan": {
        **_RETENTION,
        "files": listed(
            record(
                {
                    "path": TEXT,
                    "destination": TEXT,
                    "fate": token(Fate),
                    "reason": token(FateReason),
                    "id": or_null(SHA256),
                    "generation": or_null(COUNT),
                    "created": or_null(TIME),
                }
            )
        ),
        "odd_names": listed(record({"destination": TEXT, "files": COUNT})),
        "copies": listed(record(DATABASE_COPY)),
    },
    "prune": {
        **_RETENTION,
        "deleted": listed(TEXT),
        "deleted_copies": listed(record(DATABASE_COPY)),
        "failures": listed(record({"path": TEXT, "problem": TEXT})),
    },
    "registry": {"KMSBackupPath": or_null(TEXT), "KMSBackupDate": or_null(TIME)},
    "identity": {
        "identities": listed(
            record(
                {
                    "kind": token(IdentityKind),
                    "number": COUNT,
                    "recipient": TEXT,
                    "created": TIME,
                    "sha256": SHA256,
                    "shares": COUNT,
                    "threshold": COUNT,
                    "weak_password": WEAK,
                }
            )
        ),
        "earlier": EARLIER,
    },
    "custodians": {
        "in_force": or_null(record(_SHARES)),
        "waiting": or_null(record(_SHARES)),
        "earlier": listed(record({"number": COUNT, "recipient": TEXT})),
    },
    "custodians-split": {**_SHARES, "files": listed(TEXT)},
    "custodians-check": {**_SHARES, "first": FLAG},
    "protector": {
        "protector": TEXT,
        "store_id": ID,
        "generation": COUNT,
        "leftovers": LEFTOVERS,
        "weak_passphrase": WEAK,
    },
    "server-key": {
        "server_key": SHA256,
        "predecessors": listed(record({"server_key": SHA256, "upto": COUNT})),
        "statements": listed(
            record(
                {
                    "statement": token(StatementKind),
                    "moment": TIME,
                    "server_key": SHA256,
                    "predecessor": or_null(SHA256),
                    "upto": COUNT,
                    "highest": COUNT,
                }
            )
        ),
    },
    "checkpoint": {
        "number": or_null(COUNT),
        "moment": or_null(TIME),
        "server_key": or_null(SHA256),
        "sha256": or_null(SHA256),
        "audit_lines": or_null(COUNT),
        "predecessors": listed(record({"server_key": SHA256, "upto": COUNT})),
        "void": listed({"type": "array", "items": COUNT}),
        "unexplained": listed(record({"what": TEXT, "since": TIME, "expected": TEXT, "found": TEXT})),
        "last_check": or_null(record({"number": COUNT, "moment": TIME, "findings": COUNT})),
        "mismatches": MISMATCHES,
        "differences": DIFFERENCES,
        "shown": SHA256,
    },
    "checkpoint-accepted": {"number": COUNT, "moment": TIME, "sha256": SHA256},
    # The other members are those of the line, whoever wrote it.
    "audit-line": {"number": COUNT, "hash": SHA256},
    "audit-verification": {
        "whole": or_null(FLAG),
        "lines": COUNT,
        "signed_lines": or_null(COUNT),
        "broken_at": or_null(COUNT),
        "contradicted_by": listed(TEXT),
        "compared_with": listed(TEXT),
        "compared_lines": COUNT,
        "not_asked": listed(TEXT),
        "lags": COUNT,
    },
}
"""The members of each document besides `schema`."""
_OPTIONAL: Mapping[str, Schema] = {"credential-detail": {"secret": TEXT}}


def schema_of(name: str) -> Schema:
    """Return the whole schema of the document `name`, one of DOCUMENTS."""
    identity = f"nskeys/{name}/1"
    members = {"schema": {"const": identity}, **DOCUMENTS[name]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{identity}: a document of 'nskeys --json'",
        **record(members, _OPTIONAL.get(name)),
    }
