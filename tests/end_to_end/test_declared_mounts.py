"""A folder that was declared to lie elsewhere counts only while what was declared is mounted there.

Real mounts, in a namespace of the test's own; the program is run as an administrator runs it.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.json_documents import checked
from tests.fakes.own_mounts import OwnMounts, own_mounts

PASSWORD = "four plain wooden words 4711"
WORDS = "in the safe at night"


class Administrator:
    """A server with one credential, whose commands see the test's mounts."""

    def __init__(self, mounts: OwnMounts, root: Path) -> None:
        self.mounts = mounts
        self.home = root / "home"
        self._password, secret = root / "password", root / "secret"
        self._password.write_text(PASSWORD + "\n")
        secret.write_text("x")
        self.does("init", "--server-name", "ns01", "--protector", "file")
        fields = ("--name", "deploy-1", "--target", "finance", "--account", "svc")
        self.does("credential", "add", "--kind", "run-as", *fields, "--secret-file", str(secret))

    def runs(self, *words: str) -> tuple[int, str]:
        """Its exit code, and all that it said."""
        argv = (sys.executable, "-m", "nskeys_tui", "--home", str(self.home), *words)
        done = self.mounts.run(*argv, ok=tuple(range(256)))
        return done.returncode, done.stdout + done.stderr

    def does(self, *words: str) -> str:
        code, said = self.runs(*words)
        assert code == 0, said
        return said

    def json(self, *words: str) -> Any:
        argv = (sys.executable, "-m", "nskeys_tui", "--home", str(self.home), *words, "--json")
        return checked(self.mounts.run(*argv, ok=(0, 1)).stdout)

    def declare(self, place: Path) -> None:
        self.does("destination", "add", str(place), "--elsewhere", WORDS)
        assert self.where() == ("elsewhere", "declared")

    def backs_up(self, place: Path) -> tuple[int, str]:
        return self.runs("backup", "--to", str(place), "--password-file", str(self._password))

    def where(self) -> tuple[str, str]:
        """Where the one destination lies."""
        seen = self.json("destination", "list")[0]
        return seen["location"], seen["reason"]

    def recoverable(self) -> int:
        return int(self.json("status")["credentials"]["recoverable"])


@pytest.fixture
def mounts() -> Iterator[OwnMounts]:
    with own_mounts() as mounts:
        yield mounts


@pytest.fixture
def admin(mounts: OwnMounts, tmp_path: Path) -> Administrator:
    return Administrator(mounts, tmp_path)


@pytest.fixture
def point(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_a_stick_that_is_not_mounted_is_said_and_takes_no_backup(admin: Administrator, point: Path) -> None:
    admin.mounts.memory(point)
    admin.declare(point)
    assert admin.backs_up(point)[0] == 0
    assert admin.recoverable() == 1
    admin.mounts.unmount(point)
    assert admin.where() == ("here", "not_mounted")
    code, said = admin.backs_up(point)
    assert code == 69
    assert "is not mounted there" in said
    assert list(point.iterdir()) == []
    code, said = admin.runs("destination", "test", str(point))
    assert code == 69
    assert "is not mounted there" in said
    code, said = admin.runs("status", "--nagios")
    assert code == 1
    assert "0 of 1 credential would come back" in said
    assert 'nskeys_credentials{state="recoverable"} 0' in admin.runs("status", "--prometheus")[1]
    assert "not mounted" in admin.runs("status")[1]
    row = admin.json("register", "check")[0]
    assert (row["location"], row["sight"]) == ("here", "unreachable")
    assert "is not mounted there" in admin.runs("prune", "--plan")[1]


def test_a_folder_below_the_mount_point_is_known_by_the_mount_above_it(
    admin: Administrator, point: Path
) -> None:
    admin.mounts.memory(point)
    inner = point / "deep" / "ns01"
    admin.mounts.run("mkdir", "-p", inner)
    admin.declare(inner)
    admin.mounts.unmount(point)
    inner.mkdir(parents=True)
    assert admin.where() == ("here", "not_mounted")
    assert admin.backs_up(inner)[0] == 69


def test_a_folder_of_this_disk_stays_declared_as_long_as_it_is_this_disks(
    admin: Administrator, point: Path
) -> None:
    admin.declare(point)
    assert admin.backs_up(point)[0] == 0
    assert (admin.where(), admin.recoverable()) == (("elsewhere", "declared"), 1)
    admin.mounts.bind(point, point)  # as a service of systemd sees it
    assert (admin.where(), admin.recoverable()) == (("elsewhere", "declared"), 1)
    admin.mounts.memory(point)
    assert (admin.where(), admin.recoverable()) == (("here", "not_mounted"), 0)


def test_a_bound_folder_is_not_the_one_beneath_though_both_are_this_disks(
    admin: Administrator, point: Path, tmp_path: Path
) -> None:
    (tmp_path / "carried").mkdir()
    admin.mounts.bind(tmp_path / "carried", point)
    admin.declare(point)
    admin.mounts.unmount(point)
    assert admin.where() == ("here", "not_mounted")
    admin.mounts.bind(tmp_path / "carried", point)
    assert admin.where() == ("elsewhere", "declared")


def test_saying_the_same_again_while_it_is_not_mounted_declares_nothing_new(
    admin: Administrator, point: Path
) -> None:
    admin.mounts.memory(point)
    admin.declare(point)
    admin.mounts.unmount(point)
    admin.does("destination", "add", str(point), "--elsewhere", WORDS)
    assert admin.where() == ("here", "not_mounted")
    admin.does("destination", "remove", str(point))
    admin.declare(point)  # now the folder of this disk is meant


def test_a_stick_is_known_by_its_uuid_whatever_device_it_gets(
    admin: Administrator, point: Path, tmp_path: Path
) -> None:
    if not admin.mounts.root or shutil.which("mkfs.ext4") is None or not Path("/dev/loop-control").exists():
        pytest.skip("sticks of its own need root, loop devices and mkfs.ext4")
    admin.mounts.disk(tmp_path / "ours", point)
    admin.declare(point)
    held = admin.json("destination", "list")[0]["mounted"]
    if not held["uuid"]:
        pytest.skip("this machine tells no UUID: neither udev nor the kernel does")
    assert admin.backs_up(point)[0] == 0
    admin.mounts.unmount(point)
    admin.mounts.disk(tmp_path / "another", point)
    assert (admin.where(), admin.recoverable()) == (("here", "not_mounted"), 0)
    assert admin.backs_up(point)[0] == 69
    (tmp_path / "meanwhile").mkdir()
    admin.mounts.disk(tmp_path / "third", tmp_path / "meanwhile")  # takes a device of its own
    admin.mounts.unmount(point)
    admin.mounts.disk(tmp_path / "ours", point)
    assert (admin.where(), admin.recoverable()) == (("elsewhere", "declared"), 1)


def test_in_a_root_without_a_mount_of_its_own_it_is_said_that_nothing_tells(
    mounts: OwnMounts, tmp_path: Path
) -> None:
    """As in a chroot: the mount table names nothing that holds the home."""
    jail = tmp_path / "jail"
    (jail / "srv-of-its-own").mkdir(parents=True)
    for entry in Path("/").iterdir():
        if entry.is_symlink():
            (jail / entry.name).symlink_to(entry.readlink())
        elif entry.is_dir():
            (jail / entry.name).mkdir()
            mounts.run("mount", "--rbind", entry, jail / entry.name)
    nskeys = (sys.executable, "-m", "nskeys_tui", "--home", "/srv-of-its-own")
    mounts.run("chroot", jail, *nskeys, "init", "--server-name", "ns01", "--protector", "file")
    said = mounts.run("chroot", jail, *nskeys, "destination", "list").stdout
    assert "unknown (could not be told)" in said
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    made = mounts.run("chroot", jail, *nskeys, "backup", "--password-file", password)
    assert "unknown (could not be told)" in made.stdout
    status = mounts.run("chroot", jail, *nskeys, "status", ok=(0, 1)).stdout
    assert "not looked at" not in made.stdout + status
