"""The recovery identity: what is in force, what making one means, the work, and what is left to do."""

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import Cancelled, NskeysError, PlanOutdated
from nskeys.model.recovery import NO_RECOVERY, IdentityKind, Recovery
from nskeys.model.recovery_plans import RecoveryPlan, RecoveryReport
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route, Stop


class RecoveryStep(StrEnum):
    LOOKING = "looking"
    """What the home keeps is read; `looked` follows."""
    SHOWN = "shown"
    """What is in force; one can be made, or another in its place."""
    PLANNING = "planning"
    """`planned` follows."""
    REVIEW = "review"
    """What making it means is shown."""
    RUNNING = "running"
    """Its password is asked for, and it is made; `done` or `failed` follows."""
    DONE = "done"


_ACTS = {
    RecoveryStep.SHOWN: {Action.GO_ON, Action.BACK},
    RecoveryStep.REVIEW: {Action.GO_ON, Action.BACK},
    RecoveryStep.RUNNING: {Action.CANCEL},
    RecoveryStep.DONE: {Action.GO_ON, Action.BACK_UP, Action.BACK},
}


_STOPS = {
    RecoveryStep.PLANNING: Stop.PLAN,
    RecoveryStep.REVIEW: Stop.PLAN,
    RecoveryStep.RUNNING: Stop.PASSWORD,
    RecoveryStep.DONE: Stop.PROOF,
}


@dataclass(frozen=True, slots=True)
class RecoveryFlow:
    step: RecoveryStep = RecoveryStep.LOOKING
    recovery: Recovery = NO_RECOVERY
    plan: RecoveryPlan | None = None
    report: RecoveryReport | None = None
    problem: NskeysError | None = None
    """What ended the last try, to be said once; a person who stopped it needs no explaining."""

    @property
    def acts(self) -> Set[Action]:
        return frozenset(_ACTS.get(self.step, {Action.BACK}))

    @property
    def route(self) -> Route:
        """The way to a new identity."""
        stops = (Stop.STATE, Stop.PLAN, Stop.PASSWORD, Stop.PROOF)
        return Route(stops, _STOPS.get(self.step, Stop.STATE))

    @property
    def replaces(self) -> bool:
        """Whether an identity is in force already."""
        return self.recovery.of(IdentityKind.PERSON) is not None

    def looked(self, recovery: Recovery) -> "RecoveryFlow":
        """Take the identities in force."""
        return RecoveryFlow(RecoveryStep.SHOWN, recovery, problem=self.problem)

    def go_on(self) -> "RecoveryFlow | None":
        """Go to the next step; None leaves the flow."""
        following = {
            RecoveryStep.SHOWN: RecoveryStep.PLANNING,
            RecoveryStep.REVIEW: RecoveryStep.RUNNING,
        }.get(self.step)
        return None if following is None else replace(self, step=following, problem=None)

    def planned(self, plan: RecoveryPlan) -> "RecoveryFlow":
        return replace(self, step=RecoveryStep.REVIEW, plan=plan, problem=None)

    def done(self, report: RecoveryReport) -> "RecoveryFlow":
        return replace(self, step=RecoveryStep.DONE, report=report, problem=None)

    def failed(self, error: NskeysError) -> "RecoveryFlow":
        """Show the error; nothing was changed."""
        if isinstance(error, PlanOutdated):
            return RecoveryFlow(problem=error)
        problem = None if isinstance(error, Cancelled) else error
        return replace(self, step=RecoveryStep.REVIEW, problem=problem)

    def back(self) -> "RecoveryFlow | None":
        if self.step is RecoveryStep.RUNNING:
            return self
        if self.step in (RecoveryStep.REVIEW, RecoveryStep.PLANNING):
            return RecoveryFlow(RecoveryStep.SHOWN, self.recovery)
        return None
