"""What a server refuses is not mended on this machine."""

import pytest

from nskeys.errors import CannotCreate, CannotRemove, DestinationUnreachable, FileUnreadable, NskeysError
from nskeys.reasons import Problem
from nskeys.wording.errors import say

SFTP, S3 = "sftp://backup@vault02/keys", "s3://nskeys/ns01"


@pytest.mark.parametrize("place", [SFTP, S3])
@pytest.mark.parametrize(
    "problem",
    [Problem.NOT_PERMITTED, Problem.READ_ONLY, Problem.QUOTA, Problem.IO_ERROR, Problem.ACCESS_DENIED],
)
def test_no_advice_is_about_this_machine(place: str, problem: Problem) -> None:
    errors: list[NskeysError] = [
        CannotCreate(place, problem),
        CannotRemove(f"{place}/a.zip", problem),
        DestinationUnreachable(place, problem),
    ]
    if problem is not Problem.ACCESS_DENIED:
        errors.append(FileUnreadable(f"{place}/a.zip", problem))
    for error in errors:
        sentence = say(error)
        assert "sudo" not in sentence.advice
        assert "system's log" not in sentence.advice
        assert "operating system does not permit" not in sentence.what


def test_a_folder_here_is_still_reached_with_sudo() -> None:
    assert "sudo" in say(CannotCreate("/srv/backups", Problem.NOT_PERMITTED)).advice
    assert (
        "the operating system does not permit it" in say(CannotCreate("/srv", Problem.NOT_PERMITTED)).what
    )


def test_a_servers_words_are_quoted_and_made_safe() -> None:
    error = CannotCreate(S3, Problem.BAD_REQUEST, "InvalidRequest: \x1b[2Jno")
    assert say(error).what == (
        "s3://nskeys/ns01 cannot be written: the server refused the request ('InvalidRequest: \\x1b[2Jno')."
    )
