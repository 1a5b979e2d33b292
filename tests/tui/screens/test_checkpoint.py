"""The checkpoint on screen: what fits, what does not, and accepting it with a reason."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nskeys_tui.screens.checkpoint import CheckpointScreen
from tests.core.services.database.moving import move
from tests.core.services.database.test_move_beside import opened_beside
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in


def cut_the_trail(server: RealServer) -> None:
    """Somebody removes the last line of the audit trail."""
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        database.execute("DELETE FROM audit WHERE no = (SELECT max(no) FROM audit)")


async def test_a_good_server_says_so_and_offers_nothing_to_accept(tmp_path: Path) -> None:
    stage = OnScreen(server_in(tmp_path, "one"), CheckpointScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Everything is as the server key signed it.", "everything fits")
        assert "a Accept" not in stage.words
        assert "b Back up" not in stage.words


@pytest.mark.parametrize("size", SIZES)
async def test_what_does_not_fit_is_named_and_accepted_with_a_reason(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "one")
    cut_the_trail(server)
    stage = OnScreen(server, CheckpointScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "! The audit trail was cut", "a Accept")
        await stage.press(pilot, "a", until="The reason stays")
        await stage.press(pilot, "enter", until="Type a reason")
        await pilot.press(*"restored")
        await stage.press(pilot, "enter", until="Everything is as the server key signed it.")
        await stage.wait(pilot, "that count: each is at risk until the next one; b makes one.", "b Back up")
        await stage.press(pilot, "b", until="where to?")
    assert server.services.checkpoint.show().mismatches == ()
    entries = server.services.audit.window(0, 1)
    assert '"reason":"restored"' in entries[0].line


@pytest.mark.parametrize("size", SIZES)
async def test_the_database_that_another_process_left_is_not_accepted_and_the_new_one_is_named(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "one")
    other = opened_beside(server)
    there = str(tmp_path / "there.sqlite3")
    # Somebody gives the old file its name back, under which the app still has it open.
    Path(move(other, there).aside).rename(server.folder.cmdb)
    stage = OnScreen(server, CheckpointScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "moved the CMDB to", "Leave nskeys (q) and start it again")
        assert there in stage.path_text
        assert "a Accept" not in stage.words
        await stage.press(pilot, "a", until="moved the CMDB to")
    other.add("two")
    assert other.services.checkpoint.show().fits
