"""One row of the CMDB that cannot be read stops nothing else: commands go on, name it and end with 1."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine
from tests.fakes.kept_homes import KeptHomes

_BAD = "run-as/bad"
_ILL = {
    "a seal that is text": "UPDATE credentials SET sealed = 'hello' WHERE name = 'bad'",
    "a note that is not UTF-8": "UPDATE credentials SET note = CAST(x'ff41' AS TEXT) WHERE name = 'bad'",
    "a key that leads nowhere": "UPDATE credentials SET key_no = 77 WHERE name = 'bad'",
    "a kind that there is not": "UPDATE credentials SET kind = 'root' WHERE name = 'bad'",
}
EACH = pytest.mark.parametrize("statement", _ILL.values(), ids=_ILL)


@pytest.fixture
def proven(kept_homes: KeptHomes, capsys: pytest.CaptureFixture[str]) -> Machine:
    """Three credentials in a backup that was drilled."""

    def build(folder: Path) -> None:
        server = Machine(folder, capsys).set_up()
        server.add("run-as", "bad", "x", "svc", "s")
        server.back_up("--to", server.vault())
        server.run("drill", "latest", *server_password(server))

    return Machine(kept_homes.folder("drilled", build), capsys)


def server_password(machine: Machine) -> tuple[str, str]:
    return "--password-file", machine.password


def spoil(machine: Machine, statement: str) -> None:
    """Somebody writes into the database."""
    with closing(sqlite3.connect(machine.home / "cmdb.sqlite3", isolation_level=None)) as other:
        other.execute(statement)


@EACH
def test_every_check_goes_on_with_the_others_and_names_it(proven: Machine, statement: str) -> None:
    spoil(proven, statement)
    for command in (
        ("verify",),
        ("re-entry",),
        ("drill", "latest", *server_password(proven)),
    ):
        ran = proven.run(*command)
        assert ran.code == 1, ran.err
        assert "its row cannot be read" in ran.out
        assert "bad" in ran.out
    assert "2 of 3 credentials opened, 1 did not." in proven.run("verify").err
    [failure] = json.loads(proven.run("verify", "--json").out)["failures"]
    assert failure["failure" if "failure" in failure else "reason"] == "unreadable"


@EACH
def test_status_counts_it_as_one_that_would_not_come_back_and_names_it(
    proven: Machine, statement: str
) -> None:
    assert proven.run("status").code == 0
    spoil(proven, statement)
    ran = proven.run("status")
    assert ran.code == 2  # the inventory has another row: the rows of its key count for nothing
    assert "0 of 3 credentials would come back" in ran.out
    assert "mismatch" in ran.out
    assert "1 row of the CMDB cannot be read" in ran.out
    assert "bad" in ran.out
    [row] = json.loads(proven.run("status", "--json").out)["unreadable"]
    assert row["table"] == "credentials"
    told = json.loads(proven.run("status", "--json").out)["mismatches"]
    assert {"rows_changed"} <= {one["what"] for one in told}
    assert proven.run("status", "--nagios").code == 2


@EACH
def test_the_list_shows_the_others_and_names_it(proven: Machine, statement: str) -> None:
    spoil(proven, statement)
    ran = proven.run("credential", "list")
    assert ran.code == 1
    assert "emea-ns02" in ran.out
    assert "deploy-finance" in ran.out
    assert "cannot be read" in ran.err
    assert proven.run("credential", "show", "run-as/deploy-finance").code == 0


def test_a_row_that_the_list_lacks_is_named_by_it(proven: Machine) -> None:
    spoil(proven, "UPDATE listing SET by_kind = x'00' WHERE by_name LIKE '%bad%'")
    ran = proven.run("credential", "list")
    assert ran.code == 1
    assert "cannot be read: listing" in ran.err
    assert proven.run("verify").code == 0


@EACH
def test_backup_and_rotation_do_their_work_on_the_others_and_name_it(
    proven: Machine, statement: str
) -> None:
    spoil(proven, statement)
    backup = proven.run("backup", "--to", proven.vault(), *server_password(proven))
    assert backup.code == 1
    assert "cannot be read" in backup.err
    rotation = proven.run("key", "rotate", "--without-backup")
    assert rotation.code == 1
    assert "bad" in rotation.out + rotation.err
    [failure] = json.loads(proven.run("verify", "--json").out)["failures"]
    assert failure["name"] == "bad"


@EACH
def test_a_restore_says_that_the_keys_are_back_and_names_it(proven: Machine, statement: str) -> None:
    [archive] = [file for file in Path(proven.vault()).glob("*.zip") if "-cmdb-" not in file.name]
    spoil(proven, statement)
    fresh = proven.beside("fresh")
    fresh.home.mkdir(mode=0o700)
    shutil.copy(proven.home / "cmdb.sqlite3", fresh.home)
    given = (*server_password(proven), *proven.confirmed)
    ran = fresh.run("restore", str(archive), "--protector", "file", *given)
    assert ran.code == 1, ran.err
    assert "1 key was added." in ran.err
    assert "2 of 3 credentials opened, 1 did not." in ran.err
    assert "bad" in ran.out


def accept(machine: Machine) -> None:
    """A person looks at what differs, and accepts exactly that."""
    shown = json.loads(machine.run("checkpoint", "show", "--json").out)["shown"]
    ran = machine.run("checkpoint", "accept", "--shown", shown, "--reason", "a bad disk")
    assert ran.code == 0, ran.err


def test_a_row_whose_fields_can_be_read_takes_a_new_secret_and_opens_again(proven: Machine) -> None:
    spoil(proven, _ILL["a seal that is text"])
    assert proven.run("credential", "show", _BAD, "--reveal").code == 65
    secret = proven.file("again", "typed again")
    assert proven.run("credential", "edit", _BAD, "--secret-file", secret).code == 77
    accept(proven)
    assert proven.run("credential", "edit", _BAD, "--account", "other").code == 65
    assert proven.run("credential", "edit", _BAD, "--secret-file", secret).code == 0
    assert proven.does("credential", "show", _BAD, "--reveal")["secret"] == "typed again"
    assert proven.run("verify").code == 0


def test_a_field_that_cannot_be_read_has_to_be_given_with_the_secret(proven: Machine) -> None:
    spoil(proven, _ILL["a note that is not UTF-8"])
    secret = proven.file("again", "typed again")
    assert proven.run("credential", "edit", _BAD, "--secret-file", secret, "--note", "").code == 77
    accept(proven)
    refused = proven.run("credential", "edit", _BAD, "--secret-file", secret)
    assert refused.code == 65
    assert "note cannot be read in the CMDB" in refused.err
    assert proven.run("credential", "edit", _BAD, "--secret-file", secret, "--note", "").code == 0
    assert proven.run("verify").code == 0


def test_a_row_that_cannot_be_read_can_be_removed(proven: Machine) -> None:
    spoil(proven, _ILL["a key that leads nowhere"])
    assert proven.run("credential", "remove", _BAD, "--yes").code == 0
    assert proven.run("status").code == 2  # the difference stays until a person accepts it
    accept(proven)
    assert proven.run("status").code == 1  # what was counted anew is in no copy yet
    proven.back_up("--to", str(proven.folder / "vault"))
    ran = proven.run("status")
    assert ran.code == 0, ran.out
    assert json.loads(proven.run("status", "--json").out)["mismatches"] == []


def test_an_audit_line_that_cannot_be_read_is_named_and_changes_wait_until_it_is_accepted(
    proven: Machine,
) -> None:
    spoil(proven, "UPDATE audit SET digest = 'x' WHERE no = (SELECT max(no) - 2 FROM audit)")
    fields = ("--kind", "run-as", "--name", "after", "--target", "x", "--account", "svc")
    new = (*fields, "--secret-file", proven.file("new", "s"))
    waits = proven.run("credential", "add", *new)
    assert waits.code == 77
    assert "of the audit trail was edited" in waits.err
    ran = proven.run("audit", "--verify")
    assert ran.code == 65
    assert "line" in ran.err
    assert proven.run("verify").code == 0
    made = proven.run("backup", "--password-file", proven.password, "--to", str(proven.folder / "vault"))
    assert made.code == 1
    assert "The copy covers nothing" in made.err
    accept(proven)
    assert proven.run("credential", "add", *new).code == 0
    assert proven.run("verify").code == 0


# --- a backup whose keys open nothing --------------------------------------------------------------------


def test_a_backup_says_which_credentials_it_does_not_bring_back_and_restore_takes_the_one_that_does(
    proven: Machine,
) -> None:
    """An older copy of the key store was put back by mistake."""
    before = proven.beside("before").home
    shutil.copytree(proven.home / "store", before / "store")
    assert proven.run("key", "rotate").code == 1
    proven.back_up("--to", proven.vault())
    proven.run("drill", "latest", *server_password(proven))
    assert proven.run("key", "rotate").code <= 1
    shutil.rmtree(proven.home / "store")
    shutil.copytree(before / "store", proven.home / "store")
    backup = proven.run("backup", "--to", proven.vault(), *server_password(proven))
    assert backup.code == 1
    assert "It does not bring back 3 credentials" in backup.err
    assert "but backup 2 in " in backup.err
    restored = proven.run("restore", "latest", *server_password(proven))
    assert restored.code == 0, restored.err
    assert "Backup 2 of " in restored.err
    assert proven.run("verify").code == 0
