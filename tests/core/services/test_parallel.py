"""Looks at several places at once."""

import threading

import pytest

from nskeys.errors import NotSetUp
from nskeys.services.parallel import as_completed, in_parallel


def test_each_look_gives_its_own_answer_in_order() -> None:
    assert in_parallel([lambda: "a", lambda: "b", lambda: "c"]) == ("a", "b", "c")
    assert in_parallel([]) == ()


def test_one_that_hangs_holds_up_no_other() -> None:
    answer = threading.Event()

    def hangs() -> str:
        assert answer.wait(10)
        return "late"

    looks = as_completed([hangs, lambda: "early"])
    assert next(looks) == (1, "early")
    answer.set()
    assert next(looks) == (0, "late")


def test_what_goes_wrong_in_a_look_is_told_to_whoever_asked() -> None:
    def fails() -> str:
        raise NotSetUp("/home", 0)

    for looks in ([fails], [fails, lambda: "b"]):
        with pytest.raises(NotSetUp):
            in_parallel(looks)
