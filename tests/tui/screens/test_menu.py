"""The menu leads to every screen for which the first one has no key."""

import functools

import pytest
from textual.screen import Screen

from nskeys.wording.menu import ENTRIES
from nskeys_tui.screens.navigation import SCREENS, open_screen
from nskeys_tui.screens.session import Session
from tests.tui.app_on import AppOn
from tests.tui.example import Example, build
from tests.tui.stage import HOME_SIZE, SMALL_SIZE


@functools.cache
def example() -> Example:
    """A server with everything."""
    return build()


@pytest.mark.parametrize("name", SCREENS)
async def test_there_is_a_screen_behind_every_door(name: str) -> None:
    app = AppOn(example().services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        assert isinstance(app.session, Session)
        assert isinstance(open_screen(name, app.session), Screen)


def test_every_entry_of_the_menu_is_a_door() -> None:
    assert {name for name, _, _ in ENTRIES} <= set(SCREENS)


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_an_entry_leads_there_and_escape_back_to_the_menu(size: tuple[int, int]) -> None:
    app = AppOn(example().services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "m", shows="▸ Register")
        for _, label, _ in ENTRIES:
            assert label in app.text
        await app.press(pilot, "down", "down", "down", "down", shows="▸ Keys")
        await app.press(pilot, "enter", shows="2 keys")
        await app.press(pilot, "escape", shows="▸ Keys")
        await app.press(pilot, "escape", shows="12 of 14")
