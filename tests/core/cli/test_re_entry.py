"""`nskeys re-entry`."""

import csv
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine


@pytest.fixture
def rescued(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    """New hardware with the database of a server whose second key was in no backup: all was sealed
    under it."""
    machine = Machine(tmp_path, capsys).set_up()
    backup = machine.back_up("--to", machine.vault())["path"]
    for options in ((), ("--without-backup",)):
        machine.run("key", "rotate", *options)
    fresh = machine.beside("b")
    fresh.home.mkdir(mode=0o700)
    (fresh.home / "cmdb.sqlite3").write_bytes((machine.home / "cmdb.sqlite3").read_bytes())
    fresh.run(
        "restore", backup, "--password-file", machine.password, "--protector", "file", *machine.confirmed
    )
    return fresh


def test_it_lists_what_did_not_come_back(rescued: Machine) -> None:
    ran = rescued.run("re-entry")
    assert ran.code == 1
    assert "2 of 2 credentials do not open here." in ran.out
    assert "[ ] run-as  deploy-finance" in ran.out
    assert "in the app" in ran.err
    document = rescued.run("re-entry", "--json").json
    assert {item["name"] for item in document["items"]} == {"deploy-finance", "emea-ns02"}
    assert document["failed"] == 2
    assert document["items"][0]["backup"] is None


def test_what_was_re_entered_is_off_the_list(rescued: Machine) -> None:
    secret = rescued.file("new-secret", "typed again")
    for name in ("run-as/deploy-finance", "hierarchy/emea-ns02"):
        rescued.does("credential", "edit", name, "--secret-file", secret)
    ran = rescued.run("re-entry")
    assert ran.code == 0
    assert "Nothing has to be re-entered" in ran.out


def test_the_table_is_saved_and_never_over_a_file(rescued: Machine) -> None:
    file = rescued.folder / "list.csv"
    assert rescued.run("re-entry", "--csv", "--output", str(file)).code == 1
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.reader(text))
    assert {row[1] for row in rows[1:]} == {"deploy-finance", "emea-ns02"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert rescued.run("re-entry", "--csv", "--output", str(file)).code == 73


def test_no_secret_is_in_it(rescued: Machine) -> None:
    for form in ((), ("--csv",), ("--json",)):
        ran = rescued.run("re-entry", *form)
        assert "p\u00e4ssword" not in ran.out + ran.err


def test_two_forms_at_once_are_refused(rescued: Machine) -> None:
    assert rescued.run("re-entry", "--csv", "--json").code == 64
