"""`nskeys database declare` and `check`: what others back up, by command; each output names it."""

import shutil
from pathlib import Path

import pytest

from nskeys.services.database import proving
from tests.fakes.command_line import Machine

TEXT = "pgBackRest to vault02"


@pytest.fixture(autouse=True)
def _no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here follows, so nobody waits for it."""
    monkeypatch.setattr(proving, "_LAG", 0.0)
    monkeypatch.setattr(proving.DatabaseCheckService.__init__, "__defaults__", (0.0,))


@pytest.fixture
def declared(server: Machine) -> Machine:
    """A server whose keys are elsewhere, and whose rows somebody else backs up."""
    server.back_up("--to", server.vault(), "--keys-only")
    ran = server.run("database", "declare", TEXT)
    assert ran.code == 0
    assert "counts for nothing yet" in ran.err
    return server


def restored(machine: Machine, name: str = "restored.sqlite3") -> str:
    """A database as the backup brings it back."""
    return str(shutil.copy(machine.home / "cmdb.sqlite3", machine.folder / name))


def test_the_answer_changes_with_the_check_alone(declared: Machine) -> None:
    assert declared.run("status").code == 1
    assert declared.does("database", "list")["declared"][0]["checks"] == []
    ran = declared.run("database", "check", restored(declared))
    assert ran.code == 0
    assert "says that it is of change" in ran.err
    assert f"{TEXT} brings back change" in ran.err.replace('"', "")
    told = " ".join(ran.err.split())
    assert "2 credentials: each of them opened. It counts for 30 days from now." in told
    status = declared.run("status")
    assert status.code == 0
    assert f"in {TEXT} (declared elsewhere, checked" in status.out
    assert "rows are up to change" in declared.run("status", "--nagios").out
    assert "database_backups_counting=1;" in declared.run("status", "--nagios").out
    metrics = declared.run("status", "--prometheus").out
    assert f'nskeys_database_backup_counts{{backup="{TEXT}"}} 1' in metrics
    assert f'nskeys_database_backup_checked_timestamp_seconds{{backup="{TEXT}"}}' in metrics
    book = declared.run("runbook").out
    assert TEXT in book
    assert "nskeys did not make it" in book


def test_documents_keep_to_their_schemas(declared: Machine) -> None:
    checked = declared.does("database", "check", restored(declared))
    assert (checked["backup"]["text"], checked["backup"]["counts"]) == (TEXT, True)
    assert checked["check"]["proof"] == "credentials_open"
    assert (checked["check"]["credentials"], checked["earlier"]) == (2, None)
    (listed,) = declared.does("database", "list")["declared"]
    assert listed == checked["backup"]
    assert listed["checks"] == [checked["check"]]
    copy = declared.does("status")["database_copy"]
    assert (copy["declared"], copy["copy_key"], copy["destination"]) == (True, None, TEXT)
    assert declared.does("runbook")["databases"][0]["declared"]
    withdrawn = declared.does("database", "declare", TEXT, "--withdraw")
    assert withdrawn["withdrawn"] is not None
    assert not withdrawn["counts"]
    assert declared.run("status").code == 1


def test_the_list_shows_what_counts(declared: Machine) -> None:
    assert "never" in declared.run("database", "list").out
    declared.run("database", "check", restored(declared))
    (line,) = [line for line in declared.run("database", "list").out.splitlines() if TEXT in line]
    assert " yes " in line


def test_an_older_restore_is_said_and_takes_nothing_away(declared: Machine) -> None:
    older = restored(declared, "older.sqlite3")
    declared.add("run-as", "third", "x-*", "CORP\\svc-third", "secret")
    number = declared.does("database", "check", restored(declared))["check"]["number"]
    ran = declared.run("database", "check", older)
    assert ran.code == 0
    assert f"proved change {number}: that counts as well" in " ".join(ran.err.split())
    assert declared.run("status").code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("declare", ""), 65, "is empty"),
        (("declare", "x" * 201), 65, "is longer than 200 characters"),
        (("declare", "to\x1b[2Jvault"), 65, "a character that cannot be seen"),
        (("declare", TEXT), 73, "is declared already"),
        (("declare", "unknown", "--withdraw"), 64, 'No database backup "unknown" is declared'),
        (("check", "/nowhere/x.sqlite3"), 65, "there is no such file"),
        (("check", "postgresql://me:secret@host/x"), 78, "password"),
        (("check", "postgresql://me@127.0.0.1:1/x"), 69, "no connection could be made"),
        (("check", "/etc/hostname", "--of", "another"), 64, 'No database backup "another" is declared'),
    ],
)
def test_bad_input_gets_a_sentence(declared: Machine, words: tuple[str, ...], code: int, said: str) -> None:
    before = declared.run("audit").out
    ran = declared.run("database", *words)
    assert (ran.code, said in " ".join(ran.err.split())) == (code, True), ran.err
    assert "secret" not in ran.err
    assert declared.run("audit").out == before


def test_without_a_declaration_nothing_is_checked(server: Machine) -> None:
    ran = server.run("database", "check", restored(server))
    assert ran.code == 64
    assert "nskeys database declare TEXT" in ran.err


def test_the_cmdb_itself_is_no_backup(declared: Machine) -> None:
    ran = declared.run("database", "check", str(declared.home / "cmdb.sqlite3"))
    assert ran.code == 65
    assert "it is the CMDB itself, and no backup of it" in " ".join(ran.err.split())
    ran = declared.run("database", "check", str(Path(declared.vault())))
    assert (ran.code, "it is not a regular file" in ran.err) == (65, True)
