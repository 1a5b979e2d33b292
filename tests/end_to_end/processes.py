"""nskeys as processes of their own, and what they said."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.end_to_end.pty_session import PtySession
from tests.end_to_end.world import World
from tests.fakes.command_line import Ran
from tests.fakes.programs import ENVIRONMENT

PATIENCE = 60
"""Seconds after which a process is believed to hang."""
_PAUSED = str(Path(__file__).with_name("paused_nskeys.py"))
_ENVIRONMENT = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)}


def argv(world: World, *words: str, at: str = "-") -> list[str]:
    """A command with cheap passwords, that stands still `at` a stage."""
    return [sys.executable, _PAUSED, at, *world.arguments(*words)]


def program(world: World, *words: str) -> list[str]:
    """The same as it is installed."""
    return [sys.executable, "-m", "nskeys_tui", *world.arguments(*words)]


@contextmanager
def started(
    command: list[str], stdin: int | IO[bytes] = subprocess.DEVNULL, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """A process that nobody is at the terminal of; it is gone at the end."""
    process = subprocess.Popen(
        command,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        env=_ENVIRONMENT,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> Ran:
    """How it ended, and what it said since."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ran(process.returncode, out or "", err)


def wait_for_line(process: subprocess.Popen[str], line: str) -> None:
    """Read its standard error up to this line."""
    assert process.stderr is not None
    said = []
    for heard in process.stderr:
        said.append(heard)
        if heard.strip() == line:
            return
    raise AssertionError(f"it never said {line!r}, but:\n{''.join(said)}")


def on_a_terminal(command: list[str]) -> PtySession:
    """The same with a person at its terminal."""
    return PtySession(command, environment=_ENVIRONMENT)
