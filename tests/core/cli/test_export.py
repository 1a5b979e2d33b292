"""Every credential out again, and back in: encrypted, and told in the trail without a secret."""

import json
import sqlite3
from contextlib import closing

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from tests.fakes.command_line import Machine

EXPORT = [
    {
        "kind": "run-as",
        "name": "till",
        "target": "pkg",
        "account": "LAB\\svc",
        "note": "a\nnote",
        "secret": " \u5bc6 7",
    },
    {
        "kind": "pcanywhere",
        "name": "pc",
        "target": "pc:5631",
        "account": "caller",
        "note": "",
        "secret": "",
    },
]
PASSWORD = "five harmless quokkas 71"


@pytest.fixture
def filled(server: Machine) -> Machine:
    server.does("credential", "import", server.file("first.json", json.dumps(EXPORT)))
    return server


def secrets_of(machine: Machine) -> list[dict[str, str]]:
    found = [
        machine.does("credential", "show", f"{item['kind']}/{item['name']}", "--reveal") for item in EXPORT
    ]
    return [{name: one[name] for name in EXPORT[0]} for one in found]


def test_what_was_exported_under_a_password_is_imported_again_byte_for_byte(filled: Machine) -> None:
    to = filled.home.parent / "all.age"
    word = filled.file("word", PASSWORD)
    told = filled.does("credential", "export", "--to", str(to), "--password-file", word)
    assert (told["path"], told["credentials"]) == (str(to), {"opened": 4, "failed": 0})
    assert to.stat().st_mode & 0o777 == 0o600
    assert b"LAB" not in to.read_bytes()
    for item in EXPORT:
        filled.does("credential", "remove", f"{item['kind']}/{item['name']}", "--yes")
    again = filled.does("credential", "import", str(to), "--password-file", word)
    assert (again["imported"], again["present"]) == (2, 2)
    assert secrets_of(filled) == EXPORT
    wrong = filled.run("credential", "import", str(to), "--password-file", filled.file("wrong", "no"))
    assert wrong.code == 77
    assert "That password does not open it" in wrong.err


def test_the_trail_names_every_credential_and_no_secret(filled: Machine) -> None:
    to = filled.home.parent / "all.age"
    filled.does("credential", "export", "--to", str(to), "--password-file", filled.file("w", PASSWORD))
    lines = filled.run("audit").out
    (line,) = [line for line in lines.splitlines() if "credentials exported" in line]
    assert "hierarchy/emea-ns02, pcanywhere/pc, run-as/deploy-finance, run-as/till" in line
    assert "under a password" in line
    assert "\u5bc6" not in lines


def test_an_export_to_recipients_opens_with_an_identity_of_one(filled: Machine) -> None:
    to, identity = filled.home.parent / "all.age", X25519Identity.new()
    with identity.spelled() as line:
        file = filled.file("identity", line.text())
    told = filled.does("credential", "export", "--to", str(to), "--recipient", identity.recipient)
    assert told["recipients"] == [identity.recipient]
    nothing = filled.run("credential", "import", str(to))
    assert (nothing.code, "--identity F" in nothing.err) == (77, True)
    again = filled.does("credential", "import", str(to), "--identity", file, "--plan")
    assert (again["imported"], again["present"]) == (0, 4)
    other = X25519Identity.new()
    with other.spelled() as line:
        stranger = filled.file("other", line.text())
    assert filled.run("credential", "import", str(to), "--identity", stranger).code == 77


def test_age_opens_it_without_nskeys(filled: Machine) -> None:
    import pyrage

    to = filled.home.parent / "all.age"
    filled.does("credential", "export", "--to", str(to), "--password-file", filled.file("w", PASSWORD))
    found = json.loads(pyrage.passphrase.decrypt(to.read_bytes(), PASSWORD))
    assert [one for one in found["credentials"] if one["name"] in ("pc", "till")] == EXPORT[::-1]


def test_what_does_not_open_is_named_and_left_out(filled: Machine) -> None:
    with closing(sqlite3.connect(filled.home / "cmdb.sqlite3")) as cmdb, cmdb:
        cmdb.execute("UPDATE credentials SET account = 'LAB\\other' WHERE name = 'till'")
    to = filled.home.parent / "all.age"
    ran = filled.run("credential", "export", "--to", str(to), "--password-file", filled.file("w", PASSWORD))
    assert ran.code == 1
    assert "till" in ran.out
    assert "1 credential does not open, so the export lacks it." in ran.err


@pytest.mark.parametrize("words", [(), ("--password", "--recipient", "age1x")])
def test_it_is_said_who_opens_it(filled: Machine, words: tuple[str, ...]) -> None:
    to = filled.home.parent / "all.age"
    assert filled.run("credential", "export", "--to", str(to), *words).code == 64
    assert not to.exists()


def test_nothing_is_replaced_and_nothing_told_where_it_cannot_be_written(filled: Machine) -> None:
    word = filled.file("w", PASSWORD)
    assert filled.run("credential", "export", "--to", word, "--password-file", word).code == 73
    assert "exported" not in filled.run("audit").out


def test_a_damaged_export_is_told(filled: Machine) -> None:
    to, word = filled.home.parent / "all.age", filled.file("w", PASSWORD)
    filled.does("credential", "export", "--to", str(to), "--password-file", word)
    data = bytearray(to.read_bytes())
    data[-1] ^= 1
    to.write_bytes(data)
    ran = filled.run("credential", "import", str(to), "--password-file", word)
    assert ran.code == 65
    assert "cannot be imported" in ran.err
