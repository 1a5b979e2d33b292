"""What contradicts the checkpoint, in words: how many rows there are is said where that tells something."""

import pytest

from nskeys.errors import ChangeWaits, Mismatch
from nskeys.reasons import MismatchKind
from nskeys.services.checkpoint.looking import Comparison
from nskeys.wording.checkpoint import comparison_lines, digest_lines
from nskeys.wording.errors import say
from nskeys.wording.mismatches import NO_GROUND, START_AGAIN_BY_KEY, mismatch_line, mismatch_texts
from nskeys.wording.next_steps import Voice


@pytest.mark.parametrize(
    ("kind", "before", "now", "told"),
    [
        (MismatchKind.REGISTER, "2", "100002", ": it has 100,002 rows and had 2"),
        (MismatchKind.REGISTER, "2", "2", "nskeys"),
        (MismatchKind.DIARY, "0", "1", ": it has 1 line and had 0"),
        (MismatchKind.DIARY, "1", "1", "nskeys"),
    ],
)
def test_counts_are_said_where_they_differ(kind: MismatchKind, before: str, now: str, told: str) -> None:
    assert mismatch_line(Mismatch(kind, before, now)).endswith(told)


@pytest.mark.parametrize("kind", MismatchKind)
def test_each_has_a_sentence_and_a_shorter_text(kind: MismatchKind) -> None:
    longer, shorter = mismatch_texts(Mismatch(kind, "1", "2"))
    assert len(shorter) < len(longer)
    assert "{" not in longer + shorter


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [(MismatchKind.HOME_MISSING, False), (MismatchKind.ELSEWHERE, False), (MismatchKind.WENT_BACK, True)],
)
def test_without_a_checkpoint_in_the_home_nobody_is_told_to_accept(
    kind: MismatchKind, accepted: bool
) -> None:
    found = (Mismatch(kind, "2", "1"),)
    compared = Comparison(None, None, found, "d" * 64)
    assert ("checkpoint accept" in say(ChangeWaits(found)).advice) is accepted
    assert bool(digest_lines(compared)) is accepted
    assert (NO_GROUND in comparison_lines(compared)) is (kind is MismatchKind.HOME_MISSING)
    again = START_AGAIN_BY_KEY in comparison_lines(compared, Voice.KEY)
    assert again is (kind is MismatchKind.ELSEWHERE)
