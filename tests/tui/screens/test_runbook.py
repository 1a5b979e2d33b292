"""The runbook on the screen."""

from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.ports import Purpose
from tests.fakes.fixed import Answers
from tests.tui.app_on import AppOn, Typed, add, set_up
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])


def backed_up(folder: Path) -> Services:
    services = set_up(folder / "home")
    add(services, "deploy")
    vault = folder / "vault"
    vault.mkdir()
    services.destinations.add(str(vault), "tape to the safe")
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: ["seven apples"]})
    services.backup.execute(services.backup.plan(str(vault), "the envelope"), answers)
    return services


@SIZES
async def test_it_is_reached_by_the_menu_and_read_to_its_end(tmp_path: Path, size: tuple[int, int]) -> None:
    app = AppOn(backed_up(tmp_path), size)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1")
        await app.press(pilot, "m", shows="Re-entry")
        await app.press(pilot, "h", shows="Runbook: bringing back the credentials")
        assert all(len(line) <= size[0] for line in app.lines)
        await app.press(pilot, "end", shows="everything.")
        await app.press(pilot, "home", shows="What this is")
        await app.press(pilot, "pagedown", hides="What this is")
        await app.press(pilot, "escape", shows="Re-entry")


@SIZES
async def test_it_is_saved_as_html_or_as_text_and_never_over_a_file(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app = AppOn(backed_up(tmp_path), size)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1")
        await app.press(pilot, "m", shows="Re-entry")
        await app.press(pilot, "h", shows="bringing back")
        for name, begins in (("a.html", "<!DOCTYPE html>"), ("a.txt", "Runbook: bringing back")):
            await app.press(pilot, "s", shows="Save the runbook")
            await app.press(
                pilot, "ctrl+u", Typed(f"{tmp_path}/{name}"), "enter", shows="The runbook is in"
            )
            assert (tmp_path / name).read_text("utf-8").startswith(begins)
            app.app.clear_notifications()
            await app.press(pilot, hides="The runbook is in")
        await app.press(pilot, "s", shows="Save the runbook")
        await app.press(pilot, "ctrl+u", Typed(f"{tmp_path}/a.txt"), "enter", shows="replaced")
