"""The protector: what it is good for, and a change of it that asks for a backup first."""

import errno
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.model.database import DatabaseLogin, LoginSafety
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose
from nskeys.wording.answer import notices
from nskeys.wording.layout import NARROW, WIDE
from nskeys_tui.screens.protection import ProtectorScreen, login_rows
from tests.fakes.fixed import Answers
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSPHRASE, PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import HOME_SIZE


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """Keys in a plain file, in a backup elsewhere."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, "one")
        server.back_up()
        return server

    return kept_homes.server("to protect", build)


async def twice(stage: OnScreen, pilot: Pilot[Any], text: str) -> None:
    for _ in range(2):
        await stage.type(pilot, text)
        await pilot.press("tab")
    await pilot.press("enter")


def protector(server: RealServer) -> str:
    return server.installation.key_store.info().protector


@pytest.mark.parametrize("size", SIZES)
async def test_a_plain_file_becomes_a_passphrase(server: RealServer, size: tuple[int, int]) -> None:
    secrets = server.secrets()
    stage = OnScreen(server, ProtectorScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Keys in a plain file", "a copy of the CMDB alone", "a stolen disk")
        await stage.press(pilot, "c", until=("Backup 1 in", "holds every key.", "▸ Passphrase"))
        await stage.press(pilot, "enter", until=("To keys under a passphrase", "Nothing is changed yet."))
        await stage.press(pilot, "enter", until="New passphrase for the key store")
        await twice(stage, pilot, PASSPHRASE)
        await stage.wait(pilot, "Keys under a passphrase: it is asked for", "still open with the earlier")
        assert "A rotation (o on the first screen)" in stage.words
        await pilot.press("enter")
        await stage.left(pilot)
    assert protector(server) == "passphrase"
    server.services.protection.change("file", answers(), answers(), without_backup=True)
    assert server.secrets() == secrets


def answers() -> Answers:
    return Answers({Purpose.PASSPHRASE: [PASSPHRASE]})


@pytest.mark.parametrize("size", SIZES)
async def test_without_a_backup_elsewhere_one_is_offered_first(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = server_in(tmp_path, "one")
    server.back_up(server.local)
    stage = OnScreen(server, ProtectorScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "c binds them")
        await stage.press(
            pilot, "c", until=("! No proven backup elsewhere holds every key", "▸ Back up first")
        )
        await stage.press(pilot, "enter", until="where to?")
        await stage.press(pilot, "down", "enter", until="New password for the backup")
        await twice(stage, pilot, PASSWORD)
        await stage.wait(pilot, "this will be written")
        await stage.press(pilot, "enter", until="is complete.")
        # That one lies on this machine again, so the question stands; one in the vault answers it.
        await stage.press(pilot, "enter", until="! No proven backup elsewhere")
        server.back_up()
        await stage.press(pilot, "escape", until="c binds them")
        await stage.press(pilot, "c", until=("holds every key.", "▸ Passphrase"))
    assert protector(server) == "file"


async def test_it_can_be_changed_without_a_backup_by_a_plain_choice(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    stage = OnScreen(server, ProtectorScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "c binds them")
        await stage.press(pilot, "c", until="then takes the keys for good.")
        await stage.press(pilot, "end", "enter", until="▸ Passphrase")
        await stage.press(pilot, "enter", until="Nothing is changed yet.")
        await stage.press(pilot, "enter", until="New passphrase for the key store")
        await twice(stage, pilot, PASSPHRASE)
        await stage.wait(pilot, "still open with the earlier")
    assert protector(server) == "passphrase"


async def test_another_passphrase_and_the_old_one_opens_no_longer(tmp_path: Path) -> None:
    server = server_in(tmp_path, protector="passphrase")
    stage = OnScreen(server, ProtectorScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Keys under a passphrase")
        await stage.press(pilot, "c", until="a backup first")
        await stage.press(pilot, "end", "enter", until="▸ Another passphrase")
        await stage.press(pilot, "enter", until="To another passphrase")
        await stage.press(pilot, "enter", until="Passphrase of the key store")
        await stage.type(pilot, "wrong")
        await stage.press(pilot, "enter", until="does not open the key store.")
        await stage.type(pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="New passphrase for the key store")
        await twice(stage, pilot, "quite another one")
        await stage.wait(pilot, "still open with the earlier")
    store = server.installation.key_store
    assert not store.opens_with(SecretBytes(PASSPHRASE.encode()))
    assert store.opens_with(SecretBytes(b"quite another one"))


@pytest.mark.parametrize("step", ["now", "which", "review", "passphrase"])
async def test_esc_at_every_step_changes_nothing(server: RealServer, step: str) -> None:
    before = server.everything()
    stage = OnScreen(server, ProtectorScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "c binds them")
        if step != "now":
            await stage.press(pilot, "c", until="▸ Passphrase")
        if step in ("review", "passphrase"):
            await stage.press(pilot, "enter", until="Nothing is changed yet.")
        if step == "passphrase":
            await stage.press(pilot, "enter", until="New passphrase for the key store")
            await stage.press(pilot, "escape", until="Nothing is changed yet.")
        if step != "now":
            await stage.press(pilot, "escape", until="c binds them")
        await pilot.press("escape")
        await stage.left(pilot)
    assert server.everything() == before


@pytest.mark.parametrize("size", SIZES)
async def test_a_plain_key_that_could_not_be_removed_is_named_until_it_is_gone(
    server: RealServer, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Path(server.installation.home.path) / "store" / "1"
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.is_relative_to(old):
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    with monkeypatch.context() as immutable:
        immutable.setattr(Path, "unlink", refused)
        stage = OnScreen(server, ProtectorScreen, size)
        async with stage.play() as pilot:
            await stage.wait(pilot, "c binds them")
            await stage.press(pilot, "c", until="▸ Passphrase")
            await stage.press(pilot, "enter", until="Nothing is changed yet.")
            await stage.press(pilot, "enter", until="New passphrase for the key store")
            await twice(stage, pilot, PASSPHRASE)
            await stage.wait(pilot, "not completed", "! An earlier key store could not be removed")
        again = OnScreen(server, ProtectorScreen, size)
        async with again.play() as pilot:
            await again.wait(pilot, "! An earlier key store could not be removed")
            assert "a stolen machine" not in again.words
        overview = server.services.recoverability.overview(look=False)
        layout = WIDE if size == HOME_SIZE else NARROW
        assert ("not removed", "m  menu") in [(one.label, one.hint) for one in notices(overview, layout)]
    server.installation.key_store.sweep()
    gone = OnScreen(server, ProtectorScreen, size)
    async with gone.play() as pilot:
        await gone.wait(pilot, "a stolen machine")
        assert "could not be removed" not in gone.words


def test_it_says_how_the_databases_server_is_logged_in_to() -> None:
    assert login_rows(None) == ()
    login = DatabaseLogin(LoginSafety.OTHER_MACHINE, ("sslmode=require",))
    [(label, said)] = login_rows(login)
    assert (label, said[:38]) == ("CMDB login", "With TLS and the server's name checked")
    assert said.endswith("but the address says sslmode=require")
