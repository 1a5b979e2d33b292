"""Custodians' sheets in restore and drill: asked for one after the other, until they are enough."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.screens.session import Session
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.sheets import check, split_among
from tests.tui.on_screen import SIZES, OnScreen
from tests.tui.stage import HOME_SIZE


class World:
    """Server A, whose backup a password or two of three custodians open, and new hardware B."""

    def __init__(self, folder: Path, *, person: bool = True) -> None:
        self.site = RealSite(folder)
        self.a = self.site.server()
        self.a.set_up()
        self.a.add("one", "the secret of one")
        if person:
            self.a.make_identity()
        _, self.texts = split_among(self.a, 3, 2)
        check(self.a, self.texts)
        self.backup = self.a.back_up_to().copy.address


def drill(address: str, session: Session) -> Screen[None]:
    return DrillScreen(session, address)


def restore(address: str, session: Session) -> Screen[None]:
    return RestoreScreen(session, address)


async def type_share(stage: OnScreen, pilot: Pilot[Any], text: str) -> None:
    """As a scanner does: the whole line at once."""
    await stage.type(pilot, f"{text} ")
    await pilot.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_drill_by_two_custodians(tmp_path: Path, size: tuple[int, int]) -> None:
    world = World(tmp_path)
    stage = OnScreen(world.a, partial(drill, world.backup), size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "what is in it", "s asks for the custodians' sheets.", "s Shares")
        if size == HOME_SIZE:  # on a smaller one it is further down
            assert "recovery identity 1 or custodians' identity 1 (2 of 3 shares)" in stage.words
        await stage.press(pilot, "s", until=("0 of 2 given, 2 more needed.", "Word 1 of 20"))
        await type_share(stage, pilot, world.texts[2])
        await stage.wait(pilot, "1 of 2 given (3), 1 more needed.")
        await type_share(stage, pilot, world.texts[2])
        await stage.wait(pilot, "Share 3 was given already.")
        await stage.press(pilot, "escape", until="Share 3 was given and would have to be given again.")
        await stage.press(pilot, "enter", until="Share 3 was given already.")
        await type_share(stage, pilot, world.texts[0])
        await stage.wait(pilot, "Every credential opened (1).")


async def test_custodians_are_asked_at_once_where_there_is_nobody_else(tmp_path: Path) -> None:
    world = World(tmp_path, person=False)
    stage = OnScreen(world.a, partial(drill, world.backup), HOME_SIZE)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter asks for the custodians' sheets and opens every credential")
        assert "s Shares" not in stage.words
        await stage.press(pilot, "enter", until="0 of 2 given")
        await stage.press(pilot, "escape", until="Enter asks for the custodians' sheets")


def on_b(world: World) -> RealServer:
    return world.site.with_database_of(world.a)


@pytest.mark.parametrize("size", SIZES)
async def test_new_hardware_is_restored_by_two_custodians(tmp_path: Path, size: tuple[int, int]) -> None:
    world = World(tmp_path)
    b = on_b(world)
    stage = OnScreen(b, partial(restore, world.backup), size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "what is in it", "Enter asks for its password.")
        await stage.press(pilot, "s", until="0 of 2 given")
        await type_share(stage, pilot, world.texts[1])
        await stage.wait(pilot, "1 of 2 given (2)")
        await type_share(stage, pilot, world.texts[0])
        await stage.wait(pilot, "the plan", "Enter restores")
        assert "1 of 1 credential will open" in stage.words
    assert not b.installation.key_store.exists()


async def test_a_password_is_asked_for_after_sheets_were_left(tmp_path: Path) -> None:
    world = World(tmp_path)
    stage = OnScreen(world.a, partial(drill, world.backup), HOME_SIZE)
    async with stage.play() as pilot:
        await stage.wait(pilot, "what is in it")
        await stage.press(pilot, "s", until="0 of 2 given")
        await stage.press(pilot, "escape", until="what is in it")
        await stage.gone(pilot, "0 of 2 given")
        await pilot.press("enter")
        await stage.wait(pilot, "identity")
        assert "of 2 given" not in stage.words
