"""A drill: how far a backup is proven, without anything being restored."""

import shutil
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.sealing import Sealer
from nskeys.model.diary import DrillEnd
from nskeys.model.register import Proof
from nskeys.wording.drills import entry_facts
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.session import Session
from tests.core.services.database.test_database_copy import copied
from tests.core.services.restore.test_both_halves import lived
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import HOME_SIZE, until


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """Three credentials, and a backup of their key in the vault."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, "one", "two", "three")
        server.back_up()
        return server

    return kept_homes.server("to drill", build)


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
        await stage.press(pilot, "pagedown", until="The result is in the register.")
        await stage.press(pilot, "l", until=("credential by credential", "three"))
        await stage.press(pilot, "escape", until="The result is in the register.")
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
    failing = Sealer.failing

    def slow(*given: Any) -> Any:
        reached.set()
        assert go_on.wait(10)
        return failing(*given)

    monkeypatch.setattr(Sealer, "failing", slow)
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
        await stage.wait(pilot, "which backup?", "▸ A file or folder, found by browsing")
        await stage.press(pilot, "end", "enter", until="Where is the backup?")
        await stage.type(pilot, str(tmp_path / "nowhere.zip"))
        await stage.press(pilot, "enter", until=("there is no such file.", "nowhere.zip"))
        assert "Where is the backup?" in stage.words  # what was typed is still there to be mended
        await stage.press(pilot, "escape", until="which backup?")


async def test_names_from_the_database_never_reach_the_terminal_as_commands(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    server.back_up_keys()
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


@pytest.fixture
def both(tmp_path: Path) -> RealServer:
    """Both halves of twelve credentials in the vault."""
    server = RealSite(tmp_path).server()
    lived(server)
    return server


@pytest.mark.parametrize("size", SIZES)
async def test_both_halves_are_tried_and_register_and_diary_name_them(
    both: RealServer, size: tuple[int, int]
) -> None:
    both.add("made after the copy")
    (copy,) = both.services.database.copies()
    stage = on(both, size=size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?")
        await stage.press(pilot, "enter", until=(f"change {copy.copy.number} of", "12 credentials in"))
        await to_password(stage, pilot)
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Every credential opened (12).")
        await stage.wait(pilot, "its rows are those that must be there", "every credential opened")
        await stage.press(pilot, "l", until="credential by credential")
        await stage.press(pilot, "g", until="changed since")
        await stage.press(pilot, "escape", until="Every credential opened (12).")
    (line,) = both.services.diary.read().entries
    assert (line.copy_sha256, line.copy_number) == (copy.copy.sha256, copy.copy.number)
    assert entry_facts(line)[-3] == ("Database copy", f"of change {copy.copy.number}")
    (tried,) = both.services.database.copies()
    assert (tried.proof, proof_of(both)) == (Proof.CREDENTIALS_OPEN, Proof.CREDENTIALS_OPEN)


async def test_what_the_rows_want_and_the_key_backup_lacks_is_said_first(both: RealServer) -> None:
    address = both.services.register.copies()[0].address
    both.rotate(without_backup=True)
    both.rotate(without_backup=True)
    both.add("under the new key")
    copied(both)
    stage = on(both, address)
    async with stage.play() as pilot:
        await stage.wait(pilot, "what is in it", "! 13 credentials of it want key", "not in the key backup")


async def test_a_key_backup_that_is_gone_is_a_failed_drill(both: RealServer) -> None:
    address = both.services.register.copies()[0].address
    Path(address).unlink()
    stage = on(both, address)
    async with stage.play() as pilot:
        await stage.wait(pilot, "there is no such file.")
    (line,) = both.services.diary.read().entries
    assert (line.end, line.address) == (DrillEnd.MISSING, address)


@pytest.mark.parametrize("size", SIZES)
async def test_of_several_servers_a_person_chooses_whose(
    both: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "other").mkdir()
    other = RealSite(tmp_path / "other")
    second = other.server()
    lived(second)
    for file in Path(second.vault).iterdir():
        shutil.copy(file, both.vault)
    (tmp_path / "third").mkdir()
    third = RealSite(tmp_path / "third").server()
    third.set_up()
    wanted = both.services.register.copies()[0].backup.archive_sha256
    stage = on(third, both.vault, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "whose backups?", "▸ ", "server key")
        owners = stage.app.screen.flow.source.owners  # type: ignore[attr-defined]
        assert len(owners) == 2
        ours = [owner.server_key == server_key(both) for owner in owners].index(True)
        await stage.press(pilot, *["down"] * ours, "enter", until="what is in it")
        source = stage.app.screen.flow.source.source  # type: ignore[attr-defined]
        assert source.inspected.file_sha256 == wanted
        await stage.press(pilot, "escape", until="whose backups?")


def server_key(server: RealServer) -> str:
    public = server.installation.server_public()
    assert public is not None
    return server_thumbprint(public)
