"""A place is said with its reason, and a same-disk backup is never praised."""

import pytest

from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.wording.destinations import SAME_DISK, destination_name, location_name, location_sentence
from nskeys.wording.text.terminal import width


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (
            LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs4 vault02:/backups"),
            "elsewhere (nfs4 vault02:/backups)",
        ),
        (LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT), "elsewhere (a network mount)"),
        (
            LocatedAt(Location.HERE, LocationReason.LOCAL_DISK, "/dev/sda1"),
            "here (this machine's own disk)",
        ),
        (
            LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, "tape to the safe"),
            "elsewhere (declared: tape to the safe)",
        ),
        (
            LocatedAt(Location.UNKNOWN, LocationReason.FOREIGN_FILESYSTEM, "fuse.rclone"),
            "unknown (a file system that may lie anywhere: fuse.rclone)",
        ),
        (
            LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, "tape\x1b[2J\u202e"),
            "elsewhere (declared: tape\\x1b[2J\\u202e)",
        ),
    ],
)
def test_a_place_and_why(where: LocatedAt, text: str) -> None:
    assert location_name(where) == text


@pytest.mark.parametrize("reason", list(LocationReason))
def test_whatever_the_reason_here_is_said_to_be_no_help(reason: LocationReason) -> None:
    assert location_sentence(LocatedAt(Location.HERE, reason)) == SAME_DISK
    assert "does not count" in location_sentence(LocatedAt(Location.UNKNOWN, reason))
    assert location_sentence(LocatedAt(Location.ELSEWHERE, reason)) == ""


def test_a_destination_is_its_address_and_what_was_declared() -> None:
    assert destination_name(DestinationInfo("/srv/backups")) == "/srv/backups"
    assert destination_name(DestinationInfo("/srv\n", "tape")) == "/srv\\n (declared: tape)"
    assert width(destination_name(DestinationInfo("/srv", "x" * 9_000))) < 150
