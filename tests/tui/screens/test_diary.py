"""The diary of drills on the screen: who tried what, and how it ended, in words and with a mark."""

from pathlib import Path

import pytest

from nskeys.errors import FileUnreadable, WrongPassword
from nskeys.model.diary import DiaryFate
from nskeys.ports import Purpose
from nskeys_tui.screens.diary import DiaryScreen
from nskeys_tui.screens.register import RegisterScreen
from tests.fakes.fixed import Answers
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """A drill that opened everything, one whose password was given up, and one of a file that is gone."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, "alpha", "beta")
        first, second = server.back_up().copy.address, server.back_up().copy.address
        assert server.drill(first).diary is DiaryFate.SIGNED
        server.clock.advance(days=1)
        with pytest.raises(WrongPassword):
            server.services.drill.execute(
                server.services.drill.find(first),
                Answers({Purpose.BACKUP_PASSWORD: ["forgotten"]}, typed=True),
            )
        server.clock.advance(days=1)
        server.lose(second)
        with pytest.raises(FileUnreadable):
            server.services.drill.find(second)
        return server

    return kept_homes.server("with a diary", build)


def line_of(stage: OnScreen, words: str) -> str:
    return next(line for line in stage.lines if words in line and line.startswith(" 2026"))


@pytest.mark.parametrize("size", SIZES)
async def test_each_drill_is_a_line_newest_first(server: RealServer, size: tuple[int, int]) -> None:
    stage = OnScreen(server, DiaryScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "3 drills", "missing", "wrong password", "credentials open")
        results = [line for line in stage.lines if line.startswith(" 2026")]
        assert ["missing" in results[0], "wrong password" in results[1], "credentials open" in results[2]]
        assert results[0].endswith("!")
        assert results[1].endswith("!")
        assert not results[2].endswith("!")
        assert all("signed" in line for line in results)
        await stage.press(pilot, "down", until="what was typed did not open it")
        await stage.press(pilot, "down", until="2 opened")


@pytest.mark.parametrize("size", SIZES)
async def test_one_drill_says_everything(server: RealServer, size: tuple[int, int]) -> None:
    stage = OnScreen(server, DiaryScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "3 drills")
        await stage.press(pilot, "down", until="what was typed")
        await stage.press(pilot, "enter", until=("Result", "wrong password:", "Credentials", "not tried"))
        await stage.press(pilot, "escape", until="3 drills")


async def test_the_register_leads_to_it(server: RealServer) -> None:
    stage = OnScreen(server, RegisterScreen, SIZES[0])
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 copies", "each looked at now")
        await stage.press(pilot, "y", until=("Diary of drills", "3 drills"))
        await stage.press(pilot, "escape", until="2 copies")


async def test_an_empty_diary_says_so(tmp_path: Path) -> None:
    stage = OnScreen(server_in(tmp_path, "alpha"), DiaryScreen, SIZES[0])
    async with stage.play() as pilot:
        await stage.wait(pilot, "No drill was done yet.")
