"""The drill, step by step."""

from dataclasses import replace

import pytest

from nskeys.errors import BackupDamaged, Cancelled, NskeysError, WrongPassword
from nskeys.model.pairs import Lying, LyingBackup
from nskeys.reasons import ForeignReason, Opens, Operation, Problem
from nskeys.services.flows.actions import Action
from nskeys.services.flows.drill import DrillFlow, DrillStep
from nskeys.services.flows.source import SourceFlow, SourceStep
from tests.core.services.flows.samples import BROKEN, COPY, FACTS, PAIR, drill_report

CHOSEN = DrillFlow().at_source(SourceFlow().looked((COPY,)).found(PAIR))
RUNNING = CHOSEN.run()


def test_it_is_file_contents_password_and_proof() -> None:
    assert DrillFlow().acts == {Action.CHOOSE, Action.BACK}
    assert CHOSEN.acts == {Action.GO_ON, Action.BACK}
    assert (RUNNING.step, RUNNING.acts) == (DrillStep.RUNNING, {Action.CANCEL})
    done = RUNNING.done(drill_report())
    assert (done.step, done.whole) == (DrillStep.DONE, True)
    assert done.acts == {Action.GO_ON, Action.BACK, Action.PROOF}
    assert done.back() is None


def test_one_credential_that_did_not_open_or_a_foreign_backup_is_not_whole() -> None:
    assert not RUNNING.done(drill_report(BROKEN)).whole
    assert not RUNNING.done(drill_report(foreign=(ForeignReason.OTHER_SIGNER,))).whole
    assert not RUNNING.whole


@pytest.mark.parametrize("error", [WrongPassword(Opens.BACKUP), Cancelled(Operation.PROOF)])
def test_what_was_not_finished_leads_back_to_what_is_in_the_file(error: NskeysError) -> None:
    flow = RUNNING.failed(error)
    assert (flow.step, flow.source.step) == (DrillStep.SOURCE, SourceStep.CONTENTS)
    assert flow.problem is (None if isinstance(error, Cancelled) else error)


def test_a_damaged_backup_leads_to_another_one() -> None:
    flow = RUNNING.failed(BackupDamaged("x", "keys.kms", Problem.PAYLOAD))
    assert flow.source.step is SourceStep.FILE


def test_going_back_ends_at_the_choice_and_work_is_not_left() -> None:
    assert RUNNING.back() is RUNNING
    choice = CHOSEN.back()
    assert choice is not None
    assert choice.source.step is SourceStep.FILE
    assert choice.back() is None


def test_nothing_is_tried_without_a_file() -> None:
    with pytest.raises(ValueError, match="chosen"):
        DrillFlow().run()


def test_a_list_needs_the_credentials_here_or_what_did_not_open() -> None:
    elsewhere = replace(drill_report(), nowhere=True)
    assert Action.PROOF not in RUNNING.done(elsewhere).acts
    assert Action.PROOF in RUNNING.done(replace(drill_report(BROKEN), nowhere=True)).acts


def test_at_a_place_of_several_servers_a_person_says_whose() -> None:
    lying = Lying("/vault", (LyingBackup("/vault/ns01.zip", FACTS),), (), ())
    asked = DrillFlow().at_source(SourceFlow(named=True).several(lying))
    assert asked.source.step is SourceStep.WHOSE
    (owner,) = asked.source.owners
    assert (owner.server_key, owner.cmdb_id) == (FACTS.server_key, FACTS.cmdb_id)
    assert asked.back() is None
    chosen = asked.at_source(asked.source.found(PAIR))
    again = chosen.back()
    assert again is not None
    assert again.source.step is SourceStep.WHOSE
