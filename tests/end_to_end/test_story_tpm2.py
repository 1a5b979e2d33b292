"""A server whose keys its TPM holds, command by command: looked at, copied with its disk, and restored on
another machine."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nskeys.protectors import tpm2
from tests.fakes.command_line import Machine
from tests.fakes.commands_on_path import Calls, CommandsOnPath
from tests.fakes.programs import ENVIRONMENT
from tests.fakes.tpm import Board

LOOKS = (
    ["status"],
    ["status", "--json"],
    ["key", "list"],
    ["credential", "list"],
    ["credential", "show", "run-as/deploy"],
    ["inspect", "latest"],
    ["destination", "list"],
    ["register", "list"],
    ["registry"],
    ["protector", "show"],
    ["audit"],
    ["audit", "--verify"],
)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What systemd-creds is called for."""
    return CommandsOnPath(tmp_path / "on-path", monkeypatch).count("systemd-creds")


@pytest.fixture
def server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A machine with nothing on it."""
    (tmp_path / "machines").mkdir()
    return Machine(tmp_path / "machines", capsys)


def copied(server: Machine, name: str) -> Machine:
    """An image of its disk, laid down elsewhere."""
    other = server.beside(name)
    shutil.copytree(server.home, other.home)
    return other


def refused(server: Machine, code: int, *argv: str) -> str:
    """What is said where a command ends with this code."""
    ran = server.run(*argv)
    assert ran.code == code, (argv, ran)
    return ran.err


def test_a_server_and_its_tpm(server: Machine, board: Board, calls: Calls) -> None:
    # Set up: wrapped once, and opened once before anything was believed.
    made = server.does("init", "--server-name", "ns01.example.net", "--protector", board.uri)
    assert made["protector"] == "tpm2"
    assert calls.verbs == ["encrypt", "decrypt"]
    server.add("run-as", "deploy", "finance-*", "CORP\\svc", "marked-secret")
    backup = server.back_up("--to", server.vault())["path"]
    assert calls.verbs == ["decrypt"] * 3, "for the credential, the key backup and the database copy"

    # Whoever only looks asks no TPM.
    for look in LOOKS:
        assert server.run(*look).code == 0
    assert calls.verbs == []
    told = server.run("protector", "show").out
    for words in ("TPM 2.0", "helps against", "a stolen disk", "is broken by", "root"):
        assert words in told
    for words in ("is lost with", "new board", "cleared", "updates of firmware"):
        assert words in told

    # Its disk in another machine: everything can be looked at, nothing opens.
    board.exchange()
    clone = copied(server, "clone")
    assert "1 of 1 credential would come back" in clone.run("status").out
    for use in (["verify"], ["credential", "show", "run-as/deploy", "--reveal"], ["key", "rotate"]):
        said = refused(clone, 77, *use)
        assert "bound to another machine" in said
        assert "'nskeys restore FILE'" in said

    # A restore there: the plan says it, and the keys are bound to that machine's TPM.
    restore = ["restore", backup, "--password-file", server.password, "--protector", board.uri]
    restore += server.confirmed
    planned = clone.run(*restore, "--plan")
    assert (
        "The keys here are bound to another machine; those of the backup take their place." in planned.err
    )
    refused(clone, 77, "verify")
    assert clone.does(*restore)["credentials"] == {"opened": 1, "failed": 0}
    assert clone.does("protector", "show")["protector"] == "tpm2"
    whole = {"opened": 1, "failed": 0, "failures": [], "differences": []}
    assert clone.does("verify") == whole
    assert "marked-secret" in clone.run("credential", "show", "run-as/deploy", "--reveal").out

    # The keys open here now, so nothing more is set up.
    assert "--protector is for a home that is not set up yet" in refused(clone, 64, *restore)

    # Nothing of it helps whoever has only the disk.
    for path in (path for path in clone.home.rglob("*") if path.is_file()):
        assert b"marked-secret" not in path.read_bytes()
    board.exchange()
    refused(clone, 77, "verify")


def test_where_the_tpm_works_it_is_taken_without_being_named(
    server: Machine, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tpm2, "THIS_MACHINES", board.device)
    made = server.run("init", "--server-name", "ns01.example.net")
    assert "Keys in TPM 2.0: a copy of this disk alone does not open them." in made.err
    assert server.does("protector", "show")["protector"] == "tpm2"
    board.lock_out()
    other = server.beside("other").run("init", "--server-name", "ns02.example.net")
    assert "Keys in a plain file: whoever copies this disk has the keys." in other.err


def test_a_tpm_that_is_not_there_is_said_before_anything_changes(server: Machine, board: Board) -> None:
    server.does("init", "--server-name", "ns01.example.net", "--protector", board.uri)
    before = server.does("protector", "show")
    change = ["protector", "change"]
    assert "no TPM was found" in refused(server, 69, *change, "tpm2:/dev/tpmrm999")
    assert "that is not the name of a TPM" in refused(server, 69, *change, "tpm2:/dev/sda")
    assert server.does("protector", "show") == before
    server.does("verify")


def test_a_disk_in_hardware_without_a_tpm_comes_back_in_place(
    server: Machine, board: Board, on_path: CommandsOnPath
) -> None:
    server.does("init", "--server-name", "ns01.example.net", "--protector", board.uri)
    server.add("run-as", "deploy", "finance-*", "CORP\\svc", "marked-secret")
    server.back_up("--to", server.vault())
    clone = copied(server, "clone")
    on_path.add("systemd-creds", "echo 'TPM2 support is not installed.' >&2; exit 1")
    both = ("If it is only away", "if this is another machine, restore from a backup")
    for use in (["verify"], ["key", "rotate"], ["restore", "latest", "--password-file", server.password]):
        said = refused(clone, 69, *use)
        assert all(words in said for words in both), said
    restore = ["restore", "latest", "--password-file", server.password, "--other-machine"]
    restore += server.confirmed
    plan = clone.run("restore", "latest", "--password-file", server.password, "--plan")
    assert plan.code == 0
    assert "'--other-machine'" in plan.err
    refused(clone, 69, "verify")
    clone.does(*restore, "--protector", "file")
    shown = clone.does("credential", "show", "run-as/deploy", "--reveal")
    assert shown["secret"] == "marked-secret"
    # And the machine that it was copied from still has its keys, once its TPM is back.
    on_path.remove("systemd-creds")
    assert server.does("verify")["opened"] == 1


def test_in_a_process_of_its_own_it_ends_with_77(server: Machine, board: Board) -> None:
    server.does("init", "--server-name", "ns01.example.net", "--protector", board.uri)
    verify = [sys.executable, "-m", "nskeys_tui", "--home", str(server.home), "verify"]
    environment = ENVIRONMENT
    assert subprocess.run(verify, env=environment, check=False, capture_output=True).returncode == 0
    board.exchange()
    ended = subprocess.run(verify, env=environment, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (77, "")
    assert "bound to another machine" in ended.stderr
