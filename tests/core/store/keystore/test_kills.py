"""A key store whose process is killed at every write, fsync, link, rename, unlink and mkdir."""

import os
from pathlib import Path

import pytest

from tests.core.store.keystore.kill_work import (
    WORK,
    base_for,
    bind_to,
    bound,
    bound_by,
    finish,
    is_done,
    left_behind,
    store_in,
)
from tests.fakes.injection import CALLS, Blow, run_driver

pytestmark = pytest.mark.slow

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
    assert len(kills) > (10 if name.startswith("add") else 50), "a key is one file, a generation is many"
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # nothing is killed any more
    for home in kills:
        finish(name, home)
    assert all(left_behind(home) == [] for home in kills)


def generation(home: Path) -> dict[str, bytes]:
    """The generation that counts, byte for byte."""
    folder = home / "store" / str(store_in(home).info().generation)
    return {str(path.relative_to(home)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


CHANGES = (
    ("file", "tpm2"),
    ("tpm2", "passphrase"),
    ("file", "pkcs11"),
    ("pkcs11", "file"),
    ("passphrase", "file"),
)


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_a_change_of_the_protector_that_is_killed_leaves_the_old_or_the_new_one_working(
    before: str,
    after: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a real TPM in software, and a real token: never neither, and never both."""

    def uri(name: str) -> str:
        needed = {"tpm2": "board", "pkcs11": "tokens"}.get(name)
        there = request.getfixturevalue(needed) if needed else None
        return name if there is None else str(there.uri if name == "tpm2" else there.uri())

    homes = tmp_path / "homes"
    homes.mkdir()
    base, wanted = bound(tmp_path / "base", uri(before)), uri(after)
    run_driver(Blow.KILL, DRIVER, "bind-to", str(base), str(homes), wanted)
    kills = sorted(homes.iterdir())
    outcomes = {home.name: bound_by(home) for home in kills}
    assert {name.partition("-")[0] for name in outcomes} == CALLS.keys()
    assert outcomes["write-1"] == before
    assert set(outcomes.values()) == {before, after}
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # nothing is killed any more
    for home in kills:
        opened = generation(home)
        store_in(home).sweep()
        assert left_behind(home) == []
        assert generation(home) == opened, "a sweep keeps what opened, and nothing else"
    unchanged = next(home for home in kills if outcomes[home.name] == before)
    bind_to(unchanged, wanted)
    assert bound_by(unchanged) == after
