"""The recovery identity on the screen: made, replaced, backed up to, drilled by its password."""

from pathlib import Path

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.recovery_identity import RecoveryIdentityScreen
from tests.fakes.servers import IDENTITY_PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.screens.test_backup import give_password


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_made_and_what_is_left_to_do_is_said(tmp_path: Path, size: tuple[int, int]) -> None:
    server = server_in(tmp_path, "one")
    stage = OnScreen(server, RecoveryIdentityScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "There is no recovery identity", "Enter makes one")
        await stage.press(pilot, "enter", until="This makes recovery identity 1.")
        await stage.press(pilot, "enter", until="New password for recovery identity 1")
        await give_password(stage, pilot, IDENTITY_PASSWORD)
        await stage.wait(pilot, "a test file opened with its password", "b makes the first backup")
    made = server.services.recovery.show()
    assert [one.number for one in made.identities] == [1]


@pytest.mark.parametrize("size", SIZES)
async def test_another_takes_its_place_and_the_old_password_is_said_to_be_kept(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "one")
    server.make_identity()
    server.back_up_to()
    stage = OnScreen(server, RecoveryIdentityScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "recovery identity 1", "Enter makes another in its place")
        await stage.press(pilot, "enter", until="For 1 known backup the password of recovery identity 1")
        await stage.press(pilot, "escape", until="who opens the backups")
    assert [one.number for one in server.services.recovery.show().identities] == [1]


@pytest.mark.parametrize("size", SIZES)
async def test_with_it_a_backup_asks_no_password_and_waits_for_a_drill(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "one")
    server.make_identity()
    stage = OnScreen(server, BackupScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "enter", until="no password is asked")
        assert "recovery identity 1" in stage.words
        await stage.press(pilot, "enter", until="it does not count")
    (copy,) = server.services.register.copies()
    stage = OnScreen(server, lambda session: DrillScreen(session, copy.address), size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter")
        await stage.press(pilot, "enter", until="Password of recovery identity 1")
        await stage.type(pilot, IDENTITY_PASSWORD)
        await stage.press(pilot, "enter", until="1 credential")
    assert server.counts() == (1, 0, 0)


async def test_a_password_can_be_had_instead(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    server.make_identity()
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "enter", until="no password is asked")
        await stage.press(pilot, "p", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written", "Enter writes it, reads it back")
        await stage.press(pilot, "enter", until="is complete")
    (copy,) = server.services.register.copies()
    assert copy.backup.protection.value == "password"


async def test_what_was_changed_behind_our_back_is_said(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    server.make_identity()
    (file,) = server.folder.recovery.iterdir()
    file.write_bytes(b"another")
    stage = OnScreen(server, RecoveryIdentityScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "it is not the identity that was made here")


@pytest.mark.parametrize("size", SIZES)
async def test_a_backup_to_somebody_is_opened_by_the_identity_file_that_is_named(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "one")
    ours, theirs = X25519Identity.new(), X25519Identity.new()
    address = server.back_up_to(ours.recipient).copy.address
    for name, identity in (("ours", ours), ("theirs", theirs)):
        with identity.spelled() as line:
            (tmp_path / name).write_bytes(line.reveal() + b"\n")
    stage = OnScreen(server, lambda session: DrillScreen(session, address), size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter asks for an identity file")
        await stage.press(pilot, "enter", until="Where is the identity?")
        await stage.type(pilot, str(tmp_path / "theirs"))
        await stage.press(pilot, "enter", until="none of the recipients")
        await stage.press(pilot, "enter", until="Enter asks for an identity file")
        await stage.press(pilot, "enter", until="Where is the identity?")
        await stage.type(pilot, str(tmp_path / "ours"))
        await stage.press(pilot, "enter", until="l lists every credential")
    assert server.counts() == (1, 0, 0)


async def test_beside_a_recovery_identity_a_key_takes_an_identity_file(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    server.make_identity()
    ours = X25519Identity.new()
    address = server.back_up_to(ours.recipient).copy.address
    with ours.spelled() as line:
        (tmp_path / "ours").write_bytes(line.reveal() + b"\n")
    stage = OnScreen(server, lambda session: DrillScreen(session, address))
    async with stage.play() as pilot:
        await stage.wait(pilot, "i takes an identity file")
        await stage.press(pilot, "i", until="Where is the identity?")
        await stage.type(pilot, str(tmp_path / "missing"))
        await stage.press(pilot, "enter", until="no such file")
        await stage.press(pilot, "ctrl+u", until="Where is the identity?")
        await stage.type(pilot, str(tmp_path / "ours"))
        await stage.press(pilot, "enter", until="l lists every credential")
