"""The recovery identity: the recipient of backups that need no password; made and replaced here."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.recovery import IdentityKind
from nskeys.model.recovery_plans import RecoveryPlan, RecoveryReport
from nskeys.ports import Progress, Stage
from nskeys.services.flows.recovery import RecoveryFlow, RecoveryStep
from nskeys.wording.flows import RECOVERY_ACTS
from nskeys.wording.recovery import (
    IDENTITY_MEANS,
    NO_IDENTITY,
    identity_rows,
    made_lines,
    plan_lines,
)
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import FlowScreen, words
from nskeys_tui.widgets.facts import Facts

_STAGES = (Stage.MAKING_IDENTITY, Stage.TRYING_IDENTITY, Stage.UNLOCKING, Stage.RECORDING)


class RecoveryIdentityScreen(FlowScreen[RecoveryFlow]):
    """Shows what is in force first, and asks for a password only after saying what it will open."""

    NAME = "Recovery identity"
    ACT_WORDS = RECOVERY_ACTS
    HELP = (
        "Backups go to this identity without a person. Its password, which is stored nowhere, opens them. "
        "A new password is a new identity; older backups keep opening with the one before."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("b", "back_up", "Back up", tooltip="Make the first backup to it"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session, RecoveryFlow())

    async def at(self, flow: RecoveryFlow) -> RecoveryFlow | None:
        match flow.step:
            case RecoveryStep.LOOKING:
                return await self._look(flow)
            case RecoveryStep.SHOWN:
                await self._show_now(flow)
            case RecoveryStep.PLANNING:
                return await self._plan(flow)
            case RecoveryStep.REVIEW if flow.plan is not None:
                await self._review(flow.plan)
            case RecoveryStep.RUNNING if flow.plan is not None:
                return await self._run(flow, flow.plan)
            case RecoveryStep.DONE if flow.report is not None:
                await self._done(flow.report)
        return None

    async def _look(self, flow: RecoveryFlow) -> RecoveryFlow | None:
        recovery = await run_in_background(self.session.services.recovery.show)
        if not isinstance(recovery, NskeysError):
            return flow.looked(recovery)
        await self.tell(recovery)
        self.dismiss()
        return None

    async def _show_now(self, flow: RecoveryFlow) -> None:
        rows = identity_rows(flow.recovery)
        does = "makes another in its place, under a new password" if flow.replaces else "makes one"
        await self.show(
            flow.step,
            "who opens the backups",
            *([Facts(rows)] if rows else [words(NO_IDENTITY)]),
            words(IDENTITY_MEANS),
            then=f"Enter {does}. Nothing is changed yet.",
        )

    async def _plan(self, flow: RecoveryFlow) -> RecoveryFlow | None:
        plan = await self.session.quickly(lambda: self.session.services.recovery.plan(IdentityKind.PERSON))
        if not isinstance(plan, NskeysError):
            return flow.planned(plan)
        await self.tell(plan)
        return flow.back()

    async def _review(self, plan: RecoveryPlan) -> None:
        first, *rest = plan_lines(plan)
        await self.show(
            RecoveryStep.REVIEW,
            "this will be made",
            words(first),
            *(words(f"! {line}", "warning") for line in rest),
            then="Enter asks for its password, twice. A test file is encrypted and opened to prove it.",
        )

    async def _run(self, flow: RecoveryFlow, plan: RecoveryPlan) -> RecoveryFlow:
        def run(progress: Progress) -> RecoveryReport:
            return self.session.services.recovery.execute(plan, self.session.secrets, progress)

        outcome = await self.session.work(self.NAME, run, _STAGES)
        return flow.done(outcome.value) if outcome.value is not None else flow.failed(outcome.ended)

    async def _done(self, report: RecoveryReport) -> None:
        first, *rest = made_lines(report)
        await self.show(
            RecoveryStep.DONE,
            "done",
            words(first, "good"),
            *(words(f"! {line}", "warning") for line in rest),
            then="b makes the first backup to it. Keep the password where the server is not.",
        )

    def action_go_on(self) -> None:
        """Go on with the next step; at the end, leave."""
        self.go(self.flow.go_on())

    def action_back_up(self) -> None:
        """Make the first backup right here."""
        self.app.push_screen(BackupScreen(self.session))
