"""Destinations: where backups go, whether that helps, and what keeps them from there."""

from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.destinations import location
from nskeys.model.destinations import DestinationInfo, Location
from nskeys.model.recovery import IdentityKind
from nskeys.ports import Purpose
from nskeys_tui.screens.destinations import DestinationsScreen
from tests.fakes.fixed import Answers
from tests.fakes.memory_manager import MemoryManager
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in

LONG = "a-folder-with-a-long-name/for-the-notification-servers/of-the-second-building/and-their-backups"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealServer:
    """The vault, declared to be carried away, and a folder on this machine."""
    monkeypatch.setattr(location, "DISKS", location.DISKS | location.MEMORY)  # wherever the files lie
    monkeypatch.setattr(location, "MEMORY", frozenset())
    server = server_in(tmp_path)
    (tmp_path / "near").mkdir()
    server.services.destinations.add(str(tmp_path / "near"))
    return server


def configured(server: RealServer) -> tuple[DestinationInfo, ...]:
    return server.installation.settings.read().destinations


@pytest.mark.parametrize("size", SIZES)
async def test_each_is_shown_with_its_place_and_the_reason(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, DestinationsScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations", "each tried now")
        await stage.wait(pilot, "elsewhere (declared: carried to the vault every night)", "default")
        await stage.wait(pilot, "and count once they were opened there; this is the default")
        await stage.wait(pilot, "Goes there by hand only")
        assert f"Address{server.vault}" in stage.path_text
        await stage.press(pilot, "down", until="here (this machine's own disk)")
        await stage.wait(pilot, "can be written, and are lost with this machine")
        assert f"Address{configured(server)[-1].address}" in stage.path_text


async def test_one_that_cannot_be_written_says_why(server: RealServer) -> None:
    with server.cut_off(server.vault):
        stage = OnScreen(server, DestinationsScreen)
        async with stage.play() as pilot:
            await stage.wait(pilot, "not ready", "its folder does not exist.")


@pytest.mark.parametrize("size", SIZES)
async def test_one_is_added_with_the_words_that_say_how_it_is_carried(
    server: RealServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    folder = tmp_path / LONG
    folder.mkdir(parents=True)
    stage = OnScreen(server, DestinationsScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "a", until="Type where it is")
        await stage.press(pilot, "down", "enter", until="a folder, best a mounted share")
        await stage.type(pilot, str(folder))
        await stage.press(pilot, "enter", until="Otherwise leave this empty.")
        await stage.type(pilot, "tape to the safe, daily")
        await stage.press(pilot, "enter", until="elsewhere (declared: tape to the safe, daily).")
        assert str(folder) in stage.path_text
        await stage.wait(pilot, "3 destinations")
    added = configured(server)[-1]
    assert (added.address, added.declared_elsewhere) == (str(folder), "tape to the safe, daily")


async def test_one_that_is_none_is_refused_in_words(server: RealServer) -> None:
    before = configured(server)
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "a", until="Type where it is")
        await stage.press(pilot, "down", "enter", until="a folder, best a mounted share")
        await stage.type(pilot, "ftp://vault02/backups")
        await stage.press(pilot, "enter", until="cannot be used as a destination")
        assert "ftp://vault02/backups" in stage.words, "what was typed is still there"
        await stage.press(pilot, "escape", until="a Add")
    assert configured(server) == before


async def test_a_folder_that_is_not_there_is_no_destination(server: RealServer, tmp_path: Path) -> None:
    before = configured(server)
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "a", until="Type where it is")
        await stage.press(pilot, "down", "enter", until="a folder, best a mounted share")
        await stage.type(pilot, str(tmp_path / "srv"))
        await stage.press(pilot, "enter", until="its folder does not exist")
        assert "Carried away" not in stage.words
    assert configured(server) == before


async def test_another_declaration_changes_what_counts_and_keeps_the_place(server: RealServer) -> None:
    server.add("one")
    server.back_up()
    assert server.counts() == (1, 0, 0)
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "e", until="carried to the vault every night")
        assert f"{server.vault}maybelostwiththismachine." in stage.path_text
        await pilot.press("ctrl+u")
        await stage.press(pilot, "enter", until="is no longer declared elsewhere.")
        await stage.wait(pilot, "2 destinations", "here (this machine's own disk)")
    assert [info.declared_elsewhere for info in configured(server)] == ["", ""]
    assert configured(server)[0].address == server.vault
    assert server.counts() == (0, 1, 0)


async def test_a_test_says_that_it_works_or_why_not(server: RealServer) -> None:
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(
            pilot, "t", until="works: something was written there, read back and removed again."
        )
        await stage.wait(pilot, "each tried now")
        with server.cut_off(server.vault):
            await stage.press(pilot, "t", until=("cannot be reached", "choose another one."))
            await stage.press(pilot, "enter", until="not ready")
    assert list(Path(server.vault).iterdir()) == []


async def test_one_is_forgotten_and_its_backups_stay(server: RealServer) -> None:
    server.add("one")
    address = server.back_up().copy.address
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        await stage.press(pilot, "x", until=("register entries stay", "▸ No, keep it"))
        await stage.press(pilot, "enter", until="2 destinations")
        assert len(configured(server)) == 2
        await stage.press(pilot, "x", until="It is the default: the next backup would go there.")
        await stage.press(pilot, "down", "enter", until="is removed from the destinations")
        await stage.wait(pilot, "each tried now")
        # The last backup went there, so the next one would too: it is listed, and cannot be forgotten.
        await stage.press(pilot, "end")
        await stage.gone(pilot, "x Remove")
    assert Path(address).exists()
    assert server.services.register.copies()[0].where.location is Location.HERE


async def test_esc_leads_back_and_nothing_was_changed(server: RealServer) -> None:
    before = server.everything()
    stage = OnScreen(server, DestinationsScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 destinations")
        for key, shows in (
            ("a", "Type where it is"),
            ("e", "Otherwise leave this empty"),
            ("x", "register entries stay"),
        ):
            await stage.press(pilot, key, until=shows)
            await stage.press(pilot, "escape", until="2 destinations")
        await pilot.press("escape")
        await stage.left(pilot)
    assert server.everything() == before


async def test_it_says_whether_the_schedule_goes_there(server: RealServer) -> None:
    manager = MemoryManager()
    server.services = Services(server.installation, manager)
    answers = Answers({Purpose.NEW_IDENTITY_PASSWORD: ["a password nobody wrote down"]})
    server.services.recovery.execute(server.services.recovery.plan(IdentityKind.PERSON), answers)
    for expected in ("by hand only: no schedule is installed", "every day where a key is not there yet"):
        stage = OnScreen(server, DestinationsScreen)
        async with stage.play() as pilot:
            await stage.wait(pilot, "2 destinations", expected)
        server.services.schedule.install()
