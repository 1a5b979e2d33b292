"""The register: every copy, how it is now, and what can be done about it."""

from pathlib import Path

import pytest

from nskeys.model.register import CopyStatus
from nskeys.ports import Purpose
from nskeys_tui.screens.copy_detail import CopyScreen
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.register import RegisterScreen
from nskeys_tui.screens.restore import RestoreScreen
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSWORD, RawRegisterRow
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.stage import SMALL_SIZE, until


@pytest.fixture
def server(kept_homes: KeptHomes) -> RealServer:
    """Backup 1 in the vault and good; 2 on this machine; 3 in the vault and gone; 4 changed."""

    def build(folder: Path) -> RealServer:
        server = server_in(folder, "alpha", "beta", "gamma")
        server.back_up(hint="the usual one")
        server.clock.advance(hours=1)
        server.back_up(server.local)
        lost = server.back_up().copy.address
        changed = server.back_up().copy.address
        server.lose(lost)
        server.corrupt(changed)
        return server

    return kept_homes.server("four copies", build)


def line_of(stage: OnScreen, number: int) -> str:
    """The row of the backup with this number."""
    return next(line for line in stage.lines[2:] if line.strip().startswith(f"{number} "))


# --- looking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_every_copy_is_told_in_words_as_it_is_now(server: RealServer, size: tuple[int, int]) -> None:
    stage = OnScreen(server, RegisterScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "4 copies", "each looked at now")
        assert "changed" in line_of(stage, 4)
        assert line_of(stage, 4).endswith("!")
        assert "missing" in line_of(stage, 3)
        assert line_of(stage, 3).endswith("!")
        assert "here" in line_of(stage, 2)
        assert "good" in line_of(stage, 2)
        assert "declared" in line_of(stage, 1)
        assert "opened" in line_of(stage, 1)
        await stage.press(pilot, "down", until="does not count: it is missing")
        await stage.press(pilot, "down", until="does not count: it lies on this machine")
        await stage.press(pilot, "down", until="opened after it was written, 1 hour ago")


@pytest.mark.parametrize("size", SIZES)
async def test_one_copy_says_how_far_it_was_proven_and_why_it_counts(
    server: RealServer, size: tuple[int, int]
) -> None:
    server.drill(server.services.register.copies()[3].address)
    stage = OnScreen(server, RegisterScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each looked at now")
        await stage.press(pilot, "end", "enter", until=("backup 1", "yes: its keys can be restored"))
        await stage.wait(pilot, "intact 2026-11-23", "opened 2026-11-23")
        if size == SMALL_SIZE:
            await pilot.press("pagedown")
        await stage.wait(pilot, "credentials open 2026-11-23", "3 of 3 credentials")
        await stage.wait(pilot, "hint: the usual one", "by the key of this server")
        await stage.press(pilot, "escape", until="4 copies")


async def test_a_row_that_nobody_signed_is_named_and_counts_for_nothing(server: RealServer) -> None:
    rows = server.register_rows()
    server.forge_register([RawRegisterRow(row.kms_sha256, row.address, row.body, None) for row in rows])
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "4 copies", "unsigned")
        assert [line for line in stage.lines if "good" in line] == []
        await stage.press(pilot, "enter", until=("by nobody", "none that this server vouches for"))


async def test_rows_that_cannot_be_understood_are_counted(server: RealServer) -> None:
    rows = server.register_rows()
    server.forge_register([RawRegisterRow("00" * 32, "/x", "{}", None), *rows])
    stage = OnScreen(server, RegisterScreen, SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.wait(pilot, "4 copies", "! 1 row cannot be understood")


async def test_without_any_backup_it_says_so(tmp_path: Path) -> None:
    stage = OnScreen(server_in(tmp_path, "one"), RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "0 copies", "No backup was made yet.", "a Add")
        assert "d Drill" not in stage.words


# --- doing ---------------------------------------------------------------------------------------------


async def test_d_and_r_lead_on_with_the_copy_under_the_cursor(server: RealServer) -> None:
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each looked at now")
        await stage.press(pilot, "end", "d", until=("what is in it", "number 1 of CMDB"))
        assert isinstance(stage.app.screen, DrillScreen)
        await stage.press(pilot, "escape", until="4 copies")
        await stage.press(pilot, "r", until=("what is in it", "number 1 of CMDB"))
        assert isinstance(stage.app.screen, RestoreScreen)
        await stage.press(pilot, "escape", until="4 copies")
        await stage.press(pilot, "enter", until="Vouched for")
        await stage.press(pilot, "d", until="what is in it")
        await stage.press(pilot, "escape", until="4 copies")
        assert not any(isinstance(screen, CopyScreen) for screen in stage.app.screen_stack)


@pytest.mark.parametrize("size", SIZES)
async def test_checking_all_writes_down_what_was_seen(server: RealServer, size: tuple[int, int]) -> None:
    stage = OnScreen(server, RegisterScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each looked at now")
        await stage.press(pilot, "c", until=("4 copies looked at", "is missing"))
        await stage.press(pilot, "enter", until="each looked at now")
    seen = {copy.backup.generation: copy.status for copy in server.services.register.copies(look=False)}
    assert seen == {1: CopyStatus.GOOD, 2: CopyStatus.GOOD, 3: CopyStatus.MISSING, 4: CopyStatus.CHANGED}


@pytest.mark.parametrize("size", SIZES)
async def test_the_only_backup_is_let_go_only_after_a_plain_yes(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, RegisterScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each looked at now")
        await stage.press(pilot, "end", "x", until="3 credentials (run-as 3) have no other")
        assert "alpha, beta and gamma" in stage.words
        assert "▸ No, keep it" in stage.words
        await stage.press(pilot, "enter", until="4 copies")
        assert server.counts() == (3, 0, 0)
        await stage.press(pilot, "x", until="▸ No, keep it")
        await stage.press(pilot, "down", until="▸ Yes, although 3 credentials have no other")
        await stage.press(pilot, "enter", until="no longer counts; its file stays where it is.")
        stage.app.clear_notifications()
        await stage.wait(pilot, "retired", "each looked at now")
        assert "x Retire" not in stage.words
    assert server.counts() == (0, 3, 0)
    assert len([file for file in Path(server.vault).iterdir() if "-cmdb-" not in file.name]) == 2


async def test_a_copy_that_nobody_needs_is_let_go_with_one_question(server: RealServer) -> None:
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each looked at now")
        await stage.press(pilot, "x", until=("Retire backup 4", "Its file stays where it is."))
        assert "no other backup" not in stage.words
        await stage.press(pilot, "y", "enter", until="no longer counts")
    assert server.counts() == (3, 0, 0)


async def test_a_copy_that_was_found_again_is_added(server: RealServer, tmp_path: Path) -> None:
    carried = server.carry(server.services.register.copies()[3].address, str(tmp_path))
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "4 copies")
        await stage.press(pilot, "a", until="Type where it is")
        await stage.press(pilot, "down", "enter", until="Where is the backup?")
        await stage.type(pilot, carried)
        await stage.press(pilot, "enter", until=("is in the register now, as intact", "a drill"))
        await stage.wait(pilot, "5 copies")


async def test_what_is_no_backup_is_not_added(server: RealServer, tmp_path: Path) -> None:
    (tmp_path / "letter.zip").write_text("dear")
    rows = server.register_rows()
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "4 copies")
        await stage.press(pilot, "a", until="Type where it is")
        await stage.press(pilot, "down", "enter", until="Where is the backup?")
        await stage.type(pilot, str(tmp_path / "letter.zip"))
        await stage.press(pilot, "enter", until="is not a backup")
        await stage.press(pilot, "enter", until="4 copies")
    assert server.register_rows() == rows


async def test_the_register_changed_by_somebody_else_is_looked_at_anew(server: RealServer) -> None:
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each looked at now")
        await stage.press(pilot, "end", "x", until="▸ No, keep it")
        server.services.register.check(NobodyToAsk())
        await stage.press(pilot, "down", "enter", until="Something changed since the retirement")
        await stage.press(pilot, "enter", until="each looked at now")
    assert server.counts() == (3, 0, 0)


async def test_esc_leads_back_and_nothing_was_changed(server: RealServer) -> None:
    before = server.everything()
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "each looked at now")
        await pilot.press("end")
        for key in ("enter", "x", "a", "d"):
            await pilot.press(key)
            await until(pilot, lambda: not isinstance(stage.app.screen, RegisterScreen))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(stage.app.screen, RegisterScreen))
            await stage.wait(pilot, "each looked at now")
        await pilot.press("escape")
        await stage.left(pilot)
    assert server.everything() == before


async def test_a_copy_names_the_other_copies_of_its_backup(tmp_path: Path) -> None:
    server = server_in(tmp_path, "alpha")
    plan = server.services.backup.plan((server.vault, server.local))
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]})
    here, there = server.services.backup.execute(plan, answers).copies[::-1]
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 copies")
        await stage.press(pilot, "enter", until="Also in")
        shown = stage.path_text
        assert here.address in shown
        assert there.address in shown
        assert "good, opened" in stage.words


async def test_a_part_of_a_database_copy_can_be_added_too(server: RealServer, tmp_path: Path) -> None:
    (copy, *_) = server.services.database.copies()
    tape = tmp_path / "tape"
    tape.mkdir()
    carried = server.carry(str(Path(copy.destination, copy.parts[0].name)), str(tape))
    stage = OnScreen(server, RegisterScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "4 copies", "each looked at now", "database cop")
        await stage.press(pilot, "a", until="Find it by browsing")
        await stage.press(pilot, "down", "enter", until="Where is the backup?")
        await stage.type(pilot, carried)
        await stage.press(pilot, "enter", until="is in the register now, as intact")
        await stage.press(pilot, "D", until=("what decides was looked at", "intact"))
    assert str(tape) in {row.destination for row in server.services.database.copies()}
