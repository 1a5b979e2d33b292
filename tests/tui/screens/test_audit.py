"""The audit trail: the newest line first, a page at a time, and whether all of it is whole."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.services.status.audit import AuditService
from nskeys_tui.screens.audit import AuditScreen
from nskeys_tui.widgets.table.table import CredentialTable
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """Sixty credentials were added, then a backup of both halves was made."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, *(f"name-{number:02}" for number in range(60)))
        server.clock.advance(hours=1)
        server.back_up()
        return server

    return kept_homes.server("audited", build)


def rewrite(server: RealServer, number: int, line: str) -> None:
    """Somebody edits a line in the database."""
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        database.execute("UPDATE audit SET line = ? WHERE no = ?", (line, number))


@pytest.mark.parametrize("size", SIZES)
async def test_the_newest_line_stands_first_and_says_who_asked(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, AuditScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "newest first, 1 to", "of 64 lines", "database copied")
        await stage.wait(pilot, "operator as root, 2026-11-23 15:02, line 64")
        await stage.press(pilot, "down", until=("backed up", "line 63"))
        await stage.press(pilot, "down", until=("backup began", "line 62"))
        await stage.press(pilot, "down", until=("credential added: run-as/name-59", "line 61"))
        await stage.press(pilot, "end", until=("set up", "to 64 of 64 lines", "line 1"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_line_is_shown_in_full(server: RealServer, size: tuple[int, int]) -> None:
    stage = OnScreen(server, AuditScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "backed up")
        await stage.press(pilot, "down", until="line 63")
        await stage.press(pilot, "enter", until=("Line 63", "Who operator as root", "What backed up"))
        assert server.services.register.copies()[0].address in stage.path_text
        await stage.press(pilot, "escape", until="newest first")


async def test_it_holds_no_more_lines_than_a_few_pages(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    window = AuditService.window

    def watched(self: AuditService, first: int, count: int) -> object:
        asked.append((first, count))
        return window(self, first, count)

    monkeypatch.setattr(AuditService, "window", watched)
    stage = OnScreen(server, AuditScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "backed up")
        for _ in range(4):
            await pilot.press("pagedown")
            await pilot.pause(0.05)
        await stage.wait(pilot, "credential added")
    height = stage.app.size.height
    assert asked
    assert max(count for _, count in asked) <= 3 * height


async def test_the_cursor_stays_where_it_was_when_a_line_was_shown(server: RealServer) -> None:
    stage = OnScreen(server, AuditScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "backed up")
        await pilot.press("down", "down", "down", "enter")
        await stage.wait(pilot, "Line 61")
        await stage.press(pilot, "escape", until="line 61")
        assert stage.app.screen.query_one(CredentialTable).cursor == 3


@pytest.mark.parametrize("size", SIZES)
async def test_a_whole_trail_is_said_to_be_whole(server: RealServer, size: tuple[int, int]) -> None:
    stage = OnScreen(server, AuditScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "backed up")
        await stage.press(
            pilot, "v", until="The audit trail is whole up to line 64, which the server key signed last."
        )
        await stage.press(pilot, "enter", until="newest first")


async def test_an_edited_line_is_found(server: RealServer) -> None:
    with server.installation.cmdb.reading() as view:
        (entry,) = view.audit_entries(after=7, limit=1)
    rewrite(server, entry.number, entry.line.replace("name-", "nome-"))
    stage = OnScreen(server, AuditScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "backed up")
        await stage.press(pilot, "v", until="is not what was written: look at line 8.")


async def test_a_line_that_nobody_understands_is_shown_and_harmless(server: RealServer) -> None:
    rewrite(server, 64, "\x1b[2Jnot [/] json\u202e")
    rewrite(server, 63, json.dumps({"time": 7, "user": ["x"], "details": {"a\x1b": [1]}}))
    stage = OnScreen(server, AuditScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "a line that nskeys did not write", "\\x1b[2Jnot [/] json\\u202e")
        await stage.press(pilot, "down", until="a\\x1b [1]")
        assert not set("".join(stage.lines)) & set("\x1b\u202e")
