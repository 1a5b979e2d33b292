"""A server whose keys a token holds, command by command: with a file for the PIN, and with a person."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine
from tests.fakes.token import PIN, Tokens

LOOKS = (
    ["status"],
    ["key", "list"],
    ["credential", "list"],
    ["register", "list"],
    ["audit"],
    ["protector", "show"],
)


@pytest.fixture
def server(tmp_path: Path, capsys: pytest.CaptureFixture[str], tokens: Tokens) -> Machine:
    """A machine whose keys the token holds, with one credential."""
    (tmp_path / "machines").mkdir()
    server = Machine(tmp_path / "machines", capsys)
    pin = server.file("pin", f"{PIN}\n")
    server.does("init", "--server-name", "ns01.example.net", "--protector", tokens.uri(), "--pin-file", pin)
    fields = ("--kind", "run-as", "--name", "one", "--target", "x", "--account", "y")
    server.does(
        "credential", "add", *fields, "--secret-file", server.file("secret", "a secret"), "--pin-file", pin
    )
    return server


def refused(server: Machine, code: int, *argv: str) -> str:
    """What is said where a command ends with this code."""
    ran = server.run(*argv)
    assert ran.code == code, (argv, ran)
    return ran.err


def test_four_ways_in_which_it_does_not_open(server: Machine, tokens: Tokens) -> None:
    pin, wrong = server.file("pin", PIN), server.file("wrong", "0000")
    assert server.does("verify", "--pin-file", pin)["opened"] == 1
    assert "That PIN does not open the token" in refused(server, 77, "verify", "--pin-file", wrong)
    assert "The PIN of the token is needed" in refused(server, 77, "verify")
    tokens.unplug()
    assert "no such token is plugged in" in refused(server, 69, "verify", "--pin-file", pin)
    for look in LOOKS:
        assert server.run(*look).code in (0, 1), "1 is the status of what is in no backup"
    tokens.new()
    assert "it is another one" in refused(server, 69, "verify", "--pin-file", pin)
    tokens.plug()
    assert server.does("verify", "--pin-file", pin)["opened"] == 1


def test_a_pin_in_the_uri_is_refused_and_not_repeated(server: Machine, tokens: Tokens) -> None:
    said = refused(server, 69, "protector", "change", f"pkcs11:token=nskeys?pin-value={PIN}")
    assert "a PIN has no place in a URI" in said
    assert PIN not in said


def test_from_a_token_to_a_file_and_back(server: Machine, tokens: Tokens) -> None:
    pin = ["--pin-file", server.file("pin", PIN)]
    change = ["protector", "change", "file", *pin]
    said = refused(server, 77, *change)
    assert "No proven backup elsewhere holds every key of this server" in said
    changed = server.run(*change, "--without-backup")
    assert "Old copies of this disk still open with the earlier protector." in changed.err
    server.back_up("--to", server.vault())
    assert "No proven backup" not in server.run("protector", "change", "file").err
    assert server.does("verify")["opened"] == 1
    assert server.does("protector", "change", tokens.uri(), *pin)["protector"] == "pkcs11"
    assert "security token" in server.run("protector", "show").out
    assert server.does("verify", *pin)["opened"] == 1


def test_a_backup_comes_back_under_a_token(server: Machine, tokens: Tokens) -> None:
    pin = ["--pin-file", server.file("pin", PIN)]
    backup = server.back_up(*pin)["path"]
    other = server.beside("other")
    restore = ["restore", backup, "--password-file", server.password, *server.confirmed]
    restored = other.does(*restore, "--protector", tokens.uri(), *pin)
    assert restored["credentials"] == {"opened": 1, "failed": 0}, "its database copy lay beside it"
    assert other.does("protector", "show")["protector"] == "pkcs11"
    assert other.does("verify", *pin)["opened"] == 1


def test_a_person_types_the_pin(server: Machine) -> None:
    library = {"SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"]}
    session = PtySession(
        [sys.executable, "-m", "nskeys_tui", "--home", str(server.home), "verify"], environment=library
    )
    try:
        session.wait_for("PIN of the token nskeys")
        session.write("0000\r")
        session.wait_for("That PIN is wrong")
        session.wait_for(lambda shown: shown.text.count("PIN of the token nskeys") == 2)
        session.write(f"{PIN}\r")
        assert session.wait_end() == 0
        assert PIN.encode() not in session.raw
    finally:
        session.close()


def test_the_runbooks_line_binds_the_keys_to_the_same_token_again(server: Machine, tokens: Tokens) -> None:
    pin = ["--pin-file", server.file("pin", PIN)]
    made = server.back_up("--to", server.vault(), *pin)["path"]
    lines = server.run("runbook").out.splitlines()
    [line] = [line for line in lines if ' restore "$backup"' in line and not line.endswith("--plan")]
    words = shlex.split(line.replace('"$backup"', shlex.quote(made)))
    restore = words[words.index("restore") :]
    assert restore[restore.index("--protector") + 1].startswith("pkcs11:")
    other = server.beside("new")
    other.home.mkdir()
    shutil.copy(server.home / "cmdb.sqlite3", other.home)
    ran = other.run(*restore, "--password-file", server.password, *pin, *server.confirmed)
    assert ran.code == 0, ran.err
    assert "weaker" not in ran.err
    assert other.does("protector", "show")["protector"] == "pkcs11"
    assert other.does("verify", *pin)["opened"] == 1
