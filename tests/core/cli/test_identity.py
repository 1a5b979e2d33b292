"""`nskeys identity`, backups to it and to recipients, and what opens them, by command."""

import json
import subprocess
from pathlib import Path

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.cli.exit_codes import Exit
from tests.fakes.command_line import Machine
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.programs import need


@pytest.fixture
def server(kept_homes: KeptHomes, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A server that is set up, and a folder that is carried away."""

    def build(folder: Path) -> None:
        machine = Machine(folder, capsys).set_up()
        (folder / "vault").mkdir()
        machine.does("destination", "add", str(folder / "vault"), "--elsewhere", "carried away")

    return Machine(kept_homes.folder("carried-away", build), capsys)


def _made(server: Machine, *options: str) -> str:
    """A backup to the vault: its path."""
    path: str = server.does("backup", "--to", str(server.folder / "vault"), *options)["path"]
    return path


def _facts(server: Machine, path: str) -> dict[str, object]:
    facts: dict[str, object] = server.does("inspect", path)["facts"]
    return facts


def test_it_is_made_shown_and_replaced(server: Machine) -> None:
    none = server.run("identity", "show")
    assert "asks for a password" in none.err
    made = server.does("identity", "create", "--password-file", server.password)
    assert [one["number"] for one in made["identities"]] == [1]
    again = server.run("identity", "create", "--password-file", server.password)
    assert again.code == Exit.USAGE
    assert "recovery identity 1 already" in again.err
    other = server.file("other", "another one for us\n")
    replaced = server.does("identity", "replace", "--password-file", other)
    assert replaced == server.does("identity", "show")
    assert replaced["earlier"] == [
        {"kind": "person", "number": 1, "recipient": made["identities"][0]["recipient"]}
    ]
    told = server.run("identity", "show")
    assert "recovery identity 2" in told.out
    assert replaced["identities"][0]["recipient"] in told.out


def test_there_is_nothing_to_replace_at_first(server: Machine) -> None:
    assert server.run("identity", "replace", "--password-file", server.password).code == Exit.USAGE


def test_a_timer_s_backup_needs_no_secret_and_a_person_proves_it(server: Machine) -> None:
    server.does("identity", "create", "--password-file", server.password)
    path = _made(server)
    assert _facts(server, path)["protection"] == "recipients"
    status = server.run("status")
    assert status.code == 1
    assert "not yet proven by a person" in status.out
    assert server.run("drill", path).code == Exit.NOT_PERMITTED, "nobody is there to be asked"
    drilled = server.does("drill", path, "--password-file", server.password)
    assert drilled["proof"] == "credentials_open"
    assert server.run("status").code == 0


def test_a_password_is_taken_where_one_is_given(server: Machine) -> None:
    server.does("identity", "create", "--password-file", server.password)
    assert _facts(server, _made(server, "--password-file", server.password))["protection"] == "password"
    asked = server.run("backup", "--password")
    assert asked.code == Exit.NOT_PERMITTED


def test_recipients_are_named_or_stand_in_a_file(server: Machine) -> None:
    one, two = X25519Identity.new(), X25519Identity.new()
    listed = server.file("people", f"# who may\n\n{two.recipient}\n")
    path = _made(server, "--recipient", one.recipient, "--recipient", listed)
    assert _facts(server, path)["recipients"] == [one.recipient, two.recipient]
    with two.spelled() as line:
        key = server.file("key", line.text() + "\n")
    assert server.does("drill", path, "--identity", key)["recorded"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("age1nobody", Exit.USAGE, "not whole"),
        ("ssh-dss AAAA", Exit.USAGE, "does not encrypt to"),
        ("no/such/file", Exit.BAD_DATA, "no such file"),
        ("AGE-SECRET-KEY-1QQ", Exit.USAGE, "private key"),
    ],
)
def test_what_is_no_recipient_is_said(server: Machine, text: str, code: Exit, words: str) -> None:
    ran = server.run("backup", "--recipient", text)
    assert (ran.code, words in ran.err) == (code, True), ran.err
    assert "SECRET" not in ran.err


@pytest.mark.parametrize("text", ["", "# nobody\n", "\x00\x01\n", "garbage\n"])
def test_an_empty_or_garbled_list_is_said(server: Machine, text: str) -> None:
    ran = server.run("backup", "--recipient", server.file("people", text))
    assert ran.code == Exit.USAGE
    assert "recipient" in ran.err


def test_recipients_and_a_password_do_not_go_together(server: Machine) -> None:
    one = X25519Identity.new().recipient
    ran = server.run("backup", "--recipient", one, "--password-file", server.password)
    assert ran.code == Exit.USAGE


def test_an_identity_that_is_none_or_somebody_else_s_is_said(server: Machine) -> None:
    path = _made(server, "--recipient", X25519Identity.new().recipient)
    with X25519Identity.new().spelled() as line:
        other = server.file("other", line.text() + "\n")
    refused = server.run("drill", path, "--identity", other)
    assert (refused.code, "none of the recipients" in refused.err) == (Exit.NOT_PERMITTED, True)
    garbage = server.run("drill", path, "--identity", server.file("garbage", "hello"))
    assert (garbage.code, "cannot be used as an identity" in garbage.err) == (Exit.BAD_DATA, True)
    alone = server.run("drill", path)
    assert alone.code == Exit.NOT_PERMITTED
    assert "--identity" in alone.err


def test_an_ssh_key_opens_it_with_its_passphrase(server: Machine, tmp_path: Path) -> None:
    key = tmp_path / "key"
    need("ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(key)], check=True)
    path = _made(server, "--recipient", f"{key}.pub")
    phrase = server.file("phrase", "open sesame\n")
    assert server.does("drill", path, "--identity", str(key), "--password-file", phrase)["recorded"]


def test_a_changed_identity_file_stops_the_timer_with_a_sentence(server: Machine) -> None:
    server.does("identity", "create", "--password-file", server.password)
    (file,) = (server.home / "recovery").iterdir()
    file.write_bytes(file.read_bytes() + b"x")
    for command in (["backup"], ["identity", "show"]):
        ran = server.run(*command)
        assert ran.code == Exit.BAD_DATA
        assert file.name in ran.err


def test_new_hardware_gets_it_back_with_the_password_alone(server: Machine) -> None:
    server.does("identity", "create", "--password-file", server.password)
    path = _made(server)
    fresh = server.beside("b")
    fresh.home.mkdir()
    (fresh.home / "cmdb.sqlite3").write_bytes((server.home / "cmdb.sqlite3").read_bytes())
    restored = fresh.run(
        "restore", path, "--password-file", server.password, "--protector", "file", *server.confirmed
    )
    assert restored.code == 0, restored.err
    assert fresh.does("identity", "show") == server.does("identity", "show")
    assert json.loads(fresh.run("verify", "--json").out)["failed"] == 0
