"""A new password that is easy to guess: refused by every command, taken by whoever insists, and told."""

from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree

SAID = "is very weak: one of the first that a program tries."


@pytest.fixture
def weak(tmp_path: Path) -> str:
    path = tmp_path / "weak"
    path.write_text("1\n")
    return str(path)


def _refused(machine: Machine, *command: str) -> None:
    before = tree(machine.folder)
    ran = machine.run(*command)
    assert (ran.code, ran.out) == (65, "")
    assert f"The password {SAID}" in ran.err
    assert "insist on it with '--weak-password'" in ran.err
    assert tree(machine.folder) == before


def test_a_backup(server: Machine, weak: str) -> None:
    make = ("backup", "--to", server.vault(), "--password-file", weak)
    _refused(server, *make)
    made = server.run(*make, "--weak-password")
    assert (made.code, f"Its password {SAID}" in made.err) == (0, True)
    document = server.does(*make, "--weak-password")
    assert document["weak_password"] == 0
    assert [copy["weak_password"] for copy in server.does("register", "list")] == [0, 0]
    assert f"! The password of backup 1 {SAID}" in server.run("register", "list").err
    assert f"! The password of backup 2 {SAID}" in server.run("register", "check").err
    good = server.back_up("--to", server.vault(), "--weak-password")
    assert good["weak_password"] is None
    assert "backup 3 is" not in server.run("register", "list").err


def test_a_recovery_identity(server: Machine, weak: str) -> None:
    for command in ("create", "replace"):
        make = ("identity", command, "--password-file", weak)
        _refused(server, *make)
        made = server.does(*make, "--weak-password")
        assert [one["weak_password"] for one in made["identities"]] == [0]
    assert f"! Its password {SAID}" in server.run("identity", "show").out
    backed_up = server.run("backup", "--to", server.vault())
    assert f"Its password {SAID}" in backed_up.err
    assert f"! The password of backup 1 {SAID}" in server.run("register", "list").err
    archive = server.does("register", "list")[0]["path"]
    assert "weak" not in server.run("inspect", archive, "--json").out
    told = server.run("identity", "replace", "--password-file", weak, "--weak-password").err
    assert f"Its password {SAID}" in told
    good = server.does("identity", "replace", "--password-file", server.password)
    assert [one["weak_password"] for one in good["identities"]] == [None]
    assert server.does("backup")["weak_password"] is None


def test_the_passphrase_of_a_new_installation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], weak: str
) -> None:
    make = ("init", "--server-name", "ns01", "--protector", "passphrase", "--passphrase-file", weak)
    machine = Machine(tmp_path, capsys)
    ran = machine.run(*make)
    assert (ran.code, f"The password {SAID}" in ran.err) == (65, True)
    assert not (machine.home / "store").exists()
    assert machine.does(*make, "--weak-password")["weak_passphrase"] == 0
    assert f"Its passphrase {SAID}" in machine.beside("b").run(*make, "--weak-password").err


def test_another_protector(server: Machine, weak: str) -> None:
    make = ("protector", "change", "passphrase", "--without-backup", "--new-passphrase-file", weak)
    _refused(server, *make)
    made = server.run(*make, "--weak-password")
    assert (made.code, f"Its passphrase {SAID}" in made.err) == (0, True)
    again = server.does(*make, "--weak-password", "--passphrase-file", weak)
    assert again["weak_passphrase"] == 0
    assert server.does("protector", "show")["weak_passphrase"] is None


def test_a_restore_under_a_passphrase(server: Machine, weak: str) -> None:
    file = server.back_up("--to", server.vault())["path"]
    new = server.beside("b")
    back = ("restore", file, "--password-file", server.password, *server.confirmed)
    under = (*back, "--protector", "passphrase", "--passphrase-file", weak)
    ran = new.run(*under)
    assert (ran.code, f"The password {SAID}" in ran.err) == (65, True)
    assert not (new.home / "store").exists()
    ran = new.run(*under, "--weak-password")
    assert f"Its passphrase {SAID}" in ran.err
    assert server.beside("c").does(*under, "--weak-password")["weak_passphrase"] == 0


def test_what_opens_something_is_never_called_weak(server: Machine, weak: str) -> None:
    """Only what is new is judged."""
    made = server.does("backup", "--password-file", weak, "--weak-password")
    assert server.run("drill", made["path"], "--password-file", weak).code == 0
    ran = server.run("drill", made["path"], "--password-file", server.file("other", "2"))
    assert (ran.code, "eak" in ran.err) == (77, False)
