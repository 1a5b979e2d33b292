"""The login to a bucket: where it is looked for, in which order, and what is no login."""

from pathlib import Path

import pytest

from nskeys.destinations.s3.login import NoS3Login, find_login, without_key

KEYS = "aws_access_key_id = AKIA{0}\naws_secret_access_key = secret-{0}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws").mkdir()
    return tmp_path


def write(home: Path, name: str, text: str) -> None:
    (home / ".aws" / name).write_text(text, "utf-8")


def test_the_default_profile_of_the_users_own_files(home: Path) -> None:
    write(home, "credentials", f"# mine\n[default]\n{KEYS.format(1)}aws_session_token=t=1\n")
    write(home, "config", "[default]\nregion = eu-central-1\nca_bundle = /etc/ca.pem\ns3 =\n  x = y\n")
    found = find_login({"HOME": str(home)})
    assert (found.key_id, found.secret, found.token) == ("AKIA1", "secret-1", "t=1")
    assert (found.region, found.ca_bundle) == ("eu-central-1", "/etc/ca.pem")


def test_a_profile_that_is_named_goes_before_everything(home: Path) -> None:
    write(home, "credentials", f"[default]\n{KEYS.format(1)}[backup]\n{KEYS.format(2)}")
    write(home, "config", f"[profile other]\n{KEYS.format(3)}region = eu-3\n")
    environ = {"HOME": str(home), "AWS_ACCESS_KEY_ID": "AKIA9", "AWS_SECRET_ACCESS_KEY": "secret-9"}
    assert find_login(environ, "backup").key_id == "AKIA2"
    assert find_login(environ, "other").region == "eu-3"
    assert find_login(environ).key_id == "AKIA9"
    assert find_login({"HOME": str(home), "AWS_PROFILE": "backup"}).key_id == "AKIA2"
    assert find_login({"HOME": str(home)}).key_id == "AKIA1"


def test_files_elsewhere_are_named_as_for_amazons_tools(home: Path) -> None:
    (home / "mine").write_text(f"[default]\n{KEYS.format(4)}", "utf-8")
    environ = {"HOME": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": str(home / "mine"), "AWS_REGION": "eu-7"}
    assert (find_login(environ).key_id, find_login(environ).region) == ("AKIA4", "eu-7")


@pytest.mark.parametrize(
    ("credentials", "config", "profile", "reason"),
    [
        ("", "", "", "no_login"),
        (f"[other]\n{KEYS.format(1)}", "", "", "no_login"),
        (f"[default]\n{KEYS.format(1)}", "", "backup", "no_profile"),
        ("[default]\naws_access_key_id = AKIA\n", "", "", "login_incomplete"),
        ("", "[default]\ncredential_process = /bin/sh -c 'touch /tmp/x'\n", "", "login_incomplete"),
        ("", "[profile sso]\nsso_start_url = https://x\n", "sso", "login_incomplete"),
        ("no section\n", "", "", "login_file"),
        (f"[default]\n{KEYS.format(1)}[default]\n{KEYS.format(2)}", "", "", "login_file"),
        ("[default]\naws_secret_access_key = a\naws_secret_access_key = b\n", "", "", "login_file"),
        ("\udcff", "", "", "login_file"),
    ],
)
def test_what_is_no_login_is_said_without_a_word_of_it(
    home: Path, credentials: str, config: str, profile: str, reason: str
) -> None:
    (home / ".aws" / "credentials").write_bytes(credentials.encode("utf-8", "surrogateescape"))
    write(home, "config", config)
    with pytest.raises(NoS3Login) as none:
        find_login({"HOME": str(home)}, profile)
    assert none.value.args == (reason,)
    assert none.value.__suppress_context__ or none.value.__context__ is None


def test_no_files_are_no_login(tmp_path: Path) -> None:
    with pytest.raises(NoS3Login) as none:
        find_login({"HOME": str(tmp_path)})
    assert none.value.args == ("no_login",)
    with pytest.raises(NoS3Login) as half:
        find_login({"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "AKIA"})
    assert half.value.args == ("login_incomplete",)


def test_a_login_shows_no_secret(home: Path) -> None:
    write(home, "credentials", f"[default]\n{KEYS.format(1)}aws_session_token = token-1\n")
    found = find_login({"HOME": str(home)})
    assert "secret-1" not in repr(found)
    assert "token-1" not in repr(found)


def test_where_the_machine_gives_the_login_only_region_and_certificates_are_read() -> None:
    found = without_key({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_DEFAULT_REGION": "eu-1", "AWS_CA_BUNDLE": "/ca"})
    assert (found.complete, found.region, found.ca_bundle) == (False, "eu-1", "/ca")
