"""Pruning, step by step."""

import pytest

from nskeys.errors import Cancelled, PlanOutdated
from nskeys.model.retention import Decision, Fate, FateReason, Retention
from nskeys.reasons import Operation
from nskeys.services.flows.actions import Action
from nskeys.services.flows.prune import PruneFlow, PruneStep
from nskeys.services.register.prune import PrunePlan, PruneReport
from tests.fakes.backups import a_copy

RETENTION = Retention(3, 2)


def plan(*fates: Fate) -> PrunePlan:
    copies = [a_copy(number, f"/vault/{number}.zip") for number, _ in enumerate(fates, 1)]
    decisions = tuple(
        Decision(copy.address, "/vault", fate, FateReason.SURPLUS, copy)
        for copy, fate in zip(copies, fates, strict=True)
    )
    return PrunePlan(RETENTION, decisions, (), "fingerprint")


GOING, SETTLING, STAYING = plan(Fate.DELETE, Fate.KEEP), plan(Fate.SETTLE), plan(Fate.KEEP)


def test_what_goes_is_asked_about_once_more() -> None:
    looked = PruneFlow(RETENTION).looked(GOING)
    assert looked.acts == {Action.GO_ON, Action.NUMBERS, Action.BACK}
    sure = looked.run()
    assert (sure.step, sure.acts) == (PruneStep.SURE, {Action.GO_ON, Action.BACK})
    assert sure.back() == looked
    running = sure.run()
    assert (running.step, running.acts, running.back()) == (PruneStep.RUNNING, {Action.CANCEL}, running)
    done = running.done(PruneReport(GOING, (), ()))
    assert (done.step, done.retention, done.back()) == (PruneStep.DONE, RETENTION, None)


def test_rows_that_are_only_to_be_written_need_no_question() -> None:
    assert PruneFlow(RETENTION).looked(SETTLING).run().step is PruneStep.RUNNING


def test_where_nothing_goes_only_the_numbers_can_be_changed() -> None:
    looked = PruneFlow(RETENTION).looked(STAYING)
    assert looked.acts == {Action.NUMBERS, Action.BACK}
    with pytest.raises(ValueError, match="no plan"):
        looked.run()
    assert looked.keep(Retention(1, 0)) == PruneFlow(Retention(1, 0))
    assert looked.back() is None


def test_stopped_or_outdated_it_looks_again() -> None:
    running = PruneFlow(RETENTION).looked(GOING).run().run()
    stopped = running.failed(Cancelled())
    assert (stopped.step, stopped.stopped, stopped.problem) == (PruneStep.LOOKING, True, None)
    assert stopped.looked(GOING).stopped
    assert not stopped.looked(GOING).run().stopped
    error = PlanOutdated(Operation.PRUNE)
    assert running.failed(error).problem is error
