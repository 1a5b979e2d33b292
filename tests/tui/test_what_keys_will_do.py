"""A toggle says what it does next, what was done is asked for no more, and a box never lies on a box."""

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.ports import Progress, Purpose, SecretProvider, SecretRequest, Stage
from nskeys.ports.shares import ShareRequest
from nskeys_tui.dialogs.long_work import LongWork
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.dialogs.share import AskShare
from nskeys_tui.screens.credential_detail import CredentialScreen
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.session import Session, ask_secret
from nskeys_tui.widgets.frame import Rule
from nskeys_tui.widgets.key_bar import KeyBar
from tests.tui import stage as stages
from tests.tui.demo import asks
from tests.tui.held_answers import HeldAnswers
from tests.tui.on_screen import OnScreen, server_in
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, until


def painted(stage: stages.Stage) -> list[str]:
    """The whole terminal, with what is seen behind a dialog."""
    app = stage.app
    screens = [*app._background_screens, app.screen]
    bottom = [""] * app.size.height
    for screen in screens:
        for y, strip in enumerate(screen._compositor.render_strips()):
            bottom[y] = strip.text.rstrip() or bottom[y]
    return bottom


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_what_asked_to_show_a_generated_password_goes_once_it_was_shown(
    size: tuple[int, int],
) -> None:
    stage = stages.Stage(Rule(), size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, ask_secret(SecretRequest(Purpose.NEW_BACKUP_PASSWORD), 0))
        await pilot.press("ctrl+g", "enter")
        assert any("! Show it first (Ctrl+R)" in line for line in stage.lines())
        assert "^R Show" in stage.lines()[-1]
        await pilot.press("ctrl+r")
        assert not any("Show it first" in line for line in stage.lines())
        assert "^R Hide" in stage.lines()[-1]
        await pilot.press("ctrl+r")
        assert "^R Show" in stage.lines()[-1]
        assert not any("Write it down now" in line for line in stage.lines())
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))


async def test_a_sheet_says_whether_its_words_will_be_hidden_or_shown() -> None:
    stage = stages.Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(ShareRequest(Purpose.SHARE)))
        for does in ("Hide", "Show", "Hide"):
            assert f"^R {does}" in stage.lines()[-1]
            await pilot.press("ctrl+r")


async def test_a_secret_says_whether_it_will_be_shown_or_hidden(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")

    def detail(session: Session) -> CredentialScreen:
        return CredentialScreen(session, server.services.credentials.show("run-as/one").credential_id)

    stage = OnScreen(server, detail)
    async with stage.play() as pilot:
        await stage.wait(pilot, "s Show secret")
        await stage.press(pilot, "s", until="s Hide secret")
        await stage.press(pilot, "s", until="s Show secret")
        await stage.press(pilot, "e", until="Edit")
    assert sum("shown" in line or "reveal" in line for line in server.audit()) == 1


async def test_a_form_says_it_too(tmp_path: Path) -> None:
    stage = OnScreen(server_in(tmp_path), lambda session: CredentialFormScreen(session, None))
    async with stage.play() as pilot:
        await stage.wait(pilot, "^R Show secret")
        await stage.press(pilot, "ctrl+r", until="^R Hide secret")
        await stage.press(pilot, "ctrl+r", until="^R Show secret")


# --- boxes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_the_box_of_the_work_is_not_seen_behind_the_box_that_asks(size: tuple[int, int]) -> None:
    go_on = threading.Event()

    def work(progress: Progress, secrets: SecretProvider) -> None:
        progress.stage(Stage.OPENING)
        with secrets(SecretRequest(Purpose.BACKUP_PASSWORD), 0):
            assert go_on.wait(20)

    stage = stages.Stage(Rule("the screen itself"), size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, LongWork("Drill", work, asks))
        await until(pilot, lambda: any("Password of the backup" in line for line in painted(stage)))
        assert not any("Drill" in line for line in painted(stage))
        assert any("the screen itself" in line for line in painted(stage))
        await pilot.press("x", "enter")
        await until(pilot, lambda: any("Drill" in line for line in painted(stage)))
        go_on.set()
        await until(pilot, lambda: bool(stage.answers))


async def test_no_box_is_seen_behind_another_one() -> None:
    stage = stages.Stage(Rule("the screen itself"))
    async with stage.play() as pilot:
        await stage.ask(pilot, ConfirmDialog("Below", "Really?"))
        await stage.ask_on_top(pilot, ConfirmDialog("Above", "Sure?"))
        assert sum(line.count("╭") for line in painted(stage)) == 1
        assert any("Above" in line for line in painted(stage))
        await pilot.press("escape")
        await until(pilot, lambda: any("Below" in line for line in painted(stage)))


# --- keys that wait ------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", [True, False])
async def test_the_bottom_line_says_that_an_answer_is_awaited_where_that_takes_more_than_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    answers, server = HeldAnswers(monkeypatch), server_in(tmp_path, "one")
    stage = OnScreen(server, lambda session: CredentialFormScreen(session, None))
    said: list[bool] = []
    monkeypatch.setattr(KeyBar, "watch_busy", lambda _bar, busy: said.append(busy), raising=False)
    async with stage.play() as pilot:
        await fill_in(stage, pilot)
        if held:
            answers.hold()
        await pilot.press("enter")
        if held:
            await stage.wait(pilot, "Working … cannot be stopped here; Ctrl+Q twice leaves")
            answers.let_go()
        await stage.left(pilot)
    assert (True in said) is held


async def fill_in(stage: OnScreen, pilot: Pilot[Any]) -> None:
    await stage.wait(pilot, "Enter Choose")
    await stage.press(pilot, "enter", until="Enter Save")
    for words in ("three", "https://ns03.example.net", "LAB\\svc", "secret"):
        await stage.type(pilot, words)
        await pilot.press("tab")
