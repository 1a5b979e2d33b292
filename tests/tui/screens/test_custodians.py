"""Custodians in the app: sheets one after the other, every share proven, and nothing left behind."""

import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.services.recovery import sheet_files
from nskeys_tui.screens.custodians import CustodiansScreen
from tests.fakes.real_site import RealServer
from tests.fakes.sheets import check, split_among
from tests.tui.on_screen import SIZES, OnScreen, server_in

_NUMBERED = re.compile(r"(?<!\S)(\d\d?) ([a-z]{4,8})(?!\S)")


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """A server without custodians."""
    return server_in(tmp_path, "one")


def words_on(lines: list[str]) -> list[str]:
    """The words that a custodian copies from the screen."""
    rows = [row for row in lines if len(_NUMBERED.findall(row)) == 4]
    return [
        word for _, word in sorted((int(n), word) for row in rows for n, word in _NUMBERED.findall(row))
    ]


async def type_share(stage: OnScreen, pilot: Pilot[Any], text: str) -> None:
    """As a scanner does: the whole line at once."""
    await stage.type(pilot, f"{text} ")
    await pilot.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_new_sheets_are_shown_and_every_share_is_proven(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, CustodiansScreen, size)
    texts: list[str] = []
    async with stage.play() as pilot:
        await stage.wait(pilot, "In force none", "n makes new sheets.", "20 words")
        await stage.press(pilot, "n", until=("5 custodians, any 3 open", "Other numbers"))
        await stage.press(pilot, "down", "enter", until=("any 2 of them together", "Nothing is made yet."))
        await stage.press(pilot, "enter", until=("Shown here", "Files to print"))
        await pilot.press("enter")
        for number in (1, 2, 3):
            await stage.wait(
                pilot, f"Next is the custodian of share {number} of 3.", "Enter shows the sheet"
            )
            assert words_on(stage.lines) == []
            await stage.press(pilot, "enter", until="Copy every word")
            texts.append(" ".join(words_on(stage.lines)))
            await pilot.press("enter")
        await stage.wait(pilot, "every custodian now types the words in")
        assert not any(text.split()[7] in stage.words for text in texts)
        assert [len(text.split()) for text in texts] == [20, 20, 20]
        assert server.services.custodians.show().in_force is None
        await pilot.press("enter")
        for number, text in enumerate(texts):
            await stage.wait(pilot, f"{number} of 3 given")
            await type_share(stage, pilot, text)
        await stage.wait(pilot, "Every one of the 3 shares was proven.", "back up now.", "b Back up")
        await pilot.press("enter")
        await stage.left(pilot)
    assert server.services.custodians.show().in_force is not None


async def test_the_words_as_a_code_to_scan(server: RealServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NSKEYS_ASCII", "0")
    stage = OnScreen(server, CustodiansScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "n makes new sheets.")
        await stage.press(pilot, "n", until="5 custodians")
        await stage.press(pilot, "enter", until="Nothing is made yet.")
        await stage.press(pilot, "enter", until="Shown here")
        await stage.press(pilot, "enter", until="Enter shows the sheet")
        await stage.press(pilot, "enter", until=("Copy every word", "v View code"))
        await pilot.press("v")
        await stage.gone(pilot, "Copy every word")
        # Its two corners above; more where the words happen to look like one.
        assert sum("█▀▀▀▀▀█" in line for line in stage.lines) >= 2
        await stage.press(pilot, "v", until="Copy every word")


async def test_leaving_the_sheets_is_asked_and_drops_them(server: RealServer) -> None:
    stage = OnScreen(server, CustodiansScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "n makes new sheets.")
        await stage.press(pilot, "n", until="5 custodians")
        await stage.press(pilot, "enter", until="Nothing is made yet.")
        await stage.press(pilot, "enter", until="Shown here")
        await stage.press(pilot, "enter", until="Enter shows the sheet")
        await stage.press(pilot, "enter", until="Copy every word")
        screen = stage.app.screen
        assert isinstance(screen, CustodiansScreen)
        await stage.press(pilot, "escape", until="this set cannot be proven any more")
        await stage.press(pilot, "enter", until="Copy every word")
        await stage.press(pilot, "escape", until="this set cannot be proven any more")
        await stage.press(pilot, "y", "enter", until=("Waiting number 1", "not yet checked"))
        assert screen._split is None


async def test_other_numbers(server: RealServer) -> None:
    stage = OnScreen(server, CustodiansScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "n makes new sheets.")
        await stage.press(pilot, "n", until="5 custodians")
        await stage.press(pilot, "o", "enter", until="How many custodians")
        await pilot.press(*["backspace"] * 3)
        await stage.type(pilot, "4 5")
        await stage.press(pilot, "enter", until="Type two numbers")
        await pilot.press(*["backspace"] * 3)
        await stage.type(pilot, "6 5")
        await stage.press(pilot, "enter", until="6 custodians get a sheet each; any 5 of them")


async def test_sheets_in_files(server: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_files, "_IN_MEMORY", frozenset())  # wherever the tests' files lie
    folder = tmp_path / "sheets"
    folder.mkdir(mode=0o700)
    stage = OnScreen(server, CustodiansScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "n makes new sheets.")
        await stage.press(pilot, "n", until="5 custodians")
        await stage.press(pilot, "enter", until="Nothing is made yet.")
        await stage.press(pilot, "enter", until="Files to print")
        await stage.press(pilot, "f", "enter", until="They are secrets in files.")
        await pilot.press(*["backspace"] * 15)
        await stage.type(pilot, str(tmp_path / "nowhere"))
        await stage.press(pilot, "enter", until="cannot be written: its folder does not exist")
        await stage.press(pilot, "enter", until="Files to print")
        await stage.press(pilot, "f", "enter", until="They are secrets in files.")
        await pilot.press(*["backspace"] * 15)
        await stage.type(pilot, str(folder))
        await stage.press(pilot, "enter", until=("5 sheets are in", "That folder lies on a disk"))
    assert sorted(path.suffix for path in folder.iterdir()) == [".html"] * 5


async def test_shares_in_force_are_proven_again_and_esc_stops_it(server: RealServer) -> None:
    _, texts = split_among(server, 3, 2)
    check(server, texts)
    stage = OnScreen(server, CustodiansScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "In force number 1", "any 2 of 3 shares", "c checks every share")
        await stage.press(pilot, "c", until="0 of 3 given")
        await stage.press(pilot, "escape", until="In force number 1")
        await stage.press(pilot, "c", until="0 of 3 given")
        await type_share(stage, pilot, texts[1])
        await stage.wait(pilot, "1 of 3 given (2)")
        await stage.press(pilot, "escape", until="Share 2 was given and would have to be given again.")
        await stage.press(pilot, "enter", until="1 of 3 given (2)")
        for text in (texts[0], texts[2]):
            await type_share(stage, pilot, text)
        await stage.wait(pilot, "Every one of the 3 shares was proven.")
        assert "recipients of every backup" not in stage.words
