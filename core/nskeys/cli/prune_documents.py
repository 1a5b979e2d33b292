"""The JSON of `prune`, as in `documents`."""

from typing import TYPE_CHECKING

from nskeys.cli.documents import Document, time
from nskeys.model.retention import Decision
from nskeys.model.signed_json import Json
from nskeys.wording.errors import say

if TYPE_CHECKING:
    from nskeys.services.register.prune import PrunePlan, PruneReport


def plan_document(plan: "PrunePlan") -> Document:
    """`prune --plan`: every file that can be seen."""
    return {
        **_kept(plan),
        "files": [_file(one) for one in plan.decisions],
        "skipped": _skipped(plan),
        "odd_names": _odd(plan),
    }


def report_document(report: "PruneReport") -> Document:
    """`prune`."""
    failures: list[Json] = [
        {"path": failure.copy.address, "problem": say(failure.error).what} for failure in report.failures
    ]
    return {
        **_kept(report.plan),
        "deleted": [copy.address for copy in report.deleted],
        "failures": failures,
        "skipped": _skipped(report.plan),
    }


def _odd(plan: "PrunePlan") -> list[Json]:
    return [{"destination": address, "files": files} for address, files in plan.odd]


def _kept(plan: "PrunePlan") -> Document:
    return {"keep_last": plan.retention.keep_last, "keep_monthly": plan.retention.keep_monthly}


def _file(one: Decision) -> Document:
    backup = one.copy.backup if one.copy else None
    return {
        "path": one.address,
        "destination": one.destination,
        "fate": one.fate.value,
        "reason": one.reason.value,
        "id": backup.kms_sha256 if backup else None,
        "generation": backup.generation if backup else None,
        "created": time(backup.created if backup else None),
    }


def _skipped(plan: "PrunePlan") -> list[Json]:
    return [{"destination": one.address, "problem": say(one.error).what} for one in plan.skipped]
