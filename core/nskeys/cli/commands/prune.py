"""`nskeys prune`: delete old copies of backups, by numbers that say what stays."""

from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli.database_documents import database_copy_document
from nskeys.cli.documents import Document, time
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.model.retention import LEAST_LAST, MOST_KEPT, Decision, Retention
from nskeys.model.signed_json import Json
from nskeys.wording.database_copies import copies_pruned_lines, surplus_lines
from nskeys.wording.errors import say
from nskeys.wording.prune import copy_decision_cells, decision_cells, plan_lines, report_lines
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
    left = report.failures or report.copy_failures
    return Exit.INCOMPLETE if left or report.plan.skipped else Exit.DONE


def _wanted(options: Namespace, configured: Retention) -> Retention:
    last = configured.keep_last if options.keep_last is None else options.keep_last
    monthly = configured.keep_monthly if options.keep_monthly is None else options.keep_monthly
    if not LEAST_LAST <= last <= MOST_KEPT:
        raise UsageProblem(f"--keep-last takes {LEAST_LAST} to {MOST_KEPT:,}", options.command)
    if monthly > MOST_KEPT:
        raise UsageProblem(f"--keep-monthly takes 0 to {MOST_KEPT:,}", options.command)
    copies = configured.keep_copies if options.keep_copies is None else options.keep_copies
    if not LEAST_LAST <= copies <= MOST_KEPT:
        raise UsageProblem(f"--keep-copies takes {LEAST_LAST} to {MOST_KEPT:,}", options.command)
    return Retention(last, monthly, copies)


def _tell_plan(session: Session, plan: "PrunePlan") -> None:
    if session.output.as_json:
        session.output.document("prune-plan", plan_document(plan))
    else:
        going = map(copy_decision_cells, plan.copies)
        session.output.table(_HEADINGS, (*map(decision_cells, plan.decisions), *going))
    skipped = [(one.address, one.error) for one in plan.skipped]
    lines = plan_lines(plan.retention, plan.decisions, skipped, plan.odd, bool(plan.copies))
    session.output.say(*lines, *surplus_lines(plan.copies, plan.copies_kept), NOTHING_CHANGED)


def _tell(session: Session, report: "PruneReport") -> None:
    if session.output.as_json:
        session.output.document("prune", report_document(report))
    failures = [(failure.copy, failure.error) for failure in report.failures]
    skipped = [(one.address, one.error) for one in report.plan.skipped]
    session.output.say(*report_lines(report.deleted, failures, skipped), *copies_pruned_lines(report))


def plan_document(plan: "PrunePlan") -> Document:
    """Return the document of `prune --plan`: every file that can be seen."""
    return {
        **_kept(plan),
        "files": [_file(one) for one in plan.decisions],
        "skipped": _skipped(plan),
        "odd_names": _odd(plan),
        "copies": [database_copy_document(copy) for copy in plan.copies],
    }


def report_document(report: "PruneReport") -> Document:
    """Return the document of `prune`."""
    failures: list[Json] = [
        {"path": failure.copy.address, "problem": say(failure.error).what} for failure in report.failures
    ]
    failures += [
        {"path": copy.destination, "problem": say(error).what} for copy, error in report.copy_failures
    ]
    return {
        **_kept(report.plan),
        "deleted": [copy.address for copy in report.deleted],
        "deleted_copies": [database_copy_document(copy) for copy in report.deleted_copies],
        "failures": failures,
        "skipped": _skipped(report.plan),
    }


def _odd(plan: "PrunePlan") -> list[Json]:
    return [{"destination": address, "files": files} for address, files in plan.odd]


def _kept(plan: "PrunePlan") -> Document:
    kept = plan.retention
    return {
        "keep_last": kept.keep_last,
        "keep_monthly": kept.keep_monthly,
        "keep_copies": kept.keep_copies,
    }


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
