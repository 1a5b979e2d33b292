"""Checking every copy of the register, of keys and of the database, and saying what was seen."""

from typing import Any

from textual.screen import Screen

from nskeys.errors import Cancelled
from nskeys.model.register import CopyStatus
from nskeys.ports import Progress, Stage
from nskeys.services.status.checking import CheckReport
from nskeys.wording.checks import check_lines
from nskeys.wording.database_copies import database_copies_seen
from nskeys.wording.reports import copies_seen
from nskeys_tui.dialogs.questions import MessageDialog
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import Session, show_done, show_error


async def check_copies(screen: Screen[Any], session: Session, title: str) -> bool:
    """Check all copies and record the results; return whether that was done. Await it in a worker."""

    def run(progress: Progress) -> CheckReport:
        return session.services.check.execute(session.secrets, progress)

    # What servers want is asked before: while copies are looked at, nobody is.
    await with_server_access(
        screen, session, session.services.register.login_required, lambda errors: errors
    )
    outcome = await session.work("Check all copies", run, (Stage.LOOKING,))
    report = outcome.value
    if report is None:
        if outcome.error is not None and not isinstance(outcome.error, Cancelled):
            await show_error(screen.app, title, outcome.error)
        return False
    databases = session.services.database.copies()
    told = (copies_seen(report.copies), *database_copies_seen(databases))
    away = any(copy.retired is None and copy.status is not CopyStatus.GOOD for copy in databases)
    if report.missed or away or not report.fits:
        screen.app.push_screen(MessageDialog(title, *told, *check_lines(report)))
    else:
        show_done(screen.app, *told)
    return True
