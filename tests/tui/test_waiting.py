"""A change in the app that waits for somebody else's: who that is is shown, and Esc stops waiting."""

from pathlib import Path

import pytest

from nskeys.model.audit import Actor
from nskeys.store.lock import FileLock
from tests.fakes.fixed import FixedClock
from tests.tui.app_on import AppOn, Typed, secret_of, set_up
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

FORM = (*("end", "enter", Typed("deploy"), "tab", Typed("x"), "tab", Typed("y"), "tab"), Typed("geheim"))


def somebody(home: str) -> FileLock:
    return FileLock(Path(home) / "lock", Actor(1000, "alice"), FixedClock())


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_a_change_waits_for_another_one_and_is_made_once_that_ends(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    services = set_up(tmp_path)
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials here yet")
        await app.press(pilot, "a", shows="to install software as another user")
        with somebody(services.installation.home.path).hold("making a backup"):
            await app.press(pilot, *FORM, "enter")
            await app.wait(pilot, "Waiting", "is making a backup", "Stop waiting")
        await app.wait(pilot, "run-as 1", "deploy")
    assert secret_of(services, "run-as/deploy") == "geheim"


async def test_esc_stops_waiting_and_nothing_is_changed(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials here yet")
        await app.press(pilot, "a", shows="to install software as another user")
        with somebody(services.installation.home.path).hold("making a backup"):
            await app.press(pilot, *FORM, "enter")
            await app.wait(pilot, "Stop waiting")
            await app.press(pilot, "ctrl+q", shows="Stop waiting")
            await app.press(pilot, "escape", "escape")
            await app.wait(pilot, "deploy")
            assert "Stop waiting" not in app.text
    assert services.credentials.total() == 0
