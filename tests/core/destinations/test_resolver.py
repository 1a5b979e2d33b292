"""Addresses of folders."""

from pathlib import Path

import pytest

from nskeys.destinations.resolver import AllDestinations
from nskeys.errors import DestinationInvalid
from nskeys.model.destinations import DestinationInfo
from nskeys.ports import Destination
from tests.fakes.memory_destination import MemoryDestination


@pytest.fixture
def destinations() -> AllDestinations:
    return AllDestinations(tuple)


def test_a_relative_address_begins_where_one_stands(
    destinations: AllDestinations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert destinations.normal("vault/") == f"{tmp_path}/vault"
    assert destinations.normal(".") == str(tmp_path)
    place, name = destinations.source("a.zip")
    assert place.address_of(name) == f"{tmp_path}/a.zip"


def test_a_tilde_is_the_users_home(destinations: AllDestinations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert destinations.normal("~/vault") == "/home/me/vault"
    with pytest.raises(DestinationInvalid) as refused:
        destinations.normal("~no-such-user/vault")
    assert refused.value.problem == "unknown_user"
    assert destinations.normal("/mnt/~x") == "/mnt/~x"


def test_links_are_kept_but_not_led_astray_by_dots(destinations: AllDestinations, tmp_path: Path) -> None:
    real = tmp_path / "real" / "deep"
    real.mkdir(parents=True)
    (tmp_path / "link").symlink_to(real)
    assert destinations.normal(f"{tmp_path}/link") == f"{tmp_path}/link"
    assert destinations.normal(f"{tmp_path}/link/../a.zip") == f"{real.parent}/a.zip"
    assert destinations.normal(f"{tmp_path}/link/..") == str(real.parent)
    assert destinations.normal(f"{real}/../../link") == f"{tmp_path}/link"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("file:///mnt/my%20vault/", "/mnt/my vault"),
        ("FILE://localhost/mnt/%C3%BC", "/mnt/ü"),
        ("file:///~/x", "/~/x"),
    ],
)
def test_a_file_url_is_a_path(destinations: AllDestinations, address: str, path: str) -> None:
    assert destinations.normal(address) == path


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("file://vault02/backups", "other_host"),
        ("file:///%FF", "not_utf8"),
        ("file:///a%00b", "not_utf8"),
        ("file://", "empty"),
        ("/mnt/\udcff", "not_utf8"),
        ("ftp://x/", "unknown_scheme"),
    ],
)
def test_an_address_that_is_none_is_refused(
    destinations: AllDestinations, address: str, problem: str
) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        destinations.normal(address)
    assert refused.value.problem == problem
    refused.value.destination.encode("utf-8")


def test_what_is_only_like_an_address_of_another_kind_is_a_path(destinations: AllDestinations) -> None:
    assert destinations.normal("/mnt/sftp://x") == "/mnt/sftp:/x"
    assert destinations.normal("./s3:bucket").endswith("/s3:bucket")


def test_a_current_folder_that_was_removed_is_no_crash(
    destinations: AllDestinations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(DestinationInvalid) as refused:
        destinations.normal("vault")
    assert refused.value.problem == "relative"
    assert destinations.normal("/mnt/vault") == "/mnt/vault"


def test_a_configured_address_that_nobody_understands_spoils_nothing() -> None:
    declared = [DestinationInfo("sftp://vault02", "later"), DestinationInfo("/mnt/tape", "in the safe")]
    place, _ = AllDestinations(lambda: declared).source("/mnt/tape/a.zip")
    assert place.where().detail == "in the safe"


class _Shelf:
    """The smallest kind of address: `shelf://name`, whose places lie in memory."""

    def __init__(self) -> None:
        self.asked: list[DestinationInfo] = []
        self.closed = self.interrupted = False

    def parse(self, address: str) -> str:
        return "shelf://" + address.partition("://")[2].rstrip("/")

    def at(self, address: str, info: DestinationInfo) -> Destination:
        assert address == info.address
        self.asked.append(info)
        return MemoryDestination(info)

    def split(self, address: str) -> tuple[str, str]:
        place, _, name = address.rpartition("/")
        return (place, name) if place != "shelf:/" else (address, "")

    def interrupt(self) -> None:
        self.interrupted = True

    def close(self) -> None:
        self.closed = True


def test_a_kind_of_address_is_asked_for_its_own_and_gets_what_was_configured() -> None:
    shelf = _Shelf()
    declared = [DestinationInfo("SHELF://top/", "carried to the safe")]
    destinations = AllDestinations(lambda: declared, remote={"shelf": shelf})
    place, name = destinations.source("Shelf://top/a.zip")
    assert (place.address_of(name), name) == ("shelf://top/a.zip", "a.zip")
    destinations.at(DestinationInfo("shelf://top", "in my bag"))
    destinations.at(DestinationInfo("shelf://bottom"))
    assert shelf.asked == [
        DestinationInfo("shelf://top", "carried to the safe"),
        DestinationInfo("shelf://top", "in my bag"),
        DestinationInfo("shelf://bottom"),
    ]
    with pytest.raises(DestinationInvalid) as refused:
        destinations.source("shelf://top")
    assert refused.value.problem == "no_file"
    destinations.interrupt()
    assert shelf.interrupted
    destinations.close()
    assert shelf.closed
