"""Back up: destination, password, plan, work, and result."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.recovery import Recovery
from nskeys.model.register import BackupCopy
from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, Purpose, SecretRequest, Stage
from nskeys.services.backup.both import BothPlan, BothReport
from nskeys.services.flows.backup import BackupFlow, BackupStep
from nskeys.services.passwords.new_password import AcceptedPassword, check_hint, check_hint_for, weakness
from nskeys.wording.database_copies import both_lines, done_lines
from nskeys.wording.destinations import ADD_HELP, DECLARE_ELSEWHERE, SPACE_MARKS, location_sentence
from nskeys.wording.errors import say_in_app
from nskeys.wording.flows import BACKUP_ACTS
from nskeys.wording.next_steps import Voice
from nskeys.wording.passwords import weak_line
from nskeys.wording.recovery import ROWS_ALONE, THEN_RUNBOOK, UNATTENDED, then_drill
from nskeys_tui.dialogs.file_browser import is_no_file
from nskeys_tui.dialogs.questions import Line, LineDialog
from nskeys_tui.presenters.backup import destination_choices, made_copies_rows, made_keys_rows, plan_rows
from nskeys_tui.presenters.flows import Pairs, backup_so_far
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup_picker import browsed_folder
from nskeys_tui.screens.database import COPY_STAGES
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.navigation import open_screen
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import Session, ask_line
from nskeys_tui.screens.wizard import FlowScreen, words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts

_BROWSE, _TYPE = "/browse", "/type"
_STAGES = (
    Stage.UNLOCKING,
    Stage.COLLECTING,
    Stage.ENCRYPTING,
    Stage.WRITING,
    Stage.READING_BACK,
    Stage.OPENING,
    Stage.RECORDING,
)


class BackupScreen(FlowScreen[BackupFlow]):
    """Makes a backup: from the first screen, with a known destination, it takes five keys and the
    password."""

    NAME = "Back up"
    ACT_WORDS = BACKUP_ACTS
    HELP = (
        "A backup has two halves: a file with every key of this server, under a password or to the "
        "recovery identity, and a copy of the database, which asks for no password. Each is made where it "
        "is needed, and counts only after it was read back from its destination and opened by two readers."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("p", "password", "Password", tooltip="Type another password"),
        Binding(
            "h", "hint", "Hint", tooltip="A hint that anybody may read, for whoever forgot the password"
        ),
        Binding("t", "destinations", "Destinations", tooltip="Add a place, or declare a folder elsewhere"),
        Binding("d", "drill", "Drill", tooltip="Prove that the credentials open with what was written"),
        Binding("r", "runbook", "Runbook", tooltip="What a restore needs on paper: print it"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session, BackupFlow())
        self._password: AcceptedPassword | None = None
        self._drill: DrillScreen | None = None

    def on_screen_resume(self) -> None:
        """Leave after a drill that proved what was written: what is told here was so before it."""
        super().on_screen_resume()
        if self._drill is not None and self._drill.flow.whole:
            self.dismiss()

    def on_unmount(self) -> None:
        """Wipe an unused password."""
        self._forget()

    @property
    def unsaved(self) -> bool:
        """Whether a password was typed that is nowhere else."""
        return self._password is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return what was written can be drilled."""
        if action in ("drill", "runbook"):
            return self._written() is not None
        if action == "destinations":
            return self.flow.step is BackupStep.DESTINATION
        return super().check_action(action, parameters)

    def entered(self, flow: BackupFlow) -> None:
        """Wipe the password when the flow no longer holds one."""
        if not flow.has_password:
            self._forget()

    def _forget(self) -> None:
        if self._password is not None:
            self._password.wipe()
        self._password = None

    @property
    def so_far(self) -> Pairs:
        return backup_so_far(self.flow)

    # --- the steps -----------------------------------------------------------------------------------

    async def at(self, flow: BackupFlow) -> BackupFlow | None:
        match flow.step:
            case BackupStep.LOOKING:
                return await self._look(flow)
            case BackupStep.DESTINATION:
                await self._show_destinations(flow)
            case BackupStep.PASSWORD:
                given = await self._ask_password(flow)
                return flow.password_given() if given else flow.back()
            case BackupStep.PLANNING if flow.plan is not None:
                return await self._planned(flow, flow.plan.addresses, flow.plan.hint)
            case BackupStep.REVIEW if flow.plan is not None:
                await self._review(flow.plan)
            case BackupStep.RUNNING if flow.plan is not None:
                return await self._run(flow, flow.plan, self._password)
            case BackupStep.DONE if flow.report is not None:
                await self._done(flow.report)
        return None

    async def _look(self, flow: BackupFlow) -> BackupFlow | None:
        await self.show(flow.step, "destination", words("Looking at the destinations …", "quiet"))
        statuses = await run_in_background(self.session.services.destinations.listing)
        if not isinstance(statuses, NskeysError):
            return flow.looked(statuses)
        await self.tell(statuses)
        self.dismiss()
        return None

    async def _planned(self, flow: BackupFlow, to: Sequence[str], hint: str) -> BackupFlow | None:
        """Return the flow with a plan; where there can be none, say why and choose another destination."""
        plan = await self._made(to, hint)
        if not isinstance(plan, NskeysError):
            return flow.planned(plan)
        await self.tell(plan)
        return flow.back()

    async def _made(self, to: Sequence[str], hint: str) -> BothPlan | NskeysError:
        """Return the plan of a backup to these destinations."""
        return await with_server_access(
            self,
            self.session,
            lambda: self.session.services.both_halves.plan(to, hint, password=self.flow.by_password),
            lambda made: made.failures,
        )

    # --- destination ---------------------------------------------------------------------------------

    async def _show_destinations(self, flow: BackupFlow) -> None:
        choices = [Choice(*choice) for choice in destination_choices(flow.choices)]
        keys = [choice.key for choice in choices]
        marked = keys.index(flow.likely.info.address) if flow.likely is not None else 0
        choices.append(Choice(_BROWSE, "Another folder, found by browsing"))
        choices.append(Choice(_TYPE, "Another folder or an SSH server, typed"))
        several = {key: key in flow.marked for key in keys} if len(keys) > 1 else {}
        then = SPACE_MARKS if several else ""
        if all(location_sentence(status.where) for status in flow.choices):
            then = DECLARE_ELSEWHERE
        await self.show(
            flow.step,
            "where to?",
            ChoiceList(choices, cursor=marked, marks=several),
            then=then,
        )

    def action_destinations(self) -> None:
        """Open the list of destinations, and look at them again afterwards."""
        again = BackupFlow(marked=tuple(self.query_one(ChoiceList).marked))
        self.app.push_screen(open_screen("destinations", self.session), lambda _: self.go(again))

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        self._choose(message.key, message.choices.marked)

    @work(exclusive=True)
    async def _choose(self, key: str, marked: Collection[str]) -> None:
        address: str | None = key
        if key == _TYPE:
            line = Line("Destination", help=ADD_HELP, is_path=True, wanted=is_no_file)
            plan = await ask_line(
                self.app,
                "Destination",
                "Where shall the backup go?",
                line,
                lambda typed: self._made(self.flow.taken(typed, marked), ""),
            )
            if plan is not None:
                self.go(self.flow.planned(plan))
            return
        if key == _BROWSE:
            address = await browsed_folder(self, self.session)
        if address and (planned := await self._planned(self.flow, self.flow.taken(address, marked), "")):
            self.go(planned)

    # --- password and hint ---------------------------------------------------------------------------

    async def _ask_password(self, flow: BackupFlow) -> bool:
        """Ask until a usable password is given. The first answer replaces the old password, so that nothing
        is written under one that somebody meant to replace."""
        hint = flow.plan.hint if flow.plan is not None else ""
        refused = "" if flow.problem is None else str(say_in_app(flow.problem))
        retry = int(bool(refused))
        while True:
            request = SecretRequest(Purpose.NEW_BACKUP_PASSWORD, "")
            password = await self.app.push_screen_wait(self.session.ask(request, retry, refused))
            if password is None:
                return False
            self._forget()
            accept = partial(self.session.services.backup.accept_password, password, hint)
            accepted = await self.session.quickly(accept)
            if not isinstance(accepted, NskeysError):
                self._password = accepted
                return True
            retry, refused = retry + 1, str(say_in_app(accepted))

    @work(exclusive=True)
    async def action_password(self) -> None:
        """Ask for another password, or one instead of the recovery identity; Esc keeps the old one, as long
        as nothing else was typed."""
        if self.flow.unattended:
            self.go(self.flow.with_password())
        elif not await self._ask_password(self.flow) and self._password is None:
            self.go(self.flow.back())

    @work(exclusive=True)
    async def action_hint(self) -> None:
        """Ask for a hint, which anybody can read in the backup."""
        plan = self.flow.plan
        if plan is None:
            return
        hint = await self.app.push_screen_wait(
            LineDialog(
                "Hint",
                "A hint stands in the backup, readable for anybody. It must not give the password away.",
                Line("Hint", plan.hint, check=self._hint_problem),
            )
        )
        if hint is not None:
            planned = await self._planned(self.flow, plan.addresses, hint)
            self.go(planned)

    def _hint_problem(self, hint: str) -> str:
        try:
            check_hint(hint)
            if self._password is not None:
                check_hint_for(hint, self._password)
        except NskeysError as error:
            return say_in_app(error).what
        return ""

    # --- review, work, result --------------------------------------------------------------------------

    async def _review(self, plan: BothPlan) -> None:
        warning = "" if plan.helps else location_sentence(plan.destinations[0].where)
        await self.show(
            BackupStep.REVIEW,
            "this will be written",
            *([words(f"! {warning}", "warning")] if warning else []),
            *(words(f"! {line}", "warning") for line in self._weak()),
            Facts(plan_rows(plan)),
            then=self._then(plan),
        )

    def _then(self, plan: BothPlan) -> str:
        if plan.keys is None:
            return ROWS_ALONE
        return UNATTENDED if self.flow.unattended else "Enter writes it, reads it back and opens it."

    def _weak(self) -> tuple[str, ...]:
        return weak_line(None if self._password is None else weakness(self._password))

    async def _run(self, flow: BackupFlow, plan: BothPlan, password: AcceptedPassword | None) -> BackupFlow:
        def provide(request: SecretRequest, retry: int) -> SecretBytes:
            if request.purpose is Purpose.NEW_BACKUP_PASSWORD and not retry and password is not None:
                return password.copy()
            return self.session.secrets(request, retry)

        def run(progress: Progress) -> BothReport:
            return self.session.services.both_halves.execute(plan, provide, progress)

        of_keys = _STAGES if len(plan.destinations) == 1 else _STAGES[:4]  # then each has its own line
        of_rows = COPY_STAGES if plan.database is not None else ()
        stages = (*(of_keys if plan.keys is not None else (Stage.UNLOCKING,)), *of_rows)
        outcome = await self.session.work(self.NAME, run, stages)
        return flow.done(outcome.value) if outcome.value is not None else flow.failed(outcome.ended)

    def action_go_on(self) -> None:
        """Write it; afterwards, leave."""
        self.go(None if self.flow.step is BackupStep.DONE else self.flow.run())

    async def _done(self, report: BothReport) -> None:
        made = self._written()
        weak = () if made is None else weak_line(made.weak)
        first, *rest = (line for line in both_lines(report, Voice.KEY) if line not in weak)
        good = [line for line in rest if line in done_lines(report)]
        wrong = [line for line in rest if line not in good]
        await self.show(
            BackupStep.DONE,
            "done",
            words(first, "good"),
            *(words(f"! {line}", "warning") for line in weak),
            Facts(made_keys_rows(report)),
            *(words(f"! {line}" if line is wrong[0] else line, "warning") for line in wrong),
            *(words(line, "good") for line in good),
            Facts(made_copies_rows(report)),
            then=self._then_drill(made),
        )

    def _then_drill(self, made: BackupCopy | None) -> str:
        plan = None if self.flow.plan is None else self.flow.plan.keys
        if made is None or plan is None:
            return ""
        return f"{then_drill(made, Recovery(plan.identities))} {THEN_RUNBOOK}"

    def _written(self) -> BackupCopy | None:
        """Return the key backup that was made."""
        report = self.flow.report
        return None if report is None or report.keys is None else report.keys.copy

    def action_runbook(self) -> None:
        """Show the runbook, which names this backup too."""
        self.app.push_screen(open_screen("runbook", self.session))

    def action_drill(self) -> None:
        made = self._written()
        if made is not None:
            self._drill = DrillScreen(self.session, made.address)
            self.app.push_screen(self._drill)
