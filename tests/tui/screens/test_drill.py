"""A drill: how far a backup is proven, without anything being restored."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.model.register import Proof
from nskeys.services.credentials import verify
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.session import Session
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import HOME_SIZE, until


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """Three credentials, and a backup of their key in the vault."""
    server = server_in(tmp_path, "one", "two", "three")
    server.back_up()
    return server


def drill(address: str, session: Session) -> DrillScreen:
    return DrillScreen(session, address)


def on(server: RealServer, address: str = "", size: tuple[int, int] = HOME_SIZE) -> OnScreen:
    return OnScreen(server, partial(drill, address), size)


def proof_of(server: RealServer) -> Proof:
    return server.services.register.copies()[0].proof


async def to_password(stage: OnScreen, pilot: Pilot[Any]) -> None:
    await stage.wait(pilot, "what is in it", "Enter asks for its password")
    await stage.press(pilot, "enter", until="Password of the backup")


@pytest.mark.parametrize("size", SIZES)
async def test_every_credential_opens_and_the_register_knows(
    server: RealServer, size: tuple[int, int]
) -> None:
    keys = server.keys()
    stage = on(server, size=size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?", "opened after it was written")
        await pilot.press("enter")
        await to_password(stage, pilot)
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Every credential opened (3).")
        assert "3 of 3 credentials" in stage.words
        assert "The register has this result." in stage.words
        await stage.press(pilot, "l", until=("credential by credential", "three"))
        await stage.press(pilot, "escape", until="Every credential opened (3).")
        await pilot.press("enter")
        await stage.left(pilot)
    assert proof_of(server) is Proof.CREDENTIALS_OPEN
    assert server.keys() == keys


async def test_a_copy_that_the_register_does_not_know_is_told_how_to_become_known(
    server: RealServer, tmp_path: Path
) -> None:
    carried = server.carry(server.services.register.copies()[0].address, str(tmp_path))
    stage = on(server, carried)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Register in the menu (m) makes it known.")
        assert "'nskeys" not in stage.words
    assert proof_of(server) is Proof.OPENED


async def test_a_wrong_password_then_the_right_one(server: RealServer) -> None:
    stage = on(server, server.services.register.copies()[0].address)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await stage.type(pilot, "wrong")
        await stage.press(pilot, "enter", until="! That password does not open this backup.")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Every credential opened (3).")


async def test_esc_at_the_password_leads_back_and_writes_nothing(server: RealServer) -> None:
    before = server.everything()
    stage = on(server, server.services.register.copies()[0].address)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await stage.press(pilot, "escape", until="Enter asks for its password")
        await pilot.press("escape")
        await stage.left(pilot)
    assert server.everything() == before


async def test_a_drill_that_is_stopped_writes_nothing(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    prove = verify.prove

    def slow(*given: Any) -> Any:
        reached.set()
        assert go_on.wait(10)
        return prove(*given)

    monkeypatch.setattr("nskeys.services.drill.service.prove", slow)
    before = server.everything()
    stage = on(server, server.services.register.copies()[0].address)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await stage.type(pilot, PASSWORD)
        await pilot.press("enter")
        await until(pilot, reached.is_set)
        await stage.press(pilot, "escape", until="Stopping at the next safe place")
        go_on.set()
        await stage.wait(pilot, "what is in it", "Enter asks for its password")
    assert server.everything() == before


async def test_a_file_damaged_after_it_was_shown_is_refused(server: RealServer) -> None:
    address = server.services.register.copies()[0].address
    stage = on(server)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?")
        server.corrupt(address)
        await stage.press(pilot, "enter", until=("is damaged", "The register in the menu (m)"))
        await stage.press(pilot, "enter", until="which backup?")
    assert proof_of(server) is Proof.OPENED


async def test_without_any_backup_one_can_still_be_named(tmp_path: Path) -> None:
    stage = on(server_in(tmp_path, "one"))
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?", "▸ Another file, found by browsing")
        await stage.press(pilot, "end", "enter", until="Where is the backup?")
        await stage.type(pilot, str(tmp_path / "nowhere.zip"))
        await stage.press(pilot, "enter", until="there is no such file.")
        await stage.press(pilot, "enter", until="which backup?")


async def test_names_from_the_database_never_reach_the_terminal_as_commands(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    server.back_up()
    with server.installation.cmdb.reading() as view:
        credential = view.sealed()[0].credential
    server.forge_credential(credential.credential_id, name="\x1b[2Jevil[/]\u202e")
    stage = on(server, server.services.register.copies()[0].address)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="! 0 of 1 credential opened, 1 did not.")
        await stage.press(pilot, "l", until="\\x1b[2Jevil[/]\\u202e")
        assert not set("".join(stage.lines)) & set("\x1b\u202e")
