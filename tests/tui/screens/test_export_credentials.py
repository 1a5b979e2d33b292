"""Export: every credential in one encrypted file, which Import takes back."""

from pathlib import Path

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from nskeys_tui.screens.export_credentials import ExportScreen
from nskeys_tui.screens.import_credentials import ImportScreen
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in

PASSWORD = "five harmless quokkas 71"


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    return server_in(tmp_path, "deploy", "till")


@pytest.mark.parametrize("size", SIZES)
async def test_an_export_under_a_password_is_read_again(
    server: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    to = tmp_path / "all.age"
    stage = OnScreen(server, ExportScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "who opens it?", "▸ Whoever knows a password")
        await stage.press(pilot, "enter", until="A new file")
        await stage.press(pilot, "ctrl+u", until="A new file")
        await stage.type(pilot, str(to))
        await stage.press(pilot, "enter", until="New password for the export")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "tab", until="Again")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="2 credentials are in")
        await pilot.press("enter")
        await stage.left(pilot)
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "down", "enter", until="File")
        await stage.type(pilot, str(to))
        await stage.press(pilot, "enter", until="Password of")
        await stage.type(pilot, "wrong")
        await stage.press(pilot, "enter", until="That password does not open it.")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="New 0, changed 0, present 2.")


async def test_an_export_to_recipients_wants_an_identity(server: RealServer, tmp_path: Path) -> None:
    to, identity = tmp_path / "all.age", X25519Identity.new()
    file = tmp_path / "identity.txt"
    with identity.spelled() as line:
        file.write_text(line.text())
    stage = OnScreen(server, ExportScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "who opens it?")
        await stage.press(pilot, "down", "enter", until="Recipients")
        await stage.type(pilot, "age1wrong")
        await stage.press(pilot, "enter", until="is not whole")
        await stage.press(pilot, "ctrl+u", until="Recipients")
        await stage.type(pilot, identity.recipient)
        await stage.press(pilot, "enter", until="A new file")
        await stage.press(pilot, "ctrl+u", until="A new file")
        await stage.type(pilot, str(to))
        await stage.press(pilot, "enter", until=("2 credentials are in", "1 recipient"))
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "down", "enter", until="File")
        await stage.type(pilot, str(to))
        await stage.press(pilot, "enter", until="Identity file")
        await stage.type(pilot, str(file))
        await stage.press(pilot, "enter", until="New 0, changed 0, present 2.")
