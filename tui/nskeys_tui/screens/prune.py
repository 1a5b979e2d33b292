"""Prune: what would be deleted and why, the question, the work, and the result."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from nskeys.errors import Cancelled
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.retention import Decision, Fate, FateReason, Retention
from nskeys.ports import Progress, Stage
from nskeys.services.flows.actions import Action
from nskeys.services.flows.prune import PruneFlow, PruneStep
from nskeys.services.register.prune import PrunePlan, PruneReport
from nskeys.wording.copies import backup_name, place_word
from nskeys.wording.database_copies import copies_pruned_lines, copy_number, surplus_lines
from nskeys.wording.flows import PRUNE_ACTS
from nskeys.wording.prune import (
    KEEP_COPIES,
    KEEP_LAST,
    KEEP_MONTHLY,
    STOPPED,
    UNKNOWN_FILE,
    delete_answer,
    delete_question,
    fate_word,
    number_problem,
    plan_lines,
    reason_words,
    report_lines,
)
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import day, when
from nskeys_tui.dialogs.questions import ConfirmDialog, Line, LineDialog
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import FlowScreen, words
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import KnownRows, Row
from nskeys_tui.widgets.table.table import CredentialTable

_COLUMNS = (
    Column("Fate", 6, 6, styled=True),
    Column("What", 9, 13),
    Column("Made", 10, 10, essential=False),
    Column("Why", 24, weight=1, styled=True),
)
_STAGES = (Stage.UNLOCKING, Stage.LOOKING, Stage.REMOVING)


class PruneScreen(FlowScreen[PruneFlow]):
    """Begins by checking every copy, which changes nothing."""

    NAME = "Prune"
    ACT_WORDS = PRUNE_ACTS
    HELP = (
        "Old key backups and database copies can be deleted. At each destination the last ones stay, and "
        "of key backups the last of each month; n changes how many. Whatever the numbers say, the newest "
        "good backup stays, the last that a person proved, and every one that holds a key as no other "
        "does. Files that the register does not know are never touched."
    )
    DEFAULT_CSS = """
    PruneScreen {
        & #step .prune--line { height: auto; }
        & #step CredentialTable { min-height: 4; }
        & #step #row { height: 4; margin: 0; overflow: hidden; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", priority=True, tooltip="Do what this step shows"),
        Binding("n", "numbers", "Numbers", tooltip="Change how many stay"),
    ]
    ACTS = MappingProxyType({**FlowScreen.ACTS, "numbers": Action.NUMBERS})

    def __init__(self, session: Session) -> None:
        super().__init__(session, PruneFlow())
        self._shown: Sequence[Decision | DatabaseCopy] = ()

    # --- the steps -----------------------------------------------------------------------------------

    async def at(self, flow: PruneFlow) -> PruneFlow | None:
        match flow.step:
            case PruneStep.LOOKING:
                return await self._look(flow)
            case PruneStep.SURE if flow.plan is not None:
                return flow.run() if await self._sure(flow.plan) else flow.back()
            case PruneStep.RUNNING if flow.plan is not None:
                return await self._run(flow, flow.plan)
            case PruneStep.DONE if flow.report is not None:
                await self._done(flow.report)
            case _ if flow.plan is not None:
                await self._show_plan(flow, flow.plan)
        return None

    async def _look(self, flow: PruneFlow) -> PruneFlow | None:
        # What servers want of a person is asked before: while it looks, nobody is.
        await with_server_access(
            self, self.session, self.session.services.register.login_required, lambda errors: errors
        )

        def look(progress: Progress) -> PrunePlan:
            return self.session.services.pruning.plan(flow.retention, progress)

        outcome = await self.session.work("Look at every copy", look, (Stage.LOOKING,))
        if outcome.value is not None:
            return flow.looked(outcome.value)
        if not isinstance(outcome.error, Cancelled):
            await self.tell(outcome.ended)
        self.dismiss()
        return None

    async def _show_plan(self, flow: PruneFlow, plan: PrunePlan) -> None:
        skipped = [(decision.address, decision.error) for decision in plan.skipped]
        kept, going, *rest = plan_lines(
            plan.retention, plan.decisions, skipped, plan.odd, bool(plan.copies)
        )
        lines = [(STOPPED, "warning")] if flow.stopped else []
        lines += [
            (kept, "quiet"),
            (going, ""),
            *((line, "") for line in surplus_lines(plan.copies, plan.copies_kept)),
            *((f"! {line}", "warning") for line in rest),
        ]
        summary = [Static(Content(line), classes=f"prune--line guided--{style}") for line, style in lines]
        table = CredentialTable(_COLUMNS, empty="")
        # What goes is what matters: it stands first.
        self._shown = (*plan.deleted, *plan.copies, *plan.settled, *plan.kept)
        below = (table, Facts(id="row")) if self._shown else ()
        await self.show(flow.step, "what would go, and why", *summary, *below)
        table.show(
            KnownRows([Row(str(n), prune_row(one), prune_style(one)) for n, one in enumerate(self._shown)])
        )

    @on(CredentialTable.RowHighlighted)
    def _highlighted(self, message: CredentialTable.RowHighlighted) -> None:
        if (number := int(message.key)) < len(self._shown):  # else it tells of a longer list before this
            for facts in self.query("#row").results(Facts):
                facts.pairs = prune_about(self._shown[number])

    async def _sure(self, plan: PrunePlan) -> bool:
        going = len(plan.deleted), len(plan.copies)
        question = ConfirmDialog(
            self.NAME, *delete_question(*going), yes=delete_answer(*going), no="No, keep everything"
        )
        return await self.app.push_screen_wait(question) is True

    async def _run(self, flow: PruneFlow, plan: PrunePlan) -> PruneFlow:
        def run(progress: Progress) -> PruneReport:
            return self.session.services.pruning.execute(plan, self.session.secrets, progress)

        outcome = await self.session.work(self.NAME, run, _STAGES)
        return flow.done(outcome.value) if outcome.value is not None else flow.failed(outcome.ended)

    async def _done(self, report: PruneReport) -> None:
        failures = [(failure.copy, failure.error) for failure in report.failures]
        skipped = [(skip.address, skip.error) for skip in report.plan.skipped]
        first, *rest = report_lines(report.deleted, failures, skipped)
        if report.deleted_copies and not report.deleted:
            first, *rest = [*copies_pruned_lines(report), *rest]
        else:
            rest += copies_pruned_lines(report)
        await self.show(
            PruneStep.DONE,
            "done",
            words(first, "" if rest else "good"),
            *(words(f"! {line}", "warning") for line in rest),
        )

    # --- keys ------------------------------------------------------------------------------------------

    def action_go_on(self) -> None:
        """Prune; when it is done, leave."""
        self.go(None if self.flow.step is PruneStep.DONE else self.flow.run())

    @work(exclusive=True)
    async def action_numbers(self) -> None:
        """Ask how many stay: the last ones, then the months, then the database copies."""
        now = self.flow.retention
        if now is None:
            return
        last = await self._number(KEEP_LAST, now.keep_last, least=1)
        if last is None:
            return
        monthly = await self._number(KEEP_MONTHLY, now.keep_monthly, least=0)
        if monthly is None:
            return
        copies = await self._number(KEEP_COPIES, now.keep_copies, least=1)
        if copies is not None:
            self.go(self.flow.keep(Retention(last, monthly, copies)))

    async def _number(self, label: str, value: int, least: int) -> int | None:
        dialog = LineDialog(
            "What stays", "", Line(label, str(value), check=lambda text: number_problem(text, least))
        )
        typed = await self.app.push_screen_wait(dialog)
        return None if typed is None else int(typed)


def prune_row(one: Decision | DatabaseCopy) -> tuple[str, ...]:
    """Return what happens to it, its name, its day, and why."""
    if isinstance(one, DatabaseCopy):
        surplus = reason_words(FateReason.SURPLUS)
        return (fate_word(Fate.DELETE), copy_number(one), day(one.copy.created), surplus)
    copy = one.copy
    return (
        fate_word(one.fate),
        backup_name(copy) if copy else "",
        day(copy.backup.created) if copy else "",
        reason_words(one.reason),
    )


def prune_style(one: Decision | DatabaseCopy) -> str:
    """Return `warning` for what is deleted, `quiet` for what stays."""
    return "quiet" if isinstance(one, Decision) and one.fate is Fate.KEEP else "warning"


def prune_about(one: Decision | DatabaseCopy) -> tuple[tuple[str, str], ...]:
    """Return the row in full: which files, and of which backup."""
    if isinstance(one, DatabaseCopy):
        made = f"{copy_number(one)} of {when(one.copy.created)}, {place_word(one.where)}"
        parts = count(len(one.parts), "part")
        return (("In", safe(one.destination)), ("Copy", f"{made}: {parts}, {safe(one.parts[0].name)}"))
    copy = one.copy
    if copy is None:
        return (("File", safe(one.address)), ("Backup", UNKNOWN_FILE))
    backup = f"{backup_name(copy)} of {when(copy.backup.created)}, {place_word(copy.where)}"
    return (("File", safe(one.address)), ("Backup", backup))
