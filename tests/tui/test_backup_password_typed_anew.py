"""What was typed last is what is used, or nothing is written: a backup password that somebody replaces."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.errors import WrongPassword
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys_tui.screens.backup import BackupScreen
from tests.fakes.fixed import Answers
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSPHRASE
from tests.tui.held_answers import HELD, HeldAnswers, is_awaited, nothing_acts, typed_at_once
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import at_rest

FIRST, SECOND = "first password of the tour", "second password of the tour"


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """Its keys are under a passphrase: every new password is tried on it."""
    return server_in(tmp_path, protector="passphrase")


async def type_twice(stage: OnScreen, pilot: Pilot[Any], password: str) -> None:
    await stage.wait(pilot, "New password for the backup")
    await stage.type(pilot, password)
    await pilot.press("tab")
    await stage.type(pilot, password)


async def to_the_second(stage: OnScreen, pilot: Pilot[Any]) -> None:
    """The first password was taken, and the second is typed."""
    await stage.wait(pilot, "where to?")
    await pilot.press("enter")
    await type_twice(stage, pilot, FIRST)
    await stage.press(pilot, "enter", until="this will be written")
    await pilot.press("p")
    await type_twice(stage, pilot, SECOND)


def files(server: RealServer) -> list[Path]:
    return [file for file in Path(server.vault).iterdir() if "-cmdb-" not in file.name]


def opens_with(server: RealServer, password: str) -> bool:
    source = find_source(server.installation, str(files(server)[0]))
    given = Answers({Purpose.BACKUP_PASSWORD: [password]})
    try:
        with opened(server.installation, source, given, SilentProgress()):
            return True
    except WrongPassword:
        return False


@pytest.mark.parametrize("size", SIZES)
async def test_enter_held_down_behind_the_second_password_writes_under_the_second(
    server: RealServer, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = HeldAnswers(monkeypatch)
    stage = OnScreen(server, BackupScreen, size)
    async with stage.play() as pilot:
        await to_the_second(stage, pilot)
        answers.hold()
        asked = answers.asked
        typed_at_once(stage.app, "enter", *["enter"] * 8)
        await is_awaited(pilot, stage.app, answers, asked)
        await nothing_acts(pilot, stage.app, answers)
        await stage.wait(pilot, "Working …", "Esc Back")
        assert files(server) == []
        answers.let_go()
        await at_rest(pilot)
        await pilot.press("enter")  # still held
        await stage.wait(pilot, "Passphrase of the key store")
        await stage.type(pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="is complete.")
    assert opens_with(server, SECOND)
    assert not opens_with(server, FIRST)


async def test_one_reading_of_the_terminal_brings_the_second_password_and_many_an_enter(
    server: RealServer,
) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_the_second(stage, pilot)
        typed_at_once(stage.app, *["enter"] * 12)
        await stage.wait(pilot, "this will be written")
        while "Passphrase of the key store" not in stage.words:
            await pilot.press("enter")
        await stage.type(pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="is complete.")
    assert opens_with(server, SECOND)


@pytest.mark.parametrize("then", [("escape",), ("escape", *HELD)])
async def test_where_the_second_is_refused_nothing_is_written_under_the_first(
    server: RealServer, then: tuple[str, ...]
) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_the_second(stage, pilot)
        for _ in range(2):
            await pilot.press("ctrl+u", "shift+tab")
        await type_twice(stage, pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="opens the key store")
        await pilot.press(*then)
        await stage.wait(pilot, "New password for the backup" if len(then) > 1 else "where to?")
    assert files(server) == []
    assert server.installation.registry.read() == RegistryValues()


async def test_esc_while_the_second_is_judged_leaves_no_password_at_all(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = HeldAnswers(monkeypatch)
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_the_second(stage, pilot)
        answers.hold()
        asked = answers.asked
        await pilot.press("enter")
        await is_awaited(pilot, stage.app, answers, asked)
        await pilot.press("escape")
        await stage.wait(pilot, "where to?")
        answers.let_go()
        await at_rest(pilot)
        await pilot.press("enter")
        await stage.wait(pilot, "New password for the backup")
    assert files(server) == []


async def test_esc_before_another_one_was_typed_keeps_what_there_is(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_the_second(stage, pilot)
        await stage.press(pilot, "escape", until="this will be written")
        await stage.press(pilot, "enter", until="Passphrase of the key store")
        await stage.type(pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="is complete.")
    assert opens_with(server, FIRST)


async def test_the_wizard_tries_a_new_password_on_the_key_store_once(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[SecretBytes] = []
    key_store = type(server.installation.key_store)
    opens = key_store.opens_with

    def counted(store: Any, candidate: SecretBytes) -> bool:
        tried.append(candidate)
        return opens(store, candidate)

    monkeypatch.setattr(key_store, "opens_with", counted)
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await pilot.press("enter")
        await type_twice(stage, pilot, FIRST)
        await stage.press(pilot, "enter", until="this will be written")
        await stage.press(pilot, "enter", until="Passphrase of the key store")
        await stage.type(pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="is complete.")
    assert len(tried) == 1
