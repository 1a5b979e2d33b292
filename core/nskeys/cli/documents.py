"""The JSON that scripts rely on: pure functions from the model to documents.

Names and tokens here are a contract; times are RFC 3339 in UTC, absent values are null. Adding a name is
allowed, changing or removing one is not.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.errors import HostKeyUnknown
from nskeys.model.credentials import Credential
from nskeys.model.findings import Finding, FindingKind
from nskeys.model.keys import Leftover, Rotation
from nskeys.model.monitoring import CopyCounts, RecoveryPractice, count_copies, last_proofs
from nskeys.model.plans import (
    RegistryValues,
    RotationReport,
    SetUpReport,
)
from nskeys.model.recoverability import KeyCoverage, RecoveryState, Totals
from nskeys.model.register import BackupCopy, Proof
from nskeys.model.runbook import Runbook
from nskeys.model.schedule import Schedule
from nskeys.model.signed_json import Json
from nskeys.model.times import to_rfc3339
from nskeys.services.status.findings import findings_of
from nskeys.wording.findings import finding_sentence
from nskeys.wording.next_steps import step_command

if TYPE_CHECKING:
    from nskeys.services.setup.destinations import DestinationStatus
    from nskeys.services.status.overview import Overview

Document = dict[str, Json]


def time(moment: datetime | None) -> str | None:
    """Return text such as `2026-11-23T14:02:00Z`, or None."""
    return None if moment is None else to_rfc3339(moment)


def set_up(report: SetUpReport) -> Document:
    """Return the document of `init`."""
    return {
        "server": report.server,
        "cmdb": report.cmdb,
        "cmdb_id": report.cmdb_id,
        "home": report.home,
        "protector": report.protector,
        "weak_passphrase": report.weak,
    }


def status(overview: "Overview", cmdb: str) -> Document:
    """Return the document of `status`."""
    answer, findings = overview.recoverability, findings_of(overview)
    rotation = overview.rotation
    return {
        "server": overview.server,
        "cmdb": cmdb,
        "credentials": _totals(answer.totals),
        "keys": [key(item) for item in answer.keys],
        "unreadable": [
            {"table": row.table, "row": row.row, "problem": row.problem} for row in overview.unreadable
        ],
        "exposed_since": time(answer.exposed_since),
        "checked": time(answer.checked),
        "last_backup": None if answer.last is None else _last_backup(answer.last),
        "backup_due": bool(answer.due),
        "due": [reason.value for reason in answer.due],
        "best_backup": None
        if answer.best is None
        else {**_best_backup(answer.best), "drilled": answer.drilled},
        "copies": _copies_seen(count_copies(overview.copies)),
        "not_proven_by_a_person": overview.not_proven_by_a_person is not None,
        "recovery_identity": None
        if overview.recovery_problem is not None
        else [{"kind": one.kind.value, "number": one.number} for one in overview.recovery.identities],
        "unproven_shares": overview.unproven_shares,
        "findings": [finding(one, overview.taken) for one in findings],
        "leftovers": leftovers(overview.leftovers),
        "claims": [{"key_id": kid, **claiming(item)} for kid, item in overview.claims],
        "proofs": {proof.value: time(at) for proof, at in last_proofs(overview.copies).items()},
        "practice": _practice(overview.practice, findings),
        "rotation": None if rotation is None else _rotation(rotation, overview.rotation_held_by),
        "taken": time(overview.taken),
    }


def finding(item: Finding, now: datetime) -> Document:
    """Return a finding; `since` and `reason` are null where the kind has none, and `next` where nothing
    that nskeys does helps."""
    step = item.next
    return {
        "finding": item.kind.value,
        "severity": item.severity.name.lower(),
        "since": time(item.since),
        "count": item.count,
        "key_ids": list(item.keys),
        "paths": list(item.paths),
        "reason": None if item.reason is None else item.reason.value,
        "sentence": finding_sentence(item, now),
        "next": None if step is None else {"action": step.action.value, "command": step_command(step)},
    }


def _rotation(rotation: Rotation, held_by: BackupCopy | None) -> Document:
    return {"key_id": rotation.kid, "stage": rotation.stage.value, **_held_by(held_by)}


def _held_by(copy: BackupCopy | None) -> Document:
    """Return the copy that holds a waiting key and does not count, and whether only a drill of it is
    missing."""
    return {
        "held_by": None if copy is None else copy.address,
        "drill_due": copy is not None and copy.lies_well,
    }


def _practice(known: RecoveryPractice, findings: Iterable[Finding]) -> Document:
    kinds = {one.kind for one in findings}
    return {
        "drill_days": known.days,
        "drilled": time(known.drilled),
        "drill_overdue": FindingKind.DRILL_OVERDUE in kinds,
        "typed": time(known.typed),
        "typing_overdue": FindingKind.TYPING_OVERDUE in kinds,
    }


def claiming(item: BackupCopy) -> Document:
    """Return an unsigned backup that claims to hold a key."""
    return {"path": item.address, "generation": item.backup.generation}


def leftovers(left: Iterable[Leftover]) -> list[Json]:
    """Return earlier key stores that could not be removed, each with what opens it: null for nothing."""
    return [{"path": one.path, "folder": one.folder, "protector": one.protector} for one in left]


def key(coverage: KeyCoverage) -> Document:
    """Return an item of `key list`. A key that is not here, but that credentials name, has no state."""
    info = coverage.info
    return {
        "key_id": coverage.kid,
        "state": None if info is None else info.state.value,
        "created": None if info is None else time(info.created),
        "credentials": coverage.credentials,
        "in_backups": coverage.backups,
    }


def shown_key(coverage: KeyCoverage) -> Document:
    """Return the document of `key show`: the item of the list, and where it would come back from."""
    info = coverage.info
    return {
        **key(coverage),
        "state_since": None if info is None else time(info.state_since),
        "recoverability": coverage.state.value,
        "exposed_since": time(coverage.exposed_since),
        "good_copies": [copy.address for copy in coverage.good_copies],
    }


def credential(item: Credential, state: RecoveryState) -> Document:
    """Return an item of `credential list`, and the beginning of `credential show`."""
    return {
        "id": item.credential_id,
        "kind": item.fields.kind.value,
        "name": item.fields.name,
        "target": item.fields.target,
        "account": item.fields.account,
        "note": item.fields.note,
        "key_id": item.kid,
        "state": state.value,
        "created": time(item.created),
        "updated": time(item.updated),
    }


def rotated(report: RotationReport, backup_due: bool) -> Document:
    """Return the document of `key rotate`."""
    return {
        "key_id": report.kid,
        "state": report.state.value,
        "resealed": report.resealed,
        "backup_due": backup_due,
        **_held_by(report.held_by),
    }


def backed_up(
    first: BackupCopy, copies: Iterable[BackupCopy], failures: Iterable[tuple[str, str]]
) -> Document:
    """Return the document of `backup`: the copy to name first, then all of them; `failures` are the
    destinations that got none, each with what happened in words."""
    return {
        **backup(first),
        "weak_password": first.weak,
        "copies": [{**backup(item), "destination": item.destination} for item in copies],
        "failures": [{"destination": place, "problem": problem} for place, problem in failures],
    }


def backup(copy: BackupCopy) -> Document:
    """Return the names that every document of a copy begins with."""
    return {
        "path": copy.address,
        "kms_sha256": copy.backup.kms_sha256,
        "key_ids": list(copy.backup.kids),
        "proof": copy.proof.value,
        "location": copy.where.location.value,
    }


def registry(values: RegistryValues) -> Document:
    """Return the document of `registry`."""
    return {"KMSBackupPath": values.backup_path, "KMSBackupDate": time(values.backup_date)}


def copy(item: BackupCopy) -> Document:
    """Return an item of `register list`, also printed by `register add` and `register retire`."""
    return {
        "id": item.backup.kms_sha256,
        **backup(item),
        "destination": item.destination,
        "server": item.backup.server,
        "cmdb_id": item.backup.cmdb_id,
        "created": time(item.backup.created),
        "generation": item.backup.generation,
        "size": item.backup.size,
        "hint": item.backup.hint,
        "sight": item.status.value,
        "looked": time(item.look_moment),
        "by_check": item.by_check,
        "proven": time(item.proven),
        "typed": time(item.typed),
        "weak_password": item.weak if item.signed else None,
        "good": time(item.good_moment),
        "retired": time(item.retired),
        "pruned": item.pruned,
        "signed": item.signed,
        "counts": item.counts,
        "proofs": _proofs(item),
    }


def runbook(facts: Runbook) -> Document:
    """Return the document of `runbook`."""
    return {
        "server": facts.server,
        "home": facts.home,
        "cmdb_id": facts.cmdb_id,
        "cmdb": facts.cmdb_address,
        "server_key": facts.server_key,
        "open_kms_sha256": facts.reader_sha256,
        "credentials": _totals(facts.totals),
        "good": [_runbook_copy(item) for item in facts.good],
        "others": [_runbook_copy(item) for item in facts.others],
        "taken": time(facts.taken),
    }


def _runbook_copy(item: BackupCopy) -> Document:
    return {
        **copy(item),
        "archive_sha256": item.backup.archive_sha256,
        "protection": item.backup.protection.value,
        "recipients": list(item.backup.recipients),
    }


def destination(status: "DestinationStatus", problem: str | None) -> Document:
    """Return an item of `destination list`; `problem` in words."""
    return {
        "destination": status.info.address,
        "elsewhere": status.info.declared_elsewhere,
        "mounted": None if status.info.mounted is None else asdict(status.info.mounted),
        "key_file": status.info.key_file,
        "location": status.where.location.value,
        "reason": status.where.reason.value,
        "default": status.default,
        "problem": problem,
    }


def host_key(server: HostKeyUnknown, *, trusted: bool) -> Document:
    """Return the document of `destination trust`."""
    return {
        "host": server.host,
        "port": server.port,
        "key_type": server.key_type,
        "fingerprint": server.fingerprint,
        "trusted": trusted,
    }


def schedule(found: Schedule) -> Document:
    """Return the document of `schedule`."""
    return {
        "in_force": found.in_force,
        "systemd": found.systemd_runs,
        "obstacles": [obstacle.value for obstacle in found.obstacles],
        "units": [
            {"path": seen.path, "sight": seen.status.value, "text": seen.unit.text} for seen in found.units
        ],
        "timers": [
            {
                "job": timer.job.value,
                "enabled": timer.enabled,
                "active": timer.active,
                "next": time(timer.next),
                "last": time(timer.last),
                "last_code": timer.last_code,
            }
            for timer in found.timers
        ],
    }


def _totals(totals: Totals) -> Document:
    return {
        "total": totals.total,
        "recoverable": totals.recoverable,
        "at_risk": totals.at_risk,
        "lost": totals.lost,
        "opens_here": totals.opens_here,
    }


def _last_backup(item: BackupCopy) -> Document:
    return {
        "path": item.address,
        "created": time(item.backup.created),
        "proof": item.proof.value,
        "proven": time(item.proven),
        "looked": time(item.look_moment),
        "location": item.where.location.value,
    }


def _best_backup(item: BackupCopy) -> Document:
    """Return where most credentials would come back from, how far that was proven and when, and what opens
    it."""
    return {
        **_last_backup(item),
        "proofs": _proofs(item),
        "key_ids": list(item.backup.kids),
        "protection": item.backup.protection.value,
        "recipients": list(item.backup.recipients),
    }


def _proofs(item: BackupCopy) -> Document:
    """Return every level that was reached, with its date."""
    reached = ((proof.value, item.reached(proof)) for proof in Proof)
    return {name: time(moment) for name, moment in reached if moment is not None}


def _copies_seen(copies: CopyCounts) -> Document:
    statuses = {status.value: number for status, number in copies.statuses.items()}
    return {"counting": copies.counting, **statuses, "unsigned": copies.unsigned}
