"""The menu leads to every screen for which the first one has no key."""

import functools

import pytest
from textual.screen import Screen

from nskeys.wording.menu import ENTRIES, GROUPS, Entry
from nskeys_tui.screens.navigation import SCREENS, open_screen
from nskeys_tui.screens.session import Session
from tests.tui.app_on import AppOn
from tests.tui.example import Example, build
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, until


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


def test_every_entry_leads_to_a_screen_or_is_what_the_app_does() -> None:
    assert {entry.token for entry in ENTRIES} - set(SCREENS) == {"help", "palette"}
    assert set(SCREENS) - {entry.token for entry in ENTRIES} == {"menu"}


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_an_entry_leads_there_and_escape_back_to_the_menu(size: tuple[int, int]) -> None:
    app = AppOn(example().services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "m", shows="▸ Backups  b  Back up")
        await app.press(pilot, "j", "j", "j", shows="▸          l  Register")
        await app.press(pilot, "g", shows="▸ Backups  b  Back up")
        await app.press(pilot, "y", shows="2 keys")
        await app.press(pilot, "escape", shows="▸ Backups  b  Back up")
        await app.press(pilot, "G", shows="▸ Help     ^P Commands")
        await app.press(pilot, "enter", shows="type a part of a name")
        await app.press(pilot, "escape", shows="▸ Help     ^P Commands")
        await app.press(pilot, "question_mark", shows="Go to the next part of the screen")
        await app.press(pilot, "escape", shows="▸ Help     ^P Commands")
        await app.press(pilot, "escape", shows="12 of 14")


async def test_on_80_columns_every_group_and_every_entry_is_seen_at_once() -> None:
    app = AppOn(example().services, HOME_SIZE)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "m", shows="▸ Backups")
        assert [name for name, _ in GROUPS if name not in app.text] == []
        listed = [entry for entry in ENTRIES if entry.token != "help"]  # its key stands in the key bar
        assert [entry.name for entry in listed if f"{entry.name} " not in app.text] == []
        assert [entry.about for entry in listed if entry.about not in app.text] == []


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.token in SCREENS], ids=repr)
async def test_a_letter_leads_there_at_once(entry: Entry) -> None:
    app = AppOn(example().services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "m", shows="▸ Backups")
        await pilot.press(entry.key)
        wanted = SCREENS[entry.token][1]
        await until(pilot, lambda: wanted in [type(screen).__name__ for screen in app.app.screen_stack])
