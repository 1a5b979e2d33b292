"""The app on a disk whose keys are bound to another machine: it opens on the restore."""

import time
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.ports import Purpose, Settings
from nskeys.protectors import tpm2
from nskeys_tui.screens.first_start import FirstStartScreen
from nskeys_tui.screens.overview import OverviewScreen
from nskeys_tui.screens.restore import RestoreScreen
from tests.fakes.commands_on_path import CommandsOnPath
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.tpm import Board
from tests.tui.app_on import AppOn, Typed, add, secret_of, services_in
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

PASSWORD = "seven apples"
SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])


@pytest.fixture
def services(tmp_path: Path, board: Board) -> Services:
    """A server bound to the board's TPM, with a credential, backed up."""
    services = services_in(tmp_path / "home")
    services.set_up.execute(board.uri, NobodyToAsk(), Settings("ns01.example.net", ""))
    add(services, "deploy")
    vault = tmp_path / "vault"
    vault.mkdir()
    services.destinations.add(str(vault), "tape to the safe")
    plan = services.backup.plan(str(vault), "")
    services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    return services


async def test_on_their_own_machine_it_opens_on_the_answer(services: Services) -> None:
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "keys in TPM 2.0", "deploy")
        assert isinstance(app.app.screen, OverviewScreen)


async def test_a_new_installation_takes_the_tpm_where_it_works(
    tmp_path: Path, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tpm2, "THIS_MACHINES", board.device)
    app = AppOn(services_in(tmp_path / "new"))
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "enter", shows="▸ TPM 2.0")
        await app.wait(pilot, "a copy of this disk alone does not open them", "whoever copies this disk")


@SIZES
async def test_on_another_machine_it_opens_on_the_restore(
    services: Services, board: Board, size: tuple[int, int]
) -> None:
    board.exchange()
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(
            pilot, "Keys of another machine", "bound to another machine", "▸ Restore from backup 1"
        )
        assert isinstance(app.app.screen, FirstStartScreen)
        assert "New installation" not in app.text
        await app.press(pilot, "enter", shows="what is in it")
        assert isinstance(app.app.screen, RestoreScreen)
        await app.press(pilot, "enter", shows="Password of the backup")
        await app.press(pilot, Typed(PASSWORD), "enter", shows="Enter restores")
        await app.press(pilot, "enter", shows="Is this the server key on your runbook?")
        await app.press(pilot, "end", "enter", shows="▸ Plain file")
        await app.press(pilot, "enter", shows="Every credential opened")
        await app.wait(pilot, "l lists every credential")
        await app.press(pilot, "enter", shows="ns01.example.net")
        await app.wait(pilot, "deploy")
        assert isinstance(app.app.screen, OverviewScreen)
    assert secret_of(services, "run-as/deploy") == "correct horse"


@SIZES
@pytest.mark.parametrize("lacks", ["device", "library", "tool"])
async def test_where_the_tpm_is_not_to_be_found_both_possibilities_are_said(
    services: Services,
    board: Board,
    on_path: CommandsOnPath,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    lacks: str,
) -> None:
    if lacks == "device":
        monkeypatch.setattr(tpm2, "device_is_there", lambda device: False)
    elif lacks == "library":
        on_path.add("systemd-creds", "echo 'TPM2 support is not installed.' >&2; exit 1")
    else:
        on_path.only()
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(
            pilot,
            "Keys of a TPM that is not here",
            "If it is only away, bring it back",
            "If this is another machine, a restore",
            "▸ Try again",
        )
        assert "New installation" not in app.text
        await app.press(pilot, "enter", shows="If it is only away")
        await app.press(pilot, "escape", shows="▸ Try again")
        await app.press(pilot, "down", "enter", shows="what is in it")
        await app.press(pilot, "enter", shows="Password of the backup")
        await app.press(pilot, Typed(PASSWORD), "enter", shows="Enter restores")
        await app.wait(pilot, "The keys here are bound to a TPM")
        await app.press(pilot, "enter", shows="Is this another machine?")
        await app.wait(pilot, "bring it back instead", "▸ No")
        await app.press(pilot, "escape", shows="Enter restores")
        before = services.protection.show()
        await app.press(pilot, "enter", shows="Is this another machine?")
        await app.press(pilot, "end", "enter", shows="▸ Plain file")
        assert services.protection.show() == before
        await app.press(pilot, "enter", shows="Every credential opened")
    assert services.protection.show().protector == "file"
    assert secret_of(services, "run-as/deploy") == "correct horse"


async def test_once_the_tpm_is_back_trying_again_leads_to_the_answer(
    services: Services, on_path: CommandsOnPath
) -> None:
    on_path.add("systemd-creds", "echo 'TPM2 support is not installed.' >&2; exit 1")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "▸ Try again")
        on_path.remove("systemd-creds")
        await app.press(pilot, "enter", shows="keys in TPM 2.0")
        await app.wait(pilot, "deploy")
        assert isinstance(app.app.screen, OverviewScreen)


async def test_what_needs_no_key_can_be_looked_at_there(services: Services, board: Board) -> None:
    board.exchange()
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "▸ Restore from backup 1")
        await app.press(pilot, "end", "enter", shows="deploy")
        assert isinstance(app.app.screen, OverviewScreen)


async def test_a_tpm_that_does_not_answer_holds_nobody_up(services: Services, board: Board) -> None:
    board.hangs = True
    app = AppOn(services)
    started = time.monotonic()
    async with app.play() as pilot:
        await app.wait(pilot, "keys in TPM 2.0")
        assert time.monotonic() - started < 10
    board.hangs = False
