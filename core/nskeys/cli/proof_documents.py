"""JSON of what was opened, and of what was not: drills, restores, checks and the re-entry list."""

from collections.abc import Iterable
from datetime import datetime

from nskeys.cli.database_documents import check_document, declared_document
from nskeys.cli.documents import Document, claiming, time
from nskeys.model.credentials import Credential
from nskeys.model.database_plans import DatabaseCheckReport
from nskeys.model.imports import ExportReport
from nskeys.model.inventory import KeyDifference, Tally
from nskeys.model.keys import Kid
from nskeys.model.pairs import LyingCopy, PlannedDatabase
from nskeys.model.plans import (
    CredentialProof,
    DrillReport,
    ProofReport,
    RestorePlan,
    RestoreReport,
)
from nskeys.model.re_entry import ReEntryList
from nskeys.model.register import BackupCopy
from nskeys.model.signed_json import Json


def restored(report: RestoreReport) -> Document:
    """Return the document of `restore`."""
    return {
        "added": list(report.added),
        "present": list(report.present),
        **_tried(report.proof),
        "recorded": report.not_recorded is None,
        "protector": report.protector,
        "protector_before": report.protector_before or None,
        "weak_passphrase": report.weak,
        "database": None if report.database is None else _database(report.database),
        "newer": None if report.newer_known is None else report.newer_known.address,
    }


def _database(planned: PlannedDatabase) -> Document:
    facts = planned.copy.facts
    return {
        "path": planned.copy.address,
        "number": facts.number,
        "highest_known": planned.highest,
        "created": time(facts.created),
        "credentials": facts.credentials,
        "engine": planned.engine,
        "cmdb": planned.target,
        "here": planned.here,
        "missing_keys": [{"key_id": kid, "credentials": rows} for kid, rows in planned.lacking],
    }


def database_checked(report: DatabaseCheckReport, now: datetime, days: int) -> Document:
    """Return the document of `database check`; `earlier` is the number of an earlier check that proved a
    later change."""
    before = report.before
    return {
        "backup": declared_document(report.backup, now, days),
        "check": check_document(report.check),
        **_tried(report.proof),
        "earlier": None if before is None else before.state.number,
    }


def restore_planned(plan: RestorePlan, server: str, protector: str) -> Document:
    """Return the document of `restore --plan`: as `restore`, with counts in place of tries, and what would
    happen; `server` and `protector` as they would be."""
    return {
        "server": server,
        "protector": (plan.protector_here or protector).partition(":")[0],
        "protector_before": plan.protector_before or None,
        "added": [item.info.kid for item in plan.added],
        "present": [item.info.kid for item in plan.keys if item not in plan.added],
        "credentials": {"opened": plan.opens_after, "failed": plan.total - plan.opens_after},
        "failures": [],
        "differences": [],
        "foreign": list(plan.foreign),
        "server_key": plan.facts.server_key,
        "identities": [
            {"kind": one.kind.value, "number": one.number, "recipient": one.recipient}
            for one in plan.recovery.identities
        ],
        "sets_up": plan.sets_up,
        "stranded": list(plan.stranded),
        "newer": None if plan.newer_known is None else plan.newer_known.address,
        "database": None if plan.database is None else _database(plan.database),
    }


def drilled(report: DrillReport) -> Document:
    """Return the document of `drill`."""
    return {
        "proof": report.reached.value,
        **_tried(report.proof),
        "recorded": report.recorded,
        "diary": report.diary.value,
        "database": None if report.copy is None else _tried_copy(report.copy),
    }


def _tried_copy(copy: LyingCopy) -> Document:
    facts = copy.facts
    return {"path": copy.address, "number": facts.number, "created": time(facts.created)}


def verified(proof: ProofReport) -> Document:
    """Return the document of `verify`."""
    return {
        "opened": proof.opened,
        "failed": proof.failed,
        "failures": _failures(proof.failures),
        "differences": differences(proof.differences),
    }


def re_entry(found: ReEntryList) -> Document:
    """Return the document of `re-entry`."""
    return {
        "opened": found.opened,
        "failed": len(found.items),
        "items": [
            {
                **_failure(item.credential, item.reason.value),
                "updated": time(item.credential.updated),
                "backup": None if item.held_by is None else _holding(item.held_by),
                "claimed_by": None if item.claimed_by is None else claiming(item.claimed_by),
            }
            for item in found.items
        ],
        "differences": differences(found.differences),
    }


def _holding(item: BackupCopy) -> Document:
    return {"path": item.address, "sight": item.status.value, "counts": item.counts}


def exported(report: ExportReport) -> Document:
    """Return the document of `credential export`."""
    return {
        "path": report.path,
        "recipients": list(report.recipients),
        **_tried(report.proof),
        "weak_password": report.weak,
    }


def _tried(proof: ProofReport) -> Document:
    return {
        "credentials": {"opened": proof.opened, "failed": proof.failed},
        "failures": _failures(proof.failures),
        "differences": differences(proof.differences),
    }


def differences(found: Iterable[KeyDifference]) -> list[Json]:
    """Return the keys whose credentials are not those of the inventory."""
    return [
        {
            "key_id": difference.kid,
            "readable": difference.readable,
            "row_sum_fits": difference.row_sum_fits,
            "kinds": [
                {
                    "kind": kind.kind,
                    "expected": kind.expected.rows,
                    "found": kind.found.rows,
                    "expected_number_sum": _decimal(kind.expected),
                    "found_number_sum": _decimal(kind.found),
                }
                for kind in difference.kinds
            ],
        }
        for difference in found
    ]


def _decimal(tally: Tally) -> str | None:
    """Return a sum of numbers as decimal text, since JSON readers round what is above 2^53."""
    return None if tally.number_sum is None else str(tally.number_sum)


def _failures(failures: Iterable[CredentialProof]) -> list[Json]:
    return [_failure(item.credential, item.failure.value if item.failure else "") for item in failures]


def _failure(item: Credential, reason: str) -> Document:
    kid: Kid = item.kid
    return {
        "id": item.credential_id,
        "kind": item.fields.kind.value,
        "name": item.fields.name,
        "target": item.fields.target,
        "account": item.fields.account,
        "key_id": kid,
        "reason": reason,
    }
