"""Destinations on servers: trusted by a person who compares, let in, looked into; Esc works at once."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.destinations.ssh.context import SftpLimits
from nskeys.model.retention import Retention
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.destinations import DestinationsScreen
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.prune import PruneScreen
from nskeys_tui.screens.register import RegisterScreen
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSWORD
from tests.fakes.sshd import Sshd, a_person, a_silent_port, an_sshd, another_machine
from tests.tui.on_screen import SIZES, OnScreen, server_in

LOGIN = "nine plums on a plate"


@pytest.fixture(autouse=True)
def _no_keys_of_the_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    return server_in(tmp_path, "one")


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder on the server."""
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


def known_hosts(server: RealServer) -> str:
    path = server.folder.known_hosts
    return path.read_text("ascii") if path.exists() else ""


def configure(server: RealServer, sshd: Sshd, folder: Path, *, trusted: bool = True) -> str:
    """The address of a folder there, configured; its server is trusted or not."""
    address = sshd.address(folder)
    server.services.destinations.add(address, key_file=str(sshd.key))
    if trusted:
        server.folder.known_hosts.write_text(sshd.known(), "ascii")
    return address


@pytest.mark.parametrize("size", SIZES)
async def test_a_server_is_typed_compared_trusted_and_tried(
    server: RealServer, sshd: Sshd, there: Path, size: tuple[int, int]
) -> None:
    configure(server, sshd, there, trusted=False)
    stage = OnScreen(server, DestinationsScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations", "not ready")
        await stage.press(pilot, "a", until="Type where it is")
        await stage.press(pilot, "down", "enter", until="sftp://user@host/path")
        await stage.type(pilot, sshd.address(there))
        await stage.press(pilot, "enter", until="is not known yet. It shows")
        assert sshd.fingerprint() in stage.path_text
        assert "ssh-keygen-lf/etc/ssh/ssh_host_ed25519_key.pub" in stage.path_text
        await stage.press(pilot, "enter", until="is not known yet; it shows the ED25519 host key")
        assert known_hosts(server) == "", "Enter alone trusts nobody"
        await stage.press(pilot, "enter", until="2 destinations")
        await stage.press(pilot, "down", "t", until="is not known yet. It shows")
        await stage.press(pilot, "down", "enter", until="works: something was written there")
        await stage.wait(pilot, "ready", "here", "works")
    assert known_hosts(server) == sshd.known()
    assert list(there.iterdir()) == []


async def test_a_password_is_asked_for_again_where_it_was_wrong_and_kept_for_the_run(
    server: RealServer, tmp_path: Path
) -> None:
    options = ("PasswordAuthentication yes", "PubkeyAuthentication no")
    with a_person(LOGIN) as person, an_sshd(tmp_path / "s", *options) as sshd:
        server.services.destinations.add(sshd.address("/tmp", person))
        server.folder.known_hosts.write_text(sshd.known(), "ascii")
        stage = OnScreen(server, DestinationsScreen)
        async with stage.play() as pilot:
            await stage.wait(pilot, "2 destinations", "not ready")
            await stage.press(pilot, "down", "t", until=f"Password of {person}@127.0.0.1")
            await stage.type(pilot, "eight plums")
            await stage.press(pilot, "enter", until="The server did not accept that password.")
            await stage.type(pilot, LOGIN)
            await stage.press(pilot, "enter", until="works: something was written there")
            await stage.wait(pilot, "2 destinations")
            await stage.gone(pilot, "not ready")
            assert LOGIN not in "\n".join(stage.lines)
        assert sshd.log().count("Failed password") == 1


async def test_whoever_has_no_password_goes_back_and_is_told(server: RealServer, tmp_path: Path) -> None:
    with an_sshd(tmp_path / "s", "PasswordAuthentication yes", "PubkeyAuthentication no") as sshd:
        configure(server, sshd, tmp_path)
        stage = OnScreen(server, DestinationsScreen)
        async with stage.play() as pilot:
            await stage.wait(pilot, "2 destinations", "not ready")
            await stage.press(pilot, "down", "t", until="Password of")
            await stage.press(pilot, "escape", until="The server wants the password of")


async def test_a_key_file_is_named_and_only_its_path_is_kept(
    server: RealServer, sshd: Sshd, there: Path
) -> None:
    server.services.destinations.add(sshd.address(there))
    server.folder.known_hosts.write_text(sshd.known(), "ascii")
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations", "not ready")
        await stage.press(pilot, "down", until="the server did not accept the login")
        await stage.press(pilot, "f", until="only its path is stored")
        await stage.type(pilot, str(sshd.key))
        await stage.press(pilot, "enter", until="here (that address is this machine)")
        await stage.gone(pilot, "not ready")
    assert server.installation.settings.read().destinations[-1].key_file == str(sshd.key)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Sshd]:
    """A server on another machine."""
    with (
        another_machine() as (address, inside),
        an_sshd(tmp_path / "far", host=address, within=inside) as sshd,
    ):
        yield sshd


async def test_a_backup_goes_to_a_server_is_found_there_and_drilled(
    server: RealServer, far: Sshd, there: Path
) -> None:
    configure(server, far, there)
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?", "elsewhere (server")
        await stage.press(pilot, "down", "enter", until="New password")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "tab")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="this will be written")
        await stage.press(pilot, "enter", until="is complete")
    [name] = [path.name for path in there.iterdir() if "-cmdb-" not in path.name]
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "down", "l", until=name[:30])
        await stage.press(pilot, "enter", until="what is in it")
        await stage.wait(pilot, "elsewhere (server")
    stage = OnScreen(server, lambda session: DrillScreen(session, ""))
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?", "Another file, from the list of a destination")
        await stage.press(pilot, "down", "down", "enter", until="declared: carried to the vault")
        await stage.press(pilot, "down", "enter", until=name[:30])
        await stage.press(pilot, "enter", until="what is in it")


async def test_a_check_of_the_register_asks_what_its_servers_want_first(
    server: RealServer, far: Sshd, there: Path
) -> None:
    address = configure(server, far, there)
    server.back_up(address)
    server.folder.known_hosts.unlink()
    server.restarted()
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "1 copy")
        await stage.press(pilot, "c", until="is not known yet. It shows")
        await stage.press(pilot, "down", "enter", until="none is missing or changed")
    assert known_hosts(server) == far.known()


async def test_esc_leaves_a_server_that_hangs_at_once(server: RealServer, sshd: Sshd) -> None:
    with a_silent_port() as port:
        address = f"sftp://me@127.0.0.1:{port}/x"
        settings = server.installation.settings
        from dataclasses import replace

        from nskeys.model.destinations import DestinationInfo

        read = settings.read()
        settings.write(replace(read, destinations=(*read.destinations, DestinationInfo(address))))
        assert SftpLimits().connect + SftpLimits().login > 20
        began = time.monotonic()
        for screen in (DestinationsScreen, BackupScreen):
            stage = OnScreen(server, screen)
            async with stage.play() as pilot:
                await pilot.pause(0.3)
                await pilot.press("escape")
                await stage.left(pilot)
        assert time.monotonic() - began < 15
        server.services.close()


async def test_before_old_copies_there_are_looked_at_the_server_is_trusted(
    server: RealServer, sshd: Sshd, there: Path
) -> None:
    address = configure(server, sshd, there)
    for _ in range(2):
        server.clock.advance(minutes=1)
        server.back_up(address)
    settings = server.installation.settings
    settings.write(replace(settings.read(), retention=Retention(1, 0)))
    server.services.close()
    server.folder.known_hosts.unlink()
    stage = OnScreen(server.restarted(), PruneScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "is not known yet. It shows")
        await stage.press(pilot, "down", "enter", until="1 key backup is to be deleted, 1 file stays.")
        await stage.press(pilot, "enter", until="Delete 1 key backup?")
        await stage.press(pilot, "down", "enter", until="1 old key backup deleted.")
    assert len([path for path in there.iterdir() if "-cmdb-" not in path.name]) == 1
