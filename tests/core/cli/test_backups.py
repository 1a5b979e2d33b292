"""Backup, drill, restore and what belongs to them, as an administrator uses them."""

import fcntl
import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree


def _copied(server: Machine, name: str = "b") -> Machine:
    """New hardware that has nothing but a copy of the database."""
    other = server.beside(name)
    other.home.mkdir()
    (other.home / "cmdb.sqlite3").write_bytes((server.home / "cmdb.sqlite3").read_bytes())
    return other


def test_a_backup_on_this_machine_is_done_and_does_not_help(server: Machine) -> None:
    ran = server.run("backup", "--password-file", server.password)
    assert ran.code == 0
    assert "Backup of Notification Server cryptographic keys is complete." in ran.err
    assert "if its disk fails, both are lost" in ran.err
    assert "--elsewhere" in ran.err
    elsewhere = server.run("backup", "--to", server.vault(), "--password-file", server.password)
    complete, copied = elsewhere.err.splitlines()
    assert complete == "Backup of Notification Server cryptographic keys is complete."
    assert copied.startswith("The database copy of change ")


def test_a_backup_to_a_relative_path_lies_where_one_stands(
    server: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (server.folder / "here").mkdir()
    monkeypatch.chdir(server.folder)
    made = server.back_up("--to", "here")
    assert Path(made["path"]).parent == server.folder / "here"
    assert server.does("inspect", f"here/{Path(made['path']).name}")["facts"]["generation"] == 1


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["--to", "/nowhere/at/all"], 69),
        (["--to", "ftp://vault/x"], 64),
        (["--to", "/dev/null"], 69),
        (["--hint", "seven apples, as ever"], 64),
        (["--hint", "x" * 201], 64),
        (["--password-file", "/nowhere/password"], 65),
    ],
)
def test_what_keeps_a_backup_from_being_made_is_said(server: Machine, argv: list[str], code: int) -> None:
    before = tree(server.home)
    ran = server.run("backup", "--password-file", server.password, *argv)
    assert (ran.code, ran.out) == (code, "")
    assert len(ran.err.splitlines()) == 2
    assert tree(server.home) == before


def test_an_empty_password_is_refused(server: Machine) -> None:
    ran = server.run("backup", "--password-file", server.file("empty", "\n"))
    assert ran.code == 65
    assert "The password is empty." in ran.err


def test_inspect_tells_people_what_is_in_it(server: Machine) -> None:
    made = server.back_up("--hint", "fruit\u00e4")
    ran = server.run("inspect", made["path"])
    assert ran.code == 0
    assert "by the key of this server" in ran.out
    assert "2: hierarchy 1, pcAnywhere 0, run-as 1" in ran.out
    assert "hint         fruit\u00e4" in ran.out
    stranger = server.beside("nowhere").run("inspect", made["path"])
    assert stranger.code == 0
    assert "by the server key below; there is none here to compare it with" in stranger.out


def test_what_is_no_whole_backup_is_refused_before_a_password_is_asked(server: Machine) -> None:
    made = Path(server.back_up()["path"])
    with zipfile.ZipFile(made) as archive:
        kms = server.folder / "keys.kms"
        kms.write_bytes(archive.read("keys.kms"))
    damaged = server.folder / "damaged.zip"
    data = bytearray(made.read_bytes())
    data[len(data) - 2_000] ^= 1
    damaged.write_bytes(data)
    for path, words in (
        (str(damaged), "damaged"),
        (server.file("text", "hello"), "is not a backup"),
        (str(server.folder / "missing.zip"), "there is no such file"),
    ):
        for command in ("inspect", "drill", "restore"):
            ran = server.run(command, path)
            assert (ran.code, ran.out) == (65, "")
            assert words in ran.err
    bare = server.run("inspect", str(kms))
    assert bare.code == 65
    assert "bare .kms" in bare.err
    restored = _copied(server).run(
        "restore", str(kms), "--password-file", server.password, *server.confirmed
    )
    assert restored.code == 0
    assert "its companions were not checked" in restored.err


def test_a_drill_says_of_each_credential_that_it_opened(server: Machine) -> None:
    server.back_up("--to", server.vault())
    ran = server.run("drill", "latest", "--password-file", server.password)
    assert ran.code == 0
    assert sorted(ran.out.splitlines()) == [
        "opened   hierarchy/emea-ns02",
        "opened   run-as/deploy-finance",
    ]
    assert "Every credential opened (2)." in ran.err
    assert server.does("register", "list")[0]["proof"] == "credentials_open"


def test_a_drill_of_nothing_is_no_drill(server: Machine) -> None:
    ran = server.run("drill", "latest")
    assert ran.code == 69
    assert "knows no backup" in ran.err


def test_a_wrong_password_changes_nothing(server: Machine) -> None:
    made = server.back_up()
    other = _copied(server)
    before = tree(other.home)
    wrong = server.file("wrong", "eight apples\n")
    ran = other.run("restore", made["path"], "--password-file", wrong)
    assert (ran.code, ran.out) == (77, "")
    assert "That password does not open this backup" in ran.err
    assert tree(other.home) == before


def test_a_password_that_does_not_open_is_a_line_of_the_diary_and_nothing_else(server: Machine) -> None:
    made = server.back_up()
    wrong = server.file("wrong", "eight apples\n")
    register = _register_rows(server)
    ran = server.run("drill", made["path"], "--password-file", wrong)
    assert (ran.code, ran.out) == (77, "")
    assert "That password does not open this backup" in ran.err
    assert _register_rows(server) == register
    [line] = server.does("register", "diary")
    assert (line["end"], line["proof"], line["signed"], line["typed"]) == (
        "wrong_password",
        None,
        True,
        False,
    )


def _register_rows(server: Machine) -> list[object]:
    with closing(sqlite3.connect(server.home / "cmdb.sqlite3")) as database:
        return database.execute("SELECT * FROM register").fetchall()


def test_a_credential_names_the_backups_that_it_would_come_back_from(server: Machine) -> None:
    assert server.does("credential", "show", "run-as/deploy-finance")["copies"] == []
    first = server.back_up("--to", server.vault())
    second = server.back_up("--to", server.vault())
    server.does("drill", first["path"], "--password-file", server.password)
    shown = server.does("credential", "show", "run-as/deploy-finance")
    assert [(copy["path"], copy["proof"]) for copy in shown["copies"]] == [
        (first["path"], "credentials_open"),
        (second["path"], "opened"),
    ]
    assert shown["exposed_since"] is None
    lines = server.run("credential", "show", "run-as/deploy-finance").out.splitlines()
    told = [line for line in lines if line.startswith("comes back from")]
    assert [line.rpartition(": ")[2] for line in told] == [
        "it opened in a drill just now",
        "opened, just now",
    ]


def test_the_diary_tells_of_drills(server: Machine) -> None:
    ran = server.run("register", "diary")
    assert (ran.code, ran.out, ran.err) == (0, "", "No drill was done yet.\n")
    made = server.back_up("--to", server.vault())
    server.does("drill", "latest", "--password-file", server.password)
    ran = server.run("register", "diary")
    heading, line = ran.out.splitlines()
    assert heading.split() == [
        "when",
        "who",
        "host",
        "backup",
        "rows",
        "result",
        "opened",
        "failed",
        "took",
        "line",
        "file",
    ]
    assert "credentials open" in line
    assert line.endswith(made["path"])
    assert " signed " in line
    assert " CMDB " in line
    [told] = server.does("register", "diary", "--limit", "1")
    assert (told["opened"], told["failed"], told["generation"]) == (2, 0, made_generation(server))
    assert server.run("register", "diary", "--limit", "none").code == 64


def made_generation(server: Machine) -> int:
    [copy] = server.does("register", "list")
    assert copy["proofs"]["credentials_open"] == copy["proven"]
    generation: int = copy["generation"]
    return generation


def test_a_restore_says_what_it_did_and_a_second_one_does_nothing(server: Machine) -> None:
    made = server.back_up()
    other = _copied(server)
    restore = ("restore", made["path"], "--password-file", server.password, *server.confirmed)
    first = other.run(*restore, "--server-name", "ns02")
    assert first.code == 0
    assert "opened   run-as/deploy-finance" in first.out
    assert "1 key was added." in first.err
    assert "other hardware" in first.err
    assert "each is at risk until the next one" in first.err
    assert other.run("status", "--json").json["server"] == "ns02"
    before = tree(other.home)
    second = other.run(*restore)
    assert second.code == 0
    assert "Every key was here already" in second.err
    assert tree(other.home) == before


@pytest.mark.parametrize(("halves", "opened"), [((), 2), (("--keys-only",), 0)])
def test_a_restore_into_nothing_sets_up_the_database_from_its_copy_or_an_empty_one(
    server: Machine, halves: tuple[str, ...], opened: int
) -> None:
    made = server.back_up()
    other = server.beside("empty")
    given = ("--password-file", server.password, *server.confirmed)
    document = other.does("restore", made["path"], *given, *halves)
    assert document["credentials"] == {"opened": opened, "failed": 0}
    assert other.does("key", "list")[0]["key_id"] == made["key_ids"][0]


def test_a_restore_under_a_passphrase(server: Machine) -> None:
    made = server.back_up()
    other = _copied(server)
    passphrase = server.file("passphrase", "nine pears\n")
    password = ["--password-file", server.password, *server.confirmed]
    restore = ["restore", made["path"], *password, "--protector", "passphrase"]
    assert other.run(*restore, "--passphrase-file", passphrase).code == 0
    assert other.does("protector", "show")["protector"] == "passphrase"
    assert other.does("verify", "--passphrase-file", passphrase)["opened"] == 2
    wrong = other.run("verify", "--passphrase-file", server.file("wrong", "ten pears"))
    assert wrong.code == 77
    assert "That passphrase does not open the key store." in wrong.err


def test_what_sets_a_home_up_is_refused_where_it_is_set_up_otherwise(server: Machine) -> None:
    made = server.back_up()
    for option in (["--protector", "passphrase"], ["--server-name", "x"], ["--cmdb", "sqlite:////x"]):
        ran = server.run("restore", made["path"], "--password-file", server.password, *option)
        assert ran.code == 64
        assert f"{option[0]} is for a home that is not set up yet" in ran.err


def test_the_same_restore_may_be_said_twice(server: Machine) -> None:
    made = server.back_up()
    other = _copied(server)
    password = ["--password-file", server.password, *server.confirmed]
    restore = ["restore", made["path"], *password, "--protector", "file"]
    for _ in range(2):
        assert other.run(*restore, "--server-name", "ns02.example.net").code == 0


def test_a_protector_that_this_machine_does_not_have_is_refused(machine: Machine) -> None:
    ran = machine.run("init", "--protector", "tpm2")
    assert (ran.code, ran.out) == (69, "")
    assert "TPM 2.0 cannot be used on this machine" in ran.err
    assert not machine.home.exists()


def test_a_stranger_is_restored_only_when_it_is_meant(server: Machine) -> None:
    made = server.back_up()
    stranger = server.beside("stranger").set_up()
    before = tree(stranger.home)
    restore = ["restore", made["path"], "--password-file", server.password]
    refused = stranger.run(*restore)
    assert (refused.code, refused.out) == (77, "")
    assert "'nskeys restore FILE --server-key THUMBPRINT'" in refused.err
    assert f"server key {server.confirmed[1]} signed it." in refused.err
    planned = stranger.run(*restore, "--plan", "--json")
    assert planned.json["foreign"] == ["other_signer", "other_cmdb"]
    assert tree(stranger.home) == before
    assert stranger.does(*restore, *server.confirmed)["added"] == made["key_ids"]


def test_credentials_whose_keys_are_gone_are_given_up_by_their_number(server: Machine) -> None:
    other = _copied(server)
    refused = other.run("init")
    assert refused.code == 78
    assert "'nskeys init --accept-loss 2'" in refused.err
    assert other.run("init", "--accept-loss", "1").code == 64
    done = other.run("init", "--accept-loss", "2")
    assert done.code == 0
    assert "2 credentials stay without keys" in done.err
    assert other.run("status").code == 2
    listed = other.run("verify")
    assert listed.code == 1
    assert listed.out.splitlines()[1].split()[:2] == ["hierarchy", "emea-ns02"]
    assert "its key is missing" in listed.out


def test_a_home_is_set_up_once(server: Machine) -> None:
    ran = server.run("init")
    assert (ran.code, ran.out) == (73, "")


def test_the_protector_is_changed_and_changed_back(server: Machine) -> None:
    pears, plums = server.file("pears", "nine pears\n"), server.file("plums", "ten plums\n")
    refused = server.run("protector", "change", "passphrase", "--passphrase-file", pears)
    assert (refused.code, refused.out) == (77, "")
    assert "No proven backup elsewhere holds every key of this server" in refused.err
    assert "'--without-backup'" in refused.err
    assert server.does("protector", "show")["protector"] == "file"
    server.does("protector", "change", "passphrase", "--passphrase-file", pears, "--without-backup")
    assert server.does("verify", "--passphrase-file", pears)["opened"] == 2
    server.back_up("--to", server.vault(), "--passphrase-file", pears)
    change = ["protector", "change", "passphrase", "--passphrase-file", pears]
    server.does(*change, "--new-passphrase-file", plums)
    assert server.run("verify", "--passphrase-file", pears).code == 77
    assert server.does("verify", "--passphrase-file", plums)["opened"] == 2
    ran = server.run("protector", "change", "file", "--passphrase-file", plums)
    assert ran.code == 0
    assert "Old copies of this disk still open with the earlier protector." in ran.err
    assert server.does("verify")["opened"] == 2


def test_a_backup_password_that_opens_the_key_store_is_refused(server: Machine) -> None:
    pears = server.file("pears", "nine pears\n")
    server.does("protector", "change", "passphrase", "--new-passphrase-file", pears, "--without-backup")
    ran = server.run("backup", "--password-file", pears, "--passphrase-file", pears)
    assert ran.code == 65
    assert "also opens the key store" in ran.err


def test_a_passphrase_that_opens_a_backup_is_refused(server: Machine) -> None:
    server.back_up("--to", server.vault())
    change = ["protector", "change", "passphrase", "--new-passphrase-file", server.password]
    ran = server.run(*change)
    assert ran.code == 65
    assert "This passphrase also opens a backup of this server." in ran.err
    assert server.does("protector", "show")["protector"] == "file"


def test_destinations_are_added_tested_listed_and_removed(server: Machine) -> None:
    vault = server.vault()
    listed = server.does("destination", "list")
    assert [item["destination"] for item in listed] == [vault]
    assert listed[0].pop("mounted")["inside"].endswith("/vault")
    assert listed[0] == {
        "destination": vault, "elsewhere": "tape to the safe", "key_file": "", "location": "elsewhere",
        "reason": "declared", "default": True, "problem": None,
    }  # fmt: skip
    assert server.run("destination", "test", vault).code == 0
    assert server.does("destination", "default", vault)["destination"] == vault
    assert server.does("destination", "list")[0]["default"] is True
    assert "by default, wherever the last one went" in server.run("destination", "default", vault).err
    assert server.does("destination", "remove", vault)["destination"] == vault
    gone = server.run("destination", "remove", vault)
    assert gone.code == 64
    assert "it is not configured" in gone.err
    missing = str(server.folder / "unmounted")
    added = server.run("destination", "add", missing, "--elsewhere", "tape")
    assert added.code == 69
    assert "cannot be reached: its folder does not exist." in added.err
    assert missing not in server.run("destination", "list").out
    Path(missing).mkdir()
    assert server.run("destination", "add", missing).code == 0
    Path(missing).rmdir()
    assert server.run("destination", "add", missing, "--elsewhere", "tape").code == 0, "it was seen once"
    assert server.run("destination", "test", missing).code == 69
    assert "cannot be reached" in server.run("destination", "list").out


def test_the_register_is_checked_and_a_missing_copy_ends_with_1(server: Machine) -> None:
    made = server.back_up("--to", server.vault())
    assert server.run("register", "check").code == 0
    carried = server.folder / "carried.zip"
    Path(made["path"]).rename(carried)
    ran = server.run("register", "check")
    assert ran.code == 1
    assert "missing" in ran.out
    assert "is missing" in ran.err
    assert server.run("status").code == 1
    assert server.does("register", "add", str(carried))["proof"] == "intact"


def test_a_last_backup_is_retired_only_with_the_risk_accepted(server: Machine) -> None:
    made = server.back_up("--to", server.vault())
    ran = server.run("register", "retire", made["kms_sha256"][:8])
    assert (ran.code, ran.out) == (64, "")
    assert "2 credentials (hierarchy 1, run-as 1) have no other backup elsewhere that counts" in ran.err
    assert "deploy-finance and emea-ns02" in ran.err
    assert server.run("status").code == 0
    retired = server.does("register", "retire", made["kms_sha256"][:8], "--accept-risk")
    assert retired["retired"] is not None
    assert Path(made["path"]).is_file()
    assert server.run("status").code == 1
    assert "retired" in server.run("register", "list").out
    assert server.run("register", "retire", "nothing").code == 65


def test_the_audit_trail_is_checked(server: Machine) -> None:
    ran = server.run("audit", "--verify")
    assert (ran.code, ran.out) == (0, "")
    assert "The audit trail is whole up to line 3, which" in ran.err
    with closing(sqlite3.connect(server.home / "cmdb.sqlite3")) as database, database:
        database.execute("UPDATE audit SET line = replace(line, 'deploy-finance', 'somebody-else')")
    broken = server.run("audit", "--verify", "--json")
    assert broken.code == 65
    assert broken.json["whole"] is False
    assert broken.json["broken_at"] == 2


def test_a_trail_that_no_backup_was_asked_about_is_not_called_whole(server: Machine) -> None:
    made = Path(server.back_up("--to", server.vault())["path"])
    compared = server.does("audit", "--verify")
    assert (compared["whole"], compared["compared_with"], compared["not_asked"]) == (True, [str(made)], [])
    away = made.rename(made.with_suffix(".away"))
    ran = server.run("audit", "--verify")
    assert ran.code == 1
    assert "whole" not in ran.err
    assert f"1 backup copy could not be asked: {made}." in ran.err
    told = server.run("audit", "--verify", "--json")
    assert (told.code, told.json["whole"], told.json["not_asked"]) == (1, None, [str(made)])
    away.rename(made)
    assert server.run("audit", "--verify").code == 0


def test_a_line_that_something_else_added_is_named(server: Machine) -> None:
    with closing(sqlite3.connect(server.home / "cmdb.sqlite3")) as database, database:
        (line,) = database.execute("SELECT line FROM audit ORDER BY no DESC").fetchone()
        database.execute("INSERT INTO audit (no, line, digest) VALUES (4, ?, ?)", (line, bytes(32)))
    ran = server.run("audit", "--verify")
    assert ran.code == 65
    assert "whole" not in ran.err
    assert "Line 4 was added by something other than nskeys: the server key did not sign that." in ran.err


def test_a_line_of_the_audit_trail_that_is_no_json_is_listed_as_it_is(server: Machine) -> None:
    for line in ("rubbish\x1b[2J", "[1]", '{"number": NaN}', '{"details": 3, "user": []}'):
        with closing(sqlite3.connect(server.home / "cmdb.sqlite3")) as database, database:
            database.execute("UPDATE audit SET line = ? WHERE no = 2", (line,))
        assert len(server.does("audit")) == 3
        ran = server.run("audit")
        assert ran.code == 0
        assert "\x1b" not in ran.out


def test_a_key_is_shown_by_a_unique_beginning(server: Machine) -> None:
    made = server.back_up("--to", server.vault())
    kid = made["key_ids"][0]
    shown = server.does("key", "show", kid[:6].upper())
    assert (shown["key_id"], shown["recoverability"]) == (kid, "recoverable")
    assert shown["good_copies"] == [made["path"]]
    assert server.run("key", "show", "zzzz").code == 65
    server.run("key", "rotate")
    ambiguous = server.run("key", "show", "")
    assert ambiguous.code == 65
    assert kid in server.run("key", "show", kid[:6]).out


def test_somebody_who_holds_the_lock_is_named(server: Machine) -> None:
    lock = server.home / "lock"
    held = os.open(lock, os.O_RDWR)
    holder = {"user": "operator", "pid": 4711, "doing": "making a backup", "since": "2026-11-23T14:02:00Z"}
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        os.pwrite(held, json.dumps(holder).encode(), 0)
        ran = server.run("credential", "remove", "run-as/deploy-finance", "--yes", "--wait", "0")
        assert (ran.code, ran.out) == (75, "")
        assert "operator (process 4711) is making a backup" in ran.err
        assert server.run("status").code == 1
    finally:
        os.close(held)


def test_a_hint_and_a_name_in_another_normal_form_are_written_in_the_one_of_the_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(tmp_path, capsys)
    machine.does("init", "--server-name", "ns-zu\u0308rich", "--protector", "file")
    made = machine.back_up("--hint", "die blaue Tu\u0308r")
    facts = machine.does("inspect", made["path"])["facts"]
    assert (facts["server"], facts["hint"]) == ("ns-z\u00fcrich", "die blaue T\u00fcr")
