"""`q` and Ctrl+Q ask wherever something was typed that is nowhere else, on every screen with a line."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

import nskeys_tui.dialogs
import nskeys_tui.screens
from nskeys.ports import Purpose, SecretRequest
from nskeys.ports.shares import ShareRequest
from nskeys_tui.dialogs.palette import Palette
from nskeys_tui.dialogs.questions import Line, LineDialog
from nskeys_tui.dialogs.share import AskShare
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.custodians import CustodiansScreen
from nskeys_tui.screens.destinations import DestinationsScreen
from nskeys_tui.screens.new_installation import NewInstallationScreen
from nskeys_tui.screens.overview import OverviewScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.screens.session import Session, ask_secret
from nskeys_tui.widgets.inputs import TextInput
from nskeys_tui.widgets.table.table import CredentialTable
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import PASSWORD
from tests.tui.on_screen import OnScreen, server_in
from tests.tui.stage import until

ASKS = "Leave all the same?"


def new_installation(session: Session) -> Screen[Any]:
    from nskeys.services.flows.first_start import FirstStart, Way

    return NewInstallationScreen(session, FirstStart(session.services.set_up.look()).choose(Way.NEW))


LINES: dict[str, Callable[[Session], Screen[Any]]] = {
    "LineDialog": lambda _: LineDialog("Destination", "Where shall the backup go?", Line("Folder", "/srv")),
    "AskPassword": lambda _: ask_secret(SecretRequest(Purpose.BACKUP_PASSWORD), 0),
    "NewPassword": lambda _: ask_secret(SecretRequest(Purpose.NEW_BACKUP_PASSWORD), 0),
    "AskKeyFile": lambda _: ask_secret(SecretRequest(Purpose.EXPORT_KEY_FILE), 0),
    "AskShare": lambda _: AskShare(ShareRequest(Purpose.SHARE)),
    "CredentialFormScreen": lambda session: CredentialFormScreen(session, None),
    "NewInstallationScreen": new_installation,
}
SEEK = {
    "Palette": ("ctrl+p", OverviewScreen, Palette),
    "OverviewScreen": ("slash", OverviewScreen, OverviewScreen),
    "ListScreen": ("slash", DestinationsScreen, DestinationsScreen),
}
"""What is typed here only looks for something: the key that begins, the screen, and where the line is."""


def with_lines() -> set[str]:
    """Every screen whose module makes a line to type into."""
    found = set()
    for package in (nskeys_tui.screens, nskeys_tui.dialogs):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, kind in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
                if issubclass(kind, Screen) and kind.__module__ == info.name:
                    source = inspect.getsource(kind)
                    if any(f"{line}(" in source for line in ("FormField", "Input", "FindLine")):
                        found.add(name)
    return found


def test_every_screen_with_a_line_is_tried() -> None:
    assert with_lines() == set(LINES) | set(SEEK)


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """One credential."""
    return server_in(tmp_path, "one")


async def on_its_line(stage: OnScreen, pilot: Pilot[Any], name: str) -> None:
    """The screen has come, and the cursor is in its first line."""
    await until(pilot, lambda: type(stage.app.screen).__name__ == name)
    await until(pilot, lambda: bool(stage.app.screen.query(TextInput)))
    await pilot.pause()
    stage.app.screen.query(TextInput).first().focus()
    await until(pilot, lambda: isinstance(stage.app.focused, TextInput))


@pytest.mark.parametrize("name", LINES)
async def test_ctrl_q_asks_before_what_was_typed_is_lost(name: str, tmp_path: Path) -> None:
    empty = name == "NewInstallationScreen"
    server = RealSite(tmp_path).server() if empty else server_in(tmp_path, "one")
    stage = OnScreen(server, LINES[name])
    async with stage.play() as pilot:
        await on_its_line(stage, pilot, name)
        await pilot.press("a", "b")
        await stage.press(pilot, "ctrl+q", until=ASKS)
        await stage.press(pilot, "enter")  # the safe answer
        await stage.gone(pilot, ASKS)
        assert "ab" in [line.value[-2:] for line in stage.app.screen.query(TextInput)]
        await stage.press(pilot, "ctrl+q", until=ASKS)
        await pilot.press("escape")
        await stage.gone(pilot, ASKS)
        await stage.press(pilot, "ctrl+q", until=ASKS)
        await pilot.press("down", "enter")
        await until(pilot, lambda: not stage.app.is_running)
    assert stage.app.return_code == 0


@pytest.mark.parametrize("name", LINES)
async def test_where_nothing_was_typed_nothing_is_asked(name: str, tmp_path: Path) -> None:
    server = RealSite(tmp_path).server() if name == "NewInstallationScreen" else server_in(tmp_path, "one")
    stage = OnScreen(server, LINES[name])
    async with stage.play() as pilot:
        await on_its_line(stage, pilot, name)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not stage.app.is_running)


async def test_q_asks_in_a_form_whose_list_has_the_focus(server: RealServer) -> None:
    stage = OnScreen(server, lambda session: CredentialFormScreen(session, None))
    async with stage.play() as pilot:
        await on_its_line(stage, pilot, "CredentialFormScreen")
        await pilot.press("a", "shift+tab")
        await stage.press(pilot, "q", until=ASKS)
        await pilot.press("ctrl+q")  # whoever asks twice is let go
        await until(pilot, lambda: not stage.app.is_running)


async def test_another_kind_of_a_credential_is_something_typed(server: RealServer) -> None:
    credential = server.services.credentials.show("run-as/one")
    stage = OnScreen(server, lambda session: CredentialFormScreen(session, credential))
    async with stage.play() as pilot:
        await on_its_line(stage, pilot, "CredentialFormScreen")
        await pilot.press("shift+tab", "up")
        await stage.press(pilot, "q", until=ASKS)


async def test_what_is_behind_a_help_or_another_box_is_asked_for_too(server: RealServer) -> None:
    stage = OnScreen(server, lambda session: CredentialFormScreen(session, None))
    async with stage.play() as pilot:
        await on_its_line(stage, pilot, "CredentialFormScreen")
        await pilot.press("a")
        await stage.press(pilot, "f1", until="Tab goes from field")
        await stage.press(pilot, "ctrl+q", until=ASKS)


async def test_a_backup_password_is_kept_until_somebody_says_otherwise(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "enter", until="New password for the backup")
        for key in ("tab", "enter"):
            await stage.type(pilot, PASSWORD)
            await pilot.press(key)
        await stage.wait(pilot, "this will be written")
        await stage.press(pilot, "q", until=ASKS)
        await stage.press(pilot, "escape", until="this will be written")
        await stage.press(pilot, "enter", until="is complete.")
        await pilot.press("q")
        await until(pilot, lambda: not stage.app.is_running)


async def test_a_backup_that_was_opened_is_kept_so_too(server: RealServer) -> None:
    address = server.back_up().copy.address
    stage = OnScreen(server, lambda session: RestoreScreen(session, address))
    async with stage.play() as pilot:
        await stage.wait(pilot, "what is in it")
        await stage.press(pilot, "enter", until="Password of the backup")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="the plan")
        await stage.press(pilot, "q", until=ASKS)


async def test_sheets_are_left_with_the_question_that_esc_asks(server: RealServer) -> None:
    stage = OnScreen(server, CustodiansScreen)
    async with stage.play() as pilot:
        for shows, key in (
            ("n makes new sheets.", "n"),
            ("any 3 open", "enter"),
            ("Nothing is made yet.", "enter"),
            ("Files to print", "enter"),
        ):
            await stage.wait(pilot, shows)
            await pilot.press(key)
        await stage.wait(pilot, "Enter shows the sheet.")
        for key in ("escape", "q", "ctrl+q"):
            await stage.press(pilot, key, until="Sheets are shown once.")
            await stage.press(pilot, "enter", until="Enter shows the sheet.")


async def test_esc_asks_before_a_sheet_that_is_half_typed_is_gone(server: RealServer) -> None:
    stage = OnScreen(server, LINES["AskShare"])
    async with stage.play() as pilot:
        await on_its_line(stage, pilot, "AskShare")
        await pilot.press(*"acad", "enter")
        await stage.press(pilot, "escape", until=ASKS)
        await stage.press(pilot, "enter", until="academic")
        await stage.press(pilot, "escape", until=ASKS)
        await pilot.press("down", "enter")
        await stage.left(pilot)


@pytest.mark.parametrize("name", SEEK)
async def test_what_only_looks_for_something_keeps_nobody(server: RealServer, name: str) -> None:
    key, screen, line = SEEK[name]
    stage = OnScreen(server, screen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "? Help")
        await until(pilot, lambda: bool(stage.app.screen.query(CredentialTable).first().total))
        await pilot.press(key)
        await on_its_line(stage, pilot, line.__name__)
        await pilot.press("o", "ctrl+q")
        await until(pilot, lambda: not stage.app.is_running)
