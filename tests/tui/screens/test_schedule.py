"""The schedule on screen: how it stands, installed and removed by keys."""

from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.model.recovery import IdentityKind
from nskeys.model.schedule import Job
from nskeys.ports import Purpose
from nskeys_tui.screens.schedule import ScheduleScreen
from tests.fakes.fixed import Answers
from tests.fakes.memory_manager import MemoryManager
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in


def with_systemd(server: RealServer, identity: bool = True) -> MemoryManager:
    """systemd runs the server's machine; a person made a recovery identity there."""
    manager = MemoryManager()
    server.services = Services(server.installation, manager)
    if identity:
        answers = Answers({Purpose.NEW_IDENTITY_PASSWORD: ["a password nobody wrote down"]})
        recovery = server.services.recovery
        recovery.execute(recovery.plan(IdentityKind.PERSON), answers)
    return manager


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_installed_and_removed_by_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    server = server_in(tmp_path)
    manager = with_systemd(server)
    stage = OnScreen(server, ScheduleScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "! No schedule is installed. i installs it.", "not in force", "i Install")
        await stage.press(pilot, "i", until="Yes, install it")
        await stage.press(pilot, "y", "enter", until="The schedule is in force.")
        assert len(manager.units) == 6
        await stage.wait(pilot, "every day, what a destination lacks", "every hour", "x Remove")
        await stage.press(pilot, "x", until="Yes, remove it")
        await stage.press(pilot, "y", "enter", until="not in force")
        assert manager.units == {}
        await pilot.press("escape")
        await stage.left(pilot)


async def test_without_a_recovery_identity_it_says_so_and_offers_to_make_one(tmp_path: Path) -> None:
    server = server_in(tmp_path)
    manager = with_systemd(server, identity=False)
    stage = OnScreen(server, ScheduleScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "There is no recovery identity", "n makes the recovery identity")
        assert "i Install" not in stage.words
        assert "'nskeys" not in stage.words
        await pilot.press("i")
        await pilot.pause()
        assert manager.units == {}


async def test_another_s_file_is_named_and_stays(tmp_path: Path) -> None:
    server = server_in(tmp_path)
    manager = with_systemd(server)
    manager.units[Job.CHECK.timer] = "[Timer]\n"
    stage = OnScreen(server, ScheduleScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "nskeys-check.timer is not written by nskeys.")
        await stage.press(pilot, "i", until="Yes, install it")
        await stage.press(pilot, "y", "enter", until="is not ours, so no unit was changed.")
        await stage.press(pilot, "enter", until="not in force")
        assert manager.units == {Job.CHECK.timer: "[Timer]\n"}


async def test_units_that_would_be_written_otherwise_now_are_written_anew(tmp_path: Path) -> None:
    server = server_in(tmp_path)
    manager = with_systemd(server)
    server.services.schedule.install()
    server.services.destinations.add(str(tmp_path))
    stage = OnScreen(server, ScheduleScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "! The units are not as they would be written now: i writes them anew.")
        await stage.press(pilot, "i", until="Yes, install it")
        await stage.press(pilot, "y", "enter", until="The schedule is in force.")
        assert f"ReadWritePaths=-{tmp_path}" in manager.units[Job.BACKUP.service]


async def test_where_systemd_does_not_run_it_says_what_to_type(tmp_path: Path) -> None:
    server = server_in(tmp_path)
    with_systemd(server).running = False
    stage = OnScreen(server, ScheduleScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "i Install")
        await stage.press(pilot, "i", until="Yes, install it")
        await stage.press(pilot, "y", "enter", until="systemctl enable --now nskeys-backup.timer")
