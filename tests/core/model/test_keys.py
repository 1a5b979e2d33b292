"""Keys: their states, and which of them seals."""

from datetime import timedelta
from itertools import product

import pytest

from nskeys.model.keys import (
    SEALS_DUE,
    SEALS_LIMIT,
    KeyInfo,
    KeyState,
    Kid,
    active_key,
    stricter,
)
from tests.fakes.fixed import AFTERNOON

LATER = AFTERNOON + timedelta(hours=1)


def key(digit: str, state: KeyState, created_after: timedelta = timedelta()) -> KeyInfo:
    """A key that was made some time after AFTERNOON."""
    moment = AFTERNOON + created_after
    return KeyInfo(Kid(digit * 64), moment, state, moment)


@pytest.mark.parametrize(("one", "other"), list(product(KeyState, KeyState)))
def test_where_two_disagree_the_stricter_state_holds_whoever_is_asked_first(
    one: KeyState, other: KeyState
) -> None:
    assert stricter(one, other) is stricter(other, one)
    assert stricter(one, other) in (one, other)
    if KeyState.COMPROMISED in (one, other):
        assert stricter(one, other) is KeyState.COMPROMISED


def test_an_active_key_is_never_stricter_than_one_out_of_use() -> None:
    assert stricter(KeyState.ACTIVE, KeyState.DEACTIVATED) is KeyState.DEACTIVATED
    assert stricter(KeyState.PRE_ACTIVE, KeyState.ACTIVE) is KeyState.ACTIVE


def test_a_state_that_is_kept_keeps_its_date() -> None:
    active = key("a", KeyState.ACTIVE)
    assert active.in_state(KeyState.ACTIVE, LATER) is active
    assert active.in_state(KeyState.DEACTIVATED, LATER).state_since == LATER


def test_of_two_active_keys_the_newest_seals() -> None:
    older, newer = key("b", KeyState.ACTIVE), key("a", KeyState.ACTIVE, timedelta(days=1))
    assert active_key((older, newer)) == newer
    assert active_key((newer, older)) == newer


def test_no_key_seals_where_none_is_active() -> None:
    assert active_key(()) is None
    states = (KeyState.PRE_ACTIVE, KeyState.DEACTIVATED, KeyState.COMPROMISED)
    assert active_key(tuple(key("a", state) for state in states)) is None


def test_a_key_is_shown_by_its_first_eight_digits() -> None:
    assert key("7", KeyState.ACTIVE).short == "77777777"


def test_a_key_seals_no_more_than_random_nonces_allow() -> None:
    # NIST SP 800-38D, section 8.3; half way to it a rotation is due.
    assert (SEALS_DUE, SEALS_LIMIT) == (2_147_483_648, 4_294_967_296)
