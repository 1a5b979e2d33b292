"""Rotate: what the next step is, the gate, the way around it, the work, and what is due afterwards."""

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.plans import RotationPlan, RotationReport
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route, Stop


class RotationStep(StrEnum):
    LOOKING = "looking"
    """What stands is looked at; `looked` follows."""
    CREATE = "create"
    """A new key can be made. It waits until a backup elsewhere holds it."""
    WAITING = "waiting"
    """The new key, or the rest of what it is to seal, waits for that backup."""
    SKIP = "skip"
    """A plain question: go on without it?"""
    ACTIVATE = "activate"
    """The backup is there: the key can become active and seal everything anew."""
    RESUME = "resume"
    """The key is active; what is left is to be sealed anew."""
    RUNNING = "running"
    """The work; `done` or `failed` follows."""
    DONE = "done"


_ACTS = {
    RotationStep.CREATE: {Action.GO_ON, Action.SKIP, Action.BACK},
    RotationStep.WAITING: {Action.BACK_UP, Action.SKIP, Action.BACK},
    RotationStep.SKIP: {Action.GO_ON, Action.BACK},
    RotationStep.ACTIVATE: {Action.GO_ON, Action.BACK},
    RotationStep.RESUME: {Action.GO_ON, Action.BACK},
    RotationStep.RUNNING: {Action.CANCEL},
    RotationStep.DONE: {Action.GO_ON, Action.BACK},
}
_STOPS = {
    RotationStep.CREATE: Stop.NEW_KEY,
    RotationStep.WAITING: Stop.BACKUP,
    RotationStep.SKIP: Stop.BACKUP,
    RotationStep.ACTIVATE: Stop.RESEAL,
    RotationStep.RESUME: Stop.RESEAL,
    RotationStep.DONE: Stop.RESULT,
}
_ON = (RotationStep.CREATE, RotationStep.ACTIVATE, RotationStep.RESUME, RotationStep.SKIP)


@dataclass(frozen=True, slots=True)
class RotationFlow:
    """One rotation, which may take several visits; its record is in the CMDB."""

    step: RotationStep = RotationStep.LOOKING
    plan: RotationPlan | None = None
    without_backup: bool = False
    """What the service is told: the gate is skipped."""
    report: RotationReport | None = None
    """What the last step did; also where the key was made and now waits."""
    problem: NskeysError | None = None

    @property
    def acts(self) -> Set[Action]:
        due = self.step is RotationStep.DONE and self.report is not None and self.report.due
        drill = self.step is RotationStep.WAITING and self.plan is not None and self.plan.waits_for_a_drill
        return frozenset(
            _ACTS.get(self.step, {Action.BACK})
            | ({Action.BACK_UP} if due else set())
            | ({Action.DRILL} if drill else set())
        )

    @property
    def route(self) -> Route | None:
        """The way of a rotation, which may take several visits; None while nothing is known or it works."""
        here = _STOPS.get(self.step)
        stops = (Stop.NEW_KEY, Stop.BACKUP, Stop.RESEAL, Stop.RESULT)
        return None if here is None else Route(stops, here)

    def looked(self, plan: RotationPlan) -> "RotationFlow":
        """Take the plan of the next step."""
        return replace(self, step=_step_of(plan), plan=plan, without_backup=False)

    def skip(self) -> "RotationFlow":
        """Go on without a backup; that has to be confirmed once more."""
        if Action.SKIP not in self.acts:
            raise ValueError("there is no gate to be skipped here")
        return replace(self, step=RotationStep.SKIP, problem=None)

    def run(self) -> "RotationFlow":
        """Begin the next step of the rotation."""
        if self.step not in _ON:
            raise ValueError("nothing can be done before the backup")
        skipping = self.step is RotationStep.SKIP
        return replace(self, step=RotationStep.RUNNING, without_backup=skipping, problem=None)

    def done(self, report: RotationReport) -> "RotationFlow":
        """Take the report of a step. A new key that waits for its backup does not end the flow."""
        step = RotationStep.WAITING if report.waits else RotationStep.DONE
        return RotationFlow(step, self.plan, report=report)

    def failed(self, error: NskeysError) -> "RotationFlow":
        """Look again: steps that were done before the error stay done."""
        return RotationFlow(problem=None if isinstance(error, Cancelled) else error)

    def back(self) -> "RotationFlow | None":
        if self.step is RotationStep.RUNNING:
            return self
        if self.step is RotationStep.SKIP and self.plan is not None:
            return self.looked(self.plan)
        return None


def _step_of(plan: RotationPlan) -> RotationStep:
    if plan.creates:
        return RotationStep.CREATE
    if plan.waits:
        return RotationStep.WAITING
    return RotationStep.ACTIVATE if plan.activates else RotationStep.RESUME
