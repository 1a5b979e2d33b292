"""The rotation, step by step, in as many visits as its backup takes."""

import pytest

from nskeys.errors import Cancelled, KeyUsedUp, PlanOutdated
from nskeys.model.plans import RotationPlan
from nskeys.reasons import Operation
from nskeys.services.flows.actions import Action
from nskeys.services.flows.rotation import RotationFlow, RotationStep
from tests.core.services.flows.samples import (
    CREATE,
    EXPOSED,
    EXPOSES,
    HELD_BACK,
    MADE,
    OPEN,
    RESEALED,
    RESUME,
    WAITING,
)


@pytest.mark.parametrize(
    ("plan", "step", "acts"),
    [
        (CREATE, RotationStep.CREATE, {Action.GO_ON, Action.SKIP, Action.BACK}),
        (WAITING, RotationStep.WAITING, {Action.BACK_UP, Action.SKIP, Action.BACK}),
        (OPEN, RotationStep.ACTIVATE, {Action.GO_ON, Action.BACK}),
        (RESUME, RotationStep.RESUME, {Action.GO_ON, Action.BACK}),
        (EXPOSES, RotationStep.WAITING, {Action.BACK_UP, Action.SKIP, Action.BACK}),
    ],
)
def test_what_stands_decides_what_may_be_done(
    plan: RotationPlan, step: RotationStep, acts: set[Action]
) -> None:
    flow = RotationFlow().looked(plan)
    assert (flow.step, flow.acts) == (step, acts)


def test_a_key_that_was_made_waits_for_its_backup() -> None:
    made = RotationFlow().looked(CREATE).run().done(MADE)
    assert (made.step, made.report) == (RotationStep.WAITING, MADE)
    assert Action.BACK_UP in made.acts
    after_the_backup = made.looked(OPEN)
    assert after_the_backup.step is RotationStep.ACTIVATE
    done = after_the_backup.run().done(RESEALED)
    assert (done.step, done.acts) == (RotationStep.DONE, {Action.GO_ON, Action.BACK})


@pytest.mark.parametrize("plan", [CREATE, WAITING, EXPOSES])
def test_going_on_without_a_backup_is_asked_once_more(plan: RotationPlan) -> None:
    asked = RotationFlow().looked(plan).skip()
    assert (asked.step, asked.without_backup) == (RotationStep.SKIP, False)
    running = asked.run()
    assert (running.step, running.without_backup) == (RotationStep.RUNNING, True)
    done = running.done(EXPOSED)
    assert done.acts == {Action.GO_ON, Action.BACK, Action.BACK_UP}
    declined = asked.back()
    assert declined is not None
    assert declined.step is RotationFlow().looked(plan).step


@pytest.mark.parametrize("plan", [OPEN, RESUME])
def test_an_open_gate_cannot_be_skipped(plan: RotationPlan) -> None:
    with pytest.raises(ValueError, match="gate"):
        RotationFlow().looked(plan).skip()


@pytest.mark.parametrize("plan", [WAITING, EXPOSES])
def test_behind_a_closed_gate_nothing_runs(plan: RotationPlan) -> None:
    with pytest.raises(ValueError, match="backup"):
        RotationFlow().looked(plan).run()


def test_a_gate_that_was_closed_meanwhile_is_waited_at() -> None:
    assert RotationFlow().looked(RESUME).run().done(HELD_BACK).step is RotationStep.WAITING


def test_an_ordinary_step_never_skips_the_gate() -> None:
    for plan in (CREATE, OPEN, RESUME):
        assert not RotationFlow().looked(plan).run().without_backup


@pytest.mark.parametrize(
    "error", [Cancelled(Operation.ROTATION), PlanOutdated(Operation.ROTATION), KeyUsedUp("7f" * 32)]
)
def test_whatever_was_done_is_done_and_looked_at_again(
    error: Cancelled | PlanOutdated | KeyUsedUp,
) -> None:
    flow = RotationFlow().looked(OPEN).run().failed(error)
    assert flow.step is RotationStep.LOOKING
    assert flow.problem is (None if isinstance(error, Cancelled) else error)
    assert flow.looked(RESUME).problem is flow.problem


def test_work_is_cancelled_and_not_left() -> None:
    running = RotationFlow().looked(OPEN).run()
    assert running.back() is running
    assert running.acts == {Action.CANCEL}
    assert RotationFlow().looked(OPEN).back() is None
