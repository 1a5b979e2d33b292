"""Where something is missing, the key that gets it is offered there."""

from pathlib import Path

import pytest

from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.credential_detail import CredentialScreen
from nskeys_tui.screens.destinations import DestinationsScreen
from nskeys_tui.screens.key_detail import KeyScreen
from nskeys_tui.screens.re_entry import ReEntryScreen
from nskeys_tui.screens.recovery_identity import RecoveryIdentityScreen
from nskeys_tui.screens.rotation import RotationScreen
from nskeys_tui.screens.schedule import ScheduleScreen
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import OnScreen, server_in
from tests.tui.stage import until


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """One credential, and no backup."""
    return server_in(tmp_path, "alpha")


async def test_a_schedule_without_an_identity_offers_to_make_one(server: RealServer) -> None:
    stage = OnScreen(server, ScheduleScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "n makes the recovery identity", "n New identity")
        assert "i Install" not in stage.words
        await pilot.press("n")
        await until(pilot, lambda: isinstance(stage.app.screen, RecoveryIdentityScreen))
        await stage.press(pilot, "escape", until="n New identity")


async def test_a_key_without_a_backup_offers_one_and_a_rotation(server: RealServer) -> None:
    kid = server.services.recoverability.overview(look=False).recoverability.keys[0].kid
    stage = OnScreen(server, lambda session: KeyScreen(session, kid))
    async with stage.play() as pilot:
        await stage.wait(pilot, "b Back up", "o Rotate", "Seals")
        await pilot.press("b")
        await until(pilot, lambda: isinstance(stage.app.screen, BackupScreen))
        await stage.press(pilot, "escape", until="o Rotate")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(stage.app.screen, RotationScreen))


async def test_an_exposed_credential_offers_the_backup_and_a_recoverable_one_does_not(
    server: RealServer,
) -> None:
    credential = server.services.credentials.show("run-as/alpha")
    stage = OnScreen(server, lambda session: CredentialScreen(session, credential.credential_id))
    async with stage.play() as pilot:
        await stage.wait(pilot, "at risk", "b Back up")
        await pilot.press("b")
        await until(pilot, lambda: isinstance(stage.app.screen, BackupScreen))
        server.back_up()
        await stage.press(pilot, "escape", until="recoverable")
        await stage.gone(pilot, "b Back up")


async def test_the_wizard_marks_a_place_that_counts_and_warns_of_one_that_does_not(
    server: RealServer,
) -> None:
    server.back_up(server.local)
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?", "a backup there does not count")
        lines = [line for line in stage.lines if "[ ]" in line]
        assert "▸" in lines[0]
        assert stage.path_text.index(server.vault) < stage.path_text.index(server.local)
        here = next(n for n, line in enumerate(stage.lines) if "a backup there does not count" in line)
        assert stage.lines.index(lines[0]) < here


async def test_where_no_place_counts_the_list_of_destinations_is_a_key_away(tmp_path: Path) -> None:
    server = server_in(tmp_path, "alpha")
    server.back_up(server.local)
    server.services.destinations.remove(server.vault)
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "None of these counts as elsewhere.", "t Destinations")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(stage.app.screen, DestinationsScreen))
        await stage.wait(pilot, "e Declare")
        await stage.press(pilot, "e", until="Carried away")
        await stage.type(pilot, "tape to the safe, daily")
        await stage.press(pilot, "enter", until="declared elsewhere")
        await stage.press(pilot, "escape", until="elsewhere (declared: tape to the safe, daily)")
        assert "None of these counts" not in stage.words


async def test_a_destination_becomes_the_default_and_says_so(server: RealServer) -> None:
    server.back_up(server.local)
    assert server.services.destinations.default().address == server.local
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each tried now", "d Default")
        await stage.press(pilot, "home", until="d Default")
        await stage.press(pilot, "d", until="by default, wherever the last one went")
        await stage.gone(pilot, "d Default")
        assert server.services.destinations.default().address == server.vault


async def test_where_nothing_is_left_to_restore_no_restore_is_offered(server: RealServer) -> None:
    stage = OnScreen(server, ReEntryScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Try again")
        assert "r Restore" not in stage.words
        assert "s Save list" not in stage.words
