"""Run under a number without a line in passwd, as in a container: no name, and perhaps no home."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine
from tests.fakes.sshd import Sshd

_NUMBER = "54321"
_WITHIN = ["unshare", f"--map-user={_NUMBER}", f"--map-group={_NUMBER}"]


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    if subprocess.run([*_WITHIN, "true"], capture_output=True).returncode:
        pytest.skip("this needs user namespaces")


def run(server: Machine, *argv: str, **environment: str) -> tuple[int, str]:
    """A command under that number, in this environment and nothing else of it."""
    known: Mapping[str, str] = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*_WITHIN, sys.executable, "-m", "nskeys_tui", "--home", str(server.home), *argv]
    ran = subprocess.run(
        command, env={**known, **environment}, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def address(server: Machine, sshd: Sshd, tmp_path: Path) -> str:
    """A folder on a server that is trusted, without the name of a user."""
    (tmp_path / "vault").mkdir()
    address = sshd.address(tmp_path / "vault").replace(f"{sshd.user}@", "")
    server.run("destination", "add", address)
    server.does("destination", "trust", address, "--fingerprint", sshd.fingerprint())
    return address


@pytest.mark.parametrize("home", [True, False])
def test_an_address_without_a_user_asks_for_one(
    server: Machine, address: str, tmp_path: Path, home: bool
) -> None:
    environment = {"HOME": str(tmp_path)} if home else {}
    commands = (
        ("destination", "test", address),
        ("destination", "trust", address),
        ("backup", "--to", address, "--password-file", server.password),
    )
    for command in commands:
        code, told = run(server, *command, **environment)
        assert code == 64, told
        assert "Name the user: sftp://USER@HOST/..." in told
    code, told = run(server, "destination", "list", **environment)
    assert code == 0
    assert "it names no user" in " ".join(told.split())


def test_a_name_in_the_environment_is_taken_as_ssh_takes_it(
    server: Machine, address: str, sshd: Sshd, tmp_path: Path
) -> None:
    server.does("destination", "add", address, "--key-file", str(sshd.key))
    code, told = run(server, "destination", "test", address, USER=sshd.user)
    assert code == 0, told


@pytest.mark.parametrize("home", [True, False])
def test_an_address_with_a_user_and_a_key_file_is_enough(
    server: Machine, address: str, sshd: Sshd, tmp_path: Path, home: bool
) -> None:
    environment = {"HOME": str(tmp_path)} if home else {}
    named = sshd.address(tmp_path / "vault")
    code, told = run(server, "destination", "add", named, "--key-file", str(sshd.key), **environment)
    assert (code, "bug" in told) == (0, False), told
    code, told = run(server, "destination", "test", named, **environment)
    assert code == 0, told
    code, told = run(server, "backup", "--to", named, "--password-file", server.password, **environment)
    assert code == 0, told
    assert [path.suffix for path in (tmp_path / "vault").iterdir()] == [".zip", ".zip"]


def test_a_tilde_that_leads_to_nobodys_home_is_a_sentence(
    server: Machine, address: str, sshd: Sshd, tmp_path: Path
) -> None:
    named = sshd.address(tmp_path / "vault")
    code, told = run(server, "destination", "add", named, "--key-file", "~/.ssh/nskeys")
    assert code == 0, told
    assert "its key file cannot be used" in " ".join(told.split())


def test_a_file_of_nobodys_home_is_a_file_that_is_not_there(server: Machine) -> None:
    for path in ("~/export.csv", "~nobody-of-this-name/export.csv"):
        code, told = run(server, "credential", "import", path)
        assert code == 65, told
        assert "there is no such file" in " ".join(told.split())


def test_the_app_offers_a_folder_where_there_is_no_home() -> None:
    code = "from nskeys_tui.presenters.own_folder import own_folder; print(own_folder())"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([*_WITHIN, sys.executable, "-c", code], env=environment, capture_output=True)
    assert ran.stdout == b"/\n", ran.stderr
