"""Which paths may keep a caller waiting, told without touching what may not answer."""

import time
from pathlib import Path

import pytest

from nskeys.destinations import mount_table
from nskeys.destinations.local.slow_mounts import first_slow, slow_mount
from nskeys.destinations.mount_table import Mount
from tests.fakes.dead_mounts import dead_mount


def table(**kinds: str) -> dict[str, Mount]:
    """A root on a disk, and mounts of these kinds at `/<name>`."""
    found = {"/": Mount(1, "/", "ext4", "/dev/vda", "rw")}
    for number, (name, kind) in enumerate(kinds.items(), 2):
        found[f"/{name}"] = Mount(number, f"/{name}", kind, "vault02:/x", "rw")
    return found


@pytest.mark.parametrize(
    "kind", ["nfs4", "cifs", "fuse.sshfs", "fuse", "autofs", "9p", "fuseblk", "new-in-2030"]
)
def test_whatever_is_no_disk_of_this_machine_may_not_answer(kind: str) -> None:
    assert first_slow(table(vault=kind), "/vault/backups/a.zip") == "/vault"
    assert first_slow(table(vault=kind), "/vault") == "/vault"
    assert first_slow(table(vault=kind), "/vaults/a.zip") is None


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "vfat", "tmpfs"])
def test_disks_and_memory_answer(kind: str) -> None:
    assert first_slow(table(vault=kind), "/vault/backups") is None


def test_a_disk_on_another_machine_is_none_of_this_one() -> None:
    remote = table() | {"/san": Mount(2, "/san", "ext4", "/dev/nbd0", "rw")}
    assert first_slow(remote, "/san/backups") == "/san"


def test_a_machine_without_a_disk_of_its_own_has_only_slow_places() -> None:
    assert first_slow({"/": Mount(1, "/", "nfs", "boot:/root", "rw")}, "/var/backups") == "/"
    assert first_slow({}, "/var/backups") == "/"


def test_links_on_a_disk_are_followed_to_where_they_lead(tmp_path: Path) -> None:
    there = table() | {f"{tmp_path}/dead": Mount(2, f"{tmp_path}/dead", "nfs4", "vault02:/x", "rw")}
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "absolute").symlink_to(tmp_path / "dead" / "sub")
    (tmp_path / "deep" / "relative").symlink_to("../absolute")
    (tmp_path / "beside").symlink_to("deep/er")
    assert first_slow(there, f"{tmp_path}/absolute/a.zip") == f"{tmp_path}/dead"
    assert first_slow(there, f"{tmp_path}/deep/relative") == f"{tmp_path}/dead"
    assert first_slow(there, f"{tmp_path}/beside/../../dead") == f"{tmp_path}/dead"
    assert first_slow(there, f"{tmp_path}/beside/a.zip") is None
    assert first_slow(there, f"{tmp_path}/nothing/at/all") is None


def test_links_that_lead_in_a_circle_keep_nobody(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert first_slow(table(), f"{tmp_path}/a/x") is None


def test_without_a_mount_table_every_place_may_be_slow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mount_table, "_MOUNTINFO", tmp_path / "none")
    assert slow_mount(str(tmp_path)) == "/"


def test_asking_about_a_dead_mount_does_not_touch_it(tmp_path: Path) -> None:
    with dead_mount(tmp_path / "dead") as dead:
        (tmp_path / "link").symlink_to(dead / "backups")
        began = time.monotonic()
        assert slow_mount(f"{dead}/backups/a.zip") == str(dead)
        assert slow_mount(f"{tmp_path}/link/a.zip") == str(dead)
        assert time.monotonic() - began < 1
