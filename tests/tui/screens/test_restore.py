"""Restore, step by step: the file, what is in it, its password, the plan, and every credential tried."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from nskeys.archive.opening import open_backup
from nskeys.model.secret import SecretBytes
from nskeys.services import open_backup as services_opening
from nskeys.services.credentials import verify
from nskeys_tui.screens.proof import ProofScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.widgets.room import Room
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, until


class World:
    """Server A with a backup in the vault, and server B: new hardware with a copy of A's database."""

    def __init__(self, folder: Path) -> None:
        self.site = RealSite(folder)
        self.a = self.site.server()
        self.a.set_up()
        for name in ("one", "two", "three"):
            self.a.add(name, f"secret of {name}")
        self.backup = self.a.back_up(hint="the usual one").copy.address
        self.b = self.site.with_database_of(self.a)

    def on_b(self, address: str = "", size: tuple[int, int] = HOME_SIZE) -> OnScreen:
        return OnScreen(self.b, partial(make, address), size)


def make(address: str, session: Any) -> RestoreScreen:
    return RestoreScreen(session, address)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def bare(server: RealServer) -> bool:
    """Nothing was restored here: no key, no setting."""
    return not server.installation.key_store.exists()


async def to_password(stage: OnScreen, pilot: Pilot[Any]) -> None:
    await stage.wait(pilot, "what is in it", "Enter asks for its password")
    await stage.press(pilot, "enter", until="Password of the backup")


async def confirm(stage: OnScreen, pilot: Pilot[None]) -> None:
    """From the plan to the choice of a protector: the server key is on the runbook."""
    await stage.press(pilot, "enter", until=("Nothing on this machine tells", "▸ No"))
    await stage.press(pilot, "down", "enter", until="What shall bind them to it?")


async def to_plan(stage: OnScreen, pilot: Pilot[Any]) -> None:
    await to_password(stage, pilot)
    await stage.type(pilot, PASSWORD)
    await stage.press(pilot, "enter", until=("the plan", "Enter restores"))


# --- the whole way -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_new_hardware_gets_every_key_and_every_credential_opens(
    world: World, size: tuple[int, int]
) -> None:
    stage = world.on_b(size=size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?")
        assert "Backup 1 of" in stage.words  # named by the register, nobody vouches for it yet
        await stage.press(pilot, "enter")
        await to_password(stage, pilot)
        assert "Hint: the usual one" in stage.words
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="3 of 3 credentials will open; now 0 do.")
        assert "new, active; opens 3 credentials here" in stage.words
        await confirm(stage, pilot)
        await stage.press(pilot, "enter", until="Every credential opened (3).")
        assert "1 key was added." in stage.words
        await stage.press(pilot, "pagedown", until="a rotation (o on the first screen) makes a new one.")
        assert "'nskeys" not in stage.words
        assert "b Back up" in stage.words
        await stage.press(pilot, "l", until=("credential by credential", "three", "opened"))
    assert world.b.secrets() == world.a.secrets()


async def test_a_screen_that_is_gone_needs_no_room(world: World) -> None:
    """What was asked for after the next frame may come when the person has left."""
    stage = OnScreen(world.b, RestoreScreen)
    async with stage.play() as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, RestoreScreen))
        screen = pilot.app.screen
        await screen.remove_children()
        assert isinstance(screen, RestoreScreen)
        screen._fill_room()
        screen.on_resize()


async def test_what_was_decided_never_takes_the_room_of_the_plan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount = Room.mount

    async def late(self: Room, *widgets: Widget, **where: Any) -> None:
        """On a busy machine a frame is painted between two steps."""
        await asyncio.sleep(0.1)
        await mount(self, *widgets, **where)

    monkeypatch.setattr(Room, "mount", late)
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        await stage.wait(pilot, "Enter restores", "whose server key signed it.")
        assert "so far" not in stage.words


async def test_under_a_passphrase_too(world: World) -> None:
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        await confirm(stage, pilot)
        await stage.press(pilot, "end", "enter", until="New passphrase for the key store")
        for _ in range(2):
            await stage.type(pilot, PASSPHRASE)
            await pilot.press("tab")
        await stage.press(pilot, "enter", until="Every credential opened (3).")
    assert world.b.installation.key_store.info().protector == "passphrase"


async def test_a_second_restore_changes_nothing(world: World) -> None:
    world.b.restore(world.backup, typed=True)
    before = world.b.everything()
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        assert "already here, active" in stage.words
        await stage.press(pilot, "enter", until="Every key was here already, so none was added.")
        await pilot.press("enter")
        await stage.left(pilot)
    assert world.b.everything() == before


async def test_what_does_not_open_is_said_and_listed(world: World) -> None:
    with world.b.installation.cmdb.reading() as view:
        credential = view.sealed()[0].credential
    world.b.forge_credential(credential.credential_id, account="CORP\\somebody-else")
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        await confirm(stage, pilot)
        await stage.press(pilot, "enter", until="! 2 of 3 credentials opened, 1 did not.")
        assert "needs a new secret: edit the credential." in stage.words
        await stage.press(pilot, "l", until=("changed or damaged", credential.fields.name))
    # A restore counts the rows anew, so none of them waits for somebody to accept it.
    changed = world.b.services.credentials.show(credential.reference)
    world.b.services.credentials.edit(changed, credential.fields, SecretBytes(b"typed again"), NOBODY)
    assert world.b.secrets()[credential.reference] == "typed again"


# --- what goes wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_wrong_password_is_one_sentence_and_another_try(
    world: World, size: tuple[int, int]
) -> None:
    stage = world.on_b(world.backup, size)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await stage.press(pilot, "enter", until="Type the password, or leave with Esc.")
        await stage.type(pilot, "not this one")
        await stage.press(pilot, "enter", until="! That password does not open this backup.")
        assert bare(world.b)
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Enter restores")
        assert bare(world.b)


async def test_a_file_that_is_gone_when_it_is_chosen_is_said_and_another_can_be_chosen(
    world: World,
) -> None:
    stage = world.on_b()
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?")
        Path(world.backup).unlink()
        await stage.press(pilot, "enter", until="cannot be read: there is no such file.")
        await stage.press(pilot, "enter", until="which backup?")
        assert bare(world.b)


async def test_a_named_file_that_is_gone_leads_to_the_choice(world: World) -> None:
    Path(world.backup).unlink()
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await stage.wait(pilot, "there is no such file.")
        await stage.press(pilot, "enter", until=("which backup?", "Another file or place, typed"))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)


def replace_by_text(path: Path) -> None:
    path.write_text("a letter")


@pytest.mark.parametrize("harm", [flip, replace_by_text])
async def test_a_file_that_is_no_backup_any_more_is_refused_before_a_password_is_asked(
    world: World, harm: Callable[[Path], None]
) -> None:
    harm(Path(world.backup))
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Enter Close")
        assert "Password" not in stage.words
        assert world.backup.rsplit("/", 1)[-1] in stage.path_text
        assert bare(world.b)


async def test_a_backup_of_another_server_needs_a_plain_yes(world: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = server_in(tmp_path / "other", "elsewhere")
    stage = OnScreen(other, partial(make, world.backup))
    before = other.everything()
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        assert "You are asked once more before it is restored" in stage.words
        assert "--server-key" not in stage.words
        await stage.press(pilot, "enter", until=("signed by another server's key", "▸ No"))
        await stage.press(pilot, "enter", until="Enter restores")
        assert other.everything() == before
        await stage.press(pilot, "enter", until="▸ No")
        await stage.press(pilot, "down", "enter", until="1 key was added.")


@pytest.mark.parametrize("size", SIZES)
async def test_the_server_is_called_as_in_the_backup_or_as_somebody_says(
    world: World, size: tuple[int, int]
) -> None:
    name = world.a.installation.settings.read().server_name
    stage = world.on_b(size=size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?")
        await stage.press(pilot, "enter", until="what is in it")
        await to_plan(stage, pilot)
        await stage.wait(pilot, f"The server will be called {name}.", "n names the server.")
        await stage.press(pilot, "n", until="the name that its backups carry")
        await stage.type(pilot, "-2")
        await stage.press(pilot, "enter", until=f"called {name}-2; the backup calls it {name}.")
        await confirm(stage, pilot)
        await stage.press(pilot, "enter", until="This server now has")
    assert world.b.installation.settings.read().server_name == f"{name}-2"


async def test_a_server_key_that_is_not_on_the_runbook_restores_nothing_and_that_is_said(
    world: World,
) -> None:
    database = Path(world.b.folder.cmdb).read_bytes()
    stage = world.on_b()
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?")
        await stage.press(pilot, "enter", until="what is in it")
        await to_plan(stage, pilot)
        await stage.press(pilot, "enter", until=("Nothing on this machine tells", "▸ No"))
        await stage.press(pilot, "enter", until=("the plan", "Not restored: nothing was changed."))
    assert Path(world.b.folder.cmdb).read_bytes() == database


# --- leaving -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["file", "contents", "password", "plan", "protector"])
async def test_esc_at_every_step_leads_back_and_changes_nothing(world: World, step: str) -> None:
    database = Path(world.b.folder.cmdb).read_bytes()
    stage = world.on_b()
    async with stage.play() as pilot:
        await stage.wait(pilot, "which backup?")
        if step != "file":
            await stage.press(pilot, "enter", until="what is in it")
        if step == "password":
            await to_password(stage, pilot)
        elif step in ("plan", "protector"):
            await to_plan(stage, pilot)
        if step == "protector":
            await confirm(stage, pilot)
            await stage.press(pilot, "escape", until="Enter restores")
        if step in ("password", "plan", "protector"):
            await stage.press(pilot, "escape", until="what is in it")
        if step != "file":
            await stage.press(pilot, "escape", until="which backup?")
        await pilot.press("escape")
        await stage.left(pilot)
    assert bare(world.b)
    assert Path(world.b.folder.cmdb).read_bytes() == database


async def test_keys_that_were_opened_are_wiped_when_the_plan_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []

    def remembered(*given: Any) -> Any:
        opened.append(open_backup(*given))
        return opened[-1]

    monkeypatch.setattr(services_opening, "open_backup", remembered)
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        (contents,) = opened
        assert all(len(key.material) for key in contents.keys)
        await stage.press(pilot, "escape", until="what is in it")
        assert not any(len(key.material) for key in contents.keys)


async def test_a_proof_that_is_stopped_says_that_the_keys_are_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    prove = verify.prove

    def slow(*given: Any) -> Any:
        reached.set()
        assert go_on.wait(10)
        return prove(*given)

    monkeypatch.setattr(verify, "prove", slow)
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        await confirm(stage, pilot)
        await pilot.press("enter")
        await until(pilot, reached.is_set)
        await stage.press(pilot, "escape", until="Stopping at the next safe place")
        go_on.set()
        await stage.wait(pilot, "The keys are stored.", "Verify in the menu (m)")
        await pilot.press("enter")
        await stage.left(pilot)
    assert world.b.installation.key_store.exists()


async def test_a_plan_that_no_longer_holds_is_made_anew(world: World) -> None:
    world.b.restore(world.backup)
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        world.b.rotate()
        await stage.press(pilot, "enter", until="Something changed since the restore was planned")
        await stage.press(pilot, "enter", until="Enter restores")
        await stage.press(pilot, "enter", until="Every credential opened (3).")


async def test_a_small_screen_scrolls_what_does_not_fit(world: World) -> None:
    stage = world.on_b(world.backup, SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.wait(pilot, "what is in it", "Enter asks for its password.")
        await stage.press(pilot, "pagedown", until="Hint")
        await stage.press(pilot, "pageup", until="File")
        assert max(map(len, stage.lines)) <= 60


async def test_the_proof_leads_back_to_where_it_was_opened(world: World) -> None:
    world.b.restore(world.backup)
    stage = world.on_b(world.backup)
    async with stage.play() as pilot:
        await to_plan(stage, pilot)
        await stage.press(pilot, "enter", until="l lists every credential")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(stage.app.screen, ProofScreen))
        await stage.press(pilot, "escape", until="l lists every credential")
