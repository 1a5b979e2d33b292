"""Drill: the file, what is in it, the work with its password, and how far the backup is proven."""

from collections.abc import Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from nskeys.errors import BackupDamaged, BackupForged, Cancelled, NskeysError
from nskeys.model.plans import DrillReport
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route, Stop
from nskeys.services.flows.source import SourceFlow


class DrillStep(StrEnum):
    SOURCE = "source"
    """Choosing and looking: see `SourceFlow`."""
    RUNNING = "running"
    """The password is asked for and everything tried; `done` or `failed` follows."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DrillFlow:
    source: SourceFlow = field(default_factory=SourceFlow)
    step: DrillStep = DrillStep.SOURCE
    report: DrillReport | None = None
    problem: NskeysError | None = None

    @property
    def acts(self) -> Set[Action]:
        if self.step is DrillStep.RUNNING:
            return frozenset({Action.CANCEL})
        if self.step is DrillStep.DONE:
            return frozenset({Action.GO_ON, Action.BACK} | ({Action.PROOF} if self.listed else set()))
        return self.source.acts

    @property
    def route(self) -> Route:
        """The way to the proof."""
        here = {DrillStep.RUNNING: Stop.PASSWORD, DrillStep.DONE: Stop.PROOF}
        stops = (Stop.FILE, Stop.CONTENTS, Stop.PASSWORD, Stop.PROOF)
        return Route(stops, here.get(self.step, self.source.stop))

    @property
    def whole(self) -> bool:
        """Whether the backup is this server's own, brought back every credential, and that was recorded."""
        report = self.report
        proven = report is not None and report.proof.whole and not report.foreign
        return proven and report is not None and report.written_down

    @property
    def listed(self) -> bool:
        """Whether there is a list to show: the CMDB here has the credentials that were tried, or some did
        not open."""
        report = self.report
        if report is None:
            return False
        return bool(report.proof.failures) or report.of_this_cmdb

    def at_source(self, source: SourceFlow) -> "DrillFlow":
        """Take the state of choosing the backup to try."""
        return DrillFlow(source)

    def run(self) -> "DrillFlow":
        """Ask for the password and try every credential."""
        if self.source.source is None:
            raise ValueError("no backup was chosen")
        return replace(self, step=DrillStep.RUNNING, problem=None)

    def done(self, report: DrillReport) -> "DrillFlow":
        return replace(self, step=DrillStep.DONE, report=report)

    def failed(self, error: NskeysError) -> "DrillFlow":
        """Return to the contents, or to the choice of another file where this one is unusable."""
        if isinstance(error, BackupDamaged | BackupForged):
            return DrillFlow(self.source.not_found(error), problem=error)
        return DrillFlow(self.source, problem=None if isinstance(error, Cancelled) else error)

    def back(self) -> "DrillFlow | None":
        if self.step is DrillStep.RUNNING:
            return self
        before = self.source.back() if self.step is DrillStep.SOURCE else None
        return None if before is None else self.at_source(before)
