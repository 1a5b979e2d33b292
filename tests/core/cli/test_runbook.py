"""`nskeys runbook`."""

from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return Machine(tmp_path, capsys).set_up()


def test_it_is_printed_saved_and_given_to_scripts(machine: Machine) -> None:
    vault = machine.vault()
    made = machine.back_up("--to", vault, "--hint", "the sealed envelope")
    ran = machine.run("runbook")
    assert ran.code == 0
    assert made["path"] in ran.out
    assert "the sealed envelope" in ran.out
    file = machine.folder / "runbook.html"
    saved = machine.run("runbook", "--html", "--output", str(file))
    assert (saved.code, saved.out) == (0, "")
    assert str(file) in saved.err
    assert file.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert file.stat().st_mode & 0o777 == 0o600
    document = machine.does("runbook")
    assert [copy["path"] for copy in document["good"]] == [made["path"]]
    assert len(document["good"][0]["archive_sha256"]) == 64


def test_no_secret_is_in_any_form_of_it(machine: Machine) -> None:
    machine.back_up("--to", machine.vault())
    for form in ((), ("--html",), ("--json",)):
        out = machine.run("runbook", *form).out
        assert "seven apples" not in out
        assert "p\u00e4ssword" not in out


def test_it_changes_nothing(machine: Machine) -> None:
    machine.back_up("--to", machine.vault())
    before = tree(machine.home)
    machine.run("runbook")
    assert tree(machine.home) == before


def test_without_a_backup_that_counts_it_says_so_and_ends_with_1(machine: Machine) -> None:
    machine.back_up()
    ran = machine.run("runbook")
    assert ran.code == 1
    assert "is of no use once this machine is gone" in ran.err
    assert "Step 1: the database" in ran.out


def test_a_file_that_is_there_is_never_replaced(machine: Machine) -> None:
    machine.back_up("--to", machine.vault())
    file = machine.file("notes.txt", "mine")
    ran = machine.run("runbook", "--output", file)
    assert ran.code == 73
    assert Path(file).read_text("utf-8") == "mine"


def test_two_forms_at_once_are_refused(machine: Machine) -> None:
    assert machine.run("runbook", "--html", "--json").code == 64


def test_a_home_that_is_not_set_up_has_none(machine: Machine) -> None:
    ran = machine.beside("b").run("runbook")
    assert (ran.code, ran.out) == (78, "")
