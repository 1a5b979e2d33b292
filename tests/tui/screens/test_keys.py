"""Keys: all of them, and one with the backups that hold it."""

import functools

import pytest

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
        await app.press(pilot, "k", shows="2 keys")
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
        await app.press(pilot, "k", shows="2 keys")
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
        await app.press(pilot, "k", shows="2 keys")
        await app.press(pilot, "enter", shows="No backup in the register holds it")
        assert "lost with this machine" in app.text
        assert "since 14:02" in app.text
