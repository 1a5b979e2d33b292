"""A key store that loses power at every moment: what was not synced is gone, or half of it came."""

import os
from pathlib import Path

import pytest

from nskeys import files
from tests.core.store.keystore.kill_work import WORK, base_for, finish, is_done
from tests.fakes.power import Disk, Luck

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("luck", Luck)
@pytest.mark.parametrize("name", WORK)
def test_a_power_cut_leaves_the_old_or_the_new_and_the_next_start_finishes(
    name: str, luck: Luck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = base_for(name, tmp_path / "home")
    left: list[Path] = []
    outcomes: list[bool] = []

    def cut(disk: Disk) -> None:
        left.append(tmp_path / f"cut-{len(left)}")
        disk.leave(left[-1], luck)
        outcomes.append(is_done(name, left[-1]))

    disk = Disk(home, cut)
    with disk.watched(monkeypatch):
        WORK[name](home)
    cut(disk)
    assert outcomes[-1], "when it is said to be done, it is"
    if luck is Luck.NOTHING_MORE:
        assert outcomes == sorted(outcomes), "what was made sure of stays"
    assert len(outcomes) > (5 if name.startswith("add") else 50), "a key is one file, a generation is many"
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # nothing is cut any more
    for one in left:
        finish(name, one)


@pytest.mark.parametrize("luck", Luck)
def test_a_replaced_file_is_the_old_or_the_new_and_in_the_end_the_new(
    luck: Luck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_bytes(b"old")
    seen: list[bytes] = []

    def cut(disk: Disk) -> None:
        target = tmp_path / f"cut-{len(seen)}"
        disk.leave(target, luck)
        seen.append((target / "a").read_bytes())

    disk = Disk(root, cut)
    with disk.watched(monkeypatch):
        files.replace(root / "a", b"new")
    cut(disk)
    assert set(seen) == {b"old", b"new"}
    assert seen[-1] == b"new"


def test_what_was_made_or_removed_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    (root / "folder" / "inner").mkdir(parents=True)
    (root / "kept").mkdir()
    (root / "kept" / "file").write_bytes(b"")
    disk = Disk(root, lambda _: None)
    with disk.watched(monkeypatch):
        files.make_folder(root / "new" / "inner")
        files.remove(root / "kept" / "file")
        files.remove_folder(root / "folder")
    disk.leave(tmp_path / "left", Luck.NOTHING_MORE)
    left = sorted(path.relative_to(tmp_path / "left").as_posix() for path in tmp_path.glob("left/**/*"))
    assert left == ["kept", "new", "new/inner"]


def test_the_model_catches_a_write_that_is_not_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write and rename without an fsync: the mistake that every kill test forgives."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_bytes(b"old")
    disk = Disk(root, lambda _: None)
    with disk.watched(monkeypatch), monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda descriptor: None)
        files.replace(root / "a", b"new")
    disk.leave(tmp_path / "unlucky", Luck.NAMES_WITHOUT_CONTENT)
    disk.leave(tmp_path / "nothing", Luck.NOTHING_MORE)
    assert (tmp_path / "unlucky" / "a").read_bytes() == b""
    assert (tmp_path / "nothing" / "a").read_bytes() == b"old"
