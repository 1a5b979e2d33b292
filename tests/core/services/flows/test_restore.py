"""The restore, step by step: a plan first, a yes to what is foreign, a list of what is missing."""

from dataclasses import replace

import pytest

from nskeys.errors import (
    BackupDamaged,
    BackupForged,
    Cancelled,
    FileUnreadable,
    Locked,
    NskeysError,
    PlanOutdated,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.register import CopyStatus
from nskeys.reasons import ForeignReason, Opens, Operation, Problem, Wanted
from nskeys.services.flows.actions import Action
from nskeys.services.flows.restore import RestoreFlow, RestoreStep
from nskeys.services.flows.source import SourceFlow, SourceStep
from tests.core.services.flows.samples import (
    COPY,
    PAIR,
    restore_plan,
    restore_report,
)

PROTECTORS = ("file", "passphrase")
CHOSEN = RestoreFlow(PROTECTORS).at_source(SourceFlow().looked((COPY,)).found(PAIR))
PLANNED = CHOSEN.open().planned(restore_plan())
RUNNING = PLANNED.next().protect("file")


def test_first_a_file_is_chosen() -> None:
    assert RestoreFlow(PROTECTORS).acts == {Action.CHOOSE, Action.BACK}


def test_on_new_hardware_it_is_file_password_plan_protector_and_proof() -> None:
    assert CHOSEN.acts == {Action.GO_ON, Action.BACK}
    assert CHOSEN.open().step is RestoreStep.OPENING
    assert (PLANNED.step, PLANNED.holds_keys) == (RestoreStep.PLAN, True)
    asked = PLANNED.next()
    assert (asked.step, asked.acts) == (RestoreStep.PROTECTOR, {Action.CHOOSE, Action.BACK})
    assert (RUNNING.step, RUNNING.protector, RUNNING.acts) == (RestoreStep.RUNNING, "file", {Action.CANCEL})
    done = RUNNING.done(restore_report())
    assert (done.step, done.stored, done.holds_keys) == (RestoreStep.DONE, True, False)
    assert done.acts == {Action.GO_ON, Action.BACK, Action.PROOF, Action.BACK_UP}
    assert done.back() is None
    kept = replace(done, plan=restore_plan(sets_up=False))
    assert Action.BACK_UP not in kept.acts


def test_where_keys_are_here_nobody_is_asked_what_protects_them() -> None:
    flow = CHOSEN.open().planned(restore_plan(sets_up=False)).next()
    assert (flow.step, flow.protector) == (RestoreStep.RUNNING, "")


def test_what_is_foreign_needs_a_yes_of_its_own() -> None:
    planned = CHOSEN.open().planned(restore_plan(foreign=(ForeignReason.NOT_VOUCHED,)))
    question = planned.next()
    assert (question.step, question.accepted) == (RestoreStep.FOREIGN, False)
    accepted = question.next()
    assert (accepted.step, accepted.accepted) == (RestoreStep.PROTECTOR, True)
    declined = question.back()
    assert declined is not None
    assert (declined.step, declined.accepted) == (RestoreStep.PLAN, False)


def test_a_yes_to_one_plan_is_no_yes_to_the_next() -> None:
    foreign = restore_plan(foreign=(ForeignReason.OTHER_CMDB,), sets_up=False)
    running = CHOSEN.open().planned(foreign).next().next()
    assert (running.step, running.accepted) == (RestoreStep.RUNNING, True)
    again = running.failed(PlanOutdated(Operation.RESTORE))
    assert (again.step, again.holds_keys) == (RestoreStep.PLANNING, True)
    assert again.planned(foreign).next().step is RestoreStep.FOREIGN


def test_a_proof_that_was_stopped_leaves_the_keys_here() -> None:
    done = RUNNING.failed(Cancelled(Operation.PROOF))
    assert (done.step, done.stored, done.report) == (RestoreStep.DONE, True, None)
    assert Action.PROOF not in done.acts


def test_stopped_before_that_what_was_chosen_last_is_asked_again() -> None:
    flow = RUNNING.failed(Cancelled(Operation.RESTORE))
    assert (flow.step, flow.stored, flow.problem) == (RestoreStep.PROTECTOR, False, None)
    assert flow.protector == ""
    here = CHOSEN.open().planned(replace(restore_plan(), sets_up=False)).next()
    assert here.failed(Cancelled(Operation.RESTORE)).step is RestoreStep.PLAN


def test_somebody_else_at_work_is_told_and_it_can_be_tried_again() -> None:
    error = Locked("root", 1, "rotating", "")
    flow = RUNNING.failed(error)
    assert (flow.step, flow.problem) == (RestoreStep.PLAN, error)


@pytest.mark.parametrize("error", [WrongPassword(Opens.BACKUP), SecretUnavailable(Wanted.BACKUP_PASSWORD)])
def test_a_password_that_does_not_open_leads_back_to_what_is_in_the_file(error: NskeysError) -> None:
    flow = CHOSEN.open().failed(error)
    assert (flow.step, flow.source.step) == (RestoreStep.SOURCE, SourceStep.CONTENTS)
    assert (flow.problem, flow.holds_keys) == (error, False)


def test_who_gives_up_typing_is_told_nothing() -> None:
    assert CHOSEN.open().failed(Cancelled()).problem is None


@pytest.mark.parametrize(
    "error", [BackupDamaged("x", "keys.kms", Problem.PAYLOAD), BackupForged("x", "manifest.json")]
)
def test_a_backup_that_is_no_good_leads_to_another_one(error: NskeysError) -> None:
    flow = CHOSEN.open().failed(error)
    assert (flow.source.step, flow.source.source) == (SourceStep.FILE, None)
    assert flow.problem is error


def test_going_back_wipes_the_keys_and_ends_at_the_choice() -> None:
    asked = PLANNED.next()
    plan = asked.back()
    assert plan is not None
    assert (plan.step, plan.holds_keys) == (RestoreStep.PLAN, True)
    contents = plan.back()
    assert contents is not None
    assert (contents.step, contents.plan, contents.holds_keys) == (RestoreStep.SOURCE, None, False)
    choice = contents.back()
    assert choice is not None
    assert choice.source.step is SourceStep.FILE
    assert choice.back() is None


def test_work_is_cancelled_and_not_left() -> None:
    assert RUNNING.back() is RUNNING


def test_a_file_that_was_named_leaves_no_choice_to_go_back_to() -> None:
    named = RestoreFlow(PROTECTORS, SourceFlow(named=True).found(PAIR))
    assert named.back() is None


def test_nothing_is_done_out_of_turn() -> None:
    with pytest.raises(ValueError, match="chosen"):
        RestoreFlow(PROTECTORS).open()
    with pytest.raises(ValueError, match="plan"):
        CHOSEN.next()
    with pytest.raises(ValueError, match="protector"):
        PLANNED.protect("file")
    with pytest.raises(ValueError, match="protector"):
        PLANNED.next().protect("tpm2")
    for later in (PLANNED.next(), RUNNING, RUNNING.done(restore_report())):
        with pytest.raises(ValueError, match="plan"):
            later.next()


def test_the_likely_file_is_the_newest_that_is_there() -> None:

    gone = replace(COPY, address="/gone.zip", status=CopyStatus.MISSING)
    assert SourceFlow().looked((gone, COPY)).likely == COPY
    assert SourceFlow().looked((gone,)).likely == gone
    assert SourceFlow().looked(()).likely is None


def test_a_file_that_cannot_be_read_leads_to_the_choice() -> None:
    error = FileUnreadable("/x.zip", Problem.MISSING)
    assert SourceFlow(named=True).not_found(error).step is SourceStep.LOOKING
    flow = SourceFlow().looked((COPY,)).not_found(error)
    assert (flow.step, flow.problem) == (SourceStep.FILE, error)
