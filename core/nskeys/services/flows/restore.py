"""Restore: the file, its contents, its password, the plan, the work, the proof, what must be re-entered."""

from collections.abc import Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from nskeys.errors import BackupDamaged, BackupForged, Cancelled, NskeysError, PlanOutdated
from nskeys.model.plans import RestorePlan, RestoreReport
from nskeys.reasons import Operation
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route, Stop
from nskeys.services.flows.source import SourceFlow


class RestoreStep(StrEnum):
    """Where a person is, once a file is chosen."""

    SOURCE = "source"
    """Choosing and looking: see `SourceFlow`."""
    OPENING = "opening"
    """The password is asked for, then it is planned; `planned` or `failed` follows."""
    PLANNING = "planning"
    """Something changed meanwhile: planned again from the backup that is open; `planned` follows."""
    PLAN = "plan"
    FOREIGN = "foreign"
    """A plain question: the backup is not this server's own, or lacks keys, or the TPM may only be away."""
    PROTECTOR = "protector"
    """What shall bind the keys to this machine, or to a person."""
    RUNNING = "running"
    """The work; `done` or `failed` follows."""
    DONE = "done"


_ACTS = {
    RestoreStep.PLAN: {Action.GO_ON, Action.BACK},
    RestoreStep.FOREIGN: {Action.GO_ON, Action.BACK},
    RestoreStep.PROTECTOR: {Action.CHOOSE, Action.BACK},
    RestoreStep.RUNNING: {Action.CANCEL},
}
_STOPS = {
    RestoreStep.OPENING: Stop.PASSWORD,
    RestoreStep.PLANNING: Stop.PLAN,
    RestoreStep.PLAN: Stop.PLAN,
    RestoreStep.FOREIGN: Stop.PLAN,
    RestoreStep.PROTECTOR: Stop.PROTECTOR,
}
_OPEN = (
    RestoreStep.PLANNING,
    RestoreStep.PLAN,
    RestoreStep.FOREIGN,
    RestoreStep.PROTECTOR,
    RestoreStep.RUNNING,
)


@dataclass(frozen=True, slots=True)
class RestoreFlow:
    """One restore. `protectors` are those that this machine can use, the best first."""

    protectors: tuple[str, ...]
    source: SourceFlow = field(default_factory=SourceFlow)
    step: RestoreStep = RestoreStep.SOURCE
    plan: RestorePlan | None = None
    accepted: bool = False
    """Whether a person said yes to that question."""
    protector: str = ""
    server: str = ""
    """What the server is called where the home is set up: as in the backup, unless a person says else."""
    report: RestoreReport | None = None
    stored: bool = False
    """The keys are here, also where the proof was stopped."""
    problem: NskeysError | None = None
    """What ended the last try, to be said once."""

    @property
    def acts(self) -> Set[Action]:
        if self.step is RestoreStep.SOURCE:
            return self.source.acts
        if self.step is RestoreStep.DONE:
            new = self.plan is not None and self.plan.sets_up  # its rows were counted anew
            also = {Action.PROOF} if self.report else set()
            return frozenset({Action.GO_ON, Action.BACK} | also | ({Action.BACK_UP} if new else set()))
        names = self.step is RestoreStep.PLAN and self.plan is not None and self.plan.sets_up
        return frozenset(_ACTS.get(self.step, {Action.BACK}) | ({Action.NAME} if names else set()))

    @property
    def route(self) -> Route:
        """The way: the protector is asked for where the home is set up."""
        protector = (Stop.PROTECTOR,) if self.plan is not None and self.plan.sets_up else ()
        stops = (Stop.FILE, Stop.CONTENTS, Stop.PASSWORD, Stop.PLAN, *protector, Stop.PROOF)
        here = self.source.stop if self.step is RestoreStep.SOURCE else _STOPS.get(self.step, Stop.PROOF)
        return Route(stops, here)

    @property
    def holds_keys(self) -> bool:
        """Whether the backup is open; where this turns false its keys are wiped."""
        return self.step in _OPEN

    def at_source(self, source: SourceFlow) -> "RestoreFlow":
        """Take the state of choosing the backup to restore."""
        return RestoreFlow(self.protectors, source)

    def open(self) -> "RestoreFlow":
        """Ask for the password; the contents were shown."""
        if self.source.source is None:
            raise ValueError("no backup was chosen")
        return replace(self, step=RestoreStep.OPENING, problem=None)

    def planned(self, plan: RestorePlan) -> "RestoreFlow":
        """Take the plan of a backup that was opened. A new plan has to be confirmed anew."""
        return replace(
            self,
            step=RestoreStep.PLAN,
            plan=plan,
            accepted=False,
            protector="",
            server=(self.server or plan.facts.server) if plan.sets_up else "",
            problem=None,
        )

    def name(self, server: str) -> "RestoreFlow":
        """Set the server's name."""
        if Action.NAME not in self.acts:
            raise ValueError("this restore names no server")
        return replace(self, server=server)

    def next(self) -> "RestoreFlow":
        """Confirm what this step shows: go to the next open question, or begin the work."""
        if self.plan is None or self.step not in (RestoreStep.PLAN, RestoreStep.FOREIGN):
            raise ValueError("no plan was seen")
        accepted = self.accepted or self.step is RestoreStep.FOREIGN
        return replace(self, accepted=accepted, problem=None)._onwards(self.plan)

    def protect(self, protector: str) -> "RestoreFlow":
        """Set the protector of the keys on this machine."""
        if self.plan is None or self.step is not RestoreStep.PROTECTOR or protector not in self.protectors:
            raise ValueError("no such protector was offered")
        return replace(self, protector=protector)._onwards(self.plan)

    def _onwards(self, plan: RestorePlan) -> "RestoreFlow":
        if plan.questions and not self.accepted:
            return replace(self, step=RestoreStep.FOREIGN)
        if plan.sets_up and not self.protector:
            return replace(self, step=RestoreStep.PROTECTOR)
        return replace(self, step=RestoreStep.RUNNING)

    def done(self, report: RestoreReport) -> "RestoreFlow":
        """Take the report of a restore whose keys are stored and whose credentials were tried."""
        return replace(self, step=RestoreStep.DONE, report=report, stored=True, problem=None)

    def failed(self, error: NskeysError) -> "RestoreFlow":
        """Return to where the error can be mended."""
        if self.step is RestoreStep.OPENING:
            return self._not_opened(error)
        if isinstance(error, Cancelled):
            if error.what is Operation.PROOF:
                return replace(self, step=RestoreStep.DONE, stored=True, problem=None)
            asked = RestoreStep.PROTECTOR if self.protector else RestoreStep.PLAN
            return replace(self, step=asked, protector="", problem=None)
        step = RestoreStep.PLANNING if isinstance(error, PlanOutdated) else RestoreStep.PLAN
        return replace(self, step=step, problem=error)

    def _not_opened(self, error: NskeysError) -> "RestoreFlow":
        if isinstance(error, BackupDamaged | BackupForged):
            return RestoreFlow(self.protectors, self.source.not_found(error), problem=error)
        told = None if isinstance(error, Cancelled) else error
        return RestoreFlow(self.protectors, self.source, problem=told)

    def back(self) -> "RestoreFlow | None":
        if self.step is RestoreStep.RUNNING:
            return self
        if self.step is RestoreStep.DONE:
            return None
        if self.step in (RestoreStep.FOREIGN, RestoreStep.PROTECTOR):
            return replace(self, step=RestoreStep.PLAN, accepted=False, protector="", problem=None)
        if self.step is not RestoreStep.SOURCE:
            return RestoreFlow(self.protectors, self.source)
        before = self.source.back()
        return None if before is None else self.at_source(before)
