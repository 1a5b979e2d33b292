"""Here, elsewhere, or nobody can tell."""

from pathlib import Path

import pytest

from nskeys.destinations.location import Machine, addresses_in, judge, this_machine, where_is
from nskeys.destinations.mount_table import Mount
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from tests.fakes.disks import small_disk

HOSTS = """\
127.0.0.1\tlocalhost
127.0.1.1  Alias.example.net alias  # ours
10.1.2.3   own-address.example.net.
fd00::5    own-six
10.9.9.9   vault02.example.net vault02
10.9.9.9   # commented
nonsense   strange
"""
OURS = Machine(
    frozenset(("ns01.example.net", "localhost")),
    lambda address: address in ("10.1.2.3", "fd00::5"),
    lambda host: addresses_in(HOSTS, host),
)


def seen(kind: str, source: str, options: str = "rw") -> LocatedAt:
    return judge(Mount(1, "/mnt", kind, source, options), OURS)


@pytest.mark.parametrize(
    ("kind", "source", "options"),
    [
        ("nfs4", "vault02:/backups", "rw,vers=4.2,addr=10.9.9.9"),
        ("nfs", "[fd00::9]:/backups", "rw,addr=fd00::9"),
        ("cifs", "//filer/share", "rw,addr=10.9.9.9"),
        ("smb3", "//10.9.9.9/share", "rw"),
        ("fuse.sshfs", "backup@vault02.example.net:/srv", "rw,user_id=0"),
        ("fuse.sshfs", "backup@vault02:/srv", "rw"),
        ("fuse.sshfs", "backup@unlisted:/srv", "rw"),
        ("fuse.sshfs", "backup@commented:/srv", "rw"),
        ("fuse.sshfs", "backup@strange:/srv", "rw"),
        ("fuse.mfs", "mfs#vault02:9421", "rw"),
        ("9p", "vault02", "rw,trans=tcp,port=564"),
        ("ceph", "10.9.9.1:6789,10.9.9.2:6789:/", "rw"),
        ("fuse.glusterfs", "gluster1:/volume", "rw"),
        ("davfs", "https://dav.example.net/nskeys", "rw"),
        ("fuse", "https://dav.example.net/nskeys", "rw"),
        ("nfs4", "ns01.elsewhere.example:/x", "rw"),
        ("davfs", "https://[broken", "rw"),
    ],
)
def test_a_share_of_another_machine_is_elsewhere(kind: str, source: str, options: str) -> None:
    assert seen(kind, source, options) == LocatedAt(
        Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, f"{kind} {source}"
    )


@pytest.mark.parametrize(
    ("kind", "source", "options"),
    [
        ("nfs4", "localhost:/srv", "rw"),
        ("nfs", "vault02:/srv", "rw,addr=127.0.0.1"),
        ("nfs4", "127.8.8.8:/srv", "rw"),
        ("nfs4", "[::1]:/srv", "rw"),
        ("nfs4", "vault02:/srv", "rw,addr=10.1.2.3"),
        ("nfs4", "NS01.example.net.:/srv", "rw"),
        ("cifs", "//NS01/share", "rw"),
        ("cifs", "//fd00::5/share", "rw"),
        ("fuse.sshfs", "root@ns01:/srv", "rw"),
        ("fuse.sshfs", "root@[::1]:/srv", "rw"),
        ("fuse.sshfs", "root@alias:/srv", "rw"),
        ("fuse.sshfs", "alias.EXAMPLE.net.:/srv", "rw"),
        ("fuse.sshfs", "own-address.example.net:", "rw"),
        ("fuse.sshfs", "root@own-six:/srv", "rw"),
        ("fuse.mfs", "mfs#localhost:9421", "rw"),
        ("ceph", "10.9.9.1:6789,10.1.2.3:6789:/", "rw"),
        ("davfs", "https://localhost:8443/dav", "rw"),
        ("nfs4", "0.0.0.0:/srv", "rw"),
    ],
)
def test_a_share_of_this_machine_does_not_survive_it(kind: str, source: str, options: str) -> None:
    assert seen(kind, source, options) == LocatedAt(
        Location.HERE, LocationReason.NETWORK_MOUNT_OF_THIS_MACHINE, f"{kind} {source}"
    )


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("ext4", "/dev/sda1"),
        ("xfs", "/dev/mapper/vg-root"),
        ("overlay", "overlay"),
        ("vfat", "/dev/sdb1"),
        ("iso9660", "/dev/loop0"),
        ("fuseblk", "/dev/sdc1"),
        ("zfs", "tank/backups"),
        ("newfs", "/dev/sdd1"),
    ],
)
def test_a_disk_of_this_machine_is_here(kind: str, source: str) -> None:
    assert seen(kind, source) == LocatedAt(Location.HERE, LocationReason.LOCAL_DISK, f"{kind} {source}")


def test_memory_is_here() -> None:
    for kind in ("tmpfs", "ramfs", "devtmpfs"):
        assert seen(kind, kind).reason is LocationReason.MEMORY
        assert seen(kind, kind).location is Location.HERE


@pytest.mark.parametrize(
    ("kind", "source", "options"),
    [
        ("fuse.mergerfs", "a:b", "rw"),
        ("fuse.gocryptfs", "/home/cipher", "rw"),
        ("fuse.rclone", "/srv/folder", "rw"),
        ("fuse.rclone", ":local:/srv/folder", "rw"),
        ("fuse.rclone", "crypt:", "rw"),
        ("fuse.rclone", "vault:bucket/nskeys", "rw"),
        ("fuse.juicefs", "JuiceFS:backups", "rw"),
        ("fuse.s3fs", "s3fs", "rw"),
        ("fuse.mount-s3", "mountpoint-s3", "rw"),
        ("fuse", "something", "rw"),
        ("fuse.odd", "/dev/sda1", "rw"),
        ("9p", "hostshare", "rw,trans=virtio"),
        ("virtiofs", "hostshare", "rw"),
        ("vboxsf", "share", "rw"),
        ("proc", "proc", "rw"),
    ],
)
def test_what_a_mount_does_not_tell_is_not_guessed(kind: str, source: str, options: str) -> None:
    assert seen(kind, source, options).location is Location.UNKNOWN
    assert seen(kind, source, options).reason is LocationReason.FOREIGN_FILESYSTEM


def test_without_a_mount_nobody_can_tell() -> None:
    assert judge(None, OURS) == LocatedAt(Location.UNKNOWN, LocationReason.UNTOLD)


def test_a_detail_is_text_whatever_the_mount_is_called() -> None:
    assert seen("ext4", "/dev/\udcff").detail == "ext4 /dev/?"


def test_this_machine_knows_its_own_addresses() -> None:
    ours = this_machine()
    for host in ("localhost", "127.0.0.1", "::1", "[::1]", "127.1.2.3", next(iter(ours.names))):
        assert ours.is_called(host), host
    # A documentation address (RFC 5737) and a name that nobody may have (RFC 2606).
    for host in ("192.0.2.1", "2001:db8::1", "vault.invalid", ""):
        assert not ours.is_called(host), host


def test_a_folder_on_this_disk_and_one_in_memory_are_here(tmp_path: Path) -> None:
    assert where_is(str(tmp_path)).location is Location.HERE
    with small_disk(tmp_path / "memory") as disk:
        assert where_is(str(disk)) == LocatedAt(Location.HERE, LocationReason.MEMORY, "tmpfs tmpfs")
        assert where_is(str(disk), "carried away").location is Location.ELSEWHERE
