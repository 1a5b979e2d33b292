"""Servers as people run them: other systems' servers, disks that cannot flush, links that are none."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from nskeys.errors import (
    CannotCreate,
    DestinationUnreachable,
    FileUnreadable,
    NskeysError,
)
from nskeys.ports import Destination
from nskeys.reasons import Problem
from nskeys.wording.errors import say
from tests.core.destinations.ssh.sftp_places import place_on, temporary_files
from tests.fakes.sftp_with_faults import a_server_with_faults
from tests.fakes.sshd import Sshd, an_sshd, free_port, make_key, wait_for

LIMIT = 1 << 20
HOURS_AGO = 2 * 3_600
SFTP_SERVER = "/usr/lib/openssh/sftp-server"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What a stand-in serves: a folder `vault` with everything in it that is no backup."""
    (tmp_path / "root" / "vault" / "folder.zip").mkdir(parents=True)
    (tmp_path / "root" / "file").write_bytes(b"no folder")
    return tmp_path / "root"


def problem(use: Callable[[], object]) -> tuple[type[NskeysError], str]:
    with pytest.raises(NskeysError) as refused:
        use()
    return type(refused.value), str(vars(refused.value).get("problem", ""))


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def goes_round(place: Destination) -> None:
    """All that is ever done with a place for backups."""
    place.sweep()
    place.check()
    assert [place.publish("a.zip", data) for data in (b"one", b"two")] == ["a.zip", "a-2.zip"]
    assert place.read("a.zip", LIMIT) == b"one"
    assert [(listed.name, listed.size) for listed in place.listing()] == [("a-2.zip", 3), ("a.zip", 3)]
    place.remove("a.zip")
    assert [listed.name for listed in place.listing()] == ["a-2.zip"]


# --- the kind of a file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["bare-kinds", "no-permissions"])
def test_a_server_that_does_not_tell_kinds_is_asked_what_opens(
    tmp_path: Path, root: Path, fault: str
) -> None:
    vault = root / "vault"
    old, recent = vault / ".nskeys-1.part", vault / ".nskeys-2.part"
    for path in (old, recent):
        path.write_bytes(b"half")
    (vault / ".nskeys-3.part").mkdir()
    for path in (old, vault / ".nskeys-3.part"):
        os.utime(path, (time.time() - HOURS_AGO, time.time() - HOURS_AGO))
    with a_server_with_faults(tmp_path / "s", root, fault) as server, place_on(server, "/vault") as place:
        goes_round(place)
        assert problem(lambda: place.read("folder.zip", LIMIT)) == (FileUnreadable, "not_a_file")
        assert problem(lambda: place.read("b.zip", LIMIT)) == (FileUnreadable, "missing")
        for name, why in (("/file", "not_a_folder"), ("/nowhere", "missing_folder")):
            with place_on(server, name) as place:
                assert problem(place.check) == (DestinationUnreachable, why)
                assert problem(place.listing) == (DestinationUnreachable, why)
    assert kept(vault) == [".nskeys-2.part", ".nskeys-3.part", "a-2.zip", "folder.zip"]


def test_many_backups_are_listed_also_where_each_has_to_be_opened(tmp_path: Path, root: Path) -> None:
    for number in range(200):
        (root / "vault" / f"{number}.zip").write_bytes(b"backup")
    with (
        a_server_with_faults(tmp_path / "s", root, "bare-kinds") as server,
        place_on(server, "/vault") as place,
    ):
        assert len(place.listing()) == 200


# --- flushing --------------------------------------------------------------------------------------------


@contextmanager
def a_disk_whose_fsync(tmp_path: Path, failing: str) -> Iterator[Sshd]:
    """OpenSSH's own sftp-server, whose fsync(2) fails as a file system's would."""
    if shutil.which("strace") is None:
        pytest.skip("this needs strace")
    inject = f"strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:error={failing}"
    with an_sshd(tmp_path / "sshd", f"ForceCommand {inject} {SFTP_SERVER}") as server:
        yield server


@pytest.mark.parametrize("failing", ["EINVAL", "EOPNOTSUPP", "ENOSYS"])
def test_a_disk_without_fsync_takes_backups_and_is_said_not_to_flush(
    tmp_path: Path, root: Path, failing: str
) -> None:
    with a_disk_whose_fsync(tmp_path, failing) as server, place_on(server, root / "vault") as place:
        goes_round(place)
        assert not place.flushes()
    with an_sshd(tmp_path / "well") as server, place_on(server, root / "vault") as place:
        place.publish("b.zip", b"three")
        assert place.flushes()
    assert temporary_files(root / "vault") == []


@pytest.mark.parametrize("failing", ["EIO", "ENOSPC", "EDQUOT"])
def test_a_disk_that_fails_to_write_is_an_error_and_leaves_nothing(
    tmp_path: Path, root: Path, failing: str
) -> None:
    """The kernel tells such a fault once."""
    with (
        a_disk_whose_fsync(tmp_path, f"{failing}:when=1") as server,
        place_on(server, root / "vault") as place,
    ):
        assert problem(lambda: place.publish("a.zip", b"x")) == (CannotCreate, "not_flushed")
        place.check()
    assert kept(root / "vault") == ["folder.zip"]


@pytest.mark.parametrize(
    ("fault", "flushes"),
    [
        ("fsync-never", True),
        ("fsync-words invalid argument", True),
        ("fsync-words operation not supported", True),
        ("fsync-once", False),
        ("fsync-of-data", False),
        ("fsync-words write /vault: input/output error", False),
        ("fsync-words No space left on device", False),
        ("fsync-words disk quota exceeded", False),
    ],
)
def test_no_fsync_is_told_from_a_disk_that_failed(
    tmp_path: Path, root: Path, fault: str, flushes: bool
) -> None:
    with a_server_with_faults(tmp_path / "s", root, fault) as server, place_on(server, "/vault") as place:
        if flushes:
            goes_round(place)
            assert not place.flushes()
        else:
            for use in (place.check, lambda: place.publish("a.zip", b"backup")):
                assert problem(use) == (CannotCreate, "not_flushed")
            assert kept(root / "vault") == ["folder.zip"]


# --- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["link-lies", "link-refused", "link-unsupported"])
def test_a_link_that_is_not_made_is_followed_by_a_rename_that_replaces_nothing(
    tmp_path: Path, root: Path, fault: str
) -> None:
    with a_server_with_faults(tmp_path / "s", root, fault) as server, place_on(server, "/vault") as place:
        goes_round(place)
        (root / "vault" / "b.zip").write_bytes(b"theirs")
        assert place.publish("b.zip", b"ours") == "b-2.zip"
        asked = server.log()
    assert (root / "vault" / "b.zip").read_bytes() == b"theirs"
    assert kept(root / "vault") == ["a-2.zip", "b-2.zip", "b.zip", "folder.zip"]
    assert "posix-rename" not in asked
    removed = [line for line in asked.splitlines() if line.startswith("remove")]
    assert len(removed) == 2, (
        "the file of the check and the backup that was to go, and no name that is not there"
    )


def test_a_server_that_only_says_that_a_file_has_its_name_is_found_out_by_a_check(
    tmp_path: Path, root: Path
) -> None:
    with (
        a_server_with_faults(tmp_path / "s", root, "link-lies", "rename-lies") as server,
        place_on(server, "/vault") as place,
    ):
        for use in (place.check, lambda: place.publish("a.zip", b"backup")):
            assert problem(use) == (CannotCreate, "not_kept")
    assert kept(root / "vault") == ["folder.zip"]


@contextmanager
def an_rclone(tmp_path: Path, served: Path) -> Iterator[Sshd]:
    """`rclone serve sftp`, which answers a hard link with "done" and makes none."""
    if shutil.which("rclone") is None:
        pytest.skip("this needs rclone")
    folder = tmp_path / "rclone"
    folder.mkdir()
    for name in ("host_ed25519", "client"):
        make_key(folder / name)
    port = free_port()
    command = [
        "rclone",
        "serve",
        "sftp",
        str(served),
        "--addr",
        f"127.0.0.1:{port}",
        "--config",
        os.devnull,
    ]
    command += ["--key", str(folder / "host_ed25519"), "--authorized-keys", str(folder / "client.pub")]
    with (
        (folder / "log").open("wb") as log,
        Popen(command, stdin=DEVNULL, stdout=DEVNULL, stderr=log) as process,
    ):
        server = Sshd(folder, "127.0.0.1", port, "backup", process, Path("/"))
        try:
            wait_for(server)
            yield server
        finally:
            process.kill()


def test_rclone_takes_backups(tmp_path: Path, root: Path) -> None:
    with an_rclone(tmp_path, root) as server, place_on(server, "/vault") as place:
        goes_round(place)
        assert not place.flushes()
        with place_on(server, "/nowhere") as nowhere:
            assert problem(nowhere.check) == (DestinationUnreachable, "missing_folder")
    assert kept(root / "vault") == ["a-2.zip", "folder.zip"]


# --- time ------------------------------------------------------------------------------------------------


def test_a_read_that_never_ends_is_given_the_size_it_was_asked_for(tmp_path: Path, root: Path) -> None:
    (root / "vault" / "a.zip").write_bytes(b"A" * 256)
    with (
        a_server_with_faults(tmp_path / "s", root, "endless") as server,
        place_on(server, "/vault") as place,
    ):
        began = time.monotonic()
        assert problem(lambda: place.read("a.zip", 256)) == (FileUnreadable, "too_large")
        assert time.monotonic() - began < 10


def test_each_fault_has_its_sentence() -> None:
    told = [
        say(CannotCreate("sftp://vault02/b", token))
        for token in (Problem.NOT_FLUSHED, Problem.NOT_KEPT, Problem.DIFFERS)
    ]
    assert len({words.what for words in told}) == 3
    assert "errors of its disk" in told[0].advice
