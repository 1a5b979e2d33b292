"""The story of both halves by command: a server dies with everything that was on it, and a bare machine
with nothing but an address, a password and the number on the runbook has every credential as it was."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.both_halves_story import ENGINES, answer, bring_back, cmdb_options, lived
from tests.fakes.command_line import Machine
from tests.fakes.sshd import Sshd


@pytest.fixture(autouse=True)
def _a_person_with_a_key(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever restores has a login at the server; no key of this machine's is used."""
    ssh = tmp_path / "user" / ".ssh"
    ssh.mkdir(parents=True)
    shutil.copy(sshd.key, ssh / "id_ed25519")
    (ssh / "known_hosts").write_text(sshd.known())
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture(params=["folder", "sftp"])
def place(request: pytest.FixtureRequest, sshd: Sshd, tmp_path: Path) -> str:
    """Where the archives go."""
    vault = tmp_path / "vault"
    vault.mkdir()
    return str(vault) if request.param == "folder" else sshd.address(vault)


@pytest.fixture(params=ENGINES)
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The options with which the old and the new server name their CMDBs."""
    with cmdb_options(request.param) as old, cmdb_options(request.param) as new:
        yield old, new


def test_a_bare_machine_brings_every_credential_back(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: str,
    databases: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    old = Machine(tmp_path, capsys, "old")
    life = lived(old, place, databases[0])

    bare = old.beside("bare")
    password = ("--password-file", bare.password)
    drilled = bare.does("drill", place, *password)
    assert (drilled["proof"], drilled["credentials"]["failed"]) == ("credentials_open", 0)
    planned = bare.does("restore", place, "--protector", "file", *databases[1], *password, "--plan")
    assert planned["database"]["credentials"] == len(life.secrets)
    assert planned["database"]["missing_keys"] == []
    assert not (bare.home / "cmdb.sqlite3").exists()

    bring_back(bare, life, databases[1])
    bare.add("run-as", "after", "finance-*", "CORP\\svc", "one more")
    assert answer(bare) == (0, len(life.secrets) + 1), "the rows were counted anew, and the place is near"
    bare.does("destination", "add", place, "--elsewhere", "a vault in another house")
    bare.does("backup", *password, "--to", place)
    assert answer(bare) == (len(life.secrets) + 1, 0)


def test_restoring_once_more_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "vault")
    (tmp_path / "vault").mkdir()
    old = Machine(tmp_path, capsys, "old").set_up()
    old.back_up("--to", place)
    old.does("database", "copy", "--to", place)
    bare = old.beside("bare")
    how = ("--password-file", bare.password, "--protector", "file", *old.confirmed)
    bare.does("restore", place, *how)
    again = bare.does("restore", place, "--password-file", bare.password)
    assert (again["added"], again["database"]) == ([], None)
