"""A vault whose server died, mounted for real: the program answers in time, and leaves when it is told to.

The kernel itself keeps every call on the mount waiting, so nothing here stands in for anything.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine
from tests.fakes.dead_mounts import dead_mount
from tests.fakes.json_documents import checked
from tests.fakes.programs import ENVIRONMENT

LIMIT = 10.0
"""Seconds that a look may take, as released."""
START = 8.0
"""Seconds for all the rest, on a busy machine."""


@dataclass(frozen=True)
class World:
    """A home whose credentials are backed up to a living vault and to one that does not answer."""

    argv: tuple[str, ...]


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    machine = Machine(tmp_path, capsys).set_up()
    for name in ("living", "dead"):
        folder = tmp_path / name
        folder.mkdir()
        machine.does("destination", "add", str(folder), "--elsewhere", f"the {name} vault")
        machine.back_up("--to", str(folder))
    with dead_mount(tmp_path / "dead"):
        yield World((sys.executable, "-m", "nskeys_tui", "--home", str(machine.home)))


def test_status_answers_in_time_from_the_vault_that_lives(world: World) -> None:
    environment = ENVIRONMENT
    began = time.monotonic()
    ran = subprocess.run(
        [*world.argv, "status", "--json"], capture_output=True, timeout=60, env=environment, check=False
    )
    assert time.monotonic() - began < LIMIT + START
    assert ran.returncode == 0, ran.stderr
    assert checked(ran.stdout)["credentials"]["recoverable"] == 2


def test_the_app_leaves_at_once_while_a_look_hangs(world: World) -> None:
    with PtySession(list(world.argv)) as session:
        session.wait_for("2 of 2 credentials")
        began = time.monotonic()
        session.press("q")
        assert session.wait_end() == 0
        assert time.monotonic() - began < LIMIT / 2
