"""The shell: first paint, what follows, colours, commands, and an end that gives nothing away."""

import threading
from functools import partial
from typing import Any

import pytest
from textual.app import App
from textual.filter import NoColor
from textual.screen import Screen

from nskeys.errors import HomeUnreadable
from nskeys_tui.app import A_BUG, NskeysApp, Opening, bug_in_a_sentence
from nskeys_tui.dialogs.help import Help
from nskeys_tui.dialogs.palette import Palette
from nskeys_tui.presenters.look import wants_ascii
from nskeys_tui.screens.splash import SplashScreen
from nskeys_tui.screens.startup_error import StartupErrorScreen
from nskeys_tui.theme import DARK, LIGHT, AsciiFilter, starting_theme
from nskeys_tui.widgets.frame import Rule
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, OneScreen, Stage, until

SECRET = "tr0ub4dor"


def lines(app: App[Any]) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def arrive(_: int) -> Screen[None]:
    return OneScreen([Rule("Arrived")])


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_the_first_paint_comes_before_the_services(size: tuple[int, int]) -> None:
    gate = threading.Event()

    def connect() -> int:
        assert gate.wait(10)
        return 1

    app = NskeysApp(Opening(connect, arrive, StartupErrorScreen))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "If this server died now" in lines(app))
        assert isinstance(app.screen, SplashScreen)
        assert lines(app).endswith(" ? Help  q Quit")
        gate.set()
        await until(pilot, lambda: "── Arrived ──" in lines(app))


async def test_an_installation_that_cannot_be_opened_says_why_and_waits() -> None:
    def connect() -> int:
        raise HomeUnreadable("/var/lib/nskeys")

    app = NskeysApp(Opening(connect, arrive, StartupErrorScreen))
    async with app.run_test(size=SMALL_SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartupErrorScreen))
        await until(pilot, lambda: "/var/lib/nskeys" in lines(app))
        assert "sudo" in lines(app)
        await pilot.press("enter")
    assert app.return_code == 0


def crash(secret: str) -> int:
    password = secret * 2
    raise RuntimeError(password)


async def test_a_bug_ends_the_app_with_one_sentence_and_no_variables() -> None:
    app = NskeysApp(Opening(partial(crash, SECRET), arrive, StartupErrorScreen))
    with pytest.raises(Exception, match="RuntimeError"):
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == A_BUG


def test_a_bug_is_told_by_its_kind_and_its_place_alone() -> None:
    with pytest.raises(RuntimeError) as caught:
        crash(SECRET)
    sentence = bug_in_a_sentence(caught.value)
    assert sentence.startswith("nskeys stopped because of a bug (RuntimeError in test_app.py line ")
    assert SECRET not in sentence


async def test_nothing_is_ever_sent_to_the_terminals_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.settled(pilot)
        written: list[str] = []
        assert pilot.app._driver is not None
        monkeypatch.setattr(pilot.app._driver, "write", written.append)
        pilot.app.copy_to_clipboard("account")
        assert written == []
        assert pilot.app.clipboard == "account"


async def test_ctrl_c_neither_quits_nor_crashes() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.settled(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: any("Ctrl+Q leaves nskeys." in line for line in stage.lines()))
        assert pilot.app.is_running


async def test_help_names_the_keys_of_the_screen() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.settled(pilot)
        await pilot.press("?")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        assert any("q " in line and "Leave nskeys" in line for line in stage.lines())
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, OneScreen))


async def test_the_palette_offers_what_works_now_and_nothing_that_writes_a_file() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.settled(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, Palette))
        names = [command.name for command in stage.app.commands_now()]
        await pilot.press(*"light", "enter")
        await until(pilot, lambda: pilot.app.theme == LIGHT.name)
        assert "Screenshot" not in names
        assert [command.name for command in stage.app.commands_now()] == ["Help", "Dark terminal", "Quit"]


async def test_without_colours_marks_and_reverse_video_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert any(isinstance(found, NoColor) for found in pilot.app.get_line_filters())


async def test_on_the_linux_console_frames_are_drawn_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    stage = Stage(Rule("Schlüssel · 日本"))
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert any(isinstance(found, AsciiFilter) for found in pilot.app.get_line_filters())
        await pilot.press("?")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        painted = "\n".join(stage.lines())
        assert "-- Schlüssel - 日本 ---" in painted
        assert "+- Help ---" in painted
        assert not set(painted) & set("─│╭╮╰╯·▸")


@pytest.mark.parametrize(
    ("environment", "encoding", "ascii_only"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", False),
        ({"TERM": "linux"}, "utf-8", True),
        ({"TERM": "xterm"}, "iso8859-1", True),
        ({"TERM": "linux", "NSKEYS_ASCII": "0"}, "utf-8", False),
        ({"TERM": "xterm", "NSKEYS_ASCII": "1"}, "utf-8", True),
        ({"TERM": "xterm", "LC_ALL": "C"}, "utf-8", True),
        ({"TERM": "xterm", "LC_ALL": "C.UTF-8"}, "utf-8", False),
    ],
)
def test_ascii_is_for_terminals_that_draw_no_more(
    environment: dict[str, str], encoding: str, ascii_only: bool
) -> None:
    assert wants_ascii(environment, encoding) is ascii_only


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, DARK.name),
        ({"COLORFGBG": "0;15"}, LIGHT.name),
        ({"COLORFGBG": "15;default;0"}, DARK.name),
        ({"COLORFGBG": "0;15", "NSKEYS_THEME": "dark"}, DARK.name),
        ({"NSKEYS_THEME": "light"}, LIGHT.name),
    ],
)
def test_the_first_theme_fits_the_terminal(environment: dict[str, str], name: str) -> None:
    assert starting_theme(environment).name == name
