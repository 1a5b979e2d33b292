"""What the screen Database does besides its copies: somebody else's backups are declared, checked and
withdrawn, and the CMDB moves to another database."""

from functools import partial
from typing import Any

from textual.screen import Screen

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.database_plans import DatabaseCheckPlan, DatabaseCheckReport, MovePlan, MoveReport
from nskeys.model.declared_backups import DeclaredBackup
from nskeys.ports import Progress, Stage
from nskeys.wording.database_move import (
    MOVE_HELP,
    MOVE_PROMPT,
    MOVE_TITLE,
    MOVE_YES,
    moved_lines,
    plan_facts,
    plan_lines,
)
from nskeys.wording.declared_backups import check_lines, plan_line, withdrawn_line
from nskeys.wording.declared_screen import (
    CHECK_HELP,
    CHECK_TITLE,
    CHECK_WRITES,
    CHECK_YES,
    DECLARE_HELP,
    DECLARE_PROMPT,
    DECLARE_TITLE,
    WHICH_ONE,
    WITHDRAW_TITLE,
    WITHDRAW_YES,
    declared_line,
    withdraw_question,
)
from nskeys.wording.schedule import OUTDATED_ELSEWHERE
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.questions import ChoiceDialog, ConfirmDialog, Line, MessageDialog
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.session import Session, ask_line, show_done, show_error
from nskeys_tui.widgets.choice_list import Choice


async def declare_backup(screen: Screen[Any], session: Session) -> None:
    """Ask how the backup is called, and write down that there is one. Await it in a worker."""
    services = session.services

    async def attempt(text: str) -> DeclaredBackup | NskeysError:
        def run(progress: Progress) -> DeclaredBackup:
            progress.stage(Stage.RECORDING)
            return services.declared_backups.declare(text, session.secrets)

        outcome = await session.work(DECLARE_TITLE, run, (Stage.RECORDING,))
        return outcome.value if outcome.value is not None else outcome.ended

    line = Line("Called", help=DECLARE_HELP)
    made = await ask_line(screen.app, DECLARE_TITLE, DECLARE_PROMPT, line, attempt)
    if made is not None:
        show_done(screen.app, declared_line(made))


async def withdraw_backup(screen: Screen[Any], session: Session) -> None:
    """Let a declared backup count no more, after a question."""
    backup = await _chosen(screen, session, WITHDRAW_TITLE)
    if backup is None:
        return
    question = ConfirmDialog(WITHDRAW_TITLE, *withdraw_question(backup), yes=WITHDRAW_YES, no="No, keep it")
    if not await screen.app.push_screen_wait(question):
        return

    def run(progress: Progress) -> DeclaredBackup:
        progress.stage(Stage.RECORDING)
        return session.services.declared_backups.withdraw(backup.text, session.secrets)

    outcome = await session.work(WITHDRAW_TITLE, run, (Stage.RECORDING,))
    if outcome.value is not None:
        show_done(screen.app, withdrawn_line(outcome.value))
    else:
        await show_error(screen.app, WITHDRAW_TITLE, outcome.ended)


async def check_backup(screen: Screen[Any], session: Session) -> None:
    """Plan, ask, and check a database that was restored from a declared backup."""
    backup = await _chosen(screen, session, CHECK_TITLE)
    if backup is None:
        return
    check = session.services.database_check
    line = Line("Database", help=CHECK_HELP, is_path=True)

    async def attempt(named: str) -> DatabaseCheckPlan | NskeysError:
        return await run_in_background(partial(check.plan, named, backup.text))

    plan = await ask_line(screen.app, CHECK_TITLE, WHICH_ONE, line, attempt)
    if plan is None:
        return
    question = ConfirmDialog(CHECK_TITLE, plan_line(plan), CHECK_WRITES, yes=CHECK_YES, no="No, go back")
    if not await screen.app.push_screen_wait(question):
        return

    def run(progress: Progress) -> DatabaseCheckReport:
        return check.execute(plan, session.secrets, progress)

    outcome = await session.work(CHECK_TITLE, run, (Stage.UNLOCKING, Stage.PROVING, Stage.RECORDING))
    report = outcome.value
    if report is None:
        if not isinstance(outcome.ended, Cancelled):
            await show_error(screen.app, CHECK_TITLE, outcome.ended)
        return
    _, days = session.services.declared_backups.period()
    lines = check_lines(report, days)
    if report.proof.whole:
        show_done(screen.app, *lines)
    else:
        screen.app.push_screen(MessageDialog(CHECK_TITLE, *lines))


async def move_database(screen: Screen[Any], session: Session) -> bool:
    """Plan, ask, and move the CMDB to another database; return whether it was moved. Await it in a
    worker."""
    move = session.services.database_move
    line = Line("Where to", help=MOVE_HELP, is_path=True)

    async def attempt(address: str) -> MovePlan | NskeysError:
        return await run_in_background(partial(move.plan, address))

    plan = await ask_line(screen.app, MOVE_TITLE, MOVE_PROMPT, line, attempt)
    if plan is None:
        return False
    facts = (f"{label}: {value}" for label, value in plan_facts(plan))
    question = ConfirmDialog(
        MOVE_TITLE, "\n".join(facts), *plan_lines(plan), yes=MOVE_YES, no="No, leave it where it is"
    )
    if not await screen.app.push_screen_wait(question):
        return False

    def run(progress: Progress) -> MoveReport:
        return move.execute(plan, session.secrets, progress)

    stages = (Stage.UNLOCKING, Stage.COPYING_ROWS, Stage.COMPARING_ROWS)
    outcome = await session.work(MOVE_TITLE, run, stages)
    lags = await session.quickly(session.services.schedule.lags)
    # Also after an error: the switch may have been made.
    again = await session.quickly(session.connect_anew)
    report = outcome.value
    if report is None:
        if not isinstance(outcome.ended, Cancelled):
            await show_error(screen.app, MOVE_TITLE, outcome.ended)
        return False
    if isinstance(again, NskeysError):
        await show_error(screen.app, MOVE_TITLE, again)
    units = (OUTDATED_ELSEWHERE,) if lags is True else ()
    screen.app.push_screen(MessageDialog(MOVE_TITLE, *moved_lines(report), *units))
    return True


async def _chosen(screen: Screen[Any], session: Session, title: str) -> DeclaredBackup | None:
    """Return the declared backup that is meant: the only one, or what a person chooses; None for Esc, and
    where there is none."""
    found = await run_in_background(session.services.declared_backups.declared)
    if isinstance(found, NskeysError):
        await show_error(screen.app, title, found)
        return None
    if len(found) == 1:
        return found[0]
    if not found:
        none = await run_in_background(session.services.declared_backups.named)
        await show_error(screen.app, title, none if isinstance(none, NskeysError) else None)
        return None
    choices = [Choice(one.text, safe(one.text)) for one in found]
    text = await screen.app.push_screen_wait(ChoiceDialog(title, (), choices))
    return next((one for one in found if one.text == text), None)
