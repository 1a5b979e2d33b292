"""The backup, step by step: nothing runs that was not reviewed, and what went wrong can be mended."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.errors import (
    BackupNotProven,
    Cancelled,
    CannotCreate,
    DestinationUnreachable,
    HintRefused,
    Locked,
    NskeysError,
    PasswordRefused,
    PlanOutdated,
)
from nskeys.reasons import HintProblem, Operation, PasswordProblem, Problem
from nskeys.services.flows.actions import Action
from nskeys.services.flows.backup import BackupFlow, BackupStep
from tests.core.services.flows.samples import BACKUP_REPORT, HERE, backup_plan, status
from tests.fakes.examples import examples

SIGHTS = (status("/mnt/usb", where=HERE), status("/vault", default=True))
REVIEWED = BackupFlow().looked(SIGHTS).planned(backup_plan()).password_given()
RUNNING = REVIEWED.run()
ERRORS: tuple[NskeysError, ...] = (
    Cancelled(Operation.BACKUP),
    PlanOutdated(Operation.BACKUP),
    PasswordRefused(PasswordProblem.OPENS_KEY_STORE),
    HintRefused(HintProblem.CONTAINS_PASSWORD),
    DestinationUnreachable("/vault", Problem.GONE),
    CannotCreate("/vault", Problem.NO_SPACE),
    BackupNotProven("/vault/ns01.zip", Problem.DIFFERS),
    Locked("root", 1, "rotating", ""),
)


def test_from_destination_to_done_it_is_password_and_one_yes() -> None:
    flow = BackupFlow()
    assert flow.step is BackupStep.LOOKING
    flow = flow.looked(SIGHTS)
    assert (flow.step, flow.acts) == (BackupStep.DESTINATION, {Action.CHOOSE, Action.BACK})
    flow = flow.planned(backup_plan())
    assert flow.step is BackupStep.PASSWORD
    flow = flow.password_given()
    assert (flow.step, flow.acts) == (
        BackupStep.REVIEW,
        {Action.GO_ON, Action.PASSWORD, Action.HINT, Action.BACK},
    )
    flow = flow.run()
    assert (flow.step, flow.acts) == (BackupStep.RUNNING, {Action.CANCEL})
    flow = flow.done(BACKUP_REPORT)
    assert (flow.step, flow.report, flow.has_password) == (BackupStep.DONE, BACKUP_REPORT, False)


def test_the_likely_destination_is_the_default_one_that_works() -> None:
    assert BackupFlow().looked(SIGHTS).likely == SIGHTS[1]
    broken = replace(SIGHTS[1], problem=DestinationUnreachable("/vault", Problem.GONE))
    assert BackupFlow().looked((SIGHTS[0], broken)).likely == SIGHTS[0]
    assert BackupFlow().looked((broken,)).likely is None


def test_a_plan_on_this_machine_does_not_help() -> None:
    assert backup_plan().helps
    assert not backup_plan(HERE).helps


def test_another_hint_keeps_the_password() -> None:
    flow = REVIEWED.planned(backup_plan(hint="the usual drawer"))
    assert (flow.step, flow.has_password) == (BackupStep.REVIEW, True)


def test_another_destination_forgets_the_password() -> None:
    flow = REVIEWED.back()
    assert flow is not None
    assert (flow.step, flow.has_password, flow.plan) == (BackupStep.DESTINATION, False, None)
    assert flow.back() is None


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_went_wrong_leads_to_where_it_can_be_mended(error: NskeysError) -> None:
    flow = RUNNING.failed(error)
    expected = {
        Cancelled: BackupStep.REVIEW,
        PlanOutdated: BackupStep.PLANNING,
        PasswordRefused: BackupStep.PASSWORD,
        HintRefused: BackupStep.REVIEW,
        Locked: BackupStep.REVIEW,
    }
    assert flow.step is expected.get(type(error), BackupStep.LOOKING)
    assert flow.problem is (None if isinstance(error, Cancelled) else error)
    assert flow.has_password is (flow.step in (BackupStep.REVIEW, BackupStep.PLANNING))


def test_what_is_planned_again_is_reviewed_again_with_the_password_that_was_given() -> None:
    flow = RUNNING.failed(PlanOutdated(Operation.BACKUP)).planned(backup_plan())
    assert (flow.step, flow.has_password, flow.problem) == (BackupStep.REVIEW, True, None)


def test_a_problem_is_still_told_when_the_destinations_were_looked_at_again() -> None:
    error = CannotCreate("/vault", Problem.NO_SPACE)
    assert RUNNING.failed(error).looked(SIGHTS).problem is error


def test_work_is_cancelled_and_not_left() -> None:
    assert RUNNING.back() is RUNNING


@pytest.mark.parametrize(
    "flow", [BackupFlow(), BackupFlow().looked(SIGHTS), BackupFlow().looked(SIGHTS).planned(backup_plan())]
)
def test_nothing_runs_that_was_not_reviewed(flow: BackupFlow) -> None:
    with pytest.raises(ValueError, match="reviewed"):
        flow.run()


def test_a_password_without_a_plan_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="plan"):
        BackupFlow().password_given()


Event = Callable[[BackupFlow], BackupFlow | None]
EVENTS: dict[str, tuple[Event, set[BackupStep]]] = {
    "looked": (lambda flow: flow.looked(SIGHTS), {BackupStep.LOOKING}),
    "planned": (
        lambda flow: flow.planned(backup_plan()),
        {BackupStep.DESTINATION, BackupStep.REVIEW, BackupStep.PLANNING},
    ),
    "password": (lambda flow: flow.password_given(), {BackupStep.PASSWORD, BackupStep.REVIEW}),
    "run": (lambda flow: flow.run(), {BackupStep.REVIEW}),
    "done": (lambda flow: flow.done(BACKUP_REPORT), {BackupStep.RUNNING}),
    "back": (lambda flow: flow.back(), set(BackupStep)),
    **{
        f"fails: {type(error).__name__}": (partial(BackupFlow.failed, error=error), {BackupStep.RUNNING})
        for error in ERRORS
    },
}
"""What may happen, and in which steps."""


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=25))
@settings(max_examples=examples(300), deadline=None)
def test_whatever_happens_no_step_lacks_what_it_needs(events: list[str]) -> None:
    flow: BackupFlow | None = BackupFlow()
    for event in events:
        assert flow is not None
        happens, when = EVENTS[event]
        if flow.step in when:
            flow = happens(flow)
        if flow is None:
            return
        if flow.step in (BackupStep.REVIEW, BackupStep.RUNNING, BackupStep.PLANNING):
            assert flow.plan is not None
            assert flow.has_password
        if flow.step is BackupStep.DONE:
            assert flow.report is not None
        if flow.has_password:
            assert flow.step in (BackupStep.REVIEW, BackupStep.RUNNING, BackupStep.PLANNING)
        leaving = flow
        for _ in range(3):
            leaving = leaving.back() or leaving
        assert leaving.step in (
            BackupStep.LOOKING,
            BackupStep.DESTINATION,
            BackupStep.RUNNING,
            BackupStep.DONE,
        )


def test_to_a_recovery_identity_it_is_one_yes_and_a_password_can_be_had_instead() -> None:
    keys = backup_plan().keys
    assert keys is not None
    unattended = replace(backup_plan(), keys=replace(keys, recipients=("age1" + "q" * 58,)))
    flow = BackupFlow().looked(SIGHTS).planned(unattended)
    assert flow.step is BackupStep.REVIEW
    assert flow.unattended
    assert flow.run().step is BackupStep.RUNNING
    wanted = flow.with_password()
    assert (wanted.step, wanted.by_password) == (BackupStep.PLANNING, True)
    asked = wanted.planned(backup_plan())
    assert asked.step is BackupStep.PASSWORD
    assert not asked.unattended
    with pytest.raises(ValueError, match="password"):
        replace(asked, step=BackupStep.REVIEW).run()
    back = asked.back()
    assert back is not None
    assert not back.by_password
