"""Restore: the file, its content, its password, the plan, the work, and the proof."""

from contextlib import ExitStack
from dataclasses import replace
from typing import ClassVar, TypeAlias

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.bootstrap import protectors
from nskeys.errors import NskeysError
from nskeys.model.plans import ProofReport, RestorePlan, RestoreReport
from nskeys.ports import Progress, Stage
from nskeys.services.flows.actions import Action
from nskeys.services.flows.restore import RestoreFlow, RestoreStep
from nskeys.services.flows.source import SourceFlow
from nskeys.services.open_backup import OpenSource, Source
from nskeys.services.restore.service import RestoreChoices
from nskeys.wording.first_start import SERVER_HELP, protector_choice, server_problem
from nskeys.wording.flows import CHOOSE_PROTECTOR, RESTORE_ACTS
from nskeys.wording.next_steps import Voice
from nskeys.wording.pairs import NO_COPY_TO_RESTORE
from nskeys.wording.proofs import (
    NOT_RESTORED,
    STORED_NOT_TRIED,
    bound_before_lines,
    plan_lines,
    restore_lines,
)
from nskeys_tui.dialogs.questions import ConfirmDialog, Line, LineDialog
from nskeys_tui.presenters.restore import foreign_question, foreign_title, foreign_yes, key_rows
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.backup_source import BackupSourceScreen
from nskeys_tui.screens.session import Session, show_done
from nskeys_tui.screens.wizard import words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts

_Planned: TypeAlias = tuple[RestorePlan, tuple[str, ...]]
_STAGES = (Stage.UNLOCKING, Stage.FILLING, Stage.STORING_KEYS, Stage.PROVING)


class RestoreScreen(BackupSourceScreen[RestoreFlow]):
    """Shows a plan first, restores all or nothing, then proves credential by credential."""

    NAME = "Restore"
    ACT_WORDS = RESTORE_ACTS
    HELP = (
        "Nothing is changed before you have seen the plan and said yes. Keys that are here already stay as "
        "they are. Afterwards every credential is opened, and what did not open is a list."
    )
    WITHOUT_COPY = NO_COPY_TO_RESTORE
    NEXT = "Enter asks for {asked}. Nothing is changed yet."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "name", "Name", tooltip="Give the server another name than its backup has"),
        Binding("b", "back_up", "Back up", tooltip="Make the database copy that covers what came back"),
    ]

    def __init__(self, session: Session, address: str = "") -> None:
        super().__init__(session, RestoreFlow((), SourceFlow(named=bool(address))), address)
        self._open: OpenSource | None = None
        self._held = ExitStack()

    def on_unmount(self) -> None:
        """Wipe the opened keys."""
        self._close()

    def entered(self, flow: RestoreFlow) -> None:
        """Close the backup when the flow no longer needs it."""
        if not flow.holds_keys:
            self._close()

    def _close(self) -> None:
        self._held.close()
        self._open = None

    @property
    def unsaved(self) -> bool:
        """Whether the backup is open, so that its password would be asked again."""
        return self._open is not None and self.flow.step is not RestoreStep.DONE

    @property
    def act(self) -> str:
        """What Enter does; a protector is chosen before keys are stored on a machine without any."""
        plan = self.flow.plan
        return CHOOSE_PROTECTOR if self.step == "plan" and plan and plan.sets_up else super().act

    # --- the steps -----------------------------------------------------------------------------------

    async def at(self, flow: RestoreFlow) -> RestoreFlow | None:
        match flow.step:
            case RestoreStep.SOURCE:
                return await self.at_source(flow)
            case RestoreStep.OPENING if flow.source.source is not None:
                return await self._open_it(flow, flow.source.source)
            case RestoreStep.PLANNING:
                return await self._plan_again(flow)
            case RestoreStep.PLAN if flow.plan is not None:
                await self._show_plan(flow.plan, flow.server)
            case RestoreStep.FOREIGN if flow.plan is not None:
                return flow.next() if await self._confirmed(flow.plan) else flow.back()
            case RestoreStep.PROTECTOR:
                await self._show_protectors(flow)
            case RestoreStep.RUNNING if flow.plan is not None and self._open is not None:
                return await self._run(flow, flow.plan, self._open)
            case RestoreStep.DONE:
                await self._done(flow.report)
        return None

    @property
    def before_opening(self) -> bool:
        return self.flow.step is RestoreStep.SOURCE

    def open_it(self) -> None:
        """Open it with the password, shares or identity."""
        match self.flow.step:
            case RestoreStep.SOURCE:
                self.go(self.flow.open())
            case RestoreStep.PLAN:
                self.go(self.flow.next())
            case RestoreStep.DONE:
                self.go(None)

    # --- the plan ------------------------------------------------------------------------------------

    async def _open_it(self, flow: RestoreFlow, source: Source) -> RestoreFlow:
        services, opening = self.session.services, self.opening

        def run(progress: Progress) -> tuple[OpenSource, _Planned]:
            context = services.sources.opened(source, self.session.secrets, progress, opening)
            open_source = self._held.enter_context(context)
            return open_source, self._planned(open_source)

        outcome = await self.session.work("Open the backup", run, (Stage.OPENING,))
        if outcome.value is None:
            return flow.failed(outcome.ended)
        self._open, (plan, usable) = outcome.value
        return replace(flow, protectors=usable).planned(plan)

    def _planned(self, source: OpenSource) -> _Planned:
        """Make the plan in a thread, with the protectors that work here where the keys are new here.
        Proving that a TPM works takes some tenths of a second."""
        plan = self.session.services.restore.plan(source, self.flow.source.pair)
        available = protectors() if plan.sets_up else ()
        return plan, tuple(name for name, usable, _ in available if usable)

    async def _plan_again(self, flow: RestoreFlow) -> RestoreFlow | None:
        """Make a new plan after something changed here; the backup is still open."""
        source = self._open
        if source is None:
            return flow.back()
        await self.tell(flow.problem)
        planned = await self.session.quickly(lambda: self._planned(source))
        if isinstance(planned, NskeysError):
            await self.tell(planned)
            return flow.back()
        plan, usable = planned
        return replace(flow, protectors=usable).planned(plan)

    async def _show_plan(self, plan: RestorePlan, server: str) -> None:
        first, *rest = plan_lines(plan, Voice.KEY, server)
        then = "Enter restores. Nothing is changed yet."
        if plan.sets_up:
            then = "Enter restores, protector first. Nothing is changed yet. n names the server."
        await self.show(
            "plan",
            "the plan",
            words(first),
            Facts(key_rows(plan)),
            *(words(line) for line in rest),
            then=then,
        )

    @work(exclusive=True, group="name")
    async def action_name(self) -> None:
        """Ask for another server name than the backup's."""
        question = LineDialog(
            "Server name", "", Line("Name", self.flow.server, help=SERVER_HELP, check=server_problem)
        )
        name = await self.app.push_screen_wait(question)
        if name is not None and Action.NAME in self.flow.acts:
            self.go(self.flow.name(name.strip()))

    async def _confirmed(self, plan: RestorePlan) -> bool:
        question = ConfirmDialog(
            foreign_title(plan.questions), *foreign_question(plan), yes=foreign_yes(plan.questions)
        )
        if await self.app.push_screen_wait(question):
            return True
        show_done(self.app, NOT_RESTORED)
        return False

    async def _show_protectors(self, flow: RestoreFlow) -> None:
        choices = [Choice(name, *protector_choice(name)) for name in flow.protectors]
        await self.show(
            "protector",
            "what protects the keys here",
            words("The keys are stored on this machine. What shall bind them to it?"),
            *(words(line) for line in _before(flow.plan)),
            ChoiceList(choices),
        )

    @on(ChoiceList.Chosen)
    def _protector_chosen(self, message: ChoiceList.Chosen) -> None:
        if self.flow.step is RestoreStep.PROTECTOR:
            self.go(self.flow.protect(message.key))

    # --- the work ------------------------------------------------------------------------------------

    async def _run(self, flow: RestoreFlow, plan: RestorePlan, source: OpenSource) -> RestoreFlow:
        services = self.session.services

        def run(progress: Progress) -> RestoreReport:
            settings = services.about.settings()
            choices = RestoreChoices(
                replace(settings, server_name=flow.server or settings.server_name),
                flow.protector,
                server_key=plan.facts.server_key if flow.accepted else "",
                other_machine=flow.accepted,
            )
            return services.restore.execute(plan, source, self.session.secrets, choices, progress)

        outcome = await self.session.work(self.NAME, run, _STAGES)
        return flow.done(outcome.value) if outcome.value is not None else flow.failed(outcome.ended)

    async def _done(self, report: RestoreReport | None) -> None:
        if report is None:
            await self.show("done", "done", words(f"! {STORED_NOT_TRIED}", "warning"))
            return
        whole = report.proof.whole and report.not_recorded is None
        first, second, *rest = restore_lines(report, Voice.KEY)
        re_entered = "" if whole else ", and what must be re-entered"
        await self.show(
            "done",
            "done",
            words(first),
            words(second if whole else f"! {second}", "good" if whole else "warning"),
            *(words(line) for line in rest),
            then=f"l lists every credential that was tried{re_entered}.",
        )

    def action_back_up(self) -> None:
        """Make the copy that is due now, and come back here."""
        self.app.push_screen(BackupScreen(self.session))

    @property
    def proof(self) -> ProofReport | None:
        return None if self.flow.report is None else self.flow.report.proof


def _before(plan: RestorePlan | None) -> tuple[str, ...]:
    """Return how they were bound before, for whoever chooses."""
    return () if plan is None else bound_before_lines(plan.protector_before, "")
