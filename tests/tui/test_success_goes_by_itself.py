"""Nothing waits for Enter but a question: what was done is a line that goes, work shows after a moment."""

import time
from pathlib import Path
from typing import Any

import pytest

from nskeys.ports import Progress, SecretProvider
from nskeys_tui.dialogs.long_work import LongWork
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.dialogs.secret import AskPassword
from nskeys_tui.screens import session as session_module
from nskeys_tui.screens.destinations import DestinationsScreen
from nskeys_tui.screens.session import show_done
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import OnScreen, server_in
from tests.tui.stage import Stage, until


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """A server with one destination."""
    return server_in(tmp_path, "alpha")


async def test_what_was_done_is_said_in_a_line_that_goes_and_takes_no_key(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "_READ_S", 0.6)
    monkeypatch.setattr(session_module, "_A_LINE_S", 0.0)
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each tried now")
        await stage.press(pilot, "t", until="works: something was written there")
        assert isinstance(stage.app.screen, DestinationsScreen)
        await stage.gone(pilot, "works: something was written there")
        assert isinstance(stage.app.screen, DestinationsScreen)


async def test_the_line_stands_above_the_keys() -> None:
    stage = Stage()
    async with stage.play() as pilot:
        await stage.settled(pilot)
        show_done(pilot.app, "The list is in /root/list.txt.")
        await until(pilot, lambda: any("The list is in" in line for line in stage.lines()))
        assert "The list is in /root/list.txt." in stage.lines()[-2]


def _work(seconds: float) -> Any:
    def work(progress: Progress, _: SecretProvider) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            progress.checkpoint()
            time.sleep(0.01)
        return "done"

    return work


async def test_work_that_is_done_at_once_shows_no_box() -> None:
    stage = Stage()
    async with stage.play() as pilot:
        await stage.settled(pilot)
        dialog: LongWork[str] = LongWork("Work", _work(0.0), lambda *_: AskPassword("", ""))
        dialog.SEEN_AFTER_S = 60.0  # type: ignore[misc]  # this one alone
        await pilot.app.push_screen(dialog, stage.answers.append)
        assert not any("Work" in line for line in stage.lines())
        await until(pilot, lambda: bool(stage.answers))
        assert stage.answers[0].value == "done"


async def test_work_that_takes_longer_is_shown_and_the_screen_behind_it_is_quiet() -> None:
    stage = Stage()
    async with stage.play() as pilot:
        await stage.settled(pilot)
        dialog: LongWork[str] = LongWork("Work", _work(30.0), lambda *_: AskPassword("", ""))
        await pilot.app.push_screen(dialog, stage.answers.append)
        await until(pilot, lambda: any("─ Work ─" in line for line in stage.lines()))
        assert dialog.is_seen
        await pilot.press("escape")
        await until(pilot, lambda: bool(stage.answers))


async def test_the_screen_behind_a_question_is_dim_and_the_question_is_not(server: RealServer) -> None:
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each tried now")
        await pilot.app.push_screen(ConfirmDialog("Sure", "Is that so?"))
        await stage.wait(pilot, "Is that so?")
        strips = stage.app.screen._compositor.render_strips()
        above = [segment for segment in strips[0] if segment.text.strip()]
        assert above
        assert all(segment.style is not None and segment.style.dim for segment in above)
        asked = [segment for strip in strips for segment in strip if "Is that so?" in segment.text]
        assert asked
        assert not any(segment.style is not None and segment.style.dim for segment in asked)
