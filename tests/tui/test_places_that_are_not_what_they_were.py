"""A destination that is not mounted, one that was taken for another program's, one with odd names in it."""

from pathlib import Path

import pytest

from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.destinations import DestinationsScreen
from tests.fakes.disks import small_disk
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """A stick was declared; it is not mounted any more."""
    server = server_in(tmp_path)
    with small_disk(tmp_path / "stick") as stick:
        server.services.destinations.add(str(stick), "in the safe at night")
    return server


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_not_mounted_is_said_where_destinations_are_and_where_one_is_chosen(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, DestinationsScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations", "not mounted", "not ready")
        await stage.press(pilot, "down", until="here (not mounted: tmpfs tmpfs)")
        await stage.press(pilot, "t", until="Mount it (if another disk or share is meant now")
    stage = OnScreen(server, BackupScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?", "declared elsewhere is not mounted")


async def test_an_address_of_another_program_is_answered_with_the_right_form(server: RealServer) -> None:
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "a", until="Type where it is")
        await stage.press(pilot, "down", "enter", until="sftp://user@host/path")
        await pilot.press(*"backup@vault02")
        await pilot.press("colon", "slash", *"srv")
        await stage.press(pilot, "enter", until="Write sftp://backup@vault02/srv.")
    assert len(server.installation.settings.read().destinations) == 2


async def test_files_with_odd_names_are_counted_above_the_backups(server: RealServer) -> None:
    server.add("deploy-1")
    server.back_up()
    (Path(server.vault) / "line\nbreak.zip").write_bytes(b"somebody else's")
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "l", until=("1 file at", "never writes, so it is left alone", ".zip"))
