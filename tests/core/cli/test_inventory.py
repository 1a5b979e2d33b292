"""Credentials that something else removed or put back: commands name it and end with 1."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from tests.fakes.command_line import Machine

_PUT_BACK = (
    "DELETE FROM credentials WHERE name = 'late';"
    " INSERT INTO credentials SELECT * FROM older.credentials WHERE name = 'late'"
)
_ROWS = {
    "removed": ("DELETE FROM credentials WHERE name = 'late'", "1 credential of key"),
    "an older one put back": (_PUT_BACK, "put back to an older state"),
}


@pytest.fixture
def proven(server: Machine) -> Machine:
    """Three credentials, of which one got another secret since the copy `older` was made."""
    server.add("run-as", "late", "x", "svc", "leaked")
    shutil.copy(server.home / "cmdb.sqlite3", server.home.parent / "older.sqlite3")
    server.does("credential", "edit", "run-as/late", "--secret-file", server.file("new", "chosen later"))
    return server


def attack(machine: Machine, statements: str) -> None:
    with closing(sqlite3.connect(machine.home / "cmdb.sqlite3")) as database:
        database.execute("ATTACH ? AS older", (str(machine.home.parent / "older.sqlite3"),))
        database.executescript(statements)


@pytest.mark.parametrize(("statements", "words"), _ROWS.values(), ids=_ROWS)
def test_every_command_that_tries_all_names_it(proven: Machine, statements: str, words: str) -> None:
    proven.back_up("--to", proven.vault())
    tried = (("verify",), ("re-entry",), ("drill", "latest", "--password-file", proven.password))
    assert [proven.run(*command).code for command in tried] == [0, 0, 0]
    attack(proven, statements)
    for command in tried:
        ran = proven.run(*command)
        assert ran.code == 1, ran.err
        said = " ".join((ran.out + ran.err).split())
        assert words in said
        assert "by something other than nskeys" in said
        assert "bring it back from its own backup" in said


def test_the_document_says_which_numbers_differ(proven: Machine) -> None:
    attack(proven, _ROWS["an older one put back"][0])
    [difference] = proven.run("verify", "--json").json["differences"]
    [kind] = difference["kinds"]
    assert (kind["kind"], kind["expected"], kind["found"]) == ("run-as", 2, 2)
    assert int(kind["found_number_sum"]) < int(kind["expected_number_sum"])
    assert (difference["readable"], difference["row_sum_fits"]) == (True, False)


def test_a_restore_on_other_hardware_counts_anew(proven: Machine) -> None:
    """Nothing there vouches for the inventory that came with the database."""
    made = proven.back_up("--to", proven.vault())
    attack(proven, _ROWS["removed"][0])
    other = proven.beside("b")
    other.home.mkdir()
    shutil.copy(proven.home / "cmdb.sqlite3", other.home / "cmdb.sqlite3")
    other.does("restore", made["path"], "--password-file", other.password, *proven.confirmed)
    assert other.does("verify")["opened"] == 2
