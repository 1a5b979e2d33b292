"""The columns of a CSV that no program wrote: seen with its first rows, chosen by key, remembered."""

from pathlib import Path

import pytest

from nskeys_tui.screens.import_credentials import ImportScreen
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in

CSV = "Nr;Was;Wer;Kennwort;Wohin\r\n1;till;LAB\\svc;s,1;pkg-*\r\n2;\u00e4pfel;LAB\\svc2;geheim 2;other\r\n"


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    return server_in(tmp_path, "deploy")


@pytest.mark.parametrize("size", SIZES)
async def test_columns_are_chosen_by_key_and_remembered(
    server: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    export = tmp_path / "crm.csv"
    export.write_text(CSV, encoding="utf-8")
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "down", "enter", until="File")
        await stage.type(pilot, str(export))
        await stage.press(
            pilot,
            "enter",
            until=("what do its columns hold?", "with semicolons between the cells.", "till, \u00e4pfel"),
        )
        await stage.wait(pilot, "Still needed: name, account and secret.", "********, ********")
        assert "geheim" not in stage.words
        await stage.press(pilot, "down", "n", until="Still needed: account and secret.")
        # Typed ahead, each key means the column that the one before it went to.
        await stage.press(pilot, "down", "a", "down", "s", "down", "t", until="target pkg-*, other")
        # j, k and g move here as everywhere, and change nothing.
        await stage.press(pilot, "g", until="\u25b8 Nr")
        await stage.press(pilot, "j", until="\u25b8 Was")
        await stage.press(pilot, "k", until="\u25b8 Nr")
        await stage.press(pilot, "f", until="group")
        await stage.press(pilot, "f", until="Enter Plan")
        await stage.press(pilot, "r", until="Name")
        await stage.type(pilot, "crm")
        await stage.press(pilot, "enter", until="what do its columns hold?")
        await stage.press(pilot, "enter", until="CSV by columns: 2 entries")
        await stage.press(pilot, "c", "r", "enter", until="New 2, changed 0, present 0.")
        await stage.press(pilot, "enter", until="2 credentials were imported.")
    assert server.services.imports.remembered("crm").columns == (
        ("name", "Was"),
        ("account", "Wer"),
        ("secret", "Kennwort"),
        ("target", "Wohin"),
    )
    stage = OnScreen(server, ImportScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "down", "enter", until="File")
        await stage.type(pilot, str(export))
        await stage.press(pilot, "enter", until="what do its columns hold?")
        await stage.press(pilot, "u", until="▸ crm")
        await stage.press(pilot, "enter", until="Enter Plan")
        await stage.press(pilot, "down", "down", "down", "s", until="Still needed: secret.")
        await stage.press(pilot, "escape", until="which export?")


async def test_a_code_page_is_asked_for(server: RealServer, tmp_path: Path) -> None:
    export = tmp_path / "crm.csv"
    export.write_bytes(CSV.encode("cp1252"))
    stage = OnScreen(server, ImportScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which export?")
        await stage.press(pilot, "down", "enter", until="File")
        await stage.type(pilot, str(export))
        await stage.press(pilot, "enter", until="Windows-1252, Western Europe")
        await stage.press(pilot, "down", "down", "down", "down", "enter", until="till, \u00e4pfel")
        await stage.wait(pilot, "Read as Windows-1252, Western Europe, with semicolons")
        await stage.press(pilot, "d", until="▸ Commas")
        await stage.press(pilot, "c", "enter", until="with commas between the cells.")
        await stage.press(pilot, "e", until="▸ UTF-8")
        await stage.press(pilot, "enter", until="is not valid text in the encoding")
