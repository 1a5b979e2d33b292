"""Letting a copy go: which credentials lose their only backup is said before, by name."""

from textual.screen import Screen

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.register import BackupCopy
from nskeys.ports import Progress, Stage
from nskeys.services.register.service import RetirePlan
from nskeys.wording.register import retire_answer, retire_lines
from nskeys.wording.reports import copy_retired
from nskeys_tui.dialogs.confirm import Confirm
from nskeys_tui.dialogs.questions import Notice
from nskeys_tui.screens.asking import run_in_background
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.telling import show_error

_TITLE = "Retire a copy"


async def retire_copy(screen: Screen[None], session: Session, copy: BackupCopy) -> bool:
    """Whether it was done. Awaited in a worker of `screen`."""

    def look() -> RetirePlan:
        return session.services.register.plan_retire(copy)

    plan = await run_in_background(look)
    if isinstance(plan, NskeysError):
        show_error(screen.app, _TITLE, plan)
        return False
    question = Confirm(_TITLE, *retire_lines(plan), yes=retire_answer(plan), no="No, keep it")
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
    await screen.app.push_screen_wait(Notice(_TITLE, copy_retired(outcome.value)))
    return True
