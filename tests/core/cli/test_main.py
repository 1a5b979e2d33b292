"""How every command ends: with its number, two sentences, and nothing that should not be seen."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.cli.main import main
from nskeys.errors import CmdbBusy
from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine

ROOT = Path(__file__).parents[3]
_SECRET = "hunter2-in-the-message"


def _failing(error: BaseException) -> Callable[[str | None, str | None, float], Services]:
    def connect(_home: str | None, _cmdb: str | None, _wait: float) -> Services:
        secret = _SECRET  # a local variable that a traceback would show
        assert secret
        raise error

    return connect


@pytest.mark.parametrize("error", [ValueError(_SECRET), MemoryError(), RecursionError(), SystemExit(0)])
@pytest.mark.parametrize(("command", "code"), [("verify", 70), ("status", 3)])
def test_a_bug_is_one_number_and_shows_nothing(
    error: BaseException, command: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--json"], _failing(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert f"({type(error).__name__})" in err
    assert _SECRET not in err
    assert "Traceback" not in err


def test_an_error_of_ours_is_two_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"], _failing(CmdbBusy("/x/cmdb.sqlite3"))) == 75
    assert capsys.readouterr().err == (
        "nskeys: Another program holds the lock of the CMDB /x/cmdb.sqlite3.\n"
        "Wait until it is done, or stop it, then run the command again.\n"
    )


@pytest.mark.parametrize("command", ["verify", "status"])
def test_an_interrupted_command_says_so(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command], _failing(KeyboardInterrupt())) == 130
    assert "was stopped" in capsys.readouterr().err


def test_a_full_disk_behind_standard_output_is_a_failure(
    server: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        ran = server.run("credential", "list", "--json")
    assert ran.code == 73
    assert "standard output cannot be written: the disk is full" in ran.err


@pytest.mark.real
@pytest.mark.parametrize("closed", ["0", "1", "2", "0 1 2"])
def test_closed_streams_harm_nothing(server: Machine, closed: str) -> None:
    run = "import sys; from nskeys.cli.main import main; sys.exit(main(sys.argv[1:]))"
    line = shlex.join([sys.executable, "-c", run, "--home", str(server.home), "key", "rotate"])
    shut = " ".join(f"{number}>&-" for number in closed.split())
    done = subprocess.run(["sh", "-c", f"{line} {shut}"], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert server.does("verify")["opened"] == 2
    assert server.does("audit", "--verify")["whole"] is True


def test_the_first_ctrl_c_stops_long_work_where_that_is_safe(server: Machine) -> None:
    """Work that never looks whether to stop goes on, until a second Ctrl-C ends it at once."""
    script = (
        "import sys, time\n"
        "from nskeys.cli.output import Output\n"
        "from nskeys.cli.progress import TerminalProgress\n"
        "from nskeys.errors import Cancelled\n"
        "from nskeys.ports import Stage\n"
        "output = Output(as_json=False, stdout=sys.stdout, stderr=sys.stderr)\n"
        "with TerminalProgress(output, sys.stderr).watching() as told:\n"
        "    told.stage(Stage.RESEALING, 100)\n"
        "    told.advance(40)\n"
        "    try:\n"
        "        while True:\n"
        "            told.advance(0)\n"
        "            time.sleep(0.05)\n"
        "            if len(sys.argv) > 1: told.checkpoint()\n"
        "    except Cancelled: output.say('cancelled')\n"
        "    except KeyboardInterrupt: output.say('interrupted')\n"
    )
    for more, ending in ((["heeds"], "cancelled"), ([], "interrupted")):
        with PtySession(
            [sys.executable, "-c", script, *more], environment={"PYTHONPATH": str(ROOT)}
        ) as session:
            session.wait_for("Re-sealing credentials: 40 of 100")
            session.press("ctrl+c")
            session.wait_for("Stopping where that is safe")
            if not more:
                session.press("ctrl+c")
            session.wait_for(ending)
            assert session.wait_end() == 0


def test_progress_is_one_line_on_a_terminal_and_nothing_else(server: Machine) -> None:
    server.back_up()
    run = "import sys; from nskeys.cli.main import main; sys.exit(main(sys.argv[1:]))"
    argv = [sys.executable, "-c", run, "--home", str(server.home), "verify"]
    with PtySession(argv) as session:
        assert session.wait_end() == 0
        assert "Opening credentials: 0 of 2" in session.raw.decode()
        assert session.screen[0] == "Every credential opened (2)."
    quiet = server.run("verify")
    assert quiet.err == "Every credential opened (2).\n"


def test_a_background_job_is_not_ended_by_a_ctrl_c_that_is_not_meant_for_it(server: Machine) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert server.run("verify").code == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
