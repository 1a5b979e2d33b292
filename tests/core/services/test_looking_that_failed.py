"""Never looked at, looked at and out of reach, looked at and not told: each has its own word."""

from dataclasses import replace

import pytest

from nskeys.errors import DestinationUnreachable, HostKeyUnknown, NskeysError
from nskeys.reasons import Problem
from nskeys.services.register.probe import unseen
from nskeys.wording.copies import named_why_not, why_not
from nskeys.wording.destinations import location_name
from tests.fakes.memory_site import MemorySite

FAR = "sftp://vault02/nskeys"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DestinationUnreachable(FAR, Problem.REFUSED), "unknown (could not be reached)"),
        (DestinationUnreachable(FAR, Problem.NO_ANSWER), "unknown (could not be reached)"),
        (HostKeyUnknown("vault02", 22, "ssh-ed25519", "SHA256:x", "x"), "unknown (could not be told)"),
    ],
)
def test_a_look_that_failed_is_no_look_that_was_never_made(error: NskeysError, words: str) -> None:
    assert location_name(unseen(error)) == words


def test_a_copy_whose_location_is_unknown_is_named_so() -> None:
    server = MemorySite().server()
    server.set_up()
    server.add("deploy-1")
    copy = server.back_up().copy
    unknown = replace(copy, where=unseen(DestinationUnreachable(FAR, Problem.REFUSED)), signed=True)
    assert why_not(unknown) == "has an unknown location"
    assert named_why_not(unknown) == "backup 1: location unknown"
