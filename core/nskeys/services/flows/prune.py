"""Prune: look at every copy, see what would go and why, say yes, the work, what came of it."""

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.retention import Retention
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route, Stop
from nskeys.services.register.prune import PrunePlan, PruneReport


class PruneStep(StrEnum):
    LOOKING = "looking"
    """Every copy is looked at; `looked` or `failed` follows."""
    PLAN = "plan"
    """What becomes of each file. Nothing was changed."""
    SURE = "sure"
    """A plain question: shall they be deleted?"""
    RUNNING = "running"
    """The work; `done` or `failed` follows."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class PruneFlow:
    """One pruning. `retention` is what is to be kept; None takes what is configured."""

    retention: Retention | None = None
    step: PruneStep = PruneStep.LOOKING
    plan: PrunePlan | None = None
    report: PruneReport | None = None
    problem: NskeysError | None = None
    stopped: bool = False
    """A person stopped the work: what was deleted is, and the plan is made anew."""

    @property
    def acts(self) -> Set[Action]:
        match self.step:
            case PruneStep.PLAN:
                changes = self.plan is not None and self.plan.changes
                return frozenset({Action.NUMBERS, Action.BACK} | ({Action.GO_ON} if changes else set()))
            case PruneStep.SURE | PruneStep.DONE:
                return frozenset({Action.GO_ON, Action.BACK})
            case PruneStep.RUNNING:
                return frozenset({Action.CANCEL})
        return frozenset({Action.BACK})

    @property
    def route(self) -> Route:
        """The way: what would go, and what went."""
        here = Stop.RESULT if self.step is PruneStep.DONE else Stop.PLAN
        return Route((Stop.PLAN, Stop.RESULT), here)

    def looked(self, plan: PrunePlan) -> "PruneFlow":
        """Take the plan, made after every copy was looked at."""
        return replace(self, step=PruneStep.PLAN, plan=plan, retention=plan.retention)

    def keep(self, retention: Retention) -> "PruneFlow":
        """Plan anew with other numbers."""
        return PruneFlow(retention)

    def run(self) -> "PruneFlow":
        """Begin the work; where files are to be deleted, a second confirmation is asked first."""
        if self.plan is None or Action.GO_ON not in self.acts:
            raise ValueError("there is no plan to be carried out")
        asks = self.step is PruneStep.PLAN and bool(self.plan.deleted or self.plan.copies)
        return replace(
            self, step=PruneStep.SURE if asks else PruneStep.RUNNING, problem=None, stopped=False
        )

    def done(self, report: PruneReport) -> "PruneFlow":
        return PruneFlow(self.retention, PruneStep.DONE, report=report)

    def failed(self, error: NskeysError) -> "PruneFlow":
        """Look again: what was deleted before the error stays deleted."""
        if isinstance(error, Cancelled):
            return PruneFlow(self.retention, stopped=True)
        return PruneFlow(self.retention, problem=error)

    def back(self) -> "PruneFlow | None":
        if self.step is PruneStep.RUNNING:
            return self
        return replace(self, step=PruneStep.PLAN) if self.step is PruneStep.SURE else None
