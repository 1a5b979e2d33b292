"""Lists move as those who love k9s and lazygit expect, say where one is, and narrow as one types."""

import functools
from pathlib import Path

import pytest

from nskeys_tui.screens.register import RegisterScreen
from nskeys_tui.widgets.table.table import CredentialTable
from tests.tui.app_on import AppOn
from tests.tui.example import Example, build
from tests.tui.on_screen import OnScreen, server_in
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, until


@functools.cache
def example() -> Example:
    """A server with everything."""
    return build()


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_j_k_g_and_g_move_and_the_header_says_where_one_is(size: tuple[int, int]) -> None:
    app = AppOn(example().services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14", " 1/14")
        for keys, position in (("jj", " 3/14"), ("k", " 2/14"), ("G", "14/14"), ("g", " 1/14")):
            await pilot.press(*keys)
            await until(pilot, lambda position=position: position in app.text)  # type: ignore[misc]
        assert "┃" in app.text


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_the_keys_that_matter_are_on_the_bottom_line(size: tuple[int, int]) -> None:
    app = AppOn(example().services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        keys = app.lines[-1]
        assert all(key in keys for key in ("b Back up", "a Add", "/ Find", "d Drill", "m Menu", "? Help"))


async def test_a_window_without_room_for_a_row_says_so() -> None:
    app = AppOn(example().services, (60, 9))
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        table = app.app.screen.query_one(CredentialTable)
        if table.size.height <= 1:
            assert "The window is too small for the list" in app.text


async def test_every_list_narrows_while_one_types_and_esc_shows_all_again(tmp_path: Path) -> None:
    server = server_in(tmp_path, "alpha")
    server.back_up()
    server.clock.advance(hours=1)
    server.back_up(server.local)
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 copies", "each looked at now", "/ Find")
        await stage.press(pilot, "slash", until="a part of what a row shows")
        await stage.type(pilot, "here")
        await stage.wait(pilot, "1 found", "1/1")
        await stage.press(pilot, "enter", until="Enter Show")
        await stage.press(pilot, "escape", until="1/2")
        await pilot.press("escape")
        await stage.left(pilot)
