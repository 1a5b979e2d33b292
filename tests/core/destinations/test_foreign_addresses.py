"""Addresses as other programs write them are never taken for folders here."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from nskeys.destinations.foreign_addresses import check
from nskeys.destinations.resolver import AllDestinations, RemoteSchemes
from nskeys.errors import DestinationInvalid
from nskeys.wording.errors import say

TOP = frozenset(("srv", "mnt", "home"))


def refused(address: str) -> DestinationInvalid:
    with pytest.raises(DestinationInvalid) as error:
        check(address, TOP)
    return error.value


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("backup@vault02.example.net:/srv/keys", "sftp://backup@vault02.example.net/srv/keys"),
        ("backup@vault02:keys", "sftp://backup@vault02/~/keys"),
        ("backup@vault02:~/keys", "sftp://backup@vault02/~/keys"),
        ("backup@vault02:", "sftp://backup@vault02/~"),
        ("vault02:/srv/keys", "sftp://vault02/srv/keys"),
        ("vault02:keys", "sftp://vault02/~/keys"),
        ("vault02::module/keys", "sftp://vault02/~/module/keys"),
        ("backup@[fd00::9]:/srv", "sftp://backup@[fd00::9]/srv"),
        ("backup@vault02", "sftp://backup@vault02/~"),
        ("backup@vault02/srv/keys", "sftp://backup@vault02/srv/keys"),
        ("sftp:backup@vault02:/srv/keys", "sftp://backup@vault02/srv/keys"),
        ("SFTP:vault02:keys", "sftp://vault02/~/keys"),
        ("scp:vault02:/srv", "sftp://vault02/srv"),
        ("sftp:vault02", "sftp://vault02/~"),
        ("scp://backup@vault02:2222/srv/keys", "sftp://backup@vault02:2222/srv/keys"),
        ("ssh://vault02/srv", "sftp://vault02/srv"),
        ("rsync://vault02/module", "sftp://vault02/module"),
        ("s3:https://minio.example.net/nskeys/ns01", "s3://nskeys/ns01?endpoint=minio.example.net"),
        ("s3:http://10.1.2.3:9000/nskeys", "s3://nskeys?endpoint=10.1.2.3:9000&tls=no"),
        ("s3:s3.amazonaws.com/nskeys", "s3://nskeys?endpoint=s3.amazonaws.com"),
        ("s3:nskeys/ns01", "s3://nskeys/ns01"),
        ("s3:", "s3://bucket/prefix"),
        ("file:/srv/backups", "/srv/backups"),
        ("rclone:remote:keys", "sftp://rclone/~/remote:keys"),
        ("a b:c", ""),
        ("-oProxyCommand=x:/y", ""),
    ],
)
def test_the_right_form_is_named(typed: str, instead: str) -> None:
    error = refused(typed)
    assert (error.problem, error.instead) == ("other_style", instead)


@pytest.mark.parametrize(
    "typed",
    [
        "\\\\filer\\keys",
        "\\srv",
        "//filer/keys",
        "C:\\keys",
        "c:/keys",
        "D:",
        "smb://filer/keys",
        "cifs://filer/keys",
        "nfs://vault02/srv",
        "davs://dav.example.net/x",
    ],
)
def test_a_share_is_to_be_mounted_first(typed: str) -> None:
    error = refused(typed)
    assert (error.problem, error.instead) == ("share", "")
    assert "Mount it" in say(error).advice


@pytest.mark.parametrize(
    "typed",
    [
        "/srv/a:b",
        "./a:b",
        "../a:b",
        "~/a:b",
        "~root",
        "keys",
        "keys/a:b",
        "keys/user@host",
        "//srv/backups",
        "//srv",
        "///filer/keys",
        "/",
        "sftp://backup@vault02/srv",
        "s3://bucket/x?endpoint=a:9000",
        "file:///srv/a:b",
        "gopher://x",
    ],
)
def test_a_path_and_an_address_of_ours_are_left_to_their_kinds(typed: str) -> None:
    check(typed, TOP)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_whatever_begins_as_a_path_is_one(name: str) -> None:
    check(f"./{name}", TOP)


@pytest.mark.parametrize(
    "typed", ["backup:hunter2@vault02:/srv", "scp://backup:hunter2@vault02/x", "smb://me:hunter2@filer/x"]
)
def test_a_password_in_one_is_not_repeated(typed: str) -> None:
    sentence = say(refused(typed))
    assert "hunter2" not in sentence.what + sentence.advice


def test_a_folder_of_that_very_name_is_mentioned_and_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a:b").mkdir()
    destinations = AllDestinations(tuple, remote=RemoteSchemes())
    with pytest.raises(DestinationInvalid) as error:
        destinations.normal("a:b")
    sentence = say(error.value)
    assert sentence.what == "a:b cannot be used as a destination: it is an address of another program."
    assert sentence.advice == (
        "Write sftp://a/~/b. What has this very name in the present folder is ./a:b."
    )
    assert destinations.normal("./a:b") == destinations.normal(str(tmp_path / "a:b")) == f"{tmp_path}/a:b"
    (tmp_path / "a:b").rmdir()
    with pytest.raises(DestinationInvalid) as missing:
        destinations.normal("a:b")
    assert "present folder" not in say(missing.value).advice
    destinations.close()
