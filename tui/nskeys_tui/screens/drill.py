"""Drill: prove a pair of halves without restoring it; a key backup without a database copy beside it is
tried on the CMDB here."""

from nskeys.model.pairs import Lying
from nskeys.model.plans import DrillReport, ProofReport
from nskeys.ports import Progress, Stage
from nskeys.services.database.pairs import Pair
from nskeys.services.flows.drill import DrillFlow, DrillStep
from nskeys.services.flows.source import SourceFlow
from nskeys.wording.drills import DRILL_HELP
from nskeys.wording.flows import DRILL_ACTS
from nskeys.wording.next_steps import Voice
from nskeys.wording.pairs import NO_COPY_TO_DRILL
from nskeys.wording.proofs import drill_lines
from nskeys_tui.presenters.restore import drill_rows
from nskeys_tui.screens.backup_source import BackupSourceScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.wizard import words
from nskeys_tui.widgets.facts import Facts

_STAGES = (Stage.OPENING, Stage.PROVING, Stage.RECORDING)


class DrillScreen(BackupSourceScreen[DrillFlow]):
    """Drills a backup: the proof of a restore without the restore."""

    NAME = "Drill"
    ACT_WORDS = DRILL_ACTS
    HELP = DRILL_HELP
    WITHOUT_COPY = NO_COPY_TO_DRILL
    NEXT = "Enter asks for {asked} and opens every credential with its keys."

    def __init__(self, session: Session, address: str = "") -> None:
        super().__init__(session, DrillFlow(SourceFlow(named=bool(address))), address)

    async def at(self, flow: DrillFlow) -> DrillFlow | None:
        match flow.step:
            case DrillStep.SOURCE:
                return await self.at_source(flow)
            case DrillStep.RUNNING if flow.source.pair is not None:
                return await self._run(flow, flow.source.pair)
            case DrillStep.DONE if flow.report is not None:
                await self._done(flow, flow.report)
        return None

    def find(self, address: str) -> Pair | Lying:
        """Find both halves; a key backup that cannot be read is recorded as a failed drill."""
        return self.session.services.pair_drill.find(address)

    @property
    def before_opening(self) -> bool:
        return self.flow.step is DrillStep.SOURCE

    def open_it(self) -> None:
        """Drill; when it is done, leave."""
        self.go(None if self.flow.step is DrillStep.DONE else self.flow.run())

    async def _run(self, flow: DrillFlow, pair: Pair) -> DrillFlow:
        opening, services, secrets = self.opening, self.session.services, self.session.secrets

        def run(progress: Progress) -> DrillReport:
            if pair.copy is None:
                return services.drill.execute(pair.source, secrets, progress, opening)
            return services.pair_drill.execute(pair, secrets, progress, opening)

        outcome = await self.session.work(self.NAME, run, _STAGES)
        return flow.done(outcome.value) if outcome.value is not None else flow.failed(outcome.ended)

    async def _done(self, flow: DrillFlow, report: DrillReport) -> None:
        _, sentence, *rest = drill_lines(report, Voice.KEY)
        await self.show(
            "done",
            "done",
            words(sentence if flow.whole else f"! {sentence}", "good" if flow.whole else "warning"),
            Facts(drill_rows(report)),
            *(words(line) for line in rest)
            if report.written_down
            else (words(f"! {line}", "warning") for line in rest),
            then="l lists every credential that was tried." if flow.listed else "",
        )

    @property
    def listed_here(self) -> bool:
        return self.flow.report is not None and self.flow.report.of_this_cmdb

    @property
    def proof(self) -> ProofReport | None:
        return None if self.flow.report is None else self.flow.report.proof
