"""The base of the two lists of copies, of keys and of the database: loading, and checking all copies."""

from textual import work

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.register import CopyStatus
from nskeys.ports import Progress, Stage
from nskeys.services.status.checking import CheckReport
from nskeys.services.status.overview import Overview
from nskeys.wording.checks import check_lines
from nskeys.wording.database_copies import database_copies_seen
from nskeys.wording.reports import copies_seen
from nskeys_tui.dialogs.questions import MessageDialog
from nskeys_tui.screens.list_screen import ListScreen
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import Session, show_done, show_error
from nskeys_tui.widgets.guarded import LOOKS
from nskeys_tui.widgets.table.table import CredentialTable


class CopiesList(ListScreen):
    """Shows copies by the register first, then as just looked at."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.overview: Overview | None = None
        """The answer that is shown; None until the first one."""

    def show_overview(self, overview: Overview, *, looked: bool) -> None:
        """Show the copies of `overview`; `looked` says whether they were looked at for it."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Reload: drills, restores, backups and copies change the register."""
        self.load()

    @work(exclusive=True, group=LOOKS)
    async def load(self) -> None:
        """Show what the register says, then what a look at the copies finds."""
        try:
            async for status in self.session.looks.fresh():
                self.overview = status.overview
                self.show_overview(status.overview, looked=status.looked)
        except NskeysError as error:
            await self.tell(error)

    def action_detail(self) -> None:
        self.query_one(CredentialTable).action_choose()

    @work(exclusive=True, group="act")
    async def action_check(self) -> None:
        """Check every copy, and record the results."""
        self.say("asking the servers …")
        await self._check_all()
        self.load()

    async def _check_all(self) -> None:
        session, services = self.session, self.session.services

        def run(progress: Progress) -> CheckReport:
            return services.check.execute(session.secrets, progress)

        # What servers want is asked before: while copies are looked at, nobody is.
        await with_server_access(self, session, services.register.login_required, lambda errors: errors)
        outcome = await session.work("Check all copies", run, (Stage.LOOKING,))
        report = outcome.value
        if report is None:
            if outcome.error is not None and not isinstance(outcome.error, Cancelled):
                await show_error(self.app, self.NAME, outcome.error)
            return
        databases = services.database.copies()
        told = (copies_seen(report.copies), *database_copies_seen(databases))
        away = any(copy.retired is None and copy.status is not CopyStatus.GOOD for copy in databases)
        if report.missed or away or not report.fits:
            self.app.push_screen(MessageDialog(self.NAME, *told, *check_lines(report)))
        else:
            show_done(self.app, *told)
