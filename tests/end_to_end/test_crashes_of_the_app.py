"""Twenty forced crashes of the app amid work with secrets, each on a terminal of its own: what the terminal
got, and what was left, holds none of them."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end import crash_tour
from tests.end_to_end.crash_tour import MOMENTS, OTHER_PASSPHRASE, PASSPHRASE, PASSWORD, SECRET, WAYS
from tests.fakes.command_line import Machine

SHOWN = "MARK-that-is-shown"
"""The secret that is revealed: it is on the screen because somebody asked for it."""


@pytest.fixture
def server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    """Keys under a passphrase, one credential, one backup."""
    server = Machine(tmp_path, capsys)
    phrase = ("--passphrase-file", server.file("phrase", PASSPHRASE))
    server.does("init", "--server-name", "ns01", "--protector", "passphrase", *phrase)
    fields = ("--kind", "run-as", "--name", "first", "--target", "x", "--account", "y")
    server.does("credential", "add", *fields, "--secret-file", server.file("secret", SHOWN), *phrase)
    server.does("backup", "--password-file", server.file("password", PASSWORD), *phrase)
    return server


@pytest.mark.parametrize("way", WAYS)
def test_a_crash_of_the_app_says_its_kind_and_nothing_else(
    way: str, server: Machine, tmp_path: Path
) -> None:
    results, root = tmp_path / "results", Path(__file__).parents[2]
    command = [sys.executable, crash_tour.__file__, str(server.home), way, str(results)]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr.decode()
    whole, *crashed = [json.loads(line) for line in results.read_text().splitlines()]
    assert whole["calls"] > 2 * MOMENTS
    assert len(crashed) == MOMENTS
    for number, victim in enumerate([whole, *crashed], -1):
        told = base64.b64decode(victim["written"])
        assert victim["code"] == (70 if victim["at"] else 0), told[-2000:]
        for mark in marks() if way != "reveal" else marks() - {SHOWN.encode()}:
            assert mark not in told, victim["at"]
        assert b"Traceback" not in told
        if victim["at"]:
            assert b"stopped because of a bug (Crash in" in told
            left = [path for path in results.with_suffix(f".{number}").rglob("*") if path.is_file()]
            assert [path for path in left if any(mark in path.read_bytes() for mark in marks())] == []


def marks() -> set[bytes]:
    """Everything secret, in its spellings."""
    texts = (PASSPHRASE, OTHER_PASSPHRASE, PASSWORD, SECRET, SHOWN)
    return {shape for text in texts for shape in (text.encode(), base64.b64encode(text.encode()))}
