"""What a restore does with each key: new or present, and in which state it is afterwards."""

from datetime import timedelta
from itertools import product

import pytest

from nskeys.crypto.keys import new_material
from nskeys.model.backup import BackedUpKey
from nskeys.model.keys import KeyFate, KeyInfo, KeyState, Kid
from nskeys.services.restore.key_plan import merged, new_keys, new_states, plan_keys, stranded
from tests.fakes.fixed import AFTERNOON

ACTIVE, PRE_ACTIVE = KeyState.ACTIVE, KeyState.PRE_ACTIVE
DEACTIVATED, COMPROMISED = KeyState.DEACTIVATED, KeyState.COMPROMISED
LATER = AFTERNOON + timedelta(days=1)


def key(digit: str, state: KeyState, days: int = 0) -> KeyInfo:
    """A key that was made so many days after AFTERNOON."""
    moment = AFTERNOON + timedelta(days=days)
    return KeyInfo(Kid(digit * 64), moment, state, moment)


def states(backed_up: list[KeyInfo], here: list[KeyInfo]) -> list[KeyState]:
    """The planned states, in the backup's order."""
    return [planned.state_after for planned in plan_keys(backed_up, here, {})]


def test_on_an_empty_store_each_key_keeps_its_state() -> None:
    everything = [key("1", DEACTIVATED), key("2", COMPROMISED), key("3", ACTIVE), key("4", PRE_ACTIVE)]
    assert states(everything, []) == [DEACTIVATED, COMPROMISED, ACTIVE, PRE_ACTIVE]


def test_one_that_waited_and_seals_credentials_now_was_made_active_since() -> None:
    old, waited = key("1", ACTIVE), key("2", PRE_ACTIVE, 1)
    planned = plan_keys([old, waited], [], {waited.kid: 3})
    assert [item.state_after for item in planned] == [DEACTIVATED, ACTIVE]


def test_of_two_active_ones_the_newest_stays_active() -> None:
    assert states([key("1", ACTIVE, 2), key("2", ACTIVE, 1)], []) == [ACTIVE, DEACTIVATED]


@pytest.mark.parametrize(
    ("backed_up", "bound", "after"),
    [
        # The backup was made in the middle of a rotation that was finished since.
        ([ACTIVE, PRE_ACTIVE], [DEACTIVATED, ACTIVE], [DEACTIVATED, ACTIVE]),
        # The disk is an older copy: the backup knows more.
        ([DEACTIVATED, ACTIVE], [ACTIVE, PRE_ACTIVE], [DEACTIVATED, ACTIVE]),
        # The rotation goes on waiting.
        ([ACTIVE, PRE_ACTIVE], [ACTIVE, PRE_ACTIVE], [ACTIVE, PRE_ACTIVE]),
        # The key that seals is lost: the one that did before is the only heir left, and only that one.
        ([ACTIVE], [DEACTIVATED, ACTIVE], [ACTIVE]),
        ([DEACTIVATED, ACTIVE], [DEACTIVATED, DEACTIVATED, ACTIVE], [DEACTIVATED, ACTIVE]),
        # A compromised key never seals, even where there is no other.
        ([ACTIVE], [COMPROMISED, ACTIVE], [COMPROMISED]),
        ([DEACTIVATED, ACTIVE], [COMPROMISED, ACTIVE], [COMPROMISED, ACTIVE]),
        ([COMPROMISED, ACTIVE], [DEACTIVATED, ACTIVE], [COMPROMISED, ACTIVE]),
    ],
)
def test_keys_of_another_machine_do_not_open_and_their_states_hold(
    backed_up: list[KeyState], bound: list[KeyState], after: list[KeyState]
) -> None:
    brought = [key(str(number), state, number) for number, state in enumerate(backed_up)]
    old = [key(str(number), state, number) for number, state in enumerate(bound)]
    planned = plan_keys(brought, [], {}, old)
    assert [item.state_after for item in planned] == after
    assert {item.fate for item in planned} == {KeyFate.NEW}
    assert stranded(brought, old) == tuple(item.kid for item in old[len(brought) :])


def test_where_keys_are_here_restored_ones_arrive_deactivated() -> None:
    here = [key("9", ACTIVE)]
    arriving = [key("1", ACTIVE, 5), key("2", PRE_ACTIVE), key("3", DEACTIVATED), key("4", COMPROMISED)]
    assert states(arriving, here) == [DEACTIVATED, DEACTIVATED, DEACTIVATED, COMPROMISED]


@pytest.mark.parametrize(("mine", "theirs"), list(product(KeyState, KeyState)))
def test_a_key_that_is_here_gets_the_stricter_state(mine: KeyState, theirs: KeyState) -> None:
    after = merged(mine, theirs)
    if COMPROMISED in (mine, theirs):
        assert after is COMPROMISED
    elif mine is ACTIVE:
        assert after is ACTIVE
    elif mine is DEACTIVATED:
        assert after is DEACTIVATED
    else:
        assert after is (DEACTIVATED if theirs is DEACTIVATED else PRE_ACTIVE)


@pytest.mark.parametrize(("mine", "theirs"), list(product(KeyState, KeyState)))
def test_restoring_twice_changes_nothing_more(mine: KeyState, theirs: KeyState) -> None:
    assert merged(merged(mine, theirs), theirs) is merged(mine, theirs)


def test_a_plan_says_which_keys_are_new_and_what_they_open() -> None:
    new, present = key("1", ACTIVE), key("2", ACTIVE)
    planned = plan_keys([new, present], [present], {new.kid: 7, key("3", ACTIVE).kid: 9})
    assert [(item.fate, item.credentials) for item in planned] == [
        (KeyFate.NEW, 7),
        (KeyFate.PRESENT, 0),
    ]


def test_a_key_that_arrives_in_another_state_does_so_now() -> None:
    active, deactivated = key("1", ACTIVE), key("2", DEACTIVATED)
    planned = plan_keys([active, deactivated], [key("9", ACTIVE)], {})
    backed_up = [BackedUpKey(info, new_material()) for info in (active, deactivated)]
    since = {item.info.kid: item.info.state_since for item in new_keys(planned, backed_up, LATER)}
    assert since == {active.kid: LATER, deactivated.kid: AFTERNOON}


def test_only_states_that_change_are_written() -> None:
    here = [key("1", ACTIVE), key("2", ACTIVE), key("3", DEACTIVATED)]
    backed_up = [key("1", COMPROMISED), key("2", DEACTIVATED), key("3", ACTIVE), key("4", ACTIVE)]
    changed = new_states(plan_keys(backed_up, here, {}), here, LATER)
    assert [(info.kid[0], info.state, info.state_since) for info in changed] == [("1", COMPROMISED, LATER)]
