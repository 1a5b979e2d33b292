"""A rotation in words: what the next step does, and what it waits for."""

import pytest

from nskeys.model.keys import Kid
from nskeys.model.plans import RotationPlan
from nskeys.wording.keys import rotation_next, rotation_plan_lines, without_backup_question

KID = Kid("7f3a91c2" + "0" * 56)


def plan(
    *,
    creates: bool = False,
    activates: bool = False,
    gate: bool = False,
    credentials: int = 12,
    exposes: int = 0,
) -> RotationPlan:
    return RotationPlan(creates, activates, None if creates else KID, credentials, gate, "", exposes)


def test_a_new_key_is_made_and_waits() -> None:
    first, then, stays = rotation_plan_lines(plan(creates=True))
    assert first == "A new key is made first. It stays inactive until a proven backup elsewhere holds it."
    assert then == "Then 12 credentials are re-sealed under it."
    assert "No key is ever removed." in stays
    assert rotation_next(plan(creates=True)).startswith("Enter makes the key.")


def test_a_closed_gate_says_that_a_backup_is_due_and_which_key_makes_it() -> None:
    closed = plan(activates=True)
    assert closed.waits
    assert rotation_plan_lines(closed)[0].startswith("A backup is due: key 7f3a91c2 is made and waits")
    assert rotation_next(closed).startswith("b makes the backup")


def test_an_open_gate_says_what_enter_does() -> None:
    opened = plan(activates=True, gate=True, credentials=1)
    assert not opened.waits
    assert (
        rotation_plan_lines(opened)[1]
        == "It becomes the active key, and 1 credential is re-sealed under it."
    )
    assert rotation_next(opened).startswith("Enter activates it")


@pytest.mark.parametrize(
    ("credentials", "left"),
    [(0, "every credential was tried"), (1, "1 credential is still"), (5, "5 credentials are still")],
)
def test_what_was_broken_off_says_how_much_is_left(credentials: int, left: str) -> None:
    going_on = plan(gate=True, credentials=credentials)
    assert left in rotation_plan_lines(going_on)[0]
    assert rotation_next(going_on) == "Enter goes on where it stopped."


def test_what_is_left_says_what_it_puts_at_risk_and_that_a_backup_comes_first() -> None:
    closed = plan(exposes=9)
    first, then, risk, _ = rotation_plan_lines(closed)
    assert first == "A backup is due: key 7f3a91c2 is active, and no proven backup elsewhere holds it."
    assert then == "Once one does, 12 credentials are re-sealed under it."
    assert risk == "Now 9 credentials would come back. Re-sealed before that, they would not."
    assert rotation_next(closed).startswith("b makes the backup")
    assert risk in without_backup_question(closed)


@pytest.mark.parametrize("creates", [True, False])
def test_going_on_without_a_backup_says_what_is_lost_then(creates: bool) -> None:
    question = " ".join(without_backup_question(plan(creates=creates, activates=not creates)))
    assert "is in no proven backup elsewhere, and then 12 credentials have none either." in question
    assert "lost for good" in question
    assert ("7f3a91c2" in question) is not creates
