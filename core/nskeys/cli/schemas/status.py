"""The schema of `status`."""

from nskeys.cli.schemas.databases import DATABASE_COPY
from nskeys.cli.schemas.parts import (
    CLAIM,
    COUNT,
    FLAG,
    HELD_BY,
    KEY,
    LEFTOVERS,
    LOCATION,
    PROOF,
    REACHED,
    SHA256,
    TEXT,
    TIME,
    TOTALS,
    Schema,
    listed,
    or_null,
    record,
    token,
)
from nskeys.model.findings import FindingKind
from nskeys.model.keys import RotationStage
from nskeys.model.next_steps import NextAction
from nskeys.model.recoverability import DueReason
from nskeys.model.recovery import IdentityKind
from nskeys.model.register import CopyStatus, Proof, Protection
from nskeys.reasons import MismatchKind, Problem

_LAST_BACKUP: Schema = {
    "path": TEXT,
    "created": TIME,
    "proof": PROOF,
    "proven": or_null(TIME),
    "looked": or_null(TIME),
    "location": LOCATION,
}
PROTECTION: Schema = {"protection": token(Protection), "recipients": listed(TEXT)}
_FINDING = record(
    {
        "finding": token(FindingKind),
        "severity": {"enum": ["note", "warning", "critical"]},
        "since": or_null(TIME),
        "count": COUNT,
        "key_ids": listed(SHA256),
        "paths": listed(TEXT),
        "name": or_null(TEXT),
        "reason": or_null(TEXT),
        "sentence": TEXT,
        "next": or_null(record({"action": token(NextAction), "command": TEXT})),
    }
)
MISMATCHES = listed(
    record(
        {
            "what": {"enum": [*map(str, MismatchKind), FindingKind.ROWS_CHANGED.value]},
            "expected": TEXT,
            "found": TEXT,
            "sentence": TEXT,
        }
    )
)
STATUS: Schema = {
    "server": TEXT,
    "cmdb": TEXT,
    "credentials": TOTALS,
    "keys": listed(record(KEY)),
    "unreadable": listed(record({"table": TEXT, "row": TEXT, "problem": token(Problem)})),
    "change": COUNT,
    "mismatches": MISMATCHES,
    "exposed_since": or_null(TIME),
    "checked": or_null(TIME),
    "last_backup": or_null(record(_LAST_BACKUP)),
    "backup_due": FLAG,
    "database_due": FLAG,
    "database_copy": or_null(record(DATABASE_COPY)),
    "last_database_copy": or_null(record(DATABASE_COPY)),
    "due": listed(token(DueReason)),
    "best_backup": or_null(
        record(
            {
                **_LAST_BACKUP,
                "proofs": REACHED,
                "key_ids": listed(SHA256),
                **PROTECTION,
                "drilled": COUNT,
            }
        )
    ),
    "copies": record(
        {"counting": COUNT, **{status.value: COUNT for status in CopyStatus}, "unsigned": COUNT}
    ),
    "not_proven_by_a_person": FLAG,
    "recovery_identity": or_null(listed(record({"kind": token(IdentityKind), "number": COUNT}))),
    "unproven_shares": COUNT,
    "findings": listed(_FINDING),
    "leftovers": LEFTOVERS,
    "claims": listed(record({"key_id": SHA256, **CLAIM})),
    "proofs": record({}, {proof.value: or_null(TIME) for proof in Proof}),
    "practice": record(
        {
            "drill_days": COUNT,
            "drilled": or_null(TIME),
            "drill_overdue": FLAG,
            "typed": or_null(TIME),
            "typing_overdue": FLAG,
        }
    ),
    "rotation": or_null(record({"key_id": SHA256, "stage": token(RotationStage), **HELD_BY})),
    "taken": TIME,
}
