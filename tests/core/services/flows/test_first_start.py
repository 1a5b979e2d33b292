"""The first start: what is offered depends on what is there, and a loss is accepted by its exact count."""

from dataclasses import replace

import pytest

from nskeys.errors import CannotCreate, CredentialsWithoutKeys, LossCountWrong
from nskeys.model.plans import HomeState
from nskeys.model.register import BackupCopy
from nskeys.reasons import Problem, ProtectorProblem
from nskeys.services.flows.actions import Action
from nskeys.services.flows.first_start import FirstStart, FirstStep, Way
from tests.core.services.flows.samples import COPY, EMPTY, HERE, LEFT_BEHIND, READY, SET_UP
from tests.fakes.backups import a_copy
from tests.fakes.fixed import AFTERNOON


def test_where_nothing_is_a_new_installation_comes_first() -> None:
    flow = FirstStart(EMPTY)
    assert flow.ways == (Way.NEW, Way.RESTORE, Way.DRILL, Way.OTHER_CMDB)
    form = flow.choose(Way.NEW)
    assert (form.step, form.accept_loss) == (FirstStep.FORM, None)
    running = form.run()
    assert running.step is FirstStep.RUNNING
    made = running.made(SET_UP)
    assert (made.step, made.acts) == (FirstStep.OFFER, {Action.BACK_UP, Action.SKIP})
    assert made.back().step is FirstStep.READY


def test_where_credentials_wait_the_remembered_backup_comes_first_and_going_on_last() -> None:
    assert FirstStart(LEFT_BEHIND).ways == (Way.RESTORE_REMEMBERED, Way.RESTORE, Way.WITHOUT_KEYS)
    unknown = replace(LEFT_BEHIND, remembered=())
    assert FirstStart(unknown).ways == (Way.RESTORE, Way.WITHOUT_KEYS)
    empty = replace(LEFT_BEHIND, credentials=0)
    assert FirstStart(empty).ways == (Way.RESTORE_REMEMBERED, Way.RESTORE, Way.NEW)


def test_keys_of_another_machine_are_replaced_from_a_backup_or_looked_at() -> None:
    flow = FirstStart(replace(LEFT_BEHIND, state=HomeState.ELSEWHERE))
    assert flow.ways == (Way.RESTORE_REMEMBERED, Way.RESTORE, Way.LOOK)
    assert flow.choose(Way.LOOK).step is FirstStep.READY
    assert flow.choose(Way.RESTORE).step is FirstStep.CHOOSING
    assert flow.seen(READY).step is FirstStep.READY
    nothing = FirstStart(replace(EMPTY, state=HomeState.ELSEWHERE))
    assert nothing.ways == (Way.RESTORE, Way.LOOK)


def test_where_the_tpm_may_only_be_away_what_costs_nothing_stands_first() -> None:
    flow = FirstStart(replace(LEFT_BEHIND, state=HomeState.UNREACHED, unreached=ProtectorProblem.NO_DEVICE))
    assert flow.ways == (Way.AGAIN, Way.RESTORE_REMEMBERED, Way.RESTORE, Way.LOOK)
    assert flow.choose(Way.AGAIN).step is FirstStep.CHOOSING
    assert flow.choose(Way.LOOK).step is FirstStep.READY
    assert flow.seen(READY).step is FirstStep.READY


def test_a_new_installation_is_not_offered_over_credentials_that_wait() -> None:
    with pytest.raises(ValueError, match="offered"):
        FirstStart(LEFT_BEHIND).choose(Way.NEW)


def copies(*remembered: BackupCopy) -> tuple[str, ...]:
    """The addresses that are offered."""
    return tuple(
        copy.address for copy in FirstStart(replace(LEFT_BEHIND, remembered=remembered)).remembered
    )


def test_of_the_newest_backup_what_lay_elsewhere_is_offered_first() -> None:
    here, there = replace(a_copy(2, "/here"), where=HERE), a_copy(2, "/there")
    assert copies(a_copy(1, "/older"), here, there) == ("/there", "/here")


def test_a_retired_backup_is_not_offered() -> None:
    assert copies(replace(COPY, retired=AFTERNOON)) == ()


@pytest.mark.parametrize("typed", ["", "0", "1199", "1201", "12000", "yes", "1.200", "٣", "9" * 40])
def test_anything_but_the_exact_count_lets_nothing_go(typed: str) -> None:
    flow = FirstStart(LEFT_BEHIND).choose(Way.WITHOUT_KEYS).run(typed)
    assert flow.step is FirstStep.FORM
    assert isinstance(flow.problem, LossCountWrong)
    assert flow.problem.actual == 1_200


@pytest.mark.parametrize("typed", ["1200", " 1200 ", "1,200"])
def test_the_exact_count_does(typed: str) -> None:
    flow = FirstStart(LEFT_BEHIND).choose(Way.WITHOUT_KEYS).run(typed)
    assert (flow.step, flow.accept_loss) == (FirstStep.RUNNING, 1_200)


def test_other_ways_are_flows_of_their_own() -> None:
    chosen = FirstStart(LEFT_BEHIND).choose(Way.RESTORE)
    assert (chosen.step, chosen.way) == (FirstStep.CHOOSING, Way.RESTORE)
    assert chosen.seen(READY).step is FirstStep.READY
    assert chosen.seen(LEFT_BEHIND) == FirstStart(LEFT_BEHIND)


def test_what_went_wrong_leads_to_the_form_or_to_what_is_there_now() -> None:
    running = FirstStart(EMPTY).choose(Way.NEW).run()
    full = CannotCreate("/var/lib/nskeys", Problem.NO_SPACE)
    assert (running.failed(full).step, running.failed(full).problem) == (FirstStep.FORM, full)
    assert running.failed(CredentialsWithoutKeys(3)).step is FirstStep.CHOOSING


def test_going_back_from_the_form_is_the_choice() -> None:
    form = FirstStart(EMPTY).choose(Way.NEW)
    assert form.back() == FirstStart(EMPTY)
    assert FirstStart(EMPTY).acts == {Action.CHOOSE}


def test_nothing_is_set_up_out_of_turn() -> None:
    with pytest.raises(ValueError, match="form"):
        FirstStart(EMPTY).run()
