"""The JSON that scripts rely on, command by command, and the exit codes."""

import json
import re
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_KID = re.compile(r"[0-9a-f]{64}")


def test_init(machine: Machine) -> None:
    document = machine.does("init", "--server-name", "ns01.example.net")
    assert set(document) == {"server", "cmdb", "cmdb_id", "home", "protector", "weak_passphrase"}
    assert document["server"] == "ns01.example.net"
    assert document["home"] == str(machine.home)
    assert document["cmdb"] == str(machine.home / "cmdb.sqlite3")
    assert re.fullmatch("[0-9a-f]{32}", document["cmdb_id"])
    assert document["protector"] == "file"


def test_a_database_that_was_named_once_is_remembered(machine: Machine) -> None:
    database = machine.folder / "elsewhere" / "cmdb.sqlite3"
    database.parent.mkdir()
    document = machine.does("init", "--cmdb", f"sqlite:///{database}")
    assert document["cmdb"] == str(database)
    machine.add("run-as", "deploy", "x", "svc", "s")
    assert machine.does("verify")["opened"] == 1
    assert not (machine.home / "cmdb.sqlite3").exists()
    other = machine.beside("b").run("init", "--cmdb", "postgresql://me:hunter2@db01/nskeys")
    assert other.code == 78
    assert "hunter2" not in other.err


def test_status_at_risk(server: Machine) -> None:
    ran = server.run("status", "--json")
    document = ran.json
    assert ran.code == 1
    assert list(document) == [
        "server", "cmdb", "credentials", "keys", "unreadable", "change", "mismatches", "exposed_since",
        "checked", "last_backup", "backup_due", "database_due", "database_copy", "last_database_copy",
        "due", "best_backup", "copies", "not_proven_by_a_person",
        "recovery_identity", "unproven_shares", "findings", "leftovers", "claims", "proofs", "practice",
        "rotation", "taken",
    ]  # fmt: skip
    assert document["server"] == "ns01.example.net"
    assert document["credentials"] == {
        "total": 2, "recoverable": 0, "at_risk": 2, "lost": 0, "opens_here": 2,
    }  # fmt: skip
    assert document["change"] == server.does("audit")[-1]["number"]
    assert document["mismatches"] == []
    assert document["leftovers"] == document["claims"] == []
    assert _TIME.fullmatch(document["exposed_since"])
    assert document["checked"] is None
    assert document["last_backup"] is None
    assert document["backup_due"] is True
    assert document["due"] == ["never"]
    assert document["best_backup"] is None
    assert document["copies"] == {
        "counting": 0, "good": 0, "missing": 0, "changed": 0, "unreachable": 0, "not_looked": 0,
        "unsigned": 0,
    }  # fmt: skip
    assert document["proofs"] == dict.fromkeys(
        ["present", "intact", "opened", "keys_match", "credentials_open"]
    )
    assert document["practice"] == {
        "drill_days": 90, "drilled": None, "drill_overdue": False, "typed": None, "typing_overdue": False,
    }  # fmt: skip
    assert document["not_proven_by_a_person"] is False
    assert document["recovery_identity"] == []
    assert document["unproven_shares"] == 0
    assert document["rotation"] is None
    assert _TIME.fullmatch(document["taken"])
    (key,) = document["keys"]
    assert set(key) == {
        *("key_id", "state", "created", "credentials", "in_backups", "recoverable", "lacks"),
    }
    assert (key["recoverable"], key["lacks"]) == (0, "both")
    assert (document["database_due"], document["database_copy"]) == (True, None)
    assert document["last_database_copy"] is None


def test_status_recoverable(server: Machine) -> None:
    made = server.back_up("--to", server.vault())
    document = server.does("status")
    assert document["credentials"]["recoverable"] == 2
    assert document["exposed_since"] is None
    assert document["backup_due"] is False
    last = document["last_backup"]
    assert set(last) == {"path", "created", "proof", "proven", "looked", "location"}
    assert (last["path"], last["proof"], last["location"]) == (made["path"], "opened", "elsewhere")
    assert _TIME.fullmatch(last["created"])
    best = document["best_backup"]
    assert {name: best[name] for name in last} == last
    assert best["drilled"] == 0
    assert list(best["proofs"]) == ["recorded", "present", "intact", "opened"]
    assert (best["key_ids"], best["protection"]) == (made["key_ids"], "password")
    assert document["copies"]["counting"] == document["copies"]["good"] == 1
    copy = document["database_copy"]
    assert copy == document["last_database_copy"]
    assert (copy["destination"], copy["credentials"], copy["counts"]) == (server.vault(), 2, True)
    assert document["database_due"] is False
    assert document["proofs"]["opened"] == best["proofs"]["opened"]
    assert document["proofs"]["credentials_open"] is None


def test_status_names_the_rotation_that_is_open(server: Machine) -> None:
    assert server.run("key", "rotate", "--json").code == 1
    rotation = server.run("status", "--json").json["rotation"]
    assert rotation["stage"] == "waiting"
    assert rotation["key_id"] in {key["key_id"] for key in server.does("key", "list")}


def test_credential_list(server: Machine) -> None:
    document = server.does("credential", "list")
    assert [item["name"] for item in document] == ["emea-ns02", "deploy-finance"]
    item = document[1]
    assert list(item) == [
        "id", "kind", "name", "target", "account", "note", "key_id", "state", "created", "updated",
    ]  # fmt: skip
    assert (item["kind"], item["account"], item["state"]) == ("run-as", "CORP\\svc-deploy", "at_risk")
    assert re.fullmatch("[0-9a-f]{32}", item["id"])
    assert _KID.fullmatch(item["key_id"])
    assert _TIME.fullmatch(item["created"])
    assert _TIME.fullmatch(item["updated"])


def test_credential_show_reveals_only_when_told(server: Machine) -> None:
    listed = server.does("credential", "list", "--kind", "run-as")[0]
    shown = server.does("credential", "show", "run-as/deploy-finance")
    assert {name: shown[name] for name in listed} == listed
    assert set(shown) - set(listed) == {"exposed_since", "copies", "database_copies", "lacks"}
    assert (shown["database_copies"], shown["lacks"]) == ([], "both")
    revealed = server.does("credential", "show", "run-as/deploy-finance", "--reveal")
    assert revealed == {**shown, "secret": "p\u00e4ssword"}


def test_credential_import(server: Machine) -> None:
    rows = [
        {"kind": "run-as", "name": "new", "target": "x", "account": "svc", "secret": "s", "id": "abc"},
        {"kind": "run-as", "name": "deploy-finance", "target": "x", "account": "svc", "secret": "s"},
        {"kind": "run-as", "name": "bad", "target": "x", "account": "", "secret": "s"},
    ]
    export = server.file("export.json", json.dumps(rows))
    refused = server.run("credential", "import", export, "--json")
    assert (refused.code, refused.out) == (65, "")
    assert 'row 3, "bad": the account is empty' in refused.err
    planned = server.run("credential", "import", export, "--plan", "--json")
    assert (planned.code, planned.json["imported"]) == (65, 0)
    document = server.does("credential", "import", export, "--skip-bad", "--plan")
    assert document == server.does("credential", "import", export, "--skip-bad")
    assert list(document) == [
        *("imported", "skipped", "renamed", "dropped", "left_out", "present", "updated")
    ]
    assert document["imported"] == 2
    assert document["skipped"] == [{"row": 3, "title": "bad", "field": "account", "problem": "empty"}]
    assert document["renamed"] == [{"from": "deploy-finance", "to": "deploy-finance (2)"}]
    assert document["dropped"] == [{"field": "id", "rows": 1, "titles": ["new"]}]
    assert (document["left_out"], document["present"], document["updated"]) == ([], 0, 0)


def test_key_list_and_rotation(server: Machine) -> None:
    (key,) = server.does("key", "list")
    assert list(key) == [
        *("key_id", "state", "created", "credentials", "in_backups", "recoverable", "lacks"),
    ]
    assert (key["state"], key["credentials"], key["in_backups"]) == ("active", 2, 0)
    vault = server.vault()
    first = server.run("key", "rotate", "--json")
    assert first.code == 1
    assert list(first.json) == [
        "key_id", "state", "resealed", "backup_due", "held_by", "drill_due",
    ]  # fmt: skip
    assert (first.json["state"], first.json["resealed"], first.json["backup_due"]) == (
        "pre-active",
        0,
        True,
    )
    assert "A backup is due" in first.err
    server.back_up("--to", str(server.home / "backups"))
    here = server.run("key", "rotate", "--json")
    assert (here.code, here.json["state"], here.json["backup_due"]) == (1, "pre-active", True)
    server.back_up("--to", vault)
    second = server.does("key", "rotate")
    assert second == {
        "key_id": first.json["key_id"], "state": "active", "resealed": 2, "backup_due": False,
        "held_by": None, "drill_due": False,
    }  # fmt: skip
    keys = {item["key_id"]: item["state"] for item in server.does("key", "list")}
    assert keys == {first.json["key_id"]: "active", key["key_id"]: "deactivated"}


def test_a_rotation_without_backup_leaves_one_due(server: Machine) -> None:
    ran = server.run("key", "rotate", "--without-backup", "--json")
    assert (ran.code, ran.json["state"], ran.json["resealed"]) == (1, "active", 2)
    assert ran.json["backup_due"] is True


def test_backup(server: Machine) -> None:
    document = server.back_up()
    assert list(document) == [
        "path", "kms_sha256", "key_ids", "proof", "location", "weak_password", "copies", "failures",
        "keys_made", "database", "database_problem",
    ]  # fmt: skip
    assert (document["keys_made"], document["database_problem"]) == (True, None)
    [copy] = document["database"]["copies"]
    assert (copy["destination"], copy["credentials"]) == (str(Path(document["path"]).parent), 2)
    assert Path(document["path"]).is_file()
    assert document["key_ids"] == [key["key_id"] for key in server.does("key", "list")]
    assert (document["proof"], document["location"]) == ("opened", "here")
    assert server.back_up("--to", server.vault())["location"] == "elsewhere"


def test_a_backup_that_is_not_needed_names_the_one_that_is_there(server: Machine) -> None:
    vault = server.vault()
    assert server.run("backup", "--if-needed", "--to", vault, "--password-file", server.password).code == 0
    made = server.does("register", "list")
    again = server.does("backup", "--if-needed", "--password-file", server.password)
    assert again["path"] == made[0]["path"]
    assert len(list(Path(vault).iterdir())) == 2
    server.run("key", "rotate")
    server.back_up("--if-needed")
    assert len(list(Path(vault).iterdir())) == 3, "the rows are the same, so no database copy is needed"


def test_inspect_is_the_manifest(server: Machine) -> None:
    made = server.back_up("--hint", "fruit")
    document = server.does("inspect", made["path"])
    assert set(document) == {"facts", "sig", "manifest_sig", "members", "signer"}
    assert document["facts"]["hint"] == "fruit"
    assert [key["kid"] for key in document["facts"]["keys"]] == made["key_ids"]
    assert document["members"]["keys.kms"]["sha256"] == made["kms_sha256"]


def test_restore_drill_and_verify(server: Machine) -> None:
    made = server.back_up("--to", server.vault())
    drilled = server.does("drill", "latest", "--password-file", server.password)
    assert drilled == {
        "proof": "credentials_open", "credentials": {"opened": 2, "failed": 0}, "failures": [],
        "differences": [], "recorded": True, "diary": "signed", "database": None,
    }  # fmt: skip
    assert server.does("verify") == {"opened": 2, "failed": 0, "failures": [], "differences": []}
    other = server.beside("b")
    other.home.mkdir()
    (other.home / "cmdb.sqlite3").write_bytes((server.home / "cmdb.sqlite3").read_bytes())
    before = tree(other.home)
    planned = other.does("restore", made["path"], "--plan", "--password-file", server.password)
    assert planned["added"] == made["key_ids"]
    assert planned["sets_up"] is True
    assert tree(other.home) == before
    restore = ("restore", made["path"], "--password-file", server.password, *server.confirmed)
    restored = other.does(*restore)
    assert restored == {
        "added": made["key_ids"], "present": [],
        "credentials": {"opened": 2, "failed": 0}, "failures": [], "differences": [],
        "weak_passphrase": None, "recorded": True, "protector": "file", "protector_before": "file",
        "database": None, "newer": None,
    }  # fmt: skip
    again = other.does(*restore)
    assert (again["added"], again["present"]) == ([], made["key_ids"])


def test_credentials_that_do_not_open_are_named_and_end_with_1(server: Machine) -> None:
    made = server.back_up("--to", server.vault())
    server.run("key", "rotate", "--without-backup")
    newer = server.does("key", "list")[0]["key_id"]
    other = server.beside("b")
    other.home.mkdir()
    (other.home / "cmdb.sqlite3").write_bytes((server.home / "cmdb.sqlite3").read_bytes())
    drilled = server.run("drill", made["path"], "--password-file", server.password, "--json")
    restored = other.run(
        "restore", made["path"], "--password-file", server.password, *server.confirmed, "--json"
    )
    verified = other.run("verify", "--json")
    assert (drilled.code, restored.code, verified.code) == (1, 1, 1)
    assert restored.json["credentials"] == {"opened": 0, "failed": 2}
    assert verified.json["failures"] == restored.json["failures"] == drilled.json["failures"]
    failure = verified.json["failures"][0]
    assert list(failure) == ["id", "kind", "name", "target", "account", "key_id", "reason"]
    assert (failure["name"], failure["key_id"], failure["reason"]) == ("emea-ns02", newer, "key_missing")
    assert other.run("status").code == 2


def test_registry(server: Machine) -> None:
    assert server.does("registry") == {"KMSBackupPath": None, "KMSBackupDate": None}
    vault = server.vault()
    server.back_up("--to", vault)
    document = server.does("registry")
    assert document["KMSBackupPath"] == vault
    assert _TIME.fullmatch(document["KMSBackupDate"])


def test_lists_are_arrays(server: Machine) -> None:
    server.back_up()
    for argv in (["register", "list"], ["destination", "list"], ["audit"]):
        document = server.does(*argv)
        assert isinstance(document, list)
        assert document
    actions = [line["action"] for line in server.does("audit")]
    made = ["backup-began", "backed-up", "database-copied"]
    assert actions == ["set-up", "credential-added", "credential-added", *made]


@pytest.mark.parametrize(
    "argv",
    [
        ["key", "list"], ["credential", "list"], ["verify"], ["registry"], ["register", "list"],
        ["destination", "list"], ["audit"], ["protector", "show"], ["backup"], ["key", "rotate"],
        ["credential", "show", "run-as/x"], ["credential", "remove", "run-as/x", "--yes"],
        ["register", "check"], ["register", "retire", "x"], ["prune"], ["prune", "--plan"],
        ["destination", "remove", "/x"],
        ["destination", "test", "/x"], ["audit", "--verify"], ["protector", "change", "file"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_not_set_up_says_so(machine: Machine, argv: list[str]) -> None:
    ran = machine.run(*argv, "--json")
    assert (ran.code, ran.out) == (78, "")
    assert ran.err.startswith(f"nskeys: Nothing is set up in {machine.home}.")
    assert not machine.home.exists()


def test_status_of_nothing_is_no_answer(machine: Machine) -> None:
    ran = machine.run("status", "--json")
    assert (ran.code, ran.out) == (3, "")
    assert "Nothing is set up" in ran.err


def test_status_of_a_copied_database_names_the_backup_that_it_remembers(server: Machine) -> None:
    made = server.back_up()
    other = server.beside("b")
    other.home.mkdir()
    (other.home / "cmdb.sqlite3").write_bytes((server.home / "cmdb.sqlite3").read_bytes())
    ran = other.run("status")
    assert (ran.code, ran.out) == (3, "")
    assert "holds 2 credentials, but no keys are here." in ran.err
    assert made["path"] in ran.err


def test_a_backup_that_was_made_here_does_not_make_one_elsewhere_needless(server: Machine) -> None:
    """A timer that names a place elsewhere must not stay green because a copy lies on this disk."""
    server.back_up()
    vault = server.vault()
    made = server.does("backup", "--to", vault, "--if-needed", "--password-file", server.password)
    assert made["location"] == "elsewhere"
    again = server.does("backup", "--to", vault, "--if-needed", "--password-file", server.password)
    assert again["path"] == made["path"]
