"""The JSON of the answer: `status`, where one key comes back from, and the runbook."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.cli.database_documents import database_copy_document
from nskeys.cli.documents import (
    Document,
    claiming,
    copy as copy_document,
    held_by,
    key,
    leftovers,
    mismatch,
    proofs,
    rows_mismatch,
    time,
    totals,
)
from nskeys.model.findings import Finding, FindingKind
from nskeys.model.keys import Rotation
from nskeys.model.monitoring import CopyCounts, RecoveryPractice, count_copies, last_proofs
from nskeys.model.recoverability import KeyCoverage
from nskeys.model.register import BackupCopy
from nskeys.model.runbook import Runbook
from nskeys.services.status.findings import findings_of
from nskeys.wording.findings import finding_sentence
from nskeys.wording.next_steps import step_command

if TYPE_CHECKING:
    from nskeys.services.status.overview import Overview


def status(overview: "Overview", cmdb: str) -> Document:
    """Return the document of `status`."""
    answer, findings = overview.recoverability, findings_of(overview)
    rotation = overview.rotation
    return {
        "server": overview.server,
        "cmdb": cmdb,
        "credentials": totals(answer.totals),
        "keys": [key(item) for item in answer.keys],
        "unreadable": [
            {"table": row.table, "row": row.row, "problem": row.problem} for row in overview.unreadable
        ],
        "change": overview.number,
        "mismatches": [
            *(mismatch(one) for one in overview.mismatches),
            *(rows_mismatch(one) for one in overview.differences),
        ],
        "exposed_since": time(answer.exposed_since),
        "checked": time(answer.checked),
        "last_backup": None if answer.last is None else _last_backup(answer.last),
        "backup_due": bool(answer.due),
        "database_due": answer.database_due,
        "database_copy": None if answer.database is None else database_copy_document(answer.database),
        "last_database_copy": None
        if answer.last_database is None
        else database_copy_document(answer.last_database),
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
        "name": item.name or None,
        "reason": None if item.reason is None else item.reason.value,
        "sentence": finding_sentence(item, now),
        "next": None if step is None else {"action": step.action.value, "command": step_command(step)},
    }


def _rotation(rotation: Rotation, holder: BackupCopy | None) -> Document:
    return {"key_id": rotation.kid, "stage": rotation.stage.value, **held_by(holder)}


def _practice(known: RecoveryPractice, findings: Iterable[Finding]) -> Document:
    kinds = {one.kind for one in findings}
    return {
        "drill_days": known.days,
        "drilled": time(known.drilled),
        "drill_overdue": FindingKind.DRILL_OVERDUE in kinds,
        "typed": time(known.typed),
        "typing_overdue": FindingKind.TYPING_OVERDUE in kinds,
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
        "covered_upto": coverage.covered_upto,
        "database_copies": [database_copy_document(copy) for copy in coverage.databases],
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
        "credentials": totals(facts.totals),
        "databases": [database_copy_document(item) for item in facts.databases],
        "good": [_runbook_copy(item) for item in facts.good],
        "others": [_runbook_copy(item) for item in facts.others],
        "taken": time(facts.taken),
    }


def _runbook_copy(item: BackupCopy) -> Document:
    return {
        **copy_document(item),
        "archive_sha256": item.backup.archive_sha256,
        "protection": item.backup.protection.value,
        "recipients": list(item.backup.recipients),
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
        "proofs": proofs(item),
        "key_ids": list(item.backup.kids),
        "protection": item.backup.protection.value,
        "recipients": list(item.backup.recipients),
    }


def _copies_seen(copies: CopyCounts) -> Document:
    statuses = {status.value: number for status, number in copies.statuses.items()}
    return {"counting": copies.counting, **statuses, "unsigned": copies.unsigned}
