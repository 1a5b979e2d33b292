"""`nskeys demo`: what it shows, and that nothing of it stays, whatever ends it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nskeys_tui.demo.folder import DemoFolder, _place
from tests.end_to_end.pty_session import PtySession

DEMO = [sys.executable, "-m", "nskeys_tui", "demo"]
_HOLDS = """
import sys, time
from pathlib import Path
from nskeys_tui.demo.folder import DemoFolder
folder = DemoFolder(Path(sys.argv[1]))
(folder.path / "home").mkdir()
(folder.path / "home" / "key").write_text("secret")
print(folder.path, flush=True)
time.sleep(60)
"""


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _holder(below: Path) -> tuple["subprocess.Popen[str]", Path]:
    """A process that has a demo's folder with a file in it."""
    argv = [sys.executable, "-c", _HOLDS, str(below)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    with process.stdout as told:
        return process, Path(told.readline().strip())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_folder_goes_with_the_process_whatever_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    process, folder = _holder(tmp_path)
    assert (folder / "home" / "key").exists()
    assert folder.stat().st_mode & 0o777 == 0o700
    os.killpg(process.pid, number)
    process.wait()
    _until(lambda: not folder.exists())


def test_what_two_killed_processes_left_goes_with_the_next_demo(tmp_path: Path) -> None:
    left = tmp_path / "nskeys-demo-left"
    left.mkdir()
    (left / "key").write_text("secret")
    other = tmp_path / "nskeys-other"
    other.mkdir()
    running, its = _holder(tmp_path)
    assert not left.exists()
    third, _ = _holder(tmp_path)
    assert other.exists(), "only a demo's folder is removed"
    assert (its / "home" / "key").exists(), "one that is in use stays"
    for process in (running, third):
        process.kill()
        process.wait()


def _none_since(before: frozenset[Path]) -> bool:
    return not _demos() - before


def _demos() -> set[Path]:
    return set(_place().glob("nskeys-demo-*"))


def test_the_app_shows_a_made_up_server_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "NSKEYS_HOME": str(tmp_path / "own")}
    for leave in ("q", "killed", "hung up"):
        before = frozenset(_demos())
        with PtySession(DEMO, environment=environment, directory=str(tmp_path)) as app:
            app.wait_for("14 of 16 credentials would come back", 60)
            app.wait_for("deploy-finance")
            assert "nskeys demo · ns01.example.net" in app.text
            assert 'Demo: made-up data, nothing stays. Its backups open with "seven red kites".' in app.text
            assert all(kind in app.text for kind in ("hierarchy 3", "pcAnywhere 5", "run-as 8"))
            assert "in no backup" in app.text
            assert "b  back up" in app.text
            assert "o continues" not in app.text, "one next step, and the backup is it"
            assert _demos() - before
            if leave == "q":
                app.press("o")
                app.wait_for("! A backup is due")
                assert (
                    "Now 14 credentials would come back. Re-sealed before that, they would not." in app.text
                )
                app.press("escape")
                app.wait_for("14 of 16 credentials would come back")
                app.press("q")
                assert app.wait_end() == 0
            elif leave == "killed":
                os.kill(app.pid, signal.SIGKILL)
            else:
                app.hang_up()
        _until(partial(_none_since, before))
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_for_its_folder_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        DemoFolder(tmp_path / "missing")


def test_it_takes_no_options() -> None:
    done = subprocess.run([*DEMO, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 64
    assert "takes no options" in done.stderr
