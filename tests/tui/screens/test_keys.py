"""Keys: all of them, and one with the backups that hold it."""

import functools

import pytest

from nskeys.model.keys import KeyState
from nskeys_tui.screens.key_detail import KeyScreen
from tests.tui.app_on import AppOn
from tests.tui.example import Example, build
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])


@functools.cache
def example() -> Example:
    """Two keys: an old one in three backups, and one that is in none."""
    return build()


@SIZES
async def test_every_key_is_listed_with_its_state_and_its_backups(size: tuple[int, int]) -> None:
    app = AppOn(example().services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "y", shows="2 keys")
        await app.wait(pilot, "deactivated")
        active, old = (line for line in app.lines if " active " in line or "deactivated" in line)
        assert "no backup" in active
        assert active.endswith("!")
        assert "3 backups" in old
        assert not old.endswith("!")


@SIZES
async def test_one_key_names_the_copies_that_hold_it_and_how_far_they_are_proven(
    size: tuple[int, int],
) -> None:
    app = AppOn(example().services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "y", shows="2 keys")
        await app.press(pilot, "end", "enter", shows="would come back")
        assert isinstance(app.app.screen, KeyScreen)
        for words in ("seals nothing new", "12 credentials", "2025-01-03 08:11"):
            assert words in app.text
        await app.press(pilot, "end", shows="backup 1")
        await app.press(pilot, "escape", shows="2 keys")


async def test_a_key_in_no_backup_says_what_that_means() -> None:
    app = AppOn(example().services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "y", shows="2 keys")
        await app.press(pilot, "enter", shows="No backup in the register holds it")
        assert "lost with this machine" in app.text
        assert "since 14:02" in app.text


async def test_the_server_key_is_shown_and_replaced_where_keys_are() -> None:
    services = build().services
    before = services.server_key.show().server_key
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "y", shows="2 keys")
        await app.press(pilot, "v", shows="is the server key here")
        assert before[:16] in app.text
        await app.press(pilot, "end", "enter", shows="The runbook on paper names this one")
        await app.press(pilot, "end", "enter", shows="The server key was replaced")
        await app.press(pilot, "escape", shows="2 keys")
    assert next(one.server_key for one in services.server_key.show().predecessors) == before


async def test_a_key_is_marked_as_compromised_and_the_active_one_is_not() -> None:
    services = build().services
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "y", shows="2 keys")
        await app.press(pilot, "home", "c", shows="This cannot be undone")
        assert "Once marked it seals nothing" in app.text
        await app.press(pilot, "end", "enter", shows="is the one that seals")
        await app.press(pilot, "escape", shows="2 keys")
        await app.press(pilot, "end", "c", shows="This cannot be undone")
        await app.press(pilot, "end", "enter", shows="compromised")
    states = [key.state for key in services.installation.keys()]
    assert KeyState.COMPROMISED in states
    assert KeyState.ACTIVE in states
