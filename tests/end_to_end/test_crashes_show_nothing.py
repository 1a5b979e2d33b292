"""Forced crashes amid work with secrets: what is said of them, and what they leave, holds none.

A command is ended by an exception at twenty moments, spread over all calls in which a secret is at hand;
its message holds every local variable, as the worst of tracebacks would.
"""

import base64
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import pytest

from nskeys.model.secret import SecretBytes
from tests.fakes.command_line import Machine

PASSWORD, SECRET = "MARK-seven-apples", "MARK-the-secret"
COMMANDS = ("add", "backup", "drill", "restore")
MOMENTS = 5
_NOT_AT_WORK = ("nskeys.cli", "nskeys.model")


class Crash(Exception):
    """A bug of ours."""


class Crasher:
    """Counts the calls of nskeys that have a secret at hand, and crashes at one of them; at none for 0."""

    def __init__(self, at: int = 0) -> None:
        self.calls = 0
        self._at = at

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        name = str(frame.f_globals.get("__name__", ""))
        if (
            event != "call"
            or not name.startswith("nskeys.")
            or name.startswith(("nskeys.cli", "nskeys.model"))
        ):
            return
        values = list(frame.f_locals.values())
        secrets = [value.reveal() for value in values if type(value) is SecretBytes]
        if not secrets:
            return
        self.calls += 1
        if self.calls == self._at:
            raise Crash(f"{secrets} {[_shown(value) for value in values]}")

    def watch(self, work: Callable[[], int]) -> int:
        """Do it under watch."""
        sys.setprofile(self)
        try:
            return work()
        finally:
            sys.setprofile(None)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except AttributeError:  # of an object that is only being made
        return type(value).__name__


class Stage:
    """A server with a credential and a backup, to be copied for every crash."""

    def __init__(self, server: Machine) -> None:
        self.server = server
        server.does("init", "--server-name", "ns01", "--protector", "passphrase", *self._phrase)
        self._add("first")
        server.does("backup", *self._password, *self._phrase)

    @property
    def _phrase(self) -> tuple[str, str]:
        return "--passphrase-file", self.server.file("passphrase", "MARK-nine-pears")

    @property
    def _password(self) -> tuple[str, str]:
        return "--password-file", self.server.file("password", PASSWORD)

    def _add(self, name: str) -> None:
        self.server.does(*self.command("add", name))

    def command(self, name: str, credential: str = "second") -> tuple[str, ...]:
        """One that works with secrets."""
        fields = ("--kind", "run-as", "--name", credential, "--target", "x", "--account", "y")
        secret = ("--secret-file", self.server.file("secret", SECRET))
        return {
            "add": ("credential", "add", *fields, *secret, *self._phrase),
            "backup": ("backup", *self._password, *self._phrase),
            "drill": ("drill", "latest", *self._password, *self._phrase),
            "restore": ("restore", "latest", *self._password, *self._phrase),
        }[name]

    def marks(self) -> list[bytes]:
        """Everything secret, in its spellings."""
        texts = [PASSWORD, SECRET, "MARK-nine-pears"]
        return [shape for text in texts for shape in (text.encode(), base64.b64encode(text.encode()))]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_crash_amid_secrets_says_its_kind_and_nothing_else(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(Machine(tmp_path, capsys))
    whole = tmp_path / "whole"
    shutil.copytree(stage.server.home, whole)
    command = stage.command(name)
    counting = Crasher()
    assert counting.watch(lambda: stage.server.run(*command).code) == 0
    assert counting.calls > 2 * MOMENTS
    for moment in range(MOMENTS):
        shutil.rmtree(stage.server.home)
        shutil.copytree(whole, stage.server.home)
        crasher = Crasher(1 + moment * (counting.calls - 1) // (MOMENTS - 1))
        outcome: list[str] = []
        code = crasher.watch(partial(_run, stage.server, command, outcome))
        told = "".join(outcome).encode()
        assert code == 70, told
        assert b"(Crash)" in told
        assert b"Traceback" not in told
        for mark in stage.marks():
            assert mark not in told
            left = [path for path in stage.server.home.rglob("*") if path.is_file()]
            assert [path for path in left if mark in path.read_bytes()] == []
        assert stage.server.run("status").code in (0, 1), "and what is there is whole"


def _run(server: Machine, command: tuple[str, ...], told: list[str]) -> int:
    ran = server.run(*command)
    told += [ran.out, ran.err]
    return ran.code
