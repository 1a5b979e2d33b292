"""In the app nobody is told to type a command, and on the command line nobody is told to press a key."""

import re

import pytest

from nskeys.errors import (
    CannotCreate,
    DestinationUnreachable,
    HomeUnreadable,
    KeyUsedUp,
    NskeysError,
    SealDoesNotOpen,
    WrongPassword,
)
from nskeys.reasons import Opens, Problem, SealProblem
from nskeys.wording.errors import rows, say, say_in_app
from tests.core.wording.samples import error_classes, samples

A_COMMAND = re.compile(r"'(?:sudo )?nskeys\b(?!\[)|'--|\bthe command\b|\bat a terminal\b")
A_KEY = re.compile(r"\([a-z]\)|\bthe menu\b|\bfirst screen\b|\bLeave nskeys\b")


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_a_row_has_what_to_do_by_command_and_by_key(cls: type[NskeysError]) -> None:
    for error in samples(cls):
        row = rows()[cls](error)
        assert row.what.endswith(".")
        assert row.by_command.endswith(".")
        assert row.by_key.endswith(".")
        assert not A_COMMAND.search(row.by_key), row.by_key
        assert not A_KEY.search(row.by_command), row.by_command


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_what_happened_is_told_alike(cls: type[NskeysError]) -> None:
    for error in samples(cls):
        assert say_in_app(error).what == say(error).what


def test_the_marks_of_a_command_and_of_a_key_are_seen() -> None:
    commands = [
        error for cls in error_classes() for error in samples(cls) if A_COMMAND.search(str(say(error)))
    ]
    keys = [
        error for cls in error_classes() for error in samples(cls) if A_KEY.search(str(say_in_app(error)))
    ]
    assert len({type(error) for error in commands}) > 30
    assert len({type(error) for error in keys}) > 20


@pytest.mark.parametrize(
    "error",
    [CannotCreate("/mnt/vault", Problem.NO_SPACE), WrongPassword(Opens.BACKUP)],
)
def test_advice_that_names_neither_is_the_same(error: NskeysError) -> None:
    assert say_in_app(error) == say(error)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (DestinationUnreachable("/mnt", Problem.GONE), "choose another one."),
        (KeyUsedUp("00" * 32), "A rotation (o on the first screen) makes a new key."),
        (
            SealDoesNotOpen("ab", "run-as", "one", SealProblem.TAMPERED),
            "what was accepted takes a new secret.",
        ),
        (HomeUnreadable("/var/lib/nskeys"), "start it again with sudo, or as a user who may do that."),
    ],
)
def test_where_a_command_stood_a_key_stands(error: NskeysError, advice: str) -> None:
    assert say_in_app(error).advice.endswith(advice)


@pytest.mark.parametrize(
    ("problem", "advice"),
    [
        (
            Problem.LOGIN,
            "Check the user's name, and that the server knows the key of this machine, or choose ",
        ),
        (
            Problem.TIMEOUT,
            "Check that the server runs and can be reached from here, or choose another one.",
        ),
        (Problem.GONE, "Check that it is there and mounted, or choose another one."),
    ],
)
def test_what_to_look_at_depends_on_what_keeps_a_place_out_of_reach(problem: Problem, advice: str) -> None:
    told = say_in_app(DestinationUnreachable("sftp://vault02/x", problem))
    assert told.advice.startswith(advice)
