"""Prune: every file and what becomes of it, the question, the work, what came of it."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.model.destinations import DestinationInfo
from nskeys_tui.screens.prune import PruneScreen
from tests.core.services.database.test_database_copy import copied
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.real_site import RealServer
from tests.fakes.s3_server import silent_server
from tests.tui.on_screen import SIZES, OnScreen, server_in


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """Nine backups in the vault, and a file of somebody else's."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, "alpha", "beta")
        for _ in range(9):
            server.clock.advance(hours=1)
            server.back_up()
        Path(server.vault, "theirs.zip").write_bytes(b"somebody else's")
        return server

    return kept_homes.server("nine-backups", build)


def files(server: RealServer) -> int:
    return len([file for file in Path(server.vault).iterdir() if "-cmdb-" not in file.name])


@pytest.mark.parametrize("size", SIZES)
async def test_old_copies_go_after_a_plan_and_a_question(server: RealServer, size: tuple[int, int]) -> None:
    stage = OnScreen(server, PruneScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Kept: the last 7 key backups and one for each of 12 months")
        await stage.wait(
            pilot, "2 key backups are to be deleted, 8 files stay.", "delete", "beyond what is kept"
        )
        await stage.wait(pilot, "backup 1 of 2026-11-23", "declared elsewhere")
        await stage.press(pilot, "end", until=("not in the register", "not known"))
        assert "vault/theirs.zip" in stage.path_text
        await stage.press(pilot, "enter", until=("Delete 2 key backups?", "nothing brings it back"))
        await stage.press(pilot, "enter", until="2 key backups are to be deleted")
        assert files(server) == 10
        await stage.press(pilot, "enter", until="Delete 2 key backups?")
        await stage.press(pilot, "down", "enter", until="2 old key backups deleted.")
        assert files(server) == 8
        await pilot.press("enter")
        await stage.left(pilot)
    assert server.services.recoverability.assess().totals.recoverable == 2


async def test_other_numbers_make_another_plan(server: RealServer) -> None:
    stage = OnScreen(server, PruneScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 key backups are to be deleted")
        await stage.press(pilot, "n", until="Last backups")
        await stage.press(pilot, "backspace", "0", "enter", until="A whole number from 1")
        await stage.press(pilot, "backspace", "3", "enter", until="Months")
        await stage.press(pilot, "end", "backspace", "backspace", "0", "enter", until="Row copies")
        await stage.press(pilot, "enter", until="Kept: the last 3 key backups, and the last 48 database")
        await stage.wait(pilot, "6 key backups are to be deleted, 4 files stay.")
        await stage.press(pilot, "n", until="Last backups")
        await stage.press(pilot, "escape", until="6 key backups are to be deleted")
        await pilot.press("escape")
        await stage.left(pilot)
    assert files(server) == 10


async def test_where_nothing_goes_enter_does_nothing(server: RealServer) -> None:
    settings = server.installation.settings
    config = Path(server.installation.home.path, "config.toml")
    config.write_text(config.read_text() + "\n[retention]\nkeep_last = 50\n")
    assert settings.read().retention.keep_last == 50
    stage = OnScreen(server, PruneScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Nothing is to be deleted.")
        assert "Enter" not in stage.lines[-1]
        await pilot.press("enter")
        await stage.wait(pilot, "Nothing is to be deleted.")
    assert files(server) == 10


async def test_a_plan_that_no_longer_holds_is_made_anew(server: RealServer) -> None:
    stage = OnScreen(server, PruneScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 key backups are to be deleted")
        await stage.press(pilot, "enter", until="Delete 2 key backups?")
        server.back_up()
        await stage.press(pilot, "down", "enter", until="Something changed since the pruning was planned")
        await stage.press(pilot, "enter", until="3 key backups are to be deleted, 8 files stay.")
    assert files(server) == 11


async def test_escape_does_not_wait_for_a_bucket_that_says_nothing(
    server: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silent_server() as silent:
        for variable, value in silent.login_files(tmp_path).items():
            monkeypatch.setenv(variable, value)
        settings = server.installation.settings
        place = DestinationInfo(silent.address("bucket"))
        settings.write(replace(settings.read(), destinations=(place, *settings.read().destinations)))
        stage = OnScreen(server, PruneScreen)
        async with stage.play() as pilot:
            await stage.wait(pilot, "Looking at what is here")
            began = time.monotonic()
            await pilot.press("escape")
            await stage.left(pilot)
            assert time.monotonic() - began < 5  # the limit of a look is 10
    assert files(server) == 10


@pytest.mark.parametrize("size", SIZES)
async def test_database_copies_go_by_their_own_number(tmp_path: Path, size: tuple[int, int]) -> None:
    server = server_in(tmp_path, "alpha")
    server.back_up()
    for name in ("beta", "gamma", "delta"):
        server.clock.advance(hours=1)
        server.add(name)
        copied(server)
    config = Path(server.installation.home.path, "config.toml")
    config.write_text(config.read_text() + "\n[retention]\nkeep_copies = 2\n")
    newest, second, *old = server.services.database.copies()
    stage = OnScreen(server, PruneScreen, size)
    async with stage.play() as pilot:
        await stage.wait(
            pilot, "No key backup is to be deleted, 1 file stays.", "2 database copies of changes"
        )
        await stage.wait(pilot, "2 stay.", f"copy {old[-1].copy.number}", "beyond what is kept")
        await stage.press(pilot, "enter", until="Delete 2 database copies?")
        await stage.press(pilot, "down", "enter", until="2 old database copies deleted.")
    kept = [copy for copy in server.services.database.copies() if copy.retired is None]
    assert kept == [newest, second]
