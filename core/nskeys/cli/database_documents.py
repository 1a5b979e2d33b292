"""Database copies as JSON documents."""

from collections.abc import Sequence
from datetime import datetime

from nskeys.cli.documents import Document, time
from nskeys.model.database_plans import DatabaseCopyReport, DatabasePlace, MovePlan, MoveReport
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.declared_backups import BackupCheck, DeclaredBackup
from nskeys.model.signed_json import Json
from nskeys.wording.errors import say


def database_copy_document(copy: DatabaseCopy) -> Document:
    """Return one copy at one destination."""
    made = copy.copy
    return {
        "id": made.sha256,
        "number": made.number,
        "created": time(made.created),
        "credentials": made.credentials,
        "copy_key": made.copy_kid or None,
        "destination": copy.destination,
        "parts": [{"name": part.name, "sha256": part.sha256, "size": part.size} for part in copy.parts],
        "location": copy.where.location.value,
        "proof": copy.proof.value,
        "sight": copy.status.value,
        "looked": time(copy.look_moment),
        "counts": copy.good,
        "declared": copy.declared,
    }


def declared_document(backup: DeclaredBackup, now: datetime, days: int) -> Document:
    """Return somebody else's backup with its checks, newest first."""
    return {
        "text": backup.text,
        "declared": time(backup.declared),
        "withdrawn": None if backup.withdrawn is None else time(backup.withdrawn),
        "counts": any(copy.good for copy in backup.as_copies(now, days)),
        "checks": [check_document(check) for check in backup.checks],
    }


def check_document(check: BackupCheck) -> Document:
    """Return what one check of a backup proved."""
    state = check.state
    return {
        "number": state.number,
        "created": time(state.created),
        "credentials": state.credentials,
        "checked": time(check.moment),
        "proof": check.proof.value,
        "source": check.source,
    }


def copied_document(copies: Sequence[DatabaseCopy], report: DatabaseCopyReport | None) -> Document:
    """Return what `database copy` made; without a report, the copies that make a new one needless."""
    told: list[Json] = [database_copy_document(copy) for copy in copies]
    if report is None:
        nothing: list[Json] = []
        lists = dict.fromkeys(("failures", "left_out", "differing_keys", "mismatches"), nothing)
        return {"copies": told, **lists}
    return {
        "copies": told,
        "failures": [
            {"destination": failure.info.address, "problem": say(failure.error).what}
            for failure in report.failures
        ],
        "left_out": [
            {"table": row.table, "row": row.row, "problem": row.problem.value}
            for row in report.left_out.rows
        ],
        "differing_keys": [difference.kid for difference in report.differences],
        "mismatches": [mismatch.what.value for mismatch in report.mismatches],
    }


def move_planned_document(plan: MovePlan) -> Document:
    """Return what `database move` would do."""
    return {
        "from": _place(plan.source),
        "to": _place(plan.target),
        "number": plan.number,
        "credentials": plan.credentials,
        "rows": plan.rows,
        "begun": plan.begun,
        "already_moved": plan.moved,
    }


def moved_document(report: MoveReport) -> Document:
    """Return what `database move` did."""
    plan, problem = report.plan, report.not_put_aside
    return {
        "from": _place(plan.source),
        "to": _place(plan.target),
        "number": report.number,
        "credentials": plan.credentials,
        "rows": plan.rows,
        "put_aside": report.aside or None,
        "not_put_aside": None if problem is None else say(problem).what,
    }


def _place(place: DatabasePlace) -> Document:
    return {"engine": place.engine, "address": place.address}
