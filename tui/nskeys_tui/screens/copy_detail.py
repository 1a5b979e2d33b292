"""One copy of a backup: where it is, its proof and dates, and why it counts or not."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.register import BackupCopy
from nskeys.ports import Progress, Stage
from nskeys.services.register.service import RetirePlan
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import backup_name
from nskeys.wording.register import retire_answer, retire_lines
from nskeys.wording.reports import copy_retired
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.presenters.register import copy_rows
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.screens.session import Session, show_done, show_error
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room


class CopyScreen(Guarded[None]):
    """Shows the copy as of the last check of the register; its actions lead back there."""

    HELP = (
        "recorded: the register names it. present: the file is there. intact: it is the file that was "
        "written. opened: its password opened it. keys match: its keys are the right ones. credentials "
        "open: they opened rows of the CMDB."
    )
    DEFAULT_CSS = """
    CopyScreen Room { padding: 1 1 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "drill", "Drill", tooltip="Prove this copy, without restoring it"),
        Binding("r", "restore", "Restore", tooltip="Restore keys from this copy"),
        Binding("x", "retire", "Retire", tooltip="Stop counting this copy; its file stays"),
        Binding("escape", "dismiss", "Back", tooltip="Back to the register"),
    ]

    def __init__(self, session: Session, copy: BackupCopy, overview: Overview) -> None:
        super().__init__()
        self._session, self._copy, self._overview = session, copy, overview

    def compose(self) -> ComposeResult:
        yield TitleBar("Register")
        yield Rule(backup_name(self._copy))
        with Room():
            yield Facts(copy_rows(self._copy, self._overview))
        yield Rule()
        yield KeyBar()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return what was retired is."""
        return (
            self._copy.retired is None if action == "retire" else super().check_action(action, parameters)
        )

    def action_drill(self) -> None:
        """Drill it; the register shows the result."""
        self.app.switch_screen(DrillScreen(self._session, self._copy.address))

    def action_restore(self) -> None:
        self.app.switch_screen(RestoreScreen(self._session, self._copy.address))

    @work(exclusive=True)
    async def action_retire(self) -> None:
        """Retire the copy, after a confirmation."""
        if await retire_copy(self, self._session, self._copy):
            self.dismiss()


_TITLE = "Retire a copy"


async def retire_copy(screen: Screen[None], session: Session, copy: BackupCopy) -> bool:
    """Return whether it was retired. Await it in a worker of `screen`."""

    def look() -> RetirePlan:
        return session.services.register.plan_retire(copy)

    plan = await run_in_background(look)
    if isinstance(plan, NskeysError):
        show_error(screen.app, _TITLE, plan)
        return False
    question = ConfirmDialog(_TITLE, *retire_lines(plan), yes=retire_answer(plan), no="No, keep it")
    if not await screen.app.push_screen_wait(question):
        return False

    def run(progress: Progress) -> BackupCopy:
        progress.stage(Stage.RECORDING)
        return session.services.register.retire(plan, session.secrets)

    outcome = await session.work(_TITLE, run, (Stage.RECORDING,))
    if outcome.value is None:
        if outcome.error is not None and not isinstance(outcome.error, Cancelled):
            show_error(screen.app, _TITLE, outcome.error)
        return False
    show_done(screen.app, copy_retired(outcome.value))
    return True
