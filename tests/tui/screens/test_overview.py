"""The first screen: the answer, the keys, the list, and the ways from it."""

import functools
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from nskeys.model.credentials import CredentialKind
from nskeys.model.database import DatabaseConnection
from nskeys.services.status.overview import Overview as Answer, RecoverabilityService
from nskeys_tui.presenters.overview import title_facts
from nskeys_tui.screens.credential_detail import CredentialScreen
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.keys import KeysScreen
from nskeys_tui.screens.menu import MenuScreen
from nskeys_tui.widgets.find_line import FindLine
from nskeys_tui.widgets.table.table import CredentialTable
from tests.fakes.fixed import NobodyToAsk
from tests.fakes.overviews import seen as seen_overview
from tests.tui.app_on import AppOn, Typed, add, set_up
from tests.tui.example import Example, build
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07",
    "[bold]x[/] [/",
    "\u202eltr\u2066",
    "a\u0007\u009b2J",
    "日本語" * 60,
)
SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])


@functools.cache
def example() -> Example:
    """14 credentials, 2 of them at risk; nothing in this file changes it."""
    return build()


def on_example(size: tuple[int, int] = HOME_SIZE) -> AppOn:
    return AppOn(example().services, size)


def test_the_title_says_what_protects_the_connection_to_a_server() -> None:
    def title(**changes: Any) -> str:
        seen = DatabaseConnection(socket=False, tls="", sslmode="prefer", require_auth="!password,!md5")
        return title_facts(seen_overview()._replace(cmdb="PostgreSQL", connection=seen._replace(**changes)))

    assert title() == "CMDB PostgreSQL, no TLS · keys in a plain file"
    assert title(socket=True) == "CMDB PostgreSQL, socket · keys in a plain file"
    assert title(tls="TLSv1.3") == "CMDB PostgreSQL, TLSv1.3, server not checked · keys in a plain file"
    verified = title(tls="TLSv1.3", sslmode="verify-full")
    assert verified == "CMDB PostgreSQL, TLSv1.3, server checked · keys in a plain file"


# --- the answer --------------------------------------------------------------------------------------


async def test_it_is_as_the_design_draws_it() -> None:
    app = on_example()
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14", "deploy-finance")
        lines = app.lines
        assert lines[0].startswith(" nskeys · ns01.example.net")
        assert lines[0].endswith("CMDB SQLite · keys in a plain file")
        assert lines[2].startswith(" If this server died now   12 of 14 credentials would come back")
        assert lines[3].startswith(
            " ████████████████████░░░   keys      backup 3 in /mnt/vault/nskeys, 3 days ago"
        )
        assert lines[4].startswith(
            " 12 drilled 3 days ago     database  copy 19 in /mnt/vault/nskeys, 3 days ago"
        )
        assert lines[5].startswith(" ! 2 at risk since 14:02   sealed under ")
        assert "in no backup" in lines[5]
        assert lines[5].endswith("b  back up")
        assert lines[6].startswith("── Keys ──")
        assert "active       2026-11-22 14:02" in lines[7]
        assert "2 credentials  in no backup" in lines[7]
        assert lines[7].endswith("!")
        assert "deactivated  2025-01-03 08:11" in lines[8]
        assert "12 credentials  in 3 backups" in lines[8]
        assert lines[9].startswith(
            "── Credentials ── all 14 · hierarchy 3 · pcAnywhere 5 · run-as 6 · at risk 2 ──"
        )
        assert lines[-1] == (
            " b Back up  a Add  / Find  d Drill  r Restore  o Rotate  m Menu  ? Help  q Quit"
        )


async def test_a_small_terminal_shows_what_matters() -> None:
    app = on_example(SMALL_SIZE)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14", "emea-ns02")
        assert max(map(len, app.lines)) <= 60
        for words in ("back up", "12 drilled", "2 at risk", "in no backup", "recoverable", "run-as 6"):
            assert words in app.text
        assert app.lines[-1] == " b Back up  a Add  / Find  d Drill  m Menu  ? Help  q Quit"


async def test_a_destination_that_hangs_keeps_nothing_back() -> None:
    gate, overview = threading.Event(), RecoverabilityService.overview

    def hangs(service: RecoverabilityService, look: bool = True) -> Answer:
        if look:
            assert gate.wait(10)
        return overview(service, look)

    app = on_example()
    with patch.object(RecoverabilityService, "overview", hangs):
        async with app.play() as pilot:
            await app.wait(pilot, "12 of 14", "deploy-finance", "what the register remembers")
            gate.set()
            await app.press(pilot, hides="what the register remembers")
            assert "12 of 14" in app.text


async def test_where_nothing_can_be_told_it_says_why_and_what_to_do(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    (tmp_path / "cmdb.sqlite3").unlink()
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "cannot tell", "cmdb.sqlite3")
        assert "would come back" not in app.text


@SIZES
async def test_an_empty_cmdb_says_how_to_begin(tmp_path: Path, size: tuple[int, int]) -> None:
    app = AppOn(set_up(tmp_path), size)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials here yet: a adds one")


@pytest.mark.parametrize(("size", "most"), [(HOME_SIZE, 4), (SMALL_SIZE, 2)])
async def test_no_more_keys_are_shown_than_there_is_room_for(
    tmp_path: Path, size: tuple[int, int], most: int
) -> None:
    services = set_up(tmp_path)
    for number in range(6):
        add(services, f"sealed-{number}")
        services.rotation.execute(services.rotation.plan(), NobodyToAsk(), without_backup=True)
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, f"and {7 - most} more", "sealed-0")
        keys = [line for line in app.lines if "active " in line or "deactivated" in line]
        assert len(keys) == most
        assert "active " in keys[0]


# --- the list ----------------------------------------------------------------------------------------


async def test_right_and_left_go_through_kinds_and_states() -> None:
    app = on_example()
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14", "apac-ns03")
        await app.press(pilot, "right", shows="▸hierarchy 3", hides="kiosk-foyer")
        await app.press(pilot, "right", shows="▸pcAnywhere 5")
        await app.press(pilot, "right", shows="▸run-as 6")
        await app.press(pilot, "right", shows="▸at risk 2", hides="backup-agent")
        assert "deploy-finance" in app.text
        assert "deploy-till" in app.text
        await app.press(pilot, "right", shows="kiosk-foyer")
        assert "▸" not in app.text
        await app.press(pilot, "left", shows="▸at risk 2")
        await app.press(pilot, "escape", shows="kiosk-foyer")


async def test_s_sorts_by_the_next_column_that_is_seen_and_shift_s_turns_the_order() -> None:
    app = on_example(SMALL_SIZE)
    async with app.play() as pilot:
        await app.wait(pilot, "Kind ▲", "apac-ns03")
        await app.press(pilot, "s", shows="Name ▲")
        await app.wait(pilot, "backup-agent")
        await app.press(pilot, "S", shows="Name ▼")
        await app.wait(pilot, "till-lisbon")
        await app.press(pilot, "s", shows="Target ▲")
        await app.press(pilot, "s", shows="Kind ▲")  # no account is seen at this width


async def test_finding_as_one_types() -> None:
    app = on_example()
    async with app.play() as pilot:
        await app.wait(pilot, "apac-ns03")
        await app.press(pilot, "slash", shows="a part of a name")
        await app.press(pilot, Typed("deploy"), shows="3 found", hides="apac-ns03")
        assert "b Back up" not in app.text
        await app.press(pilot, "enter", shows="b Back up")
        assert isinstance(app.app.focused, CredentialTable)
        await app.press(pilot, "escape", shows="apac-ns03")
        assert not app.app.screen.query_one(FindLine).display


async def test_what_is_found_may_be_nothing() -> None:
    app = on_example()
    async with app.play() as pilot:
        await app.wait(pilot, "apac-ns03")
        await app.press(pilot, "slash", Typed("quarry"), shows="0 found")
        await app.wait(pilot, "Nothing found")
        await app.press(pilot, "escape", shows="apac-ns03")


async def test_letters_are_letters_while_one_searches() -> None:
    app = on_example()
    async with app.play() as pilot:
        await app.wait(pilot, "apac-ns03")
        await app.press(pilot, "slash", "m", "q", "question_mark", "a", shows="0 found")
        assert app.app.screen.query_one(FindLine).text == "mq?a"


async def test_what_was_added_elsewhere_is_seen_when_one_looks_again(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    add(services, "first")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "all 1", "first")
        add(services, "second", kind=CredentialKind.PCANYWHERE, target="kiosk")
        await app.press(pilot, "f5", shows="all 2")
        await app.wait(pilot, "second", "pcAnywhere 1")


@SIZES
async def test_no_name_reaches_the_terminal_as_a_command(tmp_path: Path, size: tuple[int, int]) -> None:
    services = set_up(tmp_path)
    for name in HOSTILE:
        add(services, name, target=name, account=name.replace("\\", ""), note=name)
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "\\x1b[31mred", "[bold]x[/] [/", "\\u202eltr", "日本語")
        assert all(line.isprintable() for line in app.lines)
        assert not {"\x1b", "\u202e", "\u2066", "\x9b", "\x07"} & set(app.text)


# --- other screens -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "screen"),
    [("y", KeysScreen), ("m", MenuScreen), ("a", CredentialFormScreen), ("enter", CredentialScreen)],
)
async def test_keys_lead_to_other_screens_and_escape_back(key: str, screen: type[object]) -> None:
    app = on_example()
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14", "apac-ns03")
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.app.screen, screen)
        await app.press(pilot, "escape", shows="12 of 14")


async def test_help_names_the_keys_for_which_the_line_has_no_room() -> None:
    app = on_example()
    async with app.play() as pilot:
        await app.wait(pilot, "apac-ns03")
        await app.press(pilot, "question_mark", shows="Every key, and which backups hold it")
        for key in ("Right", "F5", "S "):
            assert key in app.text
