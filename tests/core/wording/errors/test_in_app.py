"""In the app nobody is told to type a command; what happened is told as on the command line."""

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
from nskeys.wording.errors import say
from nskeys.wording.errors.in_app import say_in_app
from tests.core.wording.commands import commands
from tests.core.wording.samples import error_classes, sample


@pytest.mark.parametrize("cls", error_classes())
@pytest.mark.parametrize("text", ["", "missing", "not_permitted", "key_missing", "tampered", "bare"])
def test_no_error_asks_for_a_command(cls: type[NskeysError], text: str) -> None:
    error = sample(cls, text)
    told = say_in_app(error)
    assert told.what == say(error).what
    assert told.advice
    assert not commands(told.advice)


def test_advice_without_a_command_is_the_same() -> None:
    error = CannotCreate("/mnt/vault", Problem.NO_SPACE)
    assert say_in_app(error) == say(error)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (DestinationUnreachable("/mnt", Problem.GONE), "choose another one."),
        (KeyUsedUp("00" * 32), "A rotation (o on the first screen) makes a new key."),
        (SealDoesNotOpen("ab", "run-as", "one", SealProblem.TAMPERED), "give it a new secret."),
        (HomeUnreadable("/var/lib/nskeys"), "start it again with sudo, or as a user who may do that."),
    ],
)
def test_where_a_command_stood_a_key_stands(error: NskeysError, advice: str) -> None:
    assert say_in_app(error).advice.endswith(advice)


def test_a_wrong_password_is_told_alike() -> None:
    error = WrongPassword(Opens.BACKUP)
    assert say_in_app(error) == say(error)


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
