"""The screen Database: every copy of the rows, who opens it, how far it is proven, and a new one."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.model.register import Proof
from nskeys_tui.screens.database import DatabaseScreen
from nskeys_tui.screens.drill import DrillScreen
from tests.core.services.database.test_database_copy import copied
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.postgres import postgres_url
from tests.fakes.real_site import RealServer
from tests.fakes.servers import NOBODY, PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.screens.test_schedule import with_systemd
from tests.tui.stage import until


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """Three credentials, both halves in the vault, then one more credential and its copy."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, "one", "two", "three")
        server.back_up()
        server.clock.advance(hours=3)
        server.add("four")
        copied(server)
        return server

    return kept_homes.server("two copies of rows", build)


def line_of(stage: OnScreen, copy: int) -> str:
    return next(line for line in stage.lines[2:] if line.strip().startswith(f"{copy} "))


@pytest.mark.parametrize("size", SIZES)
async def test_every_copy_says_what_it_holds_how_it_is_and_who_opens_it(
    server: RealServer, size: tuple[int, int]
) -> None:
    newest, before = server.services.database.copies()
    Path(before.destination, before.parts[0].name).unlink()
    stage = OnScreen(server, DatabaseScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "SQLite", "2 copies", "what decides was looked at")
        assert line_of(stage, newest.copy.number).split()[-4:] == ["rows", "match", "declared", "good"]
        assert " 4 " in line_of(stage, newest.copy.number)
        await stage.wait(pilot, "good, looked at just now", "backup 1")
        await stage.press(pilot, "down", until="good, looked at 3 hours ago")
        await stage.press(pilot, "c", until="1 missing, changed or out of reach")
        await stage.press(pilot, "enter", until="does not count: it is missing")
        assert line_of(stage, before.copy.number).endswith("missing      !")
        await stage.press(pilot, "up", "enter", until=("yes: its rows would come back from it",))
        await stage.press(pilot, "escape", until="what decides was looked at")


async def test_a_copy_that_no_key_backup_opens_is_said_to_count_for_nothing(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    copied(server)
    stage = OnScreen(server, DatabaseScreen)
    async with stage.play() as pilot:
        await stage.wait(
            pilot, "is opened by no key backup that counts", "no key backup holds its copy key"
        )


async def test_n_makes_a_copy_after_a_question(server: RealServer) -> None:
    server.add("five")
    known = len(server.services.database.copies())
    stage = OnScreen(server, DatabaseScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 copies")
        await stage.press(pilot, "n", until=("Copy 5 credentials as of change", "No, not now"))
        await stage.press(pilot, "up", "enter", until="2 copies")
        assert len(server.services.database.copies()) == known
        await stage.press(pilot, "n", until="Copy 5 credentials as of change")
        await stage.press(pilot, "enter", until=("3 copies", "is complete"))
    newest = server.services.database.copies()[0]
    assert newest.copy.credentials == 5
    assert newest.proof is Proof.KEYS_MATCH


async def test_of_several_destinations_one_or_all_can_be_chosen(server: RealServer, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    server.services.destinations.add(str(tmp_path / "second"), "another disk")
    stage = OnScreen(server, DatabaseScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 copies")
        await stage.press(pilot, "n", until="Each of them")
        await stage.press(pilot, "G", "enter", until="Copy 4 credentials as of change")
        await stage.press(pilot, "down", "enter", until="4 copies")
    made = server.services.database.copies()[:2]
    assert len({copy.destination for copy in made}) == 2


async def test_a_copy_that_cannot_be_written_says_why_and_leaves_nothing(server: RealServer) -> None:
    known = server.services.database.copies()
    stage = OnScreen(server, DatabaseScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 copies")
        with server.cut_off(server.vault):
            await stage.press(pilot, "n", until="its folder does not exist.")
    assert server.services.database.copies() == known


async def test_d_drills_the_pair_of_this_copy(server: RealServer) -> None:
    newest, _ = server.services.database.copies()
    stage = OnScreen(server, DatabaseScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "what decides was looked at")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(stage.app.screen, DrillScreen))
        await stage.wait(pilot, "what is in it", f"change {newest.copy.number} of")
        await stage.press(pilot, "enter", until="Password of the backup")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Every credential opened (4).")
        await stage.press(pilot, "escape", until="what decides was looked at")
        assert "credentials open" in line_of(stage, newest.copy.number)


async def test_before_the_first_copy_the_list_says_how_to_make_one(tmp_path: Path) -> None:
    stage = OnScreen(server_in(tmp_path, "one"), DatabaseScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "No database copy was made yet; n makes one.")


# --- somebody else's backups -----------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> RealServer:
    """Two credentials, whose keys are in the vault and whose rows are in no copy."""
    server = server_in(tmp_path, "one", "two")
    server.back_up_keys()
    return server


@pytest.mark.parametrize("size", SIZES)
async def test_a_backup_is_declared_then_checked_then_withdrawn(
    elsewhere: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    stage = OnScreen(elsewhere, DatabaseScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "0 copies")
        await stage.press(pilot, "a", until="How is that backup called?")
        await stage.press(pilot, "enter", until="0 copies")
        await stage.press(pilot, "a", until="How is that backup called?")
        await stage.type(pilot, "pgBackRest to vault02")
        await stage.press(pilot, "enter", until="1 declared backup, none checked")
        assert elsewhere.services.recoverability.assess().totals.recoverable == 0
        restored_copy = elsewhere.restored_elsewhere()
        await stage.press(pilot, "v", until="Restore a database from the backup first.")
        await stage.type(pilot, str(tmp_path / "nowhere.sqlite3"))
        await stage.press(pilot, "enter", until="!")
        await stage.press(pilot, "ctrl+u", until="Where is that database?")
        await stage.type(pilot, restored_copy)
        await stage.press(pilot, "enter", until=("says that it is of change", "No, go back"))
        await stage.press(pilot, "down", "enter", until=("credentials open", "1 declared backup"))
        assert elsewhere.services.recoverability.assess().totals.recoverable == 2
        await stage.wait(pilot, "it needs no copy key")
        await stage.press(pilot, "enter", until=("Checkpoint", "pgBackRest to vault02"))
        await stage.press(pilot, "escape", until="1 declared backup")
        await stage.press(pilot, "x", until=("Withdraw", "at risk from then on"))
        await stage.press(pilot, "down", "enter", until="is withdrawn")
    assert elsewhere.services.declared_backups.declared() == ()
    assert elsewhere.services.recoverability.assess().totals.recoverable == 0


@pytest.mark.parametrize("size", SIZES)
async def test_the_database_moves_after_a_plan_and_the_app_goes_on_with_it(
    server: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    target = tmp_path / "moved.sqlite3"
    stage = OnScreen(server, DatabaseScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 copies")
        await stage.press(pilot, "M", until="Where to")
        await stage.type(pilot, str(tmp_path / "nowhere" / "cmdb.sqlite3"))
        await stage.press(pilot, "enter", until="!")
        await stage.press(pilot, "ctrl+u", until="Where to")
        await stage.type(pilot, str(target))
        await stage.press(pilot, "enter", until=("among them", "No, leave"))
        await stage.press(pilot, "enter", until="2 copies")
        assert not target.exists()
        await stage.press(pilot, "M", until="Where to")
        await stage.type(pilot, str(target))
        await stage.press(pilot, "enter", until="No, leave it where it is")
        await stage.press(pilot, "down", "enter", until="since change")
        await stage.press(pilot, "enter", until="2 copies")
        await stage.press(pilot, "n", until="Copy 4 credentials as of change")
        await stage.press(pilot, "down", "enter", until="3 copies")
    assert target.exists()
    assert len(server.restarted().services.database.copies()) == 3


async def moved_by_keys(stage: OnScreen, pilot: Pilot[Any], address: str, *said: str) -> None:
    """Press what moves the CMDB there; `said` stands in the report."""
    await stage.press(pilot, "M", until="Where to")
    await stage.type(pilot, address)
    await stage.press(pilot, "enter", until="among them")
    await stage.press(pilot, "down", "enter", until=("since change", *said))
    await stage.press(pilot, "enter", until="copies")


@pytest.mark.real
@pytest.mark.parametrize("size", SIZES)
async def test_it_moves_to_a_server_and_comes_back_by_keys(
    server: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    secrets, old = server.secrets(), server.folder.cmdb
    back = tmp_path / "back.sqlite3"
    with postgres_url() as url:
        stage = OnScreen(server, DatabaseScreen, size)
        async with stage.play() as pilot:
            await stage.wait(pilot, "SQLite", "2 copies")
            await stage.press(pilot, "M", until="Where to")
            await stage.type(pilot, "postgresql://postgres@127.0.0.1:1/nskeys")
            await stage.press(pilot, "enter", until="! The CMDB")
            await stage.press(pilot, "escape", until="2 copies")
            await moved_by_keys(stage, pilot, url, "delete it once the new database is in a backup")
            await stage.wait(pilot, "PostgreSQL", "2 copies")
            assert not old.exists()
            assert not server.restarted().services.schedule.lags()
            assert (server.installation.cmdb.describe(), server.secrets()) == ("PostgreSQL", secrets)
            server.add("five", "added on the server")
            await stage.press(pilot, "n", until="Copy 5 credentials as of change")
            await stage.press(pilot, "down", "enter", until="3 copies")
            await moved_by_keys(stage, pilot, str(back), "drop its tables once")
            await stage.wait(pilot, "SQLite", "3 copies")
            server.services.close()
            assert server.restarted().secrets() == {**secrets, "run-as/five": "added on the server"}
            await stage.press(pilot, "M", until="Where to")
            await stage.type(pilot, url)
            await stage.press(pilot, "enter", until="is not empty: it is a CMDB already")
            await stage.press(pilot, "escape", until="3 copies")
        assert server.services.audit.verify().whole
        assert server.services.verify.execute(NOBODY).failures == ()
        server.services.close()
    assert back.exists()


@pytest.mark.parametrize("size", SIZES)
async def test_after_a_move_the_units_of_the_schedule_are_said_to_lag(
    server: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    """They let the jobs write to the folder of the old file alone."""
    manager = with_systemd(server)
    server.services.schedule.install()
    (tmp_path / "disk").mkdir()
    stage = OnScreen(server, DatabaseScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "copies")
        target = str(tmp_path / "disk" / "cmdb.sqlite3")
        await moved_by_keys(stage, pilot, target, "Schedule in the menu (m) writes them anew")
    assert manager.units
    assert server.services.schedule.lags()
