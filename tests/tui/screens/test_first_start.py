"""The first start: an empty home, a database without keys, and the ways to go on."""

import shutil
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.model.keys import KeyState
from nskeys.model.plans import HomeState
from nskeys.ports import Purpose
from nskeys.protectors import tpm2
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.first_start import FirstStartScreen
from nskeys_tui.screens.overview import OverviewScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.widgets.form_field import FormField
from tests.core.services.restore.test_both_halves import lived
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.real_site import RealSite
from tests.fakes.servers import PASSWORD
from tests.tui.app_on import AppOn, Typed, add, services_in, set_up
from tests.tui.on_screen import OnScreen
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, until

SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])


def database_alone(tmp_path: Path, credentials: int = 3) -> tuple[Path, Services]:
    """A home that holds only the copied database of another server."""
    before = set_up(tmp_path / "before")
    for number in range(credentials):
        add(before, f"deploy-{number}")
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(tmp_path / "before" / "cmdb.sqlite3", home)
    return home, before


# --- a new installation ------------------------------------------------------------------------------


@SIZES
async def test_a_new_installation_ends_with_the_offer_to_back_up(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    services = services_in(tmp_path / "home")
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "Nothing is set up in", "▸ New installation")
        await app.press(pilot, "enter", shows="whoever copies this disk has the keys")
        field = app.app.screen.query_one("#server", FormField)
        await until(pilot, lambda: bool(field.value))
        field.value = ""
        await app.press(pilot, Typed("ns07.example.net"), "enter", shows="is set up")
        await app.wait(pilot, "in no backup yet", "▸ Back up now")
        await app.press(pilot, "down", "enter", shows="ns07.example.net")
        assert isinstance(app.app.screen, OverviewScreen)
        await app.wait(pilot, "No credentials here yet")
    assert services.installation.settings.read().server_name == "ns07.example.net"
    assert [key.state for key in services.installation.keys()] == [KeyState.ACTIVE]


async def test_the_offer_to_back_up_leads_to_the_backup_and_back_to_the_first_screen(
    tmp_path: Path,
) -> None:
    app = AppOn(services_in(tmp_path / "home"))
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "enter", shows="▸ Plain file")
        await app.press(pilot, "enter", shows="▸ Back up now")
        await app.press(pilot, "enter", shows="where to?")
        assert isinstance(app.app.screen, BackupScreen)
        await app.press(pilot, "escape", shows="No credentials here yet")


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_protectors_are_labelled_with_what_they_are_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """Each in a line; and those that this machine does not have with the reason."""
    monkeypatch.setattr(tpm2, "THIS_MACHINES", "/dev/tpmrm999")
    app = AppOn(services_in(tmp_path / "home"), size)
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "enter", shows="▸ Plain file  whoever copies this disk has the keys")
        await app.wait(
            pilot,
            "Passphrase  shut on a stolen machine; asked once per run",
            "TPM 2.0 is not available: no TPM was found",
            "Security token is not available: a token is named",
        )


async def test_while_one_types_the_key_for_help_is_named(tmp_path: Path) -> None:
    """In a field `?` is a sign like any other."""
    app = AppOn(services_in(tmp_path / "home"))
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation", "? Help")
        assert "F1" not in app.text
        await app.press(pilot, "enter", shows="F1 Help")
        assert "? Help" not in app.text
        await app.press(pilot, "f1", shows="Tab goes")
        await app.press(pilot, "escape", hides="Tab goes")
        await app.press(pilot, "tab", "tab", shows="? Help")


async def test_a_passphrase_is_asked_for_where_it_protects_the_keys(tmp_path: Path) -> None:
    services = services_in(tmp_path / "home")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "enter", shows="▸ Plain file")
        await app.press(pilot, "tab", "tab", "down", "enter", shows="New passphrase for the key store")
        words = Typed("four words of mine")
        await app.press(pilot, words, "tab", words, "enter", shows="is set up")
        await app.press(pilot, "escape", shows="keys under a passphrase")
    assert services.protection.show().protector == "passphrase"


async def test_a_server_needs_a_name(tmp_path: Path) -> None:
    app = AppOn(services_in(tmp_path / "home"))
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "enter", shows="▸ Plain file")
        field = app.app.screen.query_one("#server", FormField)
        await until(pilot, lambda: bool(field.value))
        field.value = " "
        await app.press(pilot, "enter", shows="! Type a name")
        await app.press(pilot, "escape", shows="Nothing is set up")


async def test_a_cmdb_that_cannot_be_used_is_said_and_what_was_typed_stays(tmp_path: Path) -> None:
    app = AppOn(services_in(tmp_path / "home"))
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "enter", shows="▸ Plain file")
        await app.press(pilot, "tab", Typed("oracle://db"), "enter", shows="nskeys does not know this kind")
        await app.press(pilot, "enter", shows="oracle://db")


# --- credentials without keys ------------------------------------------------------------------------


@SIZES
async def test_a_database_alone_says_how_many_credentials_wait_and_which_backup_is_remembered(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    home, before = database_alone(tmp_path)
    vault = tmp_path / "v"
    vault.mkdir()
    before.backup.execute(
        before.backup.plan(str(vault)), Answers({Purpose.NEW_BACKUP_PASSWORD: ["four words of mine"]})
    )
    shutil.copy(tmp_path / "before" / "cmdb.sqlite3", home)
    app = AppOn(services_in(home), size)
    async with app.play() as pilot:
        await app.wait(pilot, "holds 3 credentials, and no keys are here", "▸ Restore from backup 1")
        await app.press(pilot, "enter", shows="what is in it")
        assert isinstance(app.app.screen, RestoreScreen)
        await app.wait(pilot, "ns01.example.net", "3 credentials")
        await app.press(pilot, "escape", shows="▸ Restore from backup 1")


async def test_where_the_register_remembers_nothing_that_is_said(tmp_path: Path) -> None:
    home, _ = database_alone(tmp_path)
    app = AppOn(services_in(home))
    async with app.play() as pilot:
        await app.wait(pilot, "remembers no backup", "▸ Restore from a backup")


@SIZES
async def test_going_on_without_the_keys_takes_the_exact_number(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    home, _ = database_alone(tmp_path)
    services = services_in(home)
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "Go on without their keys")
        await app.press(pilot, "end", "enter", shows="type 3 to go on without them")
        await app.press(pilot, Typed("4"), "enter", shows="! There are 3")
        assert services.set_up.look().state is HomeState.DATABASE_ONLY
        await app.press(pilot, "backspace", Typed("3"), "enter", shows="is set up")
        await app.press(pilot, "escape", shows="0 of 3")
        await app.wait(pilot, "lost")


async def test_what_was_restored_meanwhile_leads_to_the_first_screen(tmp_path: Path) -> None:
    home, _ = database_alone(tmp_path)
    services = services_in(home)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "Go on without their keys")
        await app.press(pilot, "enter", shows="which backup?")
        settings = services.installation.settings.read()
        services.set_up.execute("file", NobodyToAsk(), settings, accept_loss=3)
        await app.press(pilot, "escape", shows="0 of 3")
        assert isinstance(app.app.screen, OverviewScreen)


# --- another CMDB ------------------------------------------------------------------------------------


async def test_a_cmdb_elsewhere_is_looked_at_and_remembered(tmp_path: Path) -> None:
    elsewhere, _ = database_alone(tmp_path)
    home = tmp_path / "new"
    app = AppOn(services_in(home))
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "end", "enter", shows="Where is the CMDB")
        address = f"sqlite:///{elsewhere}/cmdb.sqlite3"
        await app.press(pilot, Typed(address), "enter", shows="holds 3 credentials")
    assert services_in(home).installation.settings.read().cmdb == address
    assert services_in(home).set_up.look().credentials == 3


async def test_a_new_installation_on_a_cmdb_with_credentials_shows_them_instead(tmp_path: Path) -> None:
    elsewhere, _ = database_alone(tmp_path)
    services = services_in(tmp_path / "new")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "▸ New installation")
        await app.press(pilot, "enter", shows="▸ Plain file")
        await app.press(pilot, "tab", Typed(f"sqlite:///{elsewhere}/cmdb.sqlite3"), "enter")
        await app.wait(pilot, "holds 3 credentials, and no keys are here")
    assert not services.installation.key_store.exists()


# --- a drill from nothing ----------------------------------------------------------------------------


@SIZES
async def test_a_bare_machine_drills_both_halves_by_keys_and_keeps_nothing(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    server = RealSite(tmp_path).server()
    lived(server)
    (tmp_path / "new").mkdir()
    bare = RealSite(tmp_path / "new").server()
    before = sorted(Path(bare.folder.path).rglob("*"))
    stage = OnScreen(bare, lambda session: FirstStartScreen(session, bare.services.set_up.look()), size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "▸ New installation", "Drill a backup")
        await stage.press(pilot, "down", "down", "enter", until="which backup?")
        await stage.press(pilot, "G", "enter", until="Esc")
        await stage.type(pilot, server.vault)
        await stage.press(pilot, "enter", until=("what is in it", "Its rows", "12 credentials in"))
        await stage.press(pilot, "enter", until="Password of the backup")
        await stage.type(pilot, "not the password")
        await stage.press(pilot, "enter", until="Password of the backup")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Every credential opened (12).")
        await stage.press(pilot, "enter", until="▸ Drill a backup")
    assert bare.services.set_up.look().state is HomeState.EMPTY
    assert sorted(Path(bare.folder.path).rglob("*")) == before
