"""Rotation: what the next step does, the gate, the work, and the result."""

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.plans import ProofReport, RotationPlan, RotationReport
from nskeys.ports import Progress, Stage
from nskeys.services.flows.rotation import RotationFlow, RotationStep
from nskeys.wording.flows import ROTATION_ACTS
from nskeys.wording.keys import (
    LEFT,
    STOPPED,
    rotation_next,
    rotation_plan_lines,
    without_backup_question,
)
from nskeys.wording.next_steps import Voice
from nskeys.wording.reports import rotation_lines
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.proof import ProofScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import FlowScreen, words

_STAGES = (Stage.UNLOCKING, Stage.RESEALING)


class RotationScreen(FlowScreen[RotationFlow]):
    """Does the next step that is due; an interrupted one is continued."""

    NAME = "Rotate the key"
    ACT_WORDS = ROTATION_ACTS
    HELP = (
        "A rotation makes a new key and re-seals every credential under it. First a backup elsewhere has "
        "to hold the new key. It can be stopped between two batches and goes on from there; whoever comes "
        "next finishes it. Old keys stay."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("b", "back_up", "Back up", tooltip="Make the backup that is due, and come back here"),
        Binding("d", "drill", "Drill", tooltip="Drill the backup that holds the new key, and come back"),
        Binding("w", "without", "Without a backup", tooltip="Go on although no backup holds the new key"),
        Binding("l", "left", "What is left", tooltip="Credentials that did not open and kept their seal"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session, RotationFlow())
        self._away = self._stopped = False

    def on_screen_resume(self) -> None:
        """Look again: after a backup or a drill the gate may be open, or nothing may be due."""
        if self._away:
            self._away = False
            self.go(RotationFlow() if self.flow.step is not RotationStep.DONE else self.flow)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return what did not open can be listed."""
        if action == "left":
            return self.flow.report is not None and bool(self.flow.report.left)
        return super().check_action(action, parameters)

    # --- the steps -----------------------------------------------------------------------------------

    async def at(self, flow: RotationFlow) -> RotationFlow | None:
        match flow.step:
            case RotationStep.LOOKING:
                return await self._look(flow)
            case RotationStep.SKIP if flow.plan is not None:
                return flow.run() if await self._confirmed(flow.plan) else flow.back()
            case RotationStep.RUNNING if flow.plan is not None:
                return await self._run(flow, flow.plan)
            case RotationStep.WAITING if flow.report is not None:
                return RotationFlow()  # the key was made just now: look how things stand with it
            case RotationStep.DONE if flow.report is not None:
                await self._done(flow.report)
            case _ if flow.plan is not None:
                await self._show_plan(flow.step, flow.plan)
        return None

    async def _look(self, flow: RotationFlow) -> RotationFlow | None:
        await self.show(flow.step, "", words("Looking at the keys and their backups …", "quiet"))
        plan = await run_in_background(self.session.services.rotation.plan)
        if not isinstance(plan, NskeysError):
            return flow.looked(plan)
        await self.tell(plan)
        self.dismiss()
        return None

    async def _show_plan(self, step: RotationStep, plan: RotationPlan) -> None:
        first, *rest = rotation_plan_lines(plan)
        due = plan.waits
        before = [words(STOPPED)] if self._stopped else []
        self._stopped = False
        await self.show(
            step,
            f"a {'drill' if plan.waits_for_a_drill else 'backup'} is due" if due else "the next step",
            *before,
            words(f"! {first}" if due else first, "warning" if due else ""),
            *(words(line) for line in rest),
            then=rotation_next(plan),
        )

    async def _confirmed(self, plan: RotationPlan) -> bool:
        question = ConfirmDialog(
            "Without a backup",
            *without_backup_question(plan),
            yes="Yes, rotate without a backup",
            no="No, a backup first",
        )
        answer = await self.app.push_screen_wait(question)
        return answer is True

    async def _run(self, flow: RotationFlow, plan: RotationPlan) -> RotationFlow:
        def run(progress: Progress) -> RotationReport:
            return self.session.services.rotation.execute(
                plan, self.session.secrets, flow.without_backup, progress
            )

        outcome = await self.session.work(self.NAME, run, _STAGES)
        if outcome.value is not None:
            return flow.done(outcome.value)
        self._stopped = isinstance(outcome.error, Cancelled)
        return flow.failed(outcome.ended)

    async def _done(self, report: RotationReport) -> None:
        due = await run_in_background(self.session.services.backup.due)
        if not isinstance(due, NskeysError):
            report = replace(report, due=due)
            self.flow = replace(self.flow, report=report)
        first, *rest = rotation_lines(report, Voice.KEY)
        await self.show(
            RotationStep.DONE,
            "done",
            words(first, "" if report.left else "good"),
            *([words(f"! {' '.join(rest)}", "warning")] if rest else []),
            then=LEFT if report.left else "",
        )

    # --- keys ------------------------------------------------------------------------------------------

    def action_go_on(self) -> None:
        """Do the step; when it is done, leave."""
        self.go(None if self.flow.step is RotationStep.DONE else self.flow.run())

    def action_without(self) -> None:
        """Skip the gate, after a second confirmation."""
        self.go(self.flow.skip())

    def action_back_up(self) -> None:
        """Make the backup that is due, right here."""
        self._away = True
        self.app.push_screen(BackupScreen(self.session))

    def action_drill(self) -> None:
        """Do the drill that is due, right here."""
        plan = self.flow.plan
        if plan is not None and plan.held_by is not None:
            self._away = True
            self.app.push_screen(DrillScreen(self.session, plan.held_by.address))

    def action_left(self) -> None:
        """List the credentials that did not open."""
        report = self.flow.report
        if report is not None:
            not_opened = ProofReport(report.resealed, report.left)
            self.app.push_screen(
                ProofScreen(self.session, not_opened, title="What is left", only_failures=True)
            )
