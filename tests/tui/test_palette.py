"""Ctrl+P finds everything that the program does, from anywhere, by what people call it."""

import functools
from pathlib import Path

import pytest

from nskeys.wording.menu import ENTRIES
from nskeys_tui.dialogs.palette import Palette
from nskeys_tui.screens.navigation import SCREENS
from tests.tui.app_on import AppOn, Typed, set_up
from tests.tui.example import Example, build
from tests.tui.stage import until


@functools.cache
def example() -> Example:
    """A server with everything."""
    return build()


def first_of(app: AppOn) -> str:
    """What Enter would do."""
    return next((line for line in app.lines if "▸" in line and "│" in line), "")


async def test_the_light_theme_is_found_while_it_is_on(tmp_path: Path) -> None:
    app = AppOn(set_up(tmp_path))
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials here yet")
        await app.press(pilot, "ctrl+p", Typed("light"), "enter", shows="b Back up")
        await app.press(pilot, "ctrl+p", Typed("light"), shows="▸ Dark terminal")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("runb", "Runbook"),
        ("theme", "Light terminal"),
        ("destin", "Destinations"),
        ("sftp", "Destinations"),
        ("cron", "Schedule"),
        ("keepass", "Import"),
        ("move away", "Export"),
        ("shamir", "Custodians"),
        ("tpm", "Protector"),
        ("log", "Audit trail"),
        ("checkpoint", "Audit trail"),
        ("rekey", "Rotate"),
        ("backup daily", ""),
    ],
)
async def test_it_is_found_by_what_people_call_it(typed: str, name: str) -> None:
    app = AppOn(example().services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "ctrl+p", Typed(typed), shows=name or "Nothing found")
        assert f"▸ {name} " in first_of(app) if name else not first_of(app)


async def test_every_screen_is_reached_from_every_other_one_and_esc_leads_back() -> None:
    app = AppOn(example().services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "y", shows="2 keys")
        await app.press(pilot, "ctrl+p", Typed("audit"), "enter", shows="newest first")
        await app.press(pilot, "ctrl+p", Typed("register"), "enter", shows="3 copies")
        await app.press(pilot, "escape", shows="newest first")
        await app.press(pilot, "escape", shows="2 keys")
        await app.press(pilot, "ctrl+p", shows="Commands")
        assert isinstance(app.app.screen, Palette)
        offered = [(command.name, command.meaning) for command in app.app.screen._commands]
        names = [name for name, _ in offered]
        assert [entry.name for entry in ENTRIES if entry.token in SCREENS and entry.name not in names] == []
        assert len(offered) == len(set(offered)), "nothing is offered twice"


async def test_a_question_offers_its_own_keys_alone() -> None:
    app = AppOn(example().services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "?", shows="Help")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.app.screen, Palette))
        assert isinstance(app.app.screen, Palette)
        assert "Register" not in [command.name for command in app.app.screen._commands]
