"""Custodians, step by step: numbers, plan, a sheet for each, and the proof of every share."""

from datetime import UTC, datetime

import pytest

from nskeys.errors import Cancelled, CannotCreate, IdentityNotProven, PlanOutdated
from nskeys.model.custodians import CheckReport, Custodians, SplitPlan
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.reasons import Operation, Problem
from nskeys.services.flows.actions import Action
from nskeys.services.flows.custodians import CustodiansFlow, CustodiansStep

IDENTITY = RecoveryIdentity(
    IdentityKind.CUSTODIANS,
    1,
    "age1" + "q" * 58,
    datetime(2026, 11, 30, tzinfo=UTC),
    "0" * 64,
    3,
    2,
)
PLAN = SplitPlan(1, 3, 2, None, None, "seen")
REPORT = CheckReport(IDENTITY, first=True)


def at_where() -> CustodiansFlow:
    flow = CustodiansFlow().looked(Custodians()).begin().choose(3, 2).planned(PLAN)
    return forward(flow)


def forward(flow: CustodiansFlow) -> CustodiansFlow:
    following = flow.next()
    assert following is not None
    return following


def test_a_sheet_for_each_custodian_one_after_the_other() -> None:
    flow = at_where().place("").made()
    seen = []
    while flow.step is not CustodiansStep.SHOWN:
        assert flow.holds_shares
        seen.append((flow.step.value, flow.sheet))
        flow = forward(flow)
    assert seen == [
        ("handover", 1),
        ("sheet", 1),
        ("handover", 2),
        ("sheet", 2),
        ("handover", 3),
        ("sheet", 3),
    ]
    assert not flow.holds_shares
    flow = forward(flow)
    assert flow.step is CustodiansStep.CHECKING
    flow = flow.proven(REPORT)
    assert flow.next() is None
    assert flow.back() is None


def test_a_sheet_is_never_shown_again_once_it_was_handed_on() -> None:
    flow = forward(forward(at_where().place("").made()))
    assert (flow.step, flow.sheet) == (CustodiansStep.HANDOVER, 2)
    left = flow.back()
    assert left is not None
    assert left.step is CustodiansStep.LOOKING
    assert not left.holds_shares


def test_a_code_is_offered_where_words_are_shown() -> None:
    flow = at_where().place("").made()
    assert Action.CODE not in flow.acts
    assert Action.CODE in forward(flow).acts


def test_sheets_in_files_need_no_shares_any_more() -> None:
    flow = at_where().place("/dev/shm/sheets")
    assert flow.holds_shares
    flow = flow.printed(("/dev/shm/sheets/1",))
    assert not flow.holds_shares
    assert forward(flow).step is CustodiansStep.CHECKING


def test_only_what_can_be_checked_is_offered() -> None:
    assert CustodiansFlow().looked(Custodians()).acts == {Action.SPLIT, Action.BACK}
    waiting = Custodians(waiting=IDENTITY)
    assert CustodiansFlow().looked(waiting).acts == {Action.SPLIT, Action.CHECK, Action.BACK}
    assert CustodiansFlow().looked(Custodians(in_force=IDENTITY)).acts == waiting_acts()
    assert waiting.to_check is IDENTITY


def waiting_acts() -> set[Action]:
    return {Action.SPLIT, Action.CHECK, Action.BACK}


def test_back_step_by_step() -> None:
    flow: CustodiansFlow | None = at_where()
    steps = []
    while flow is not None:
        steps.append(flow.step.value)
        flow = flow.back()
    assert steps == ["where", "plan", "numbers", "state"]


def test_work_is_cancelled_and_not_left() -> None:
    splitting = at_where().place("")
    assert splitting.back() is splitting
    assert splitting.acts == {Action.CANCEL}
    checking = CustodiansFlow().looked(Custodians(waiting=IDENTITY)).check()
    assert checking.back() is checking


def test_failures_lead_to_where_they_can_be_mended() -> None:
    splitting = at_where().place("/nowhere")
    failed = splitting.failed(CannotCreate("/nowhere", Problem.MISSING_FOLDER))
    assert failed.step is CustodiansStep.WHERE
    assert isinstance(failed.problem, CannotCreate)
    assert failed.folder == ""
    assert splitting.failed(Cancelled()).problem is None
    planning = CustodiansFlow().looked(Custodians()).begin().choose(3, 2)
    assert planning.failed(PlanOutdated(Operation.CUSTODIANS)).step is CustodiansStep.NUMBERS
    checking = CustodiansFlow().looked(Custodians(waiting=IDENTITY)).check()
    failed = checking.failed(IdentityNotProven("x"))
    assert failed.step is CustodiansStep.LOOKING
    assert failed.looked(Custodians(waiting=IDENTITY)).problem is failed.problem


def test_nothing_is_split_before_its_plan_was_seen() -> None:
    with pytest.raises(ValueError, match="no plan"):
        CustodiansFlow().looked(Custodians()).place("")
    with pytest.raises(ValueError, match="go on"):
        CustodiansFlow().looked(Custodians()).next()
