"""Restore: the file, what is in it, its password, the plan, the work, and the proof."""

from contextlib import ExitStack

from textual import on, work

from nskeys.bootstrap import protectors
from nskeys.errors import Cancelled
from nskeys.model.operations import RestorePlan, RestoreReport
from nskeys.ports import Progress, Stage
from nskeys.services.sources import OpenSource, opened
from nskeys.wording.names import protector_label, protector_words
from nskeys.wording.proofs import plan_lines, restore_lines
from nskeys.wording.ways import KEYS
from nskeys_tui.dialogs.confirm import Confirm
from nskeys_tui.presenters.restore import foreign_question, key_rows
from nskeys_tui.screens.from_backup import FromBackup
from nskeys_tui.screens.guided import words
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts

_STAGES = (Stage.UNLOCKING, Stage.STORING_KEYS, Stage.PROVING)


class Restore(FromBackup):
    """A plan you see first, then all or nothing, then a proof credential by credential."""

    NAME = "Restore keys"
    HELP = (
        "Nothing is changed before you have seen the plan and said yes. Keys that are here already stay as "
        "they are. Afterwards every credential is opened, and what did not open is a list."
    )
    NEXT = "Enter asks for its password. Nothing is changed yet."

    def __init__(self, session: Session, address: str = "") -> None:
        super().__init__(session, address)
        self._open: OpenSource | None = None
        self._plan: RestorePlan | None = None
        self._protector = ""
        self._held = ExitStack()

    def on_unmount(self) -> None:
        """Keys that were opened are wiped."""
        self._held.close()

    @on(ChoiceList.Chosen)
    def _protector_chosen(self, message: ChoiceList.Chosen) -> None:
        if self.step == "protector":
            self._protector = message.key
            self._run()

    # --- the plan ----------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def action_go_on(self) -> None:
        """What this step offers."""
        if self.step == "contents":
            await self._open_it()
        elif self.step == "plan":
            await self._confirm()
        elif self.step == "done":
            self.dismiss()

    async def _open_it(self) -> None:
        source, services = self.source, self.session.services
        if source is None:
            return

        def run(progress: Progress) -> tuple[OpenSource, RestorePlan]:
            context = opened(services.installation, source, self.session.secrets, progress)
            open_source = self._held.enter_context(context)
            return open_source, services.restore.plan(open_source)

        self._held.close()
        outcome = await self.session.work("Open the backup", run, (Stage.OPENING,))
        if outcome.value is None:
            await self.tell(outcome.error)
            return
        self._open, self._plan = outcome.value
        await self._show_plan(self._plan)

    async def _show_plan(self, plan: RestorePlan) -> None:
        first, *rest = plan_lines(plan, KEYS)
        await self.show(
            "plan",
            "the plan",
            words(first),
            Facts(key_rows(plan)),
            *(words(line) for line in rest),
            words("Enter restores. Nothing is changed yet.", "quiet"),
        )

    async def _confirm(self) -> None:
        plan = self._plan
        if plan is None:
            return
        if plan.foreign and not await self.app.push_screen_wait(
            Confirm(
                "This backup is foreign", *foreign_question(plan.foreign), yes="Restore it all the same"
            )
        ):
            return
        if not plan.sets_up:
            self._run()
            return
        available = [name for name, usable, _ in protectors() if usable]
        choices = [Choice(name, protector_label(name), protector_words(name)) for name in available]
        await self.show(
            "protector",
            "what protects the keys here",
            words("The keys are stored on this machine. What shall bind them to it?"),
            ChoiceList(choices),
        )

    # --- the work --------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _run(self) -> None:
        plan, source, services = self._plan, self._open, self.session.services
        if plan is None or source is None:
            return

        def run(progress: Progress) -> RestoreReport:
            return services.restore.execute(
                plan,
                source,
                self.session.secrets,
                services.installation.settings.read(),
                self._protector,
                accept_foreign=bool(plan.foreign),
                progress=progress,
            )

        outcome = await self.session.work(self.NAME, run, _STAGES)
        if outcome.value is not None:
            self.proof = outcome.value.proof
            await self._done(outcome.value)
        elif isinstance(outcome.error, Cancelled) and outcome.error.what != "proof":
            await self._show_plan(plan)
        else:
            await self.tell(outcome.error)
            self.dismiss()

    async def _done(self, report: RestoreReport) -> None:
        self._held.close()
        whole = not report.proof.failures
        first, second, *rest = restore_lines(report, KEYS)
        await self.show(
            "done",
            "done",
            words(first),
            words(second if whole else f"! {second}", "good" if whole else "warning"),
            *(words(line) for line in rest),
            words("l lists every credential that was tried, and what must be re-entered.", "quiet"),
        )

    def action_back(self) -> None:
        """One step back; nothing was changed before the work."""
        if self.step in ("plan", "protector") and self.source is not None:
            self._held.close()
            self.inspect(self.source.address)
        else:
            super().action_back()
