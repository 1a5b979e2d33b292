"""Typing a path: Tab completes it as far as it is certain, and shows what it may go on with."""

from pathlib import Path

import pytest

from nskeys_tui.dialogs.questions import Line, LineDialog
from nskeys_tui.widgets.path_input import Completion, complete
from tests.tui.stage import Stage, until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few names, some with a common beginning."""
    for name in ("backups", "backdoor", ".hidden"):
        (tmp_path / name).mkdir()
    for name in ("export.csv", "export.txt", "only.zip"):
        (tmp_path / name).touch()
    return tmp_path


def test_one_name_is_completed_and_a_folder_ends_in_a_slash(folder: Path) -> None:
    assert complete(f"{folder}/on") == Completion(f"{folder}/only.zip")
    assert complete(f"{folder}/backu") == Completion(f"{folder}/backups/")


def test_several_names_are_completed_as_far_as_they_agree(folder: Path) -> None:
    assert complete(f"{folder}/ba") == Completion(f"{folder}/back", ("backdoor/", "backups/"))
    assert complete(f"{folder}/exp").text == f"{folder}/export."


def test_hidden_names_are_offered_only_to_who_begins_with_a_dot(folder: Path) -> None:
    assert ".hidden/" not in complete(f"{folder}/").names
    assert complete(f"{folder}/.h") == Completion(f"{folder}/.hidden/")


def test_only_wanted_files_are_offered(folder: Path) -> None:
    assert complete(f"{folder}/exp", lambda name: name.endswith(".csv")).text == f"{folder}/export.csv"


def test_what_cannot_be_completed_stays(folder: Path) -> None:
    for typed in (f"{folder}/nothing", f"{folder}/only.zip/x", "/missing/x"):
        assert complete(typed) == Completion(typed)


def test_a_name_with_control_characters_is_left_out(folder: Path) -> None:
    (folder / "odd\nname").touch()
    assert complete(f"{folder}/odd") == Completion(f"{folder}/odd")


@pytest.mark.parametrize("is_path", [True, False])
async def test_the_key_that_completes_is_named_where_a_path_is_asked_for_alone(is_path: bool) -> None:
    stage = Stage()
    async with stage.play() as pilot:
        await stage.ask(pilot, LineDialog("Carried away", "", Line("How", is_path=is_path)))
        await until(pilot, lambda: "Enter Accept" in stage.lines()[-1])
        assert ("Tab Complete" in stage.lines()[-1]) is is_path


async def test_tab_completes_and_shows_the_names(folder: Path) -> None:
    stage = Stage()
    async with stage.play() as pilot:
        await stage.ask(pilot, LineDialog("Export", "", Line("File", f"{folder}/ba", is_path=True)))
        await pilot.press("tab")
        await until(pilot, lambda: any("backdoor/  backups/" in line for line in stage.lines()))
        await pilot.press("u", "tab")
        await until(pilot, lambda: any("backups/" in line and "back" in line for line in stage.lines()))
        await until(pilot, lambda: "backdoor" not in "".join(stage.lines()))
        await pilot.press("enter")
        await until(pilot, lambda: stage.answers == [f"{folder}/backups/"])


async def test_what_is_wrong_stands_below_the_field_until_it_is_changed() -> None:
    stage = Stage()
    line = Line("File", "/nowhere", problem="There is no such file.")
    async with stage.play() as pilot:
        await stage.ask(pilot, LineDialog("Export", "", line))
        assert any("! There is no such file." in line for line in stage.lines())
        await pilot.press("x")
        await until(pilot, lambda: "no such file" not in "".join(stage.lines()))
