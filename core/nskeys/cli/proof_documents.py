"""JSON of what was opened, and of what was not: drills, restores, checks and the re-entry list."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nskeys.cli.documents import Document, claiming, time
from nskeys.model.credentials import Credential
from nskeys.model.keys import Kid
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

if TYPE_CHECKING:
    pass


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
        "foreign": list(plan.foreign),
        "sets_up": plan.sets_up,
        "stranded": list(plan.stranded),
        "newer": None if plan.newer_known is None else plan.newer_known.address,
    }


def drilled(report: DrillReport) -> Document:
    """Return the document of `drill`."""
    return {
        "proof": report.reached.value,
        **_tried(report.proof),
        "recorded": report.recorded,
        "diary": report.diary.value,
    }


def verified(proof: ProofReport) -> Document:
    """Return the document of `verify`."""
    return {"opened": proof.opened, "failed": proof.failed, "failures": _failures(proof.failures)}


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
    }


def _holding(item: BackupCopy) -> Document:
    return {"path": item.address, "sight": item.status.value, "counts": item.counts}


def _tried(proof: ProofReport) -> Document:
    return {
        "credentials": {"opened": proof.opened, "failed": proof.failed},
        "failures": _failures(proof.failures),
    }


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
