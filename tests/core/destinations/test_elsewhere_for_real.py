"""Here or elsewhere, with real mounts and a server on another machine: what would fool a naive look."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nskeys.destinations.location import Machine, judge_peer, this_machine, where_is
from nskeys.destinations.resolver import AllDestinations
from nskeys.model.destinations import DestinationInfo, Location, LocationReason
from tests.core.destinations.ssh.sftp_places import place_on
from tests.fakes.programs import need
from tests.fakes.sshd import Sshd, an_sshd, another_machine, free_port

LIMIT = 1 << 20


@contextmanager
def sshfs(sshd: Sshd, folder: Path, host: str, mount: Path) -> Iterator[Path]:
    """A folder of a server, mounted with sshfs as `host`; skips where this machine has no FUSE."""
    need("sshfs", "fusermount3")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("a mounted server needs FUSE")
    known = sshd.folder / "known_hosts"
    known.write_text(sshd.known().replace(sshd.host, host), "ascii")
    mount.mkdir()
    command = ["sshfs", "-p", str(sshd.port), "-o", f"IdentityFile={sshd.key}", "-o", "IdentityAgent=none"]
    command += ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes"]
    done = subprocess.run(
        [*command, f"{sshd.user}@{host}:{folder}", str(mount)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    try:
        yield mount
    finally:
        subprocess.run(["fusermount3", "-u", "-z", str(mount)], check=True)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_is_this_machine_is_here_though_its_mount_looks_like_another(
    sshd: Sshd, vault: Path, tmp_path: Path, host: str
) -> None:
    """A naive check sees `fuse.sshfs`, a device number of its own, and a host in front of the path."""
    with sshfs(sshd, vault, host, tmp_path / "mounted") as mounted:
        assert mounted.stat().st_dev != vault.stat().st_dev
        mounts = Path("/proc/self/mountinfo").read_text("utf-8")
        assert f"fuse.sshfs {sshd.user}@{host}:{vault}" in mounts
        (vault / "inner").mkdir()
        (tmp_path / "link").symlink_to(mounted / "inner")
        for folder in (mounted, mounted / "inner", tmp_path / "link"):
            found = where_is(str(folder))
            assert found.location is Location.HERE
            assert found.reason is LocationReason.NETWORK_MOUNT_OF_THIS_MACHINE


def test_a_backup_through_such_a_mount_does_not_count_as_elsewhere(
    sshd: Sshd, vault: Path, tmp_path: Path
) -> None:
    destinations = AllDestinations(tuple)
    with sshfs(sshd, vault, "127.0.0.1", tmp_path / "mounted") as mounted:
        place = destinations.at(DestinationInfo(str(mounted)))
        place.check()
        assert place.read(place.publish("a.zip", b"backup"), LIMIT) == b"backup"
        assert place.where().location is Location.HERE
        destinations.close()
    assert (vault / "a.zip").read_bytes() == b"backup"


def test_a_link_to_another_disk_and_a_linked_home_are_what_they_lead_to(
    vault: Path, tmp_path: Path
) -> None:
    """A name says nothing: neither does a home that is a link, nor a mount point's name below one."""
    (tmp_path / "mnt").mkdir()
    (tmp_path / "mnt" / "vault02").symlink_to(vault)
    home = tmp_path / "home"
    home.symlink_to(vault)
    (vault / "backups").mkdir()
    for folder in (tmp_path / "mnt" / "vault02", home / "backups", home / ".." / "home" / "backups"):
        assert where_is(str(folder)).location is Location.HERE


def test_a_server_on_another_machine_is_elsewhere_and_its_mount_too(tmp_path: Path, vault: Path) -> None:
    with (
        another_machine() as (address, there),
        an_sshd(tmp_path / "s", host=address, within=there) as server,
    ):
        with place_on(server, vault) as place:
            where = place.where()
            assert (where.location, where.reason) == (Location.ELSEWHERE, LocationReason.REMOTE_SERVER)
            assert where.detail == f"server {address}"
            assert place.read(place.publish("a.zip", b"backup"), LIMIT) == b"backup"
        with sshfs(server, vault, address, tmp_path / "mounted") as mounted:
            found = where_is(str(mounted))
            assert (found.location, found.reason) == (Location.ELSEWHERE, LocationReason.NETWORK_MOUNT)


def test_a_tunnel_to_a_server_on_another_machine_ends_here(tmp_path: Path, vault: Path) -> None:
    """What is behind a forwarded port cannot be told from this machine, so it does not count."""
    with (
        another_machine() as (address, there),
        an_sshd(tmp_path / "s", host=address, within=there) as server,
        an_sshd(tmp_path / "gate") as gate,
    ):
        command = ["ssh", "-N", "-o", f"UserKnownHostsFile={tmp_path / 'known'}", "-i", str(gate.key)]
        (tmp_path / "known").write_text(gate.known(), "ascii")
        port = free_port()
        forward = ["-L", f"127.0.0.1:{port}:{address}:{server.port}", "-o", "ExitOnForwardFailure=yes"]
        tunnel = subprocess.Popen([*command, *forward, "-p", str(gate.port), f"{gate.user}@{gate.host}"])
        try:
            through = Sshd(server.folder, "127.0.0.1", port, server.user, server.process, server.home)
            _wait_until_taken(port)
            with place_on(through, vault) as place:
                assert place.where().reason is LocationReason.REMOTE_IS_THIS_MACHINE
                assert place.publish("a.zip", b"backup") == "a.zip"
        finally:
            tunnel.kill()
            tunnel.wait()


def _wait_until_taken(port: int) -> None:
    import socket
    import time

    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("no tunnel")


ANOTHER = Machine(frozenset({"ns01"}), owns=lambda address: address in ("10.0.0.1", "2001:db8::1"))


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("127.0.0.1", Location.HERE),
        ("127.8.8.8", Location.HERE),
        ("::1", Location.HERE),
        ("::ffff:127.0.0.1", Location.HERE),
        ("::ffff:10.0.0.1", Location.HERE),
        ("10.0.0.1", Location.HERE),
        ("2001:db8::1", Location.HERE),
        ("10.0.0.2", Location.ELSEWHERE),
        ("::ffff:10.0.0.2", Location.ELSEWHERE),
        ("2001:db8::2", Location.ELSEWHERE),
        ("fe80::2%eth0", Location.ELSEWHERE),
        ("", Location.UNKNOWN),
        ("vault02", Location.UNKNOWN),
    ],
)
def test_an_address_that_a_server_answers_from_decides_whatever_it_is_called(
    address: str, location: Location
) -> None:
    assert judge_peer("vault02.example.net", address, ANOTHER).location is location


def test_this_machines_own_addresses_are_its_own_by_the_kernels_word() -> None:
    with another_machine() as (address, _):
        ours = address.rpartition(".")[0] + ".1"
        assert judge_peer("x", ours, this_machine()).location is Location.HERE
        assert judge_peer("x", address, this_machine()).location is Location.ELSEWHERE
