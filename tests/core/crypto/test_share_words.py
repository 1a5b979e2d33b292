"""Words of shares: completed from their first letters, guessed at where they were misread."""

import pytest

from nskeys.crypto.slip39 import beginning_with, completed, nearest, word_list


def test_four_letters_tell_every_word() -> None:
    assert len(word_list()) == 1_024
    assert all(completed(word[:4]) == completed(word) == word for word in word_list())


def test_completion() -> None:
    assert completed("acade") == "academic"
    assert completed("ac") == completed("") == completed("zzz") == ""
    assert beginning_with("acad") == ("academic",)
    assert len(beginning_with("")) == 1_024


@pytest.mark.parametrize(("typed", "meant"), [("acadamic", "academic"), ("wisddom", "wisdom")])
def test_what_somebody_may_have_meant(typed: str, meant: str) -> None:
    assert nearest(typed)[0] == meant


def test_nothing_is_guessed_for_what_is_like_no_word() -> None:
    assert nearest("xxxxxxxxxxxxxxxx") == ()
