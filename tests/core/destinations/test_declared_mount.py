"""What held a folder when it was declared, and whether that still does."""

from pathlib import Path

import pytest

from nskeys.destinations.declared_mount import inside_of, mounted_at, uuid_of
from nskeys.destinations.location import judge_declared
from nskeys.destinations.mount_table import Mount, mount_under, parse_mountinfo
from nskeys.model.destinations import LocatedAt, Location, LocationReason, Mounted

TABLE = r"""22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 8:17 / /mnt/stick rw - vfat /dev/sdb1 rw
31 22 254:0 /srv/backups /srv/backups rw - ext4 /dev/vda rw
32 22 254:0 /data/to-tape /backups rw - ext4 /dev/vda rw
33 22 0:34 /@/vault /vault rw - btrfs /dev/sdc rw,subvol=/@/vault
34 22 0:44 / /mnt/share rw - nfs4 vault02:/exports/nskeys rw,addr=10.1.2.3
"""
ROOT = Mounted("/", "ext4", "/dev/vda", "aaaa-root", "/srv/backups")
STICK = Mounted("/mnt/stick", "vfat", "/dev/sdb1", "66E3-1A2B", "/ns01")
SHARE = Mounted("/mnt/share", "nfs4", "vault02:/exports/nskeys", "", "/")
MEMORY = Mounted("/mnt/stick", "tmpfs", "tmpfs", "", "/")


def inside(path: str, table: str = TABLE) -> str:
    mount = mount_under(parse_mountinfo(table), path)
    assert mount is not None
    return inside_of(mount, path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/etc", "/etc"),
        ("/mnt/stick/ns01", "/ns01"),
        ("/mnt/stick", "/"),
        ("/srv/backups", "/srv/backups"),
        ("/srv/backups/ns01", "/srv/backups/ns01"),
        ("/backups/ns01", "/data/to-tape/ns01"),
        ("/vault/ns01", "/@/vault/ns01"),
    ],
)
def test_a_folder_has_one_path_inside_its_file_system_on_whatever_way(path: str, found: str) -> None:
    assert inside(path) == found


def test_a_folder_that_a_service_sees_mounted_onto_itself_is_the_same() -> None:
    """As systemd does for the folders that a unit may write to."""
    outside = TABLE.replace("31 22 254:0 /srv/backups /srv/backups rw - ext4 /dev/vda rw\n", "")
    assert inside("/srv/backups", outside) == inside("/srv/backups")


def test_a_mount_that_others_cover_names_the_whole_path() -> None:
    assert inside_of(Mount(1, "/covered", "ext4", "/dev/vda", "rw"), "/srv/x") == "/srv/x"


@pytest.mark.parametrize(
    ("then", "now", "still"),
    [
        (ROOT, ROOT, True),
        (ROOT, ROOT._replace(point="/srv/backups"), True),
        (STICK, STICK._replace(source="/dev/sdc1"), True),
        (STICK, STICK._replace(point="/media/stick"), True),
        (STICK, STICK._replace(uuid="0BAD-CAFE"), False),
        (STICK, STICK._replace(inside="/other"), False),
        (STICK, Mounted("/", "ext4", "/dev/vda", "aaaa-root", "/mnt/stick/ns01"), False),
        (STICK, STICK._replace(uuid=""), None),
        (STICK, Mounted("/", "overlay", "overlay", "", "/mnt/stick/ns01"), False),
        (STICK, None, None),
        (SHARE, SHARE, True),
        (SHARE, SHARE._replace(kind="nfs", source="vault02:/exports/nskeys/"), True),
        (SHARE, SHARE._replace(source="vault03:/exports/nskeys"), False),
        (SHARE, SHARE._replace(source="vault02:/exports/other"), False),
        (SHARE, SHARE._replace(kind="fuse.sshfs"), False),
        (SHARE, Mounted("/mnt/share", "autofs", "systemd-1", "", "/"), False),
        (SHARE, Mounted("/", "ext4", "/dev/vda", "aaaa-root", "/mnt/share"), False),
        (
            SHARE._replace(kind="cifs", source="//filer/x"),
            SHARE._replace(kind="smb3", source="//filer/x"),
            True,
        ),
        (MEMORY, MEMORY, True),
        (MEMORY, Mounted("/", "tmpfs", "tmpfs", "", "/mnt/stick"), False),
        (ROOT._replace(uuid=""), ROOT, True),
    ],
)
def test_whether_what_was_declared_is_still_there(
    then: Mounted, now: Mounted | None, still: bool | None
) -> None:
    assert then.is_still(now) is still


def test_a_declaration_counts_for_what_was_declared_and_for_nothing_else() -> None:
    words = "tape to the safe"
    declared = LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, words)
    assert judge_declared(words, STICK, STICK) == declared
    assert judge_declared(words, None, None) == declared
    gone = judge_declared(words, STICK, ROOT)
    assert gone == LocatedAt(Location.HERE, LocationReason.NOT_MOUNTED, "vfat /dev/sdb1")
    untold = judge_declared(words, STICK, None)
    assert untold == LocatedAt(Location.UNKNOWN, LocationReason.UNTOLD, "vfat /dev/sdb1")


def test_another_servers_share_in_its_place_is_not_elsewhere_either() -> None:
    other = SHARE._replace(source="vault03:/exports/nskeys")
    assert judge_declared("copied by the other site", SHARE, other).location is Location.HERE


def test_a_disks_uuid_is_what_udev_knows_of_it(tmp_path: Path) -> None:
    (tmp_path / "b8:17").write_text("S:disk/by-uuid/66E3-1A2B\nE:ID_FS_UUID=66E3-1A2B\nE:ID_FS_TYPE=vfat\n")
    stick = Mount(1, "/mnt/stick", "vfat", "/dev/sdb1", "rw", "/", "8:17")
    assert uuid_of(stick, "/nowhere", tmp_path) == "66E3-1A2B"
    assert uuid_of(stick._replace(device="8:18"), "/nowhere", tmp_path) == ""
    assert uuid_of(stick._replace(source="vault02:/x"), "/nowhere", tmp_path) == ""


def test_a_folder_that_is_not_there_is_held_by_what_would_hold_it(tmp_path: Path) -> None:
    above, below = mounted_at(str(tmp_path)), mounted_at(str(tmp_path / "none" / "such"))
    assert above is not None
    assert below == above._replace(inside=f"{above.inside.rstrip('/')}/none/such")
