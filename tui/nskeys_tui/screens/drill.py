"""Drill: prove a backup without restoring it."""

from textual import work

from nskeys.model.operations import DrillReport
from nskeys.ports import Progress, Stage
from nskeys.wording.proofs import drill_lines
from nskeys.wording.ways import KEYS
from nskeys_tui.presenters.restore import drill_rows
from nskeys_tui.screens.from_backup import FromBackup
from nskeys_tui.screens.guided import words
from nskeys_tui.widgets.facts import Facts

_STAGES = (Stage.OPENING, Stage.PROVING, Stage.RECORDING)


class Drill(FromBackup):
    """The proof of a restore without the restore."""

    NAME = "Drill"
    HELP = (
        "A drill opens a backup with its password and every credential with the keys in it. It changes "
        "nothing; the register remembers the result."
    )
    NEXT = "Enter asks for its password and opens every credential with its keys."

    @work(exclusive=True)
    async def action_go_on(self) -> None:
        """Drill; afterwards, leave."""
        source = self.source
        if self.step == "done" or source is None:
            self.dismiss()
            return

        def run(progress: Progress) -> DrillReport:
            return self.session.services.drill.execute(source, self.session.secrets, progress)

        outcome = await self.session.work(self.NAME, run, _STAGES)
        if outcome.value is None:
            await self.tell(outcome.error)
            return
        self.proof = outcome.value.proof
        await self._done(outcome.value)

    async def _done(self, report: DrillReport) -> None:
        whole = not report.proof.failures and not report.foreign
        _, sentence, *rest = drill_lines(report, KEYS)
        await self.show(
            "done",
            "done",
            words(sentence if whole else f"! {sentence}", "good" if whole else "warning"),
            Facts(drill_rows(report)),
            *(words(line) for line in rest),
            words("l lists every credential that was tried.", "quiet"),
        )
