"""`nskeys prune`: delete old copies of backups, by numbers that say what stays."""

from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli.documents import Document, time
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.model.retention import LEAST_LAST, MOST_KEPT, Decision, Retention
from nskeys.model.signed_json import Json
from nskeys.wording.errors import say
from nskeys.wording.prune import decision_cells, plan_lines, report_lines
from nskeys.wording.reports import NOTHING_CHANGED

if TYPE_CHECKING:
    from nskeys.services.register.prune import PrunePlan, PruneReport


_HEADINGS = ("fate", "backup", "created", "why", "file")


def run(session: Session, options: Namespace) -> int:
    """Plan the pruning; carry it out unless only the plan is wanted."""
    services = session.services()
    services.about.require()
    retention = _wanted(options, services.pruning.retention())
    session.with_server_auth(services.register.login_required, lambda wanted: wanted)
    with session.progress() as progress:
        plan = services.pruning.plan(retention, progress)
        if not options.plan:
            report = services.pruning.execute(plan, session.secrets, progress)
    if options.plan:
        _tell_plan(session, plan)
        return Exit.INCOMPLETE if plan.skipped else Exit.DONE
    _tell(session, report)
    return Exit.INCOMPLETE if report.failures or report.plan.skipped else Exit.DONE


def _wanted(options: Namespace, configured: Retention) -> Retention:
    last = configured.keep_last if options.keep_last is None else options.keep_last
    monthly = configured.keep_monthly if options.keep_monthly is None else options.keep_monthly
    if not LEAST_LAST <= last <= MOST_KEPT:
        raise UsageProblem(f"--keep-last takes {LEAST_LAST} to {MOST_KEPT:,}", options.command)
    if monthly > MOST_KEPT:
        raise UsageProblem(f"--keep-monthly takes 0 to {MOST_KEPT:,}", options.command)
    return Retention(last, monthly)


def _tell_plan(session: Session, plan: "PrunePlan") -> None:
    if session.output.as_json:
        session.output.document(plan_document(plan))
    else:
        session.output.table(_HEADINGS, map(decision_cells, plan.decisions))
    skipped = [(one.address, one.error) for one in plan.skipped]
    session.output.say(*plan_lines(plan.retention, plan.decisions, skipped, plan.odd), NOTHING_CHANGED)


def _tell(session: Session, report: "PruneReport") -> None:
    if session.output.as_json:
        session.output.document(report_document(report))
    failures = [(failure.copy, failure.error) for failure in report.failures]
    skipped = [(one.address, one.error) for one in report.plan.skipped]
    session.output.say(*report_lines(report.deleted, failures, skipped))


def plan_document(plan: "PrunePlan") -> Document:
    """Return the document of `prune --plan`: every file that can be seen."""
    return {
        **_kept(plan),
        "files": [_file(one) for one in plan.decisions],
        "skipped": _skipped(plan),
        "odd_names": _odd(plan),
    }


def report_document(report: "PruneReport") -> Document:
    """Return the document of `prune`."""
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
