"""`nskeys database move`: a plan, a yes, then every row in the other database, compared, and the switch."""

from argparse import Namespace

from nskeys.cli.database_documents import move_planned_document, moved_document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.errors import Cancelled
from nskeys.model.database_plans import MovePlan
from nskeys.wording.database_move import MOVE_IT, moved_lines, place_words, plan_facts, plan_lines
from nskeys.wording.reports import NOTHING_CHANGED
from nskeys.wording.schedule import OUTDATED


def move(session: Session, options: Namespace) -> int:
    """Plan the move; carry it out unless only the plan is wanted."""
    services = session.services()
    plan = services.database_move.plan(options.address)
    if options.plan:
        if session.output.as_json:
            session.output.document("database-move-plan", move_planned_document(plan))
        else:
            session.output.facts(plan_facts(plan))
        session.output.say(*plan_lines(plan), NOTHING_CHANGED)
        return Exit.DONE
    if not options.yes:
        _confirm(session, options, plan)
    with session.progress() as progress:
        report = services.database_move.execute(plan, session.secrets, progress)
    if session.output.as_json:
        session.output.document("database-moved", moved_document(report))
    else:
        session.output.facts(
            [
                ("CMDB", place_words(plan.target)),
                ("before", place_words(plan.source)),
                *((("put aside", report.aside),) if report.aside else ()),
            ]
        )
    lags = services.schedule.lags()  # its units let the jobs write to the folder of the old file alone
    session.output.say(*moved_lines(report), *((OUTDATED,) if lags else ()))
    return Exit.DONE if report.not_put_aside is None else Exit.INCOMPLETE


def _confirm(session: Session, options: Namespace, plan: MovePlan) -> None:
    """Show the plan and ask for a yes. Raises Cancelled for a no, UsageProblem where nobody is there to
    give an answer."""
    session.output.say(*(f"{name}: {value}" for name, value in plan_facts(plan)), *plan_lines(plan))
    agreed = session.agreed(MOVE_IT)
    if agreed is None:
        raise UsageProblem("the CMDB is moved: say --yes, or --plan to see how", options.command)
    if not agreed:
        raise Cancelled
