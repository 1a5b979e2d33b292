"""A restore says what will and what does bind the keys, warns where that is less than before, and calls the
server as its backup does."""

import shutil
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine


def guarded(machine: Machine, protector: str = "passphrase") -> str:
    """A server called ns07 with a backup elsewhere: that backup's path."""
    asked = ["--passphrase-file", phrase(machine)] if protector == "passphrase" else []
    machine.does("init", "--server-name", "ns07.example.net", "--protector", protector, *asked)
    made = machine.run(
        "backup", "--to", machine.vault(), "--password-file", machine.password, "--json", *asked
    )
    assert made.code == 0, made.err
    path: str = made.json["path"]
    return path


def phrase(machine: Machine) -> str:
    """The file with the passphrase."""
    return machine.file("phrase", "seven wooden ducks\n")


def fresh(machine: Machine, *, database: bool = True) -> Machine:
    """New hardware, with the database in place or without it."""
    other = machine.beside("b")
    other.home.mkdir()
    if database:
        shutil.copy(machine.home / "cmdb.sqlite3", other.home)
    return other


def test_the_plan_and_the_report_warn_where_keys_are_bound_more_weakly(machine: Machine) -> None:
    made = guarded(machine)
    other = fresh(machine)
    password = ("--password-file", machine.password, *machine.confirmed)
    restore = ("restore", made, *password, "--protector", "file")
    plan = " ".join(other.run(*restore, "--plan").err.split())
    assert "This server will have keys in a plain file: whoever copies this disk has the keys." in plan
    assert "That is weaker than before." in plan
    assert "On the server of this backup: keys under a passphrase" in plan
    told = other.run(*restore, "--plan", "--json").json
    assert (told["protector"], told["protector_before"]) == ("file", "passphrase")
    done = other.run(*restore, "--json")
    assert (done.code, done.json["protector"], done.json["protector_before"]) == (0, "file", "passphrase")
    said = " ".join(done.err.split())
    assert "This server now has keys in a plain file" in said
    assert "That is weaker than before." in said
    assert "'nskeys protector change' binds them in another way." in said


def test_where_they_are_bound_as_before_nothing_is_warned_of(machine: Machine) -> None:
    made = guarded(machine)
    other = fresh(machine)
    bound = ("--protector", "passphrase", "--passphrase-file", phrase(machine))
    ran = other.run("restore", made, "--password-file", machine.password, *machine.confirmed, *bound)
    assert ran.code == 0, ran.err
    assert "This server now has keys under a passphrase" in ran.err
    assert "weaker" not in ran.err


def test_without_the_database_nobody_knows_what_bound_them_before(machine: Machine) -> None:
    made = guarded(machine)
    other = fresh(machine, database=False)
    told = other.run("restore", made, "--plan", "--password-file", machine.password, "--protector", "file")
    assert "This server will have keys in a plain file" in told.err
    assert "weaker" not in told.err


def test_keys_that_are_added_are_bound_as_those_that_are_here(machine: Machine) -> None:
    made = guarded(machine, "file")
    plan = machine.run("restore", made, "--plan", "--password-file", machine.password, "--json")
    assert plan.json["protector"] == "file"


def test_a_restore_that_adds_no_key_says_nothing_of_what_stays_as_it_is(machine: Machine) -> None:
    made = guarded(machine, "file")
    done = machine.run("restore", made, "--password-file", machine.password)
    assert "Every key was here already, so none was added." in done.err
    assert "This server now has" not in done.err
    assert "Destinations are set on each machine" not in done.err


def test_the_server_is_called_as_in_the_backup_unless_something_else_is_said(machine: Machine) -> None:
    made = guarded(machine, "file")
    for home, more, name in (
        ("b", [], "ns07.example.net"),
        ("c", ["--server-name", "ns08.example.net"], "ns08.example.net"),
    ):
        other = machine.beside(home)
        password = ["--password-file", machine.password, *machine.confirmed]
        restore = ["restore", made, *password, "--protector", "file", *more]
        plan = other.run(*restore, "--plan")
        assert f"The server will be called {name}" in plan.err
        assert other.run(*restore, "--plan", "--json").json["server"] == name
        assert other.run(*restore).code == 0
        assert other.does("status")["server"] == name
    assert "; the backup calls it ns07.example.net." in plan.err


def test_whoever_goes_on_without_the_keys_is_called_as_before(machine: Machine) -> None:
    guarded(machine, "file")
    machine.add("run-as", "deploy", "finance-*", "CORP\\svc", "s")
    other = fresh(machine)
    made = other.does("init", "--protector", "file", "--accept-loss", "1")
    assert made["server"] == "ns07.example.net"


@pytest.mark.parametrize("name", ["ns09", ""])
def test_a_name_that_was_said_is_kept(machine: Machine, name: str) -> None:
    guarded(machine, "file")
    machine.add("run-as", "deploy", "finance-*", "CORP\\svc", "s")
    other = fresh(machine)
    ran = other.run("init", "--protector", "file", "--accept-loss", "1", "--server-name", name, "--json")
    if name:
        assert ran.json["server"] == name
    else:
        assert ran.code == 65
    assert Path(machine.home).exists()
