"""A server that takes the connection and says nothing: Ctrl-C ends the wait at once, as does its time."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(30)
        yield listener


COMMANDS = (
    ("destination", "test", "{}"),
    ("backup", "--to", "{}", "--password-file", "/dev/null"),
    ("inspect", "{}/a.zip"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_ctrl_c_ends_the_wait_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listener: socket.socket, command: tuple[str, ...]
) -> None:
    machine = Machine(tmp_path, capsys).set_up()
    address = f"sftp://me@127.0.0.1:{listener.getsockname()[1]}/x"
    argv = [sys.executable, "-m", "nskeys_tui", "--home", str(machine.home)]
    process = subprocess.Popen(
        [*argv, *(word.format(address) for word in command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    visitor, _ = listener.accept()
    with visitor:
        time.sleep(0.2)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - asked < 5
    assert out == b""
    assert b"Traceback" not in err
    assert b"was stopped" in err
