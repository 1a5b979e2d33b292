"""Finding a file: names are hostile text, folders may be unreadable, and all of it goes by keyboard."""

import os
from pathlib import Path

import pytest

from nskeys_tui.dialogs.file_browser import (
    ENTRY_LIMIT,
    UP,
    EntryRows,
    FileBrowser,
    fit_end,
    list_folder,
    nearest_folder,
)
from nskeys_tui.widgets.frame import Rule
from tests.fakes.dead_mounts import dead_mount
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, Stage, until

HOSTILE = "\x1b]0;owned\x07\u202ekms.zip"


def everything(_name: str) -> bool:
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backups" / "older").mkdir(parents=True)
    (tmp_path / "backups" / "ns01-20261122.zip").write_bytes(b"x" * 12_400)
    (tmp_path / "backups" / "notes.txt").write_bytes(b"")
    (tmp_path / "backups" / ".hidden.zip").write_bytes(b"")
    (tmp_path / "backups" / HOSTILE).write_bytes(b"")
    return tmp_path / "backups"


def test_a_listing_has_the_way_up_then_folders_then_wanted_files(folder: Path) -> None:
    names = [entry.name for entry in list_folder(folder, lambda name: name.endswith(".zip"), hidden=False)]
    assert names == [UP, "older", HOSTILE, "ns01-20261122.zip"]


def test_hidden_files_are_listed_on_request(folder: Path) -> None:
    assert ".hidden.zip" in [entry.name for entry in list_folder(folder, everything, hidden=True)]


def test_nothing_in_a_name_reaches_the_terminal_as_a_command(folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/caf\xe9.zip", os.O_CREAT))
    cells = [row.cells[0] for row in EntryRows(list_folder(folder, everything, hidden=False)).window(0, 99)]
    assert "\\x1b]0;owned\\x07\\u202ekms.zip" in cells
    assert "caf\\udce9.zip" in cells
    assert all(text.isprintable() for text in cells)


def test_pipes_and_dangling_links_are_not_offered(folder: Path) -> None:
    os.mkfifo(folder / "pipe.zip")
    (folder / "dangling.zip").symlink_to("nowhere")
    names = [entry.name for entry in list_folder(folder, everything, hidden=False)]
    assert not {"pipe.zip", "dangling.zip"} & set(names)


def test_a_file_from_before_or_after_every_calendar_has_no_date(folder: Path) -> None:
    os.utime(folder / "notes.txt", (-5, -5))
    rows = EntryRows(list_folder(folder, everything, hidden=False)).window(0, 99)
    assert next(row.cells[2] for row in rows if row.cells[0] == "notes.txt") == ""


def test_a_folder_that_is_gone_is_looked_for_further_up(folder: Path) -> None:
    assert nearest_folder(folder / "gone" / "deeper") == folder
    assert nearest_folder(folder / "notes.txt") == folder
    assert ENTRY_LIMIT >= 10_000


def test_of_a_long_path_the_end_is_shown() -> None:
    assert fit_end("/var/lib/nskeys/backups", 12) == "…eys/backups"
    assert fit_end("/var", 12) == "/var"


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_a_file_is_found_by_keyboard(folder: Path, size: tuple[int, int]) -> None:
    stage = Stage(Rule(), size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, FileBrowser("Choose a backup", folder.parent))
        await until(pilot, lambda: any("backups/" in line for line in stage.lines()))
        await pilot.press("down", "enter")
        await until(pilot, lambda: any("ns01-20261122.zip" in line for line in stage.lines()))
        assert not any("\x1b" in line or "\u202e" in line for line in stage.lines())
        await pilot.press("end", "enter")
        await until(pilot, lambda: bool(stage.answers))
        assert stage.answers == [folder / "ns01-20261122.zip"]


async def test_backspace_goes_up_with_the_cursor_on_the_folder_we_came_from(folder: Path) -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, FileBrowser("Choose a folder", folder / "older", folders=True))
        await until(pilot, lambda: any("/older" in line for line in stage.lines()))
        await pilot.press("backspace")
        await until(pilot, lambda: any(" older/" in line for line in stage.lines()))
        assert not any("ns01" in line for line in stage.lines())
        await pilot.press("enter")
        await until(pilot, lambda: not any(" older/" in line for line in stage.lines()))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: stage.answers == [folder / "older"])


async def test_a_folder_that_cannot_be_read_is_named_and_the_old_one_stays(folder: Path) -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        browser = FileBrowser("Choose a backup", folder)
        await stage.ask(pilot, browser)
        await until(pilot, lambda: any("older/" in line for line in stage.lines()))
        (folder / "older").rmdir()
        await pilot.press("down", "enter")
        await until(pilot, lambda: any("! older cannot be read." in line for line in stage.lines()))
        assert any("ns01-20261122.zip" in line for line in stage.lines())
        await pilot.press("escape")
        await until(pilot, lambda: stage.answers == [None])


async def test_a_dead_mount_stops_neither_the_keyboard_nor_the_way_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileBrowser, "PATIENCE", 0.5)
    with dead_mount(folder / "dead"):
        stage = Stage()
        async with stage.play() as pilot:
            await stage.ask(pilot, FileBrowser("Find", folder))
            await until(pilot, lambda: "older/" in "\n".join(stage.lines()))
            await pilot.press("down", "enter")
            await until(pilot, lambda: "does not answer" in "\n".join(stage.lines()))
            assert "older/" in "\n".join(stage.lines())
            await pilot.press("escape")
            await until(pilot, lambda: stage.answers == [None])


async def test_where_it_shall_begin_does_not_answer_it_begins_at_the_top(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileBrowser, "PATIENCE", 0.5)
    with dead_mount(folder / "dead") as dead:
        stage = Stage()
        async with stage.play() as pilot:
            await stage.ask(pilot, FileBrowser("Find", dead / "backups"))
            await until(pilot, lambda: "proc/" in "\n".join(stage.lines()))
            assert "does not answer" in "\n".join(stage.lines())


async def test_letters_go_to_the_name_that_begins_with_them(tmp_path: Path) -> None:
    for name in ("alpha", "beta", "bravo"):
        (tmp_path / name).mkdir()
    stage = Stage()
    async with stage.play() as pilot:
        await stage.ask(pilot, FileBrowser("A folder", tmp_path, folders=True))
        await until(pilot, lambda: any("bravo/" in line for line in stage.lines()))
        await pilot.press("b", "r")
        await until(pilot, lambda: any("begins with br" in line for line in stage.lines()))
        await pilot.press("enter")
        await until(pilot, lambda: any(line.rstrip("│ ").endswith("bravo") for line in stage.lines()[:3]))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: stage.answers == [tmp_path / "bravo"])


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_a_name_that_is_not_there_is_said_and_nothing_else_is_opened(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "backups").mkdir()
    stage = Stage(size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, FileBrowser("A folder", tmp_path, folders=True))
        await until(pilot, lambda: any("backups/" in line for line in stage.lines()))
        await pilot.press("down", "v", "a", "enter")
        await until(
            pilot,
            lambda: any(
                "! No name begins with va; Backspace takes it back." in line for line in stage.lines()
            ),
        )
        assert any("backups/" in line for line in stage.lines()), "Enter opened another folder"
        await pilot.press("backspace", "backspace")
        await until(pilot, lambda: not any("begins with" in line for line in stage.lines()))
        await pilot.press("v", "up", "down")
        assert not any("begins with" in line for line in stage.lines())
        await pilot.press("enter")
        await until(pilot, lambda: any(line.rstrip("│ ").endswith("backups") for line in stage.lines()[:3]))


async def test_help_of_the_browser_says_that_letters_look_for_names(tmp_path: Path) -> None:
    stage = Stage()
    async with stage.play() as pilot:
        await stage.ask(pilot, FileBrowser("A folder", tmp_path, folders=True))
        await pilot.press("f1")
        await until(pilot, lambda: any("Arrows" in line for line in stage.lines()))
        assert not any("j k g G" in line for line in stage.lines())


async def test_a_new_folder_is_made_and_gone_into(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    stage = Stage()
    async with stage.play() as pilot:
        await stage.ask(pilot, FileBrowser("A folder", tmp_path, folders=True))
        await until(pilot, lambda: any("old/" in line for line in stage.lines()))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: any("New folder" in line for line in stage.lines()))
        await pilot.press(*"old", "enter")
        await until(pilot, lambda: any("something of this name" in line for line in stage.lines()))
        await pilot.press(*"er", "enter")
        await until(pilot, lambda: (tmp_path / "older").is_dir())
        await until(pilot, lambda: any("older" in line for line in stage.lines()[:3]))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: stage.answers == [tmp_path / "older"])
        assert (tmp_path / "older").stat().st_mode & 0o777 == 0o700
