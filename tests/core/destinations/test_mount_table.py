"""Reading /proc/self/mountinfo."""

import os
from pathlib import Path

import pytest

from nskeys.destinations.mount_table import Mount, mount_of, mount_under, parse_mountinfo
from tests.fakes.disks import small_disk

TEXT = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 22 0:41 / /mnt/vault rw,relatime shared:20 master:3 - nfs4 vault02:/backups rw,vers=4.2,addr=10.1.2.3
31 22 0:42 / /mnt/my\040share\011x rw - cifs //filer/nskeys\040backups rw,addr=10.1.2.4
32 30 0:43 / /mnt/vault/inner rw - tmpfs tmpfs rw,size=64k
33 22 0:44 / /srv rw - ext4 /dev/vdb rw
34 22 0:45 / /srv rw - nfs localhost:/srv rw,addr=127.0.0.1
nonsense
35 22 0:46 / /broken rw
x 22 0:46 / /broken rw - ext4 /dev/vdc rw
"""


def test_every_line_of_the_documented_form_is_a_mount() -> None:
    mounts = parse_mountinfo(TEXT)
    assert [mount.mount_id for mount in mounts] == [22, 30, 31, 32, 33, 34]
    assert mounts[1] == Mount(
        30, "/mnt/vault", "nfs4", "vault02:/backups", "rw,vers=4.2,addr=10.1.2.3", "/", "0:41"
    )
    assert (mounts[2].point, mounts[2].source) == ("/mnt/my share\tx", "//filer/nskeys backups")


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/", 22),
        ("/mnt", 22),
        ("/mnt/vaults", 22),
        ("/mnt/vault", 30),
        ("/mnt/vault/nskeys", 30),
        ("/mnt/vault/inner/deep/er", 32),
        ("/mnt/vault/innermost", 30),
        ("/srv/backups", 34),
    ],
)
def test_the_nearest_mount_above_holds_a_path(path: str, number: int) -> None:
    found = mount_under(parse_mountinfo(TEXT), path)
    assert found is not None
    assert found.mount_id == number


def test_without_mounts_nothing_is_known() -> None:
    assert mount_under((), "/") is None


def test_a_folder_of_this_machine_is_found_and_so_is_one_that_is_not_there(tmp_path: Path) -> None:
    found = mount_of(str(tmp_path))
    assert found is not None
    assert os.path.ismount(found.point)
    assert mount_of(str(tmp_path / "missing" / "deep")) == found


def test_a_real_mount_is_seen_through_a_link(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk with space") as disk:
        (tmp_path / "link").symlink_to(disk)
        for path in (disk, tmp_path / "link", tmp_path / "link" / "missing"):
            found = mount_of(str(path))
            assert found is not None
            assert (found.point, found.kind) == (str(disk.resolve()), "tmpfs")
