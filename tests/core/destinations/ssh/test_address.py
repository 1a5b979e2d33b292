"""Addresses of folders on servers: one spelling, no password in them, nothing that leads elsewhere."""

import pytest

from nskeys.destinations.ssh.address import parse
from nskeys.errors import DestinationInvalid


@pytest.mark.parametrize(
    ("typed", "normal", "remote"),
    [
        ("sftp://backup@vault02/srv/nskeys", "sftp://backup@vault02/srv/nskeys", "/srv/nskeys"),
        (
            "SFTP://backup@VAULT02.example.net.:22//srv/./a/",
            "sftp://backup@vault02.example.net/srv/a",
            "/srv/a",
        ),
        ("sftp://vault02:2222/x", "sftp://vault02:2222/x", "/x"),
        ("sftp://vault02", "sftp://vault02/~", "."),
        ("sftp://vault02/", "sftp://vault02/", "/"),
        ("sftp://vault02/~/in/my/home", "sftp://vault02/~/in/my/home", "in/my/home"),
        ("sftp://root@[2001:DB8::1]:2222/x", "sftp://root@[2001:db8::1]:2222/x", "/x"),
        ("sftp://vault02/a b/%C3%BC/100%25", "sftp://vault02/a b/ü/100%25", "/a b/ü/100%"),
        ("sftp://vault02/tab%09", "sftp://vault02/tab%09", "/tab\t"),
        ("sftp://corp%5Cbackup@vault02/x", "sftp://corp%5Cbackup@vault02/x", "/x"),
        ("sftp://vault02/who?#now", "sftp://vault02/who?#now", "/who?#now"),
    ],
)
def test_an_address_has_one_spelling_and_a_path_for_the_server(
    typed: str, normal: str, remote: str
) -> None:
    assert str(parse(typed)) == normal
    assert str(parse(normal)) == normal
    assert parse(normal).remote == remote


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("sftp:///srv", "bad_host"),
        ("sftp://", "bad_host"),
        ("sftp://-oProxyCommand=x/srv", "bad_host"),
        ("sftp://vault02:0/x", "bad_host"),
        ("sftp://vault02:65536/x", "bad_host"),
        ("sftp://vault02:/x", "bad_host"),
        ("sftp://[::zz]/x", "bad_host"),
        ("sftp://a b/x", "bad_host"),
        ("sftp://@vault02/x", "bad_user"),
        ("sftp://a%20b@vault02/x", "bad_user"),
        ("sftp://vault02/a/../b", "dots"),
        ("sftp://vault02/%2E%2E/b", "dots"),
        ("sftp://vault02/%FF", "not_utf8"),
        ("sftp://vault02/%00", "not_utf8"),
    ],
)
def test_what_is_no_address_is_refused(typed: str, problem: str) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        parse(typed)
    assert refused.value.problem == problem


@pytest.mark.parametrize(
    "typed",
    [
        "sftp://backup:hunter2@vault02/x",
        "sftp://backup:hunter2@vault02:22/x",
        "sftp://backup:hunter2/with a slash@vault02/x",
        "sftp://backup:hunter2%40@vault02/x",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        parse(typed)
    assert refused.value.problem == "has_password"
    assert "hunter2" not in refused.value.destination
    assert refused.value.destination.startswith("sftp://backup@vault02")


def test_a_file_is_split_from_its_folder_and_comes_back() -> None:
    for folder in ("sftp://v/srv", "sftp://v/", "sftp://v/~", "sftp://v/~/in"):
        address = parse(folder).file("a b.zip")
        place, name = parse(str(address)).split()
        assert (str(place), name) == (folder, "a b.zip")
    for none in ("sftp://v/", "sftp://v/~", "sftp://v"):
        assert parse(none).split()[1] == ""


def test_a_login_is_named_without_its_path() -> None:
    assert parse("sftp://backup@vault02:2222/srv").login == "backup@vault02:2222"
    assert parse("sftp://vault02/srv").login == "vault02"
