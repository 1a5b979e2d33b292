"""Rotation: what the next step does, the gate, the work, and what came of it."""

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.keys import KeyState
from nskeys.model.operations import ProofReport, RotationPlan, RotationReport
from nskeys.ports import Progress, Stage
from nskeys.wording.reports import rotation_lines
from nskeys.wording.rotation import (
    LEFT,
    STOPPED,
    rotation_next,
    rotation_plan_lines,
    waits,
    without_backup_question,
)
from nskeys.wording.ways import KEYS
from nskeys_tui.dialogs.confirm import Confirm
from nskeys_tui.screens.asking import read
from nskeys_tui.screens.backup import BackUp
from nskeys_tui.screens.guided import Guided, words
from nskeys_tui.screens.proof import ProofList
from nskeys_tui.screens.session import Session

_STAGES = (Stage.UNLOCKING, Stage.RESEALING)


class Rotate(Guided):
    """Each visit does the next step that may be done; what was broken off goes on."""

    NAME = "Rotate the key"
    HELP = (
        "A rotation makes a new key and seals every credential anew under it. First a backup elsewhere has "
        "to hold the new key. It can be stopped between two batches and goes on from there; whoever comes "
        "next finishes it. Old keys stay."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("b", "back_up", "Back up", tooltip="Make the backup that is due, and come back here"),
        Binding("w", "without", "Without a backup", tooltip="Go on although no backup holds the new key"),
        Binding("l", "left", "What is left", tooltip="Credentials that did not open and kept their seal"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._plan: RotationPlan | None = None
        self._report: RotationReport | None = None
        self._away = False

    def on_mount(self) -> None:
        """Begin."""
        self._make_plan()

    def on_screen_resume(self) -> None:
        """Back from a backup: the gate may be open now."""
        if self._away:
            self._away = False
            self._make_plan()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that work in this step."""
        plan, report = self._plan, self._report
        if action == "go_on":
            return self.step == "done" or (self.step == "plan" and plan is not None and not waits(plan))
        if action == "back_up":
            due = report is not None and bool(report.due)
            return (self.step == "plan" and plan is not None and waits(plan)) or (
                self.step == "done" and due
            )
        if action == "without":
            return self.step == "plan" and plan is not None and not plan.gate_open
        if action == "left":
            return self.step == "done" and report is not None and bool(report.left)
        return super().check_action(action, parameters)

    # --- the plan ----------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _make_plan(self, *before: str) -> None:
        if self._plan is None:
            await self.show("looking", "", words("Looking at the keys and their backups …", "quiet"))
        plan = await read(self.session.services.rotation.plan)
        if isinstance(plan, NskeysError):
            await self.tell(plan)
            self.dismiss()
            return
        self._plan = plan
        first, *rest = rotation_plan_lines(plan)
        await self.show(
            "plan",
            "a backup is due" if waits(plan) else "the next step",
            *(words(line, "good") for line in before),
            words(f"! {first}" if waits(plan) else first, "warning" if waits(plan) else ""),
            *(words(line) for line in rest),
            words(rotation_next(plan), "quiet"),
        )

    def action_back_up(self) -> None:
        """The backup that is due, right here."""
        self._away = True
        self.app.push_screen(BackUp(self.session))

    # --- the work ----------------------------------------------------------------------------------------

    def action_go_on(self) -> None:
        """Do it; afterwards, leave."""
        if self.step == "done":
            self.dismiss()
        else:
            self._run(without_backup=False)

    @work(exclusive=True)
    async def action_without(self) -> None:
        """Skip the gate, once that was confirmed in plain words."""
        if self._plan is None:
            return
        question = Confirm(
            "Without a backup",
            *without_backup_question(self._plan),
            yes="Yes, rotate without a backup",
            no="No, a backup first",
        )
        if await self.app.push_screen_wait(question):
            self._run(without_backup=True)

    @work(exclusive=True)
    async def _run(self, *, without_backup: bool) -> None:
        plan = self._plan
        if plan is None:
            return

        def run(progress: Progress) -> RotationReport:
            return self.session.services.rotation.execute(
                plan, self.session.secrets, without_backup, progress
            )

        outcome = await self.session.work(self.NAME, run, _STAGES)
        report = outcome.value
        if report is None:
            await self.tell(outcome.error)
            self._make_plan(*((STOPPED,) if isinstance(outcome.error, Cancelled) else ()))
        elif report.state is KeyState.PRE_ACTIVE:
            self._make_plan()
        else:
            await self._done(report)

    async def _done(self, report: RotationReport) -> None:
        self._report = report
        first, *rest = rotation_lines(report, KEYS)
        whole = not report.left and not report.due
        await self.show(
            "done",
            "done",
            words(first, "" if report.left else "good"),
            *(words(f"! {line}" if not whole and line is rest[0] else line, "warning") for line in rest),
            *([words(LEFT, "quiet")] if report.left else []),
        )

    def action_left(self) -> None:
        """Those that did not open."""
        if self._report is not None:
            left = ProofReport(self._report.resealed, self._report.left)
            self.app.push_screen(ProofList(self.session, left, title="What is left", only_failures=True))
