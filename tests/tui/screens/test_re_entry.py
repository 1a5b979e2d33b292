"""What did not come back, re-entered on the spot."""

from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.ports import Purpose, Settings, SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.tui.app_on import AppOn, Typed, add, secret_of, services_in, set_up
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

PASSWORD = "seven apples"
SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])


def rescued(folder: Path) -> Services:
    """New hardware: the backup is older than the key that sealed both credentials."""
    server = set_up(folder / "old")
    add(server, "alpha")
    add(server, "beta")
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD], Purpose.BACKUP_PASSWORD: [PASSWORD]})
    copy = server.backup.execute(server.backup.plan(), answers).copy
    for without_backup in (False, True):
        server.rotation.execute(server.rotation.plan(), NobodyToAsk(), without_backup)
    server.close()
    home = folder / "new"
    home.mkdir(mode=0o700)
    (home / "cmdb.sqlite3").write_bytes((folder / "old" / "cmdb.sqlite3").read_bytes())
    fresh = services_in(home)
    source = find_source(fresh.installation, copy.address)
    with opened(fresh.installation, source, answers, SilentProgress()) as open_source:
        plan = fresh.restore.plan(open_source)
        fresh.restore.execute(
            plan, open_source, answers, RestoreChoices(Settings("ns02", ""), "file", plan.facts.server_key)
        )
    return fresh


@SIZES
async def test_what_is_typed_again_is_ticked_off(tmp_path: Path, size: tuple[int, int]) -> None:
    services = rescued(tmp_path)
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "alpha")
        await app.press(pilot, "m", shows="to be typed again")
        await app.press(pilot, "e", shows="2 of 2 do not open here")
        await app.wait(pilot, "in no backup", "no known backup holds its key")
        assert "Enter Re-enter" in app.lines[-1]
        await app.press(pilot, "enter", shows="type it again")
        await app.press(pilot, Typed("typed again"), "enter", shows="1 left, 1 done")
        await app.press(pilot, "enter", shows="Edit")
        await app.press(pilot, "escape", shows="1 left, 1 done")
        await app.press(pilot, "enter", Typed("and again"), "enter", shows="0 left, 2 done")
        await app.wait(pilot, "Nothing has to be re-entered")
        await app.press(pilot, "f5", shows="every credential opens (2)")
        await app.press(pilot, "escape", shows="to be typed again")
    assert secret_of(services, "run-as/alpha") == "typed again"
    assert secret_of(services, "run-as/beta") == "and again"


@SIZES
async def test_it_is_saved_as_a_table_or_as_text(tmp_path: Path, size: tuple[int, int]) -> None:
    app = AppOn(rescued(tmp_path), size)
    async with app.play() as pilot:
        await app.wait(pilot, "alpha")
        await app.press(pilot, "m", "e", shows="do not open here")
        for name, begins in (("a.csv", '"kind","name"'), ("a.txt", "ns02, ")):
            await app.press(pilot, "s", shows="Save the list")
            await app.press(pilot, "ctrl+u", Typed(f"{tmp_path}/{name}"), "enter", shows="The list is in")
            assert (tmp_path / name).read_text("utf-8").startswith(begins)
            app.app.clear_notifications()
            await app.press(pilot, hides="The list is in")
        await app.press(pilot, "s", shows="Save the list")
        await app.press(pilot, "ctrl+u", Typed(f"{tmp_path}/a.txt"), "enter", shows="Name another file")


async def test_the_proof_leads_to_it(tmp_path: Path) -> None:
    app = AppOn(rescued(tmp_path))
    async with app.play() as pilot:
        await app.wait(pilot, "alpha")
        await app.press(pilot, "m", "v", shows="credential by credential")
        await app.press(pilot, "e", shows="2 of 2 do not open here")
        await app.press(pilot, "escape", shows="credential by credential")


def left_behind(folder: Path) -> Services:
    """New hardware with a copy of the database, whose owner went on without the keys; the backup that has
    them is at hand, and only the register's unsigned row says so."""
    server = set_up(folder / "old")
    add(server, "alpha")
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD], Purpose.BACKUP_PASSWORD: [PASSWORD]})
    server.backup.execute(server.backup.plan(), answers)
    server.close()
    home = folder / "new"
    home.mkdir(mode=0o700)
    (home / "cmdb.sqlite3").write_bytes((folder / "old" / "cmdb.sqlite3").read_bytes())
    fresh = services_in(home)
    fresh.set_up.execute("file", NobodyToAsk(), Settings("ns02", ""), accept_loss=1)
    return fresh


@SIZES
async def test_a_backup_that_says_to_have_the_key_is_tried_before_anything_is_typed(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    services = left_behind(tmp_path)
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "1 lost", "backup 1 says it has", "r  restore")
        await app.press(pilot, "m", shows="to be typed again")
        await app.press(pilot, "e", shows="1 of 1 do not open here")
        await app.wait(pilot, "backup 1?", "backup 1 says that it holds its key")
        await app.press(pilot, "r", shows="what is in it")
        await app.press(pilot, "enter", shows="Password of the backup")
        await app.press(pilot, Typed(PASSWORD), "enter", shows="the plan")
        await app.press(pilot, "enter", shows="signed by another server's key")
        await app.press(pilot, "down", "enter", shows="Every credential opened (1).")
        await app.press(pilot, "enter", shows="every credential opens (1)")
    assert secret_of(services, "run-as/alpha")
