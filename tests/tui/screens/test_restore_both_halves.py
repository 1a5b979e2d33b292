"""Restore of both halves by key, on a machine with nothing: what each is and lacks is shown before the
password, and every credential opens."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nskeys_tui.screens.restore import RestoreScreen
from tests.core.services.database.test_database_copy import copied
from tests.core.services.restore.test_both_halves import WANTED, lived
from tests.fakes.real_site import RealServer, RealSite
from tests.tui.on_screen import SIZES, OnScreen
from tests.tui.screens.test_restore import confirm, to_plan
from tests.tui.stage import SMALL_SIZE


def make(address: str, session: Any) -> RestoreScreen:
    return RestoreScreen(session, address)


@pytest.fixture
def dead(tmp_path: Path) -> RealServer:
    server = RealSite(tmp_path).server()
    lived(server)
    return server


@pytest.mark.parametrize("size", SIZES)
async def test_a_place_is_enough(dead: RealServer, tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "new").mkdir()
    bare = RealSite(tmp_path / "new").server()
    stage = OnScreen(bare, partial(make, dead.vault), size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "what is in it", "Its rows", "12 credentials in")
        await to_plan(stage, pilot)
        assert "12 of 12 credentials will open; now 0 do." in stage.words
        await confirm(stage, pilot)
        await stage.press(pilot, "enter", until="Every credential opened (12).")
        await stage.press(pilot, *(["pagedown"] if size == SMALL_SIZE else []), until="b makes one.")
        await stage.press(pilot, "b", until="where to?")
    assert bare.secrets() == WANTED


async def test_without_a_copy_it_says_that_no_credential_comes_back(tmp_path: Path) -> None:
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one")
    address = server.back_up_keys().copy.address
    (tmp_path / "new").mkdir()
    bare = RealSite(tmp_path / "new").server()
    stage = OnScreen(bare, partial(make, address))
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        assert "No CMDB is here, and no database copy was found" in stage.words
    assert copied(server).copies
