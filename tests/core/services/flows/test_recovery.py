"""The recovery identity, step by step: nothing is made that was not shown before."""

from datetime import UTC, datetime

import pytest

from nskeys.errors import Cancelled, IdentityNotProven, PlanOutdated
from nskeys.model.recovery import NO_RECOVERY, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.recovery_plans import RecoveryPlan, RecoveryReport
from nskeys.reasons import Operation
from nskeys.services.flows.actions import Action
from nskeys.services.flows.recovery import RecoveryFlow, RecoveryStep

ONE = RecoveryIdentity(
    IdentityKind.PERSON, 1, "age1" + "q" * 58, datetime(2026, 11, 23, tzinfo=UTC), "ab" * 32
)
PLAN = RecoveryPlan(IdentityKind.PERSON, 1, 0, 0, None, 0, "seen")
SHOWN = RecoveryFlow().looked(NO_RECOVERY)


def _running() -> RecoveryFlow:
    planning = SHOWN.go_on()
    assert planning is not None
    running = planning.planned(PLAN).go_on()
    assert running is not None
    return running


def test_it_is_shown_reviewed_and_made() -> None:
    assert (SHOWN.step, SHOWN.acts) == (RecoveryStep.SHOWN, {Action.GO_ON, Action.BACK})
    planning = SHOWN.go_on()
    assert planning is not None
    assert planning.step is RecoveryStep.PLANNING
    review = planning.planned(PLAN)
    assert (review.step, review.acts) == (RecoveryStep.REVIEW, {Action.GO_ON, Action.BACK})
    running = _running()
    assert (running.step, running.acts) == (RecoveryStep.RUNNING, {Action.CANCEL})
    done = running.done(RecoveryReport(ONE, None, "/h/recovery/identity.age"))
    assert done.step is RecoveryStep.DONE
    assert Action.BACK_UP in done.acts
    assert done.go_on() is None
    assert done.back() is None


def test_whether_one_is_replaced_is_known() -> None:
    assert not SHOWN.replaces
    assert RecoveryFlow().looked(Recovery((ONE,))).replaces


@pytest.mark.parametrize(
    ("error", "step", "said"),
    [
        (Cancelled(), RecoveryStep.REVIEW, False),
        (IdentityNotProven("/h"), RecoveryStep.REVIEW, True),
        (PlanOutdated(Operation.IDENTITY), RecoveryStep.LOOKING, True),
    ],
)
def test_what_went_wrong_leads_to_where_it_is_mended(
    error: Exception, step: RecoveryStep, *, said: bool
) -> None:
    assert isinstance(error, Cancelled | IdentityNotProven | PlanOutdated)
    failed = _running().failed(error)
    assert (failed.step, failed.problem is not None) == (step, said)


def test_back_is_one_step_and_work_is_not_left() -> None:
    assert _running().back() == _running()
    planning = SHOWN.go_on()
    assert planning is not None
    back = planning.planned(PLAN).back()
    assert back is not None
    assert back.step is RecoveryStep.SHOWN
    assert SHOWN.back() is None
