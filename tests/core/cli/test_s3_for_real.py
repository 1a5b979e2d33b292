"""SeaweedFS as the place for backups: signatures are checked, and objects are locked by their bucket."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.destinations.s3.destination import S3Scheme
from nskeys.destinations.s3.listing import Question, objects
from nskeys.destinations.s3.login import S3Login
from nskeys.model.destinations import DestinationInfo
from nskeys.ports import Destination
from tests.core.cli.test_backups import _copied
from tests.fakes.command_line import Machine
from tests.fakes.s3_server import KEY_ID, SECRET, S3Server
from tests.fakes.seaweedfs import lock_objects, seaweedfs

NAME = "ns01-01234567-20261123T140200Z.zip"


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with seaweedfs(tmp_path_factory.mktemp("weed") / "data") as server:
        yield server


@pytest.fixture
def logged_in(weed: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in weed.login_files(tmp_path).items():
        monkeypatch.setenv(variable, value)


@pytest.fixture
def place(weed: S3Server, logged_in: None) -> Iterator[Destination]:
    name = f"b-{os.urandom(8).hex()}"
    weed.make_bucket(name)
    buckets = S3Scheme()
    address = buckets.parse(weed.address(name, "ns01"))
    yield buckets.at(address, DestinationInfo(str(address)))
    buckets.close()


def test_a_backup_goes_there_and_back_and_nothing_is_replaced(place: Destination) -> None:
    place.check()
    place.check()
    assert place.listing() == ()
    data = os.urandom(1 << 20)
    assert place.publish(NAME, data) == NAME
    assert place.publish(NAME, b"other") == NAME.replace(".zip", "-2.zip")
    assert place.read(NAME, 1 << 21) == data
    assert [listed.size for listed in place.listing()] == [5, 1 << 20]
    place.remove(NAME)
    assert [listed.name for listed in place.listing()] == [NAME.replace(".zip", "-2.zip")]


def test_a_bucket_that_locks_its_objects_takes_backups(weed: S3Server, logged_in: None) -> None:
    name = f"b-{os.urandom(8).hex()}"
    lock_objects(weed, name)
    buckets = S3Scheme()
    address = buckets.parse(weed.address(name))
    place = buckets.at(address, DestinationInfo(str(address)))
    place.check()
    place.check()
    assert place.publish(NAME, b"backup") == NAME
    assert place.read(NAME, 10) == b"backup"
    assert [listed.name for listed in place.listing()] == [NAME]
    head = weed.client().head_object(Bucket=name, Key=NAME)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    buckets.close()


def test_what_was_put_carries_its_checksum(weed: S3Server, place: Destination) -> None:
    place.publish(NAME, b"backup")
    bucket = place.address_of(NAME).removeprefix("s3://").partition("/")[0]
    head = weed.client().get_object_attributes(
        Bucket=bucket, Key=f"ns01/{NAME}", ObjectAttributes=["Checksum", "ObjectSize"]
    )
    assert head["ObjectSize"] == len(b"backup")


def test_the_own_listing_is_signed_as_a_server_wants_it(weed: S3Server, place: Destination) -> None:
    for number in range(3):
        place.publish(f"ns01-{number} é+%.zip", b"x" * (number + 1))
    bucket = place.address_of(NAME).removeprefix("s3://").partition("/")[0]
    question = Question(weed.url, bucket, "ns01", "us-east-1")
    found = dict(objects(question, S3Login(KEY_ID, SECRET), 20))
    assert found == {f"ns01-{number} é+%.zip": number + 1 for number in range(3)}


def test_an_administrators_whole_way_with_locked_objects(
    server: Machine, weed: S3Server, logged_in: None
) -> None:
    name = f"b-{os.urandom(8).hex()}"
    lock_objects(weed, name)
    address = weed.address(name, "ns01")
    server.does("destination", "add", address, "--elsewhere", "through a tunnel")
    tested = server.run("destination", "test", address)
    assert tested.code == 0, tested.err
    made = [server.back_up("--to", address)["path"] for _ in range(2)]
    assert server.does("register", "check")[0]["sight"] == "good"
    assert server.does("status")["credentials"]["recoverable"] == 2
    other = _copied(server)
    given = ("--password-file", other.password, *server.confirmed)
    restored = other.run("restore", made[1], *given, "--json")
    assert restored.code == 0, restored.err
    assert other.does("verify")["failed"] == 0
