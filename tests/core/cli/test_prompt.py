"""Asking on a terminal: nothing typed is shown, and the terminal is as before, whatever happens."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine

ROOT = Path(__file__).parents[3]
_RUN = (
    "import os, sys\n"
    "from nskeys.cli.main import main\n"
    "from tests.fakes.command_line import connect_cheaply\n"
    "print('pid', os.getpid(), file=sys.stderr)\n"
    "sys.exit(main(sys.argv[1:], connect_cheaply))\n"
)


def command(machine: Machine, *argv: str) -> list[str]:
    """One command in a process of its own."""
    return [sys.executable, "-c", _RUN, "--home", str(machine.home), *argv]


@contextmanager
def at_a_terminal(machine: Machine, *argv: str, into: str = "", lines: int = 24) -> Iterator[PtySession]:
    """A command at a terminal; behind it, its exit code and the terminal's settings. `into` takes its
    standard output away."""
    line = shlex.join(command(machine, *argv)) + (f" > {shlex.quote(into)}" if into else "")
    script = f"trap : INT QUIT; {line}; echo code $?; stty -a"
    environment = {"PYTHONPATH": str(ROOT)}
    with PtySession(["sh", "-c", script], columns=200, lines=lines, environment=environment) as session:
        yield session


def ended(session: PtySession) -> int:
    """The command's exit code, once it is sure that the terminal is as it was."""
    session.wait_for(lambda screen: re.search(r"code \d+", screen.text) is not None)
    session.wait_end()
    settings = session.text.partition("code ")[2]
    for mode in ("echo", "echonl", "icanon", "isig"):
        switched = mode != "echonl"
        assert re.search(rf"(?<!\S){'' if switched else '-'}{mode}(?!\S)", settings), settings
    assert "susp = ^Z" in settings
    code = re.search(r"code (\d+)", session.text)
    assert code is not None
    return int(code[1])


def test_what_is_typed_is_the_secret_and_is_not_shown(server: Machine) -> None:
    with at_a_terminal(server, "backup") as session:
        session.wait_for("Only this password opens the backup")
        session.wait_for("New password")
        session.press(*"correct horse battery staple pässword", "enter")
        session.wait_for("The same password again")
        session.press(*"correct horse battery staple pässword", "enter")
        assert ended(session) == 0
        assert "horse" not in session.raw.decode()
    password = server.file("typed", "correct horse battery staple pässword")
    assert server.does("drill", "latest", "--password-file", password)["proof"] == "credentials_open"


def test_the_question_is_asked_wherever_the_output_goes(server: Machine) -> None:
    into = str(server.folder / "out.json")
    with at_a_terminal(server, "backup", "--json", into=into) as session:
        session.wait_for("New password")
        session.press(*"seven apples", "enter")
        session.wait_for("again")
        session.press(*"seven apples", "enter")
        assert ended(session) == 0
    assert Path(into).read_text().startswith("{\n")


def test_two_different_passwords_are_asked_for_again(server: Machine) -> None:
    with at_a_terminal(server, "backup") as session:
        session.wait_for("New password")
        session.press(*"one", "enter")
        session.wait_for("again")
        session.press(*"two", "enter")
        session.wait_for("The two passwords differ.")
        session.press("enter")
        session.wait_for("The password is empty.")
        session.press("ctrl+c")
        assert ended(session) == 130
    assert list((server.home / "backups").iterdir()) == []


def _types_a_weak_one(session: PtySession, wanted: str) -> None:
    session.wait_for(f"New {wanted}")
    session.press(*"password", "enter")
    session.wait_for("again")
    session.press(*"password", "enter")
    session.wait_for("Very weak: one of the first that a program tries.")
    session.wait_for("Type 'yes' to use it all the same")


def test_a_hasty_y_is_asked_again(server: Machine) -> None:
    made = server.back_up()
    fresh = server.beside("b")
    words = ("restore", made["path"], "--password-file", server.password, "--protector", "file")
    with at_a_terminal(fresh, *words) as session:
        session.wait_for("Type yes to restore")
        session.press("y", "enter")
        session.wait_for("Type yes in full, or no to stop.")
        session.press(*"yes", "enter")
        assert ended(session) == 0


def test_whoever_insists_on_a_weak_password_gets_it_and_is_told_so(server: Machine) -> None:
    with at_a_terminal(server, "backup") as session:
        _types_a_weak_one(session, "password")
        session.press(*"yes", "enter")
        assert ended(session) == 0
        assert "Its password is very weak: one of the first that a program tries." in session.text
    weak = server.file("weak", "password")
    assert server.does("drill", "latest", "--password-file", weak)["proof"] == "credentials_open"
    assert "The password of backup 1 is very weak" in server.run("register", "list").err


@pytest.mark.parametrize("answer", ["", "no", "password"])
def test_whoever_does_not_insist_is_asked_for_another_one(server: Machine, answer: str) -> None:
    with at_a_terminal(server, "protector", "change", "passphrase", "--without-backup") as session:
        _types_a_weak_one(session, "passphrase")
        session.press(*answer, "enter")
        session.wait_for(lambda screen: screen.text.count("New passphrase for the key store:") == 2)
        for _ in range(2):
            session.press(*"seven wooden ducks", "enter")
        assert ended(session) == 0
        assert session.text.count("eak:") == 1
        assert "cannot be used" not in session.text, "that it is weak was said"
    passphrase = ["--passphrase-file", server.file("pp", "seven wooden ducks")]
    assert server.does("credential", "show", "run-as/deploy-finance", "--reveal", *passphrase)["secret"]


def test_a_wrong_password_is_asked_for_again(server: Machine) -> None:
    server.back_up()
    with at_a_terminal(server, "drill", "latest") as session:
        session.wait_for("Password of the backup")
        assert any(line.startswith("Password of the backup") for line in session.screen)
        session.press(*"eight apples", "enter")
        session.wait_for("That password does not open this backup. Try again, or press Ctrl-C to stop.")
        session.press(*"seven apples", "enter")
        session.wait_for("Every credential opened")
        assert ended(session) == 0


def test_a_passphrase_is_asked_for_once_in_a_run(server: Machine) -> None:
    server.back_up()
    passphrase = ["--new-passphrase-file", server.file("pp", "nine pears")]
    server.does("protector", "change", "passphrase", *passphrase, "--without-backup")
    with at_a_terminal(server, "drill", "latest", "--password-file", server.password) as session:
        session.wait_for("Passphrase of the key store")
        session.press(*"nine pears", "enter")
        assert ended(session) == 0
        assert session.text.count("Passphrase") == 1


def test_an_empty_secret_of_a_credential_is_taken_when_it_is_given_twice(server: Machine) -> None:
    with at_a_terminal(server, "credential", "edit", "run-as/deploy-finance") as session:
        session.wait_for("Secret of the credential run-as/deploy-finance")
        session.press("enter")
        session.wait_for("The same secret again")
        session.press("enter")
        assert ended(session) == 0
    assert server.does("credential", "show", "run-as/deploy-finance", "--reveal")["secret"] == ""


@pytest.mark.parametrize(("key", "code"), [("ctrl+c", 130), ("ctrl+d", 130)])
def test_giving_up_leaves_everything_as_it_was(server: Machine, key: str, code: int) -> None:
    with at_a_terminal(server, "backup") as session:
        session.wait_for("New password")
        session.press(*"zebra", *(["enter"] if key == "ctrl+d" else []), key)
        if key == "ctrl+d":
            session.press("ctrl+d")
        assert ended(session) == code
        assert "zebra" not in session.raw.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_the_terminal_is_restored(server: Machine, number: int) -> None:
    with at_a_terminal(server, "backup") as session:
        session.wait_for("New password")
        pid = re.search(r"pid (\d+)", session.text)
        assert pid is not None
        os.kill(int(pid[1]), number)
        assert ended(session) == 128 + number


def test_the_key_that_stops_processes_does_nothing(server: Machine) -> None:
    with at_a_terminal(server, "backup") as session:
        session.wait_for("New password")
        session.press("ctrl+z", *"x", "enter")
        session.wait_for("again")
        session.press("ctrl+c")
        assert ended(session) == 130


def test_a_line_that_the_terminal_would_cut_is_refused(server: Machine) -> None:
    with at_a_terminal(server, "credential", "edit", "run-as/deploy-finance") as session:
        session.wait_for("Secret of")
        session.press("x" * 3_000, "x" * 3_000, "enter")
        assert ended(session) == 77
        assert "longer than a terminal can take" in session.text.replace("\n", " ")


def test_standard_input_that_is_the_terminal_is_asked_like_one(server: Machine) -> None:
    with at_a_terminal(server, "backup", "--password-file", "-") as session:
        session.wait_for("New password")
        session.press("ctrl+c")
        assert ended(session) == 130


def test_where_there_is_no_terminal_nobody_is_asked(server: Machine) -> None:
    done = subprocess.run(
        command(server, "backup"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 77
    assert done.stdout == ""
    assert "Give it with '--password-file F', or run the command at a terminal." in done.stderr


def test_a_secret_comes_through_standard_input(server: Machine) -> None:
    done = subprocess.run(
        command(server, "backup", "--password-file", "-", "--json"),
        input="seven apples\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert server.does("drill", "latest", "--password-file", server.password)["proof"] == "credentials_open"
