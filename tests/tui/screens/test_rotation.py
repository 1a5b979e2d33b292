"""A rotation: a key that waits, a gate, every credential re-sealed, and what is left."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.errors import Cancelled
from nskeys.model.keys import KeyState
from nskeys.model.recovery import IdentityKind
from nskeys.ports import Purpose
from nskeys.services.keys import rotation
from nskeys_tui.screens.rotation import RotationScreen
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import until


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """Three credentials, and a backup of their key in the vault."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, "one", "two", "three")
        server.back_up()
        return server

    return kept_homes.server("to rotate", build)


def states(server: RealServer) -> list[KeyState]:
    return sorted(server.states().values())


async def give_password(stage: OnScreen, pilot: Pilot[Any]) -> None:
    for _ in range(2):
        await stage.type(pilot, PASSWORD)
        await pilot.press("tab")
    await pilot.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_backup_that_waits_for_a_person_is_drilled_from_here(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "one")
    identity = Answers({Purpose.NEW_IDENTITY_PASSWORD: [PASSWORD]})
    server.services.recovery.execute(server.services.recovery.plan(IdentityKind.PERSON), identity)
    server.services.rotation.execute(server.services.rotation.plan(), NobodyToAsk())
    backup = server.services.backup
    backup.execute(backup.plan(server.vault), NobodyToAsk())
    stage = OnScreen(server, RotationScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "! A drill is due", "Backup 1 in", "is not yet proven by a person.")
        await stage.wait(pilot, "d drills that backup here and now")
        await stage.press(pilot, "d", until="what is in it")
        await stage.press(pilot, "enter", until="Password of recovery identity 1")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="The result is in the register.")
        await stage.press(pilot, "enter", until="A proven backup elsewhere holds key")
        await stage.press(pilot, "enter", until="1 credential was re-sealed under it.")


# --- the whole way -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_key_backup_and_re_sealing_on_one_screen(server: RealServer, size: tuple[int, int]) -> None:
    secrets = server.secrets()
    old = server.active()
    stage = OnScreen(server, RotationScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "A new key is made first", "Enter makes the key.")
        await stage.press(pilot, "enter", until=("! A backup is due", "b makes the backup here and now"))
        assert states(server) == [KeyState.ACTIVE, KeyState.PRE_ACTIVE]
        assert "Enter" not in stage.lines[-1]
        await stage.press(pilot, "b", until="where to?")
        await stage.press(pilot, "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written")
        await stage.press(pilot, "enter", until="is complete.")
        await stage.press(pilot, "enter", until="A proven backup elsewhere holds key")
        assert "3 credentials are re-sealed under it." in stage.words
        await stage.press(pilot, "enter", until="3 credentials were re-sealed under it.")
        assert "A backup is due" not in stage.words
        await pilot.press("enter")
        await stage.left(pilot)
    assert server.active() != old
    assert server.secrets() == secrets
    assert server.counts() == (3, 0, 0)


@pytest.mark.parametrize("size", SIZES)
async def test_without_a_backup_is_asked_in_plain_words_and_the_backup_is_due_afterwards(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, RotationScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter makes the key.")
        await stage.press(pilot, "enter", until="! A backup is due")
        await stage.press(
            pilot, "w", until=("3 credentials have none either.", "lost for good.", "▸ No, a backup first")
        )
        await stage.press(pilot, "enter", until="! A backup is due")
        assert server.counts() == (3, 0, 0)
        await stage.press(pilot, "w", until="▸ No, a backup first")
        await stage.press(pilot, "down", "enter", until=("were re-sealed", "A backup is due; b makes one."))
        assert server.counts() == (0, 3, 0)
        await stage.press(pilot, "b", until="where to?")
        await stage.press(pilot, "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written")
        await stage.press(pilot, "enter", until="is complete.")
        await stage.press(pilot, "enter", until="were re-sealed")
        await stage.gone(pilot, "A backup is due")
    assert server.counts() == (3, 0, 0)


# --- what is broken off ----------------------------------------------------------------------------------


async def test_stopped_between_two_batches_it_goes_on_where_it_was(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.rotate()
    server.back_up()
    monkeypatch.setattr(rotation, "BATCH", 1)
    reached, go_on = threading.Event(), threading.Event()
    write = rotation._Work._write

    def slow(self: rotation._Work, *given: Any) -> None:
        write(self, *given)
        reached.set()
        assert go_on.wait(10)

    monkeypatch.setattr(rotation._Work, "_write", slow)
    stage = OnScreen(server, RotationScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter activates it")
        await pilot.press("enter")
        await until(pilot, reached.is_set)
        await stage.press(pilot, "escape", until="Stopping at the next safe place")
        go_on.set()
        await stage.wait(pilot, "Stopped.", "2 credentials are still to be re-sealed.", "Enter goes on")
        assert server.lock_is_free()
        assert len(server.secrets()) == 3
        await stage.press(pilot, "enter", until="2 credentials were re-sealed under it.")
    assert server.counts() == (3, 0, 0)


async def test_what_a_killed_rotation_left_is_finished_by_whoever_comes_next(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Cancelled

    with monkeypatch.context() as patched:
        patched.setattr(rotation._Work, "key", killed)
        with pytest.raises(Cancelled):
            server.rotate(without_backup=True)
    server.back_up()
    stage = OnScreen(server.restarted(), RotationScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "is under way, and 3 credentials are still to be re-sealed.")
        await stage.press(pilot, "enter", until="3 credentials were re-sealed under it.")


@pytest.mark.parametrize("size", SIZES)
async def test_going_on_under_a_key_that_no_backup_holds_offers_the_backup_and_asks(
    server: RealServer, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Cancelled

    with monkeypatch.context() as patched:
        patched.setattr(rotation._Work, "key", killed)
        with pytest.raises(Cancelled):
            server.rotate(without_backup=True)
    stage = OnScreen(server.restarted(), RotationScreen, size)
    async with stage.play() as pilot:
        risk = "Now 3 credentials would come back. Re-sealed before that, they would not."
        await stage.wait(pilot, "! A backup is due", "is active", risk, "b makes the backup here and now")
        assert "Enter" not in stage.lines[-1]
        await pilot.press("enter")
        assert server.counts() == (3, 0, 0)
        await stage.press(pilot, "w", until=("lost for good.", "▸ No, a backup first"))
        await stage.press(pilot, "enter", until="! A backup is due")
        assert server.counts() == (3, 0, 0)
        await stage.press(pilot, "w", until="▸ No, a backup first")
        await stage.press(pilot, "down", "enter", until="3 credentials were re-sealed under it.")
    assert server.counts() == (0, 3, 0)


async def test_what_does_not_open_is_left_and_listed(server: RealServer) -> None:
    with server.installation.cmdb.reading() as view:
        credential = view.sealed()[0].credential
    server.forge_credential(credential.credential_id, account="CORP\\somebody-else")
    server.rotate()
    server.back_up()
    stage = OnScreen(server, RotationScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter activates it")
        await stage.press(
            pilot, "enter", until=("2 credentials were re-sealed", "1 credential could not be")
        )
        await stage.press(pilot, "l", until=("What is left", credential.fields.name, "changed or damaged"))
        assert "Failed only" not in stage.words
        await stage.press(pilot, "escape", until="2 credentials were re-sealed")


# --- leaving -------------------------------------------------------------------------------------------


async def test_esc_before_anything_was_done_changes_nothing(server: RealServer) -> None:
    before = server.everything()
    stage = OnScreen(server, RotationScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter makes the key.")
        await stage.press(pilot, "w", until="▸ No, a backup first")
        await stage.press(pilot, "escape", until="Enter makes the key.")
        await pilot.press("escape")
        await stage.left(pilot)
    assert server.everything() == before


async def test_somebody_elses_lock_is_named_and_nothing_is_done(server: RealServer) -> None:
    before = server.everything()
    stage = OnScreen(server, RotationScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter makes the key.")
        with server.installation.lock.hold("looking after the keys"):
            await stage.press(pilot, "enter", until=("is looking after the keys", "then try again."))
        await stage.press(pilot, "enter", until="Enter makes the key.")
    assert server.everything() == before


async def test_a_backup_that_was_not_made_leaves_the_gate_closed(server: RealServer) -> None:
    server.rotate()
    stage = OnScreen(server, partial(RotationScreen))
    async with stage.play() as pilot:
        await stage.wait(pilot, "! A backup is due")
        await stage.press(pilot, "b", until="where to?")
        await stage.press(pilot, "escape", until="! A backup is due")
        assert "Enter" not in stage.lines[-1]
