"""A key store whose process is killed at every write, fsync, link, rename, unlink and mkdir."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.store.kill_work import LATEST, WORK, base_for, finish, is_done, left_behind

ROOT = Path(__file__).parents[3]
CALLS = {
    "write": "write",
    "fsync": "fsync",
    "link": "?link,linkat",
    "rename": "?rename,renameat,?renameat2",
    "unlink": "?unlink,unlinkat",
    "mkdir": "?mkdir,mkdirat",
    "rmdir": "?rmdir",
}


@pytest.fixture(scope="session")
def strace() -> str:
    """strace, if this machine has it and lets it look at processes."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed")
    if subprocess.run([found, "-o", os.devnull, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let strace look at processes")
    return found


@pytest.mark.parametrize("name", WORK)
def test_a_kill_at_any_step_leaves_the_old_or_the_new_and_the_next_start_finishes(
    name: str, tmp_path: Path, strace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = tmp_path / "homes"
    homes.mkdir()
    injections = [f"--inject={calls}:signal=KILL:when={LATEST}" for calls in CALLS.values()]
    driver = str(Path(__file__).with_name("kill_driver.py"))
    command = [
        strace, "-f", "-o", os.devnull, "-e", f"trace={','.join(CALLS.values())}", *injections,
        sys.executable, "-B", driver, name, str(base_for(name, tmp_path / "base")), str(homes),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    kills = sorted(homes.iterdir())
    outcomes = {home.name: is_done(name, home) for home in kills}
    assert {home.name.partition("-")[0] for home in kills} == CALLS.keys()
    # Killed at its first write it has not happened, come through alive it has; so both were seen.
    assert not outcomes["write-1"]
    assert set(outcomes.values()) == {False, True}
    assert len(kills) > 20
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # nothing is killed any more
    for home in kills:
        finish(name, home)
    assert all(left_behind(home) == [] for home in kills)
