"""Destinations in words."""

from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.wording.destinations import declared_words, ready_words, remove_question


def where(location: Location) -> LocatedAt:
    return LocatedAt(location, LocationReason.LOCAL_DISK)


def test_what_becomes_of_backups_there() -> None:
    assert (
        ready_words(where(Location.HERE), default=False) == "can be written, and are lost with this machine"
    )
    assert ready_words(where(Location.ELSEWHERE), default=True).endswith("; this is the default")
    assert "do not count" in ready_words(where(Location.UNKNOWN), default=False)


def test_a_declaration_is_repeated_and_made_safe() -> None:
    info = DestinationInfo("/srv/\x1bbackups")
    assert declared_words(info, "tape\u202e") == ("/srv/\\x1bbackups is declared elsewhere: tape\\u202e.")
    assert declared_words(info, "").endswith("is no longer declared elsewhere.")


def test_forgetting_the_default_one_says_so() -> None:
    info = DestinationInfo("/srv/backups")
    assert len(remove_question(info, default=False)) == 2
    assert remove_question(info, default=True)[-1] == "It is the default: the next backup would go there."
