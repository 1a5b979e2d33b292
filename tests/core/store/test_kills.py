"""A key store whose process is killed at every write, fsync, link, rename, unlink and mkdir."""

import os
from pathlib import Path

import pytest

from tests.core.store.kill_work import WORK, base_for, finish, is_done, left_behind
from tests.fakes.injection import CALLS, Blow, run_driver

DRIVER = Path(__file__).with_name("kill_driver.py")


@pytest.mark.parametrize("name", WORK)
def test_a_kill_at_any_step_leaves_the_old_or_the_new_and_the_next_start_finishes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = tmp_path / "homes"
    homes.mkdir()
    run_driver(Blow.KILL, DRIVER, name, str(base_for(name, tmp_path / "base")), str(homes))
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
