"""A KeePass database in the app: its key file and its password are asked for."""

from pathlib import Path

import pykeepass
import pytest

from nskeys_tui.screens.import_credentials import ImportScreen
from tests.core.imports.test_kdbx import PASSWORD, empty, opened, saved
from tests.tui.on_screen import SIZES, OnScreen, server_in

__all__ = ("empty",)  # a fixture


@pytest.mark.parametrize("size", SIZES)
async def test_a_database_asks_for_key_file_and_password(
    tmp_path: Path, empty: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "deploy")
    key = tmp_path / "till.key"
    key.write_bytes(b"\xff\xfe no text")
    database: pykeepass.PyKeePass = opened(tmp_path, empty, PASSWORD, key)
    database.add_entry(database.add_group(database.root_group, "Run-as"), "till", "LAB\\svc", "s", "pkg")
    saved(database)
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "down", "enter", until="File")
        await stage.type(pilot, str(database.filename))
        await stage.press(pilot, "enter", until="Press Enter where it has none.")
        await stage.type(pilot, str(tmp_path / "nothing"))
        await stage.press(pilot, "enter", until="there is no such file.")
        await stage.press(pilot, "ctrl+u", until="Key file")
        await stage.type(pilot, str(key))
        await stage.press(pilot, "enter", until="Password of")
        await stage.type(pilot, "wrong")
        await stage.press(pilot, "enter", until="That password does not open it.")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="KeePass database (KDBX): 1 entry. New 1")
        await stage.press(pilot, "enter", until="1 credential was imported.")
