"""One key, one credential, in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nskeys.errors import FieldInvalid
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import KeyState
from nskeys.model.recoverability import KeyCoverage, RecoveryState
from nskeys.reasons import FieldProblem
from nskeys.wording.credentials import (
    credential_title,
    dates_words,
    field_problem,
    remove_question,
    sealed_words,
    state_words,
)
from nskeys.wording.keys import backups_short, copy_proof, key_recovery, key_state_meaning
from tests.fakes.backups import a_copy
from tests.fakes.credentials import OLD_KEY, a_credential
from tests.fakes.fixed import AFTERNOON


def key(state: RecoveryState) -> KeyCoverage:
    exposed = AFTERNOON if state is RecoveryState.AT_RISK else None
    return KeyCoverage(OLD_KEY, None, 2, state, exposed, 0, ())


@pytest.mark.parametrize("state", KeyState)
def test_every_state_of_a_key_says_what_the_key_does(state: KeyState) -> None:
    assert "opens" in key_state_meaning(state) or "seals" in key_state_meaning(state)


def test_a_key_at_risk_says_since_when() -> None:
    later = AFTERNOON + timedelta(days=2)
    assert key_recovery(key(RecoveryState.RECOVERABLE), later) == "would come back"
    assert key_recovery(key(RecoveryState.AT_RISK), later).endswith("that counts, since 2026-11-23")
    assert "neither here" in key_recovery(key(RecoveryState.LOST), later)


def test_a_copy_that_does_not_count_says_why_instead_of_what_was_proven() -> None:
    good = replace(a_copy(), signed=True)
    here = replace(good, where=LocatedAt(Location.HERE, LocationReason.LOCAL_DISK))
    assert copy_proof(good, AFTERNOON, 2, 2) == "opened after it was written, just now"
    assert copy_proof(here, AFTERNOON, 2, 2) == "does not count: it lies on this machine"


def test_backups_where_there_is_little_room() -> None:
    assert [backups_short(n) for n in (0, 1, 3)] == ["no backup", "1 backup", "3 backups"]


def test_a_credential_is_named_safely() -> None:
    credential = a_credential("de\x1bploy").credential
    assert credential_title(credential) == "run-as de\\x1bploy"
    assert "\x1b" not in "".join(remove_question(credential))


def test_a_credential_says_which_key_seals_it_and_when_it_was_changed() -> None:
    credential = a_credential().credential
    assert sealed_words(credential) == "by key 0a0a0a0a, in change 1"
    assert "changed" not in dates_words(AFTERNOON, AFTERNOON)
    assert "changed" in dates_words(AFTERNOON, AFTERNOON + timedelta(hours=1))


@pytest.mark.parametrize("state", RecoveryState)
def test_every_state_of_a_credential_says_what_it_means(state: RecoveryState) -> None:
    assert state_words(state).startswith(f"{state.replace('_', ' ')}: ")


def test_what_is_wrong_with_a_field_says_what_to_do() -> None:
    problem = field_problem(FieldInvalid("target", FieldProblem.NOT_URL))
    assert problem == "The target is not a URL of another server. Write it like https://ns02.example.net."
