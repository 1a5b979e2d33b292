"""A folder on a real SSH server: what is written there, under which name, and what is refused."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nskeys.destinations.resolver import AllDestinations, RemoteSchemes
from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
    NskeysError,
)
from nskeys.model.destinations import DestinationInfo, Location, LocationReason
from tests.core.destinations.ssh.sftp_places import place_on
from tests.fakes.disks import fill, make_read_only, public_folder, small_disk
from tests.fakes.sshd import Sshd, a_person, an_sshd

LIMIT = 1 << 20
PASSWORD = "seven apples"


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    return folder


def problem(use: Callable[[], object]) -> tuple[type[NskeysError], str]:
    """How something was refused."""
    with pytest.raises(NskeysError) as refused:
        use()
    return type(refused.value), str(vars(refused.value).get("problem", ""))


def test_what_is_written_is_whole_private_and_leaves_nothing_else(sshd: Sshd, vault: Path) -> None:
    data = os.urandom(3_000_000)
    with place_on(sshd, vault) as place:
        assert place.publish("a.zip", data) == "a.zip"
        assert place.read("a.zip", 1 << 22) == data
        assert place.flushes()
    assert (vault / "a.zip").read_bytes() == data
    assert (vault / "a.zip").stat().st_mode & 0o777 == 0o600
    assert (vault / "a.zip").stat().st_nlink == 1
    assert [path.name for path in vault.iterdir()] == ["a.zip"]


def test_a_name_that_is_taken_by_anything_is_never_replaced(sshd: Sshd, vault: Path) -> None:
    (vault / "a.zip").mkdir()
    (vault / "a-2.zip").symlink_to("nowhere")
    (vault / "a-3.zip").write_bytes(b"theirs")
    with place_on(sshd, vault) as place:
        assert place.publish("a.zip", b"ours") == "a-4.zip"
    assert (vault / "a-2.zip").is_symlink()
    assert (vault / "a-3.zip").read_bytes() == b"theirs"


def test_two_that_publish_at_once_get_two_names(sshd: Sshd, vault: Path) -> None:
    names: list[str] = []
    with place_on(sshd, vault) as place:

        def publish(number: int) -> None:
            names.append(place.publish("a.zip", bytes([number]) * 50_000))

        threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(names) == ["a-2.zip", "a-3.zip", "a-4.zip", "a.zip"]
    assert {path.read_bytes()[:1] for path in vault.iterdir()} == {bytes([n]) for n in range(4)}


def test_a_server_without_hard_links_and_flushing_is_written_to_by_a_plain_rename(
    tmp_path: Path, vault: Path
) -> None:
    """OpenSSH with these two requests switched off: what other servers are like."""
    command = "internal-sftp -P hardlink,fsync,posix-rename,statvfs"
    with an_sshd(tmp_path / "sshd", f"ForceCommand {command}") as old, place_on(old, vault) as place:
        names = [place.publish("a.zip", data) for data in (b"one", b"two")]
        assert names == ["a.zip", "a-2.zip"]
        assert [place.read(name, LIMIT) for name in names] == [b"one", b"two"]
        place.check()
        assert not place.flushes()
    assert sorted(path.name for path in vault.iterdir()) == ["a-2.zip", "a.zip"]


def test_temporary_files_are_swept_once_they_are_nobodys(sshd: Sshd, vault: Path) -> None:
    old, new, other = (vault / name for name in (".nskeys-1.part", ".nskeys-2.part", "their.part"))
    for path in (old, new, other):
        path.write_bytes(b"half")
    hours_ago = time.time() - 2 * 3_600
    for path in (old, other):
        os.utime(path, (hours_ago, hours_ago))
    with place_on(sshd, vault) as place:
        place.sweep()
    assert sorted(path.name for path in vault.iterdir()) == [".nskeys-2.part", "their.part"]


def test_only_files_with_a_backups_name_are_listed(sshd: Sshd, vault: Path) -> None:
    (vault / "a.zip").write_bytes(b"backup")
    (vault / "empty.zip").touch()
    (vault / "folder.zip").mkdir()
    (vault / "letter.txt").write_bytes(b"hello")
    os.mkfifo(vault / "pipe.zip")
    (vault / os.fsdecode(b"\xff.zip")).write_bytes(b"no text")
    with place_on(sshd, vault) as place:
        assert [listed.name for listed in place.listing()] == ["a.zip"]
        assert problem(lambda: place.read("pipe.zip", LIMIT)) == (FileUnreadable, "not_a_file")
        assert problem(lambda: place.read("folder.zip", LIMIT)) == (FileUnreadable, "not_a_file")


def test_what_is_no_folder_is_said(sshd: Sshd, vault: Path) -> None:
    (vault / "file").touch()
    with place_on(sshd, vault / "file") as place:
        uses: tuple[Callable[[], object], ...] = (
            place.check,
            place.listing,
            lambda: place.publish("a.zip", b"x"),
        )
        for use in uses:
            assert problem(use) == (DestinationUnreachable, "not_a_folder")
    with place_on(sshd, vault / "missing") as place:
        missing: tuple[Callable[[], object], ...] = (
            place.check,
            place.listing,
            lambda: place.read("a.zip", LIMIT),
        )
        for use in missing:
            assert problem(use) == (DestinationUnreachable, "missing_folder")
        place.sweep()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.zip", "a\0.zip"])
def test_a_name_leads_nowhere_else(sshd: Sshd, vault: Path, name: str) -> None:
    with place_on(sshd, vault) as place:
        uses: list[Callable[[], object]] = [
            lambda: place.publish(name, b"x"),
            lambda: place.read(name, LIMIT),
            lambda: place.remove(name),
            lambda: place.address_of(name),
        ]
        for use in uses:
            assert problem(use)[0] is DestinationInvalid


def test_the_folder_of_the_login_needs_no_path(sshd: Sshd, tmp_path: Path) -> None:
    with an_sshd(tmp_path / "s", f"ForceCommand internal-sftp -d {tmp_path}") as chdir:
        (tmp_path / "in").mkdir()
        for path in ("", "/~", "/~/in"):
            with place_on(chdir, path) as place:
                name = place.publish("a.zip", b"x")
                assert place.read(name, LIMIT) == b"x"
    assert (tmp_path / "in" / "a.zip").exists()
    assert (tmp_path / "a-2.zip").exists()


# --- what the server's disk refuses ----------------------------------------------------------------------


def test_a_full_disk_is_said_and_nothing_stays(sshd: Sshd, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "256k") as disk, place_on(sshd, disk) as place:
        place.check()
        assert problem(lambda: place.publish("a.zip", bytes(300_000))) == (CannotCreate, "no_space")
        assert list(disk.iterdir()) == []
        filling = fill(disk)
        assert problem(place.check) == (CannotCreate, "no_space")
        filling.unlink()
        place.check()
        assert list(disk.iterdir()) == []


def test_a_limit_that_is_none_of_the_disks_is_told_apart(tmp_path: Path, vault: Path) -> None:
    """A quota, as far as a server tells: it refuses what its disk would have room for."""
    limited = ["bash", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$@\"", "bash"]
    with an_sshd(tmp_path / "s", within=limited) as server, place_on(server, vault) as place:
        place.check()
        assert problem(lambda: place.publish("a.zip", bytes(300_000))) == (CannotCreate, "quota")
    assert list(vault.iterdir()) == []


def test_a_read_only_disk_is_said(sshd: Sshd, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk, place_on(sshd, disk) as place:
        place.publish("a.zip", b"backup")
        make_read_only(disk)
        assert problem(place.check) == (CannotCreate, "read_only")
        assert problem(lambda: place.publish("b.zip", b"x")) == (CannotCreate, "read_only")
        assert problem(lambda: place.remove("a.zip")) == (CannotRemove, "read_only")
        assert place.read("a.zip", LIMIT) == b"backup"


def test_permissions_are_the_servers_users(tmp_path: Path) -> None:
    with public_folder() as public, a_person(PASSWORD) as person, an_sshd(tmp_path / "s") as server:
        (server.folder / "authorized_keys").chmod(0o644)
        for folder in (tmp_path, *tmp_path.parents):
            if folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o055)
        closed, shut = public / "closed", public / "shut"
        for folder, mode in ((closed, 0o755), (shut, 0o700)):
            folder.mkdir()
            (folder / "a.zip").write_bytes(b"backup")
            (folder / "a.zip").chmod(0o600)
            folder.chmod(mode)
        with place_on(server, closed, user=person) as place:
            assert problem(place.check) == (CannotCreate, "not_permitted")
            assert problem(lambda: place.publish("b.zip", b"x")) == (CannotCreate, "not_permitted")
            assert problem(lambda: place.read("a.zip", LIMIT)) == (FileUnreadable, "not_permitted")
            assert problem(lambda: place.remove("a.zip")) == (CannotRemove, "not_permitted")
            assert len(place.listing()) == 1
            place.sweep()
        with place_on(server, shut, user=person) as place:
            for use in (place.check, place.listing):
                assert problem(use)[1] == "not_permitted"


# --- where it is -----------------------------------------------------------------------------------------


def test_a_server_at_this_machines_own_address_is_here(sshd: Sshd, vault: Path) -> None:
    with place_on(sshd, vault) as place:
        where = place.where()
    assert (where.location, where.reason) == (Location.HERE, LocationReason.REMOTE_IS_THIS_MACHINE)
    assert where.detail == "127.0.0.1"


def test_what_was_declared_is_not_looked_for(sshd: Sshd) -> None:
    with place_on(sshd, "/nowhere", sshd.servers(known="")) as place:
        info = DestinationInfo(sshd.address("/nowhere"), "the server is in the other building")
        declared = AllDestinations(tuple, remote=RemoteSchemes(lambda: sshd.servers(known=""))).at(info)
        assert declared.where().reason is LocationReason.DECLARED
        assert not place.live


# --- what it costs ---------------------------------------------------------------------------------------


def test_one_connection_serves_several_questions(sshd: Sshd, vault: Path) -> None:
    with place_on(sshd, vault) as place:
        before = sshd.log().count("Accepted publickey")
        place.where()
        place.check()
        place.read(place.publish("a.zip", b"x"), LIMIT)
        assert sshd.log().count("Accepted publickey") == before + 1
        sshd.drop_sessions()
        place.check()
        assert sshd.log().count("Accepted publickey") == before + 2


def test_the_ssh_library_is_loaded_where_a_server_is_first_asked() -> None:
    code = (
        "import sys; from nskeys.bootstrap import connect; from nskeys.model.destinations import *;"
        "s = connect('/tmp/nobody-home'); s.installation.destinations.at(DestinationInfo('sftp://vault02/x'));"
        "sys.exit('asyncssh' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
