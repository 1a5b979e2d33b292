"""Back up, step by step: where to, under which password, what will be written, and what came of it."""

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.errors import BackupNotProven
from nskeys.model.register import Proof
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import LEAST_SCORE
from nskeys.reasons import Problem
from nskeys.services.backup import facts as archiving
from nskeys_tui.presenters.register import copy_cells
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.widgets.inputs import PasswordInput
from tests.fakes.fixed import AFTERNOON
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSPHRASE, PASSWORD
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import SMALL_SIZE, until

LONG = "a-folder-of-the-vault-with-a-long-name/for-the-notification-servers/of-the-second-building"


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """Three credentials, no backup."""
    return server_in(tmp_path, "one", "two", "three")


async def to_password(stage: OnScreen, pilot: Pilot[Any]) -> None:
    await stage.wait(pilot, "where to?", "Another folder or an SSH server, typed")
    await stage.press(pilot, "enter", until="New password for the backup")


async def give_password(stage: OnScreen, pilot: Pilot[Any], password: str = PASSWORD) -> None:
    for _ in range(2):
        await stage.type(pilot, password)
        await pilot.press("tab")
    await pilot.press("enter")


async def to_review(stage: OnScreen, pilot: Pilot[Any]) -> None:
    await to_password(stage, pilot)
    await give_password(stage, pilot)
    await stage.wait(pilot, "this will be written")


def untouched(server: RealServer) -> bool:
    """No file, no row, no registry value, no line in the audit trail."""
    vault = list(Path(server.vault).iterdir())
    registry = server.installation.registry.read()
    return (vault, server.register_rows(), registry) == ([], [], RegistryValues())


# --- the whole way -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_from_the_destination_to_the_sentence_that_says_it_is_complete(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, BackupScreen, size)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        assert "3 credentials" in stage.words
        assert "elsewhere (declared" in stage.words
        await stage.press(pilot, "enter", until="cryptographic keys is complete.")
        assert "Where" in stage.words
        assert "Lies" not in stage.words
        assert "opened after it was written" in stage.words
        (copy,) = server.services.register.copies()
        assert (copy.proof, copy.backup.generation) == (Proof.OPENED, 1)
        assert copy.address in stage.path_text
        assert server.installation.registry.read().backup_date == AFTERNOON
        await pilot.press("enter")
        await stage.left(pilot)


async def test_five_keys_and_the_password_with_a_destination_that_is_known(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        pressed = ["enter", "tab", "enter", "enter"]
        await pilot.press(pressed[0])
        await stage.wait(pilot, "New password for the backup")
        await stage.type(pilot, PASSWORD)
        await pilot.press(pressed[1])
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, pressed[2], until="this will be written")
        await stage.press(pilot, pressed[3], until="is complete.")


async def test_the_name_that_was_shown_is_the_name_that_is_written(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        server.clock.advance(minutes=3)
        await stage.press(pilot, "enter", until="is complete.")
        (written,) = [file for file in Path(server.vault).iterdir() if "-cmdb-" not in file.name]
        assert written.name.endswith("-20261123T140200Z.zip")
        assert written.name in stage.path_text


async def test_what_was_written_can_be_drilled_at_once(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        await stage.press(pilot, "enter", until=("is complete.", "d Drill"))
        await stage.press(pilot, "d", until=("what is in it", "number 1 of CMDB"))
        await stage.press(pilot, "escape", until=("is complete.", "d Drill"))
        await stage.press(pilot, "d", until=("what is in it", "number 1 of CMDB"))
        await stage.press(pilot, "enter", until="Password of the backup")
        await stage.type(pilot, PASSWORD)
        await stage.press(pilot, "enter", until="Every credential opened (3).")
        await pilot.press("enter")
        await stage.left(pilot)  # what was told before the drill is not true any more


async def test_the_runbook_is_offered_once_a_backup_is_made(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        await stage.press(pilot, "enter", until=("is complete.", "r Runbook"))
        assert "r shows the runbook: print it" in stage.words
        await stage.press(pilot, "r", until="What this is")


async def test_a_folder_that_is_typed_is_taken_as_it_is_meant(server: RealServer, tmp_path: Path) -> None:
    folder = tmp_path / LONG
    folder.mkdir(parents=True)
    stage = OnScreen(server, BackupScreen, SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "end", "enter", until="Where shall the backup go?")
        await stage.type(pilot, f" {folder} ")
        await stage.press(pilot, "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written")
        assert str(folder) in stage.path_text
        await stage.press(pilot, "enter", until="is complete.")
        assert len(list(folder.iterdir())) == 2, "a key backup and a database copy"


async def test_a_backup_on_this_machine_says_that_it_does_not_help_and_names_keys(
    server: RealServer,
) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "end", "enter", until="Where shall the backup go?")
        await stage.type(pilot, server.local)
        await stage.press(pilot, "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written")
        assert "! This backup is on this machine: if its disk fails, both are lost." in stage.words
        await stage.press(pilot, "enter", until="is complete.")
        assert "Add a place elsewhere under Destinations in the menu (m)" in stage.words
        assert "nskeys backup" not in stage.words


# --- what goes wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_destination_that_cannot_be_written_is_said_and_another_one_can_be_chosen(
    server: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "file").write_text("no folder")
    stage = OnScreen(server, BackupScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "end", "enter", until="Where shall the backup go?")
        await stage.type(pilot, str(tmp_path / "file"))
        await stage.press(pilot, "enter", until="choose another one.")
        assert "'nskeys" not in stage.words
        assert str(tmp_path / "file")[-20:] in stage.path_text, "what was typed is still there"
        await stage.press(pilot, "escape", until="Enter Choose")
        assert untouched(server)


async def test_a_folder_that_vanished_after_the_review_leads_back_to_the_destinations(
    server: RealServer,
) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        with server.cut_off(server.vault):
            await stage.press(pilot, "enter", until="cannot be reached")
            await stage.press(pilot, "enter", until="where to?")
            await stage.wait(pilot, "! The destination")
        assert untouched(server)
        await stage.press(pilot, "escape")
        await stage.left(pilot)


async def test_a_file_that_could_not_be_read_back_is_no_backup(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise BackupNotProven("", Problem.DIFFERS)

    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        monkeypatch.setattr("nskeys.services.backup.service.inspect", fails)
        await stage.press(pilot, "enter", until=("so it is no backup.", "Remove that file"))
        await stage.press(pilot, "enter", until="where to?")
        assert server.register_rows() == []


async def test_passwords_that_cannot_be_used_are_refused_with_the_reason(tmp_path: Path) -> None:
    server = server_in(tmp_path, "one")
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await stage.press(pilot, "enter", until="Type a password, or leave with Esc.")
        await stage.type(pilot, "one thing")
        await pilot.press("tab")
        await stage.type(pilot, "another")
        await stage.press(pilot, "enter", until="The two passwords differ.")
        assert untouched(server)


async def test_a_password_that_opens_the_key_store_too_is_refused(tmp_path: Path) -> None:
    from nskeys.ports import Purpose
    from tests.fakes.fixed import Answers
    from tests.fakes.real_site import RealSite

    server = RealSite(tmp_path).server()
    server.set_up(
        "passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE], Purpose.PASSPHRASE: [PASSPHRASE]})
    )
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await give_password(stage, pilot, PASSPHRASE)
        await stage.wait(pilot, "also opens the key store of this server.", "does not lose both.")
        await give_password(stage, pilot)
        await stage.press(pilot, until="this will be written")
        # The store's own passphrase is asked for when its keys are needed, and once.
        await stage.press(pilot, "enter", until="Passphrase of the key store")
        await stage.type(pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="is complete.")


async def test_a_hint_that_holds_the_password_is_refused_and_another_one_is_taken(
    server: RealServer,
) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        await stage.press(pilot, "h", until="readable for anybody")
        await stage.type(pilot, f"it is {PASSWORD}")
        await stage.press(pilot, "enter", until="! The hint contains the password")
        await pilot.press(*["backspace"] * 60)
        await stage.type(pilot, "in the safe")
        await stage.press(pilot, "enter", until=("this will be written", "in the safe"))
        await stage.press(pilot, "enter", until="is complete.")
        assert server.services.register.copies()[0].backup.hint == "in the safe"


async def test_a_password_that_the_hint_gives_away_is_refused(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        await stage.press(pilot, "h", until="readable for anybody")
        await stage.type(pilot, "the name of the cat: minka")
        await stage.press(pilot, "enter", until="this will be written")
        await stage.press(pilot, "p", until="New password for the backup")
        await give_password(stage, pilot, "minka")
        await stage.wait(pilot, "The hint contains the password")
        await stage.press(pilot, "escape", until="where to?")  # the one from before is gone, too
        assert untouched(server)


# --- leaving -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["destination", "password", "review"])
async def test_esc_at_every_step_leads_back_and_changes_nothing(server: RealServer, step: str) -> None:
    stage = OnScreen(server, BackupScreen)
    audit = server.audit()
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        if step == "password":
            await to_password(stage, pilot)
        elif step == "review":
            await to_review(stage, pilot)
        if step != "destination":
            await stage.press(pilot, "escape", until="where to?")
        await pilot.press("escape")
        await stage.left(pilot)
    assert untouched(server)
    assert server.audit() == audit


async def test_a_password_is_forgotten_with_the_screen(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        screen = stage.app.screen
        assert isinstance(screen, BackupScreen)
        password = screen._password
        assert password is not None
        await pilot.press("escape")
        await stage.wait(pilot, "where to?")
        assert len(password) == 0
        assert not list(stage.app.screen.query(PasswordInput))


async def test_work_that_is_stopped_writes_nothing_and_leads_back_to_the_review(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    facts = archiving.collect_facts

    def slow(*given: Any) -> Any:
        reached.set()
        assert go_on.wait(10)
        return facts(*given)

    monkeypatch.setattr("nskeys.services.backup.service.collect_facts", slow)
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        await pilot.press("enter")
        await until(pilot, reached.is_set)
        await stage.press(pilot, "escape", until="Stopping at the next safe place")
        go_on.set()
        await stage.wait(pilot, "this will be written")
        assert untouched(server)
        assert server.lock_is_free()
        await stage.press(pilot, "enter", until="is complete.")


# --- several destinations ------------------------------------------------------------------------------


@pytest.fixture
def several(server: RealServer, tmp_path: Path) -> tuple[RealServer, Path]:
    """The vault, and another folder that is carried away."""
    other = tmp_path / "other"
    other.mkdir()
    server.services.destinations.add(str(other), "carried to the bank")
    return server, other


@pytest.mark.parametrize("size", SIZES)
async def test_several_are_marked_and_each_gets_its_copy(
    several: tuple[RealServer, Path], size: tuple[int, int]
) -> None:
    server, other = several
    stage = OnScreen(server, BackupScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?", "Space marks several")
        await stage.press(pilot, "space", "down", "space", until="[x]")
        await stage.press(pilot, "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written")
        assert server.vault in stage.path_text
        assert str(other) in stage.path_text
        await stage.press(pilot, "enter", until="is complete.")
        assert len(server.services.register.copies()) == 2
        for copy in server.services.register.copies():
            assert copy.proof is Proof.OPENED
            assert copy.address in stage.path_text or size == SMALL_SIZE  # further down
        assert [len(list(place.iterdir())) for place in (Path(server.vault), other)] == [2, 2]


async def test_marks_are_kept_on_the_way_back(several: tuple[RealServer, Path]) -> None:
    server, _ = several
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "space", "down", "space", "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written")
        await stage.press(pilot, "escape", until="where to?")
        assert stage.words.count("[x]") == 2
        await stage.press(pilot, "space", until="[ ]")
        assert stage.words.count("[x]") == 1


async def test_marks_are_kept_on_the_way_to_the_destinations(several: tuple[RealServer, Path]) -> None:
    server, _ = several
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "space", "down", "space", until="[x]")
        assert stage.words.count("[x]") == 2
        await stage.press(pilot, "t", until="each tried now")
        await stage.press(pilot, "escape", until="where to?")
        await stage.wait(pilot, "[x]")
        assert stage.words.count("[x]") == 2


async def test_what_one_place_did_not_get_is_said_beside_what_the_other_got(
    several: tuple[RealServer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, other = several
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        await stage.press(pilot, "space", "down", "space", "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written")
        other.rmdir()
        await stage.press(pilot, "enter", until=("is complete.", "No copy in"))
        assert str(other) in stage.path_text
        assert [copy.destination for copy in server.services.register.copies()] == [server.vault]


async def test_one_that_cannot_be_written_is_told_before_anything_is_written(
    several: tuple[RealServer, Path],
) -> None:
    server, other = several
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        other.rmdir()
        await stage.press(pilot, "space", "down", "space", "enter", until="New password for the backup")
        await give_password(stage, pilot)
        await stage.wait(pilot, "this will be written", "No copy in", "! The destination")
        assert untouched(server)


async def test_with_one_destination_there_is_nothing_to_mark(server: RealServer) -> None:
    stage = OnScreen(server, BackupScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "where to?")
        assert "[ ]" not in stage.words
        assert "Space" not in stage.words


# --- a password that is easy to guess ------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_weak_password_is_asked_about_once_and_shown_in_plan_result_and_register(
    server: RealServer, size: tuple[int, int]
) -> None:
    object.__setattr__(server.installation, "least_score", LEAST_SCORE)
    stage = OnScreen(server, BackupScreen, size)
    said = "! Its password is very weak: one of the first that a program tries."
    async with stage.play() as pilot:
        await to_password(stage, pilot)
        await give_password(stage, pilot, "password")
        await stage.wait(pilot, "Enter again uses it all the same.")
        await stage.press(pilot, "enter", until="this will be written")
        assert said in stage.words
        await stage.press(pilot, "enter", until="is complete.")
        assert said in stage.words
    (copy,) = server.services.register.copies()
    assert (copy.weak, copy_cells(copy)[-1]) == (0, "!")
