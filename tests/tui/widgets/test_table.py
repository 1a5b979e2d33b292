"""The table: keys, messages, and how little it holds."""

import threading
from collections.abc import Sequence

import pytest
from textual.pilot import Pilot

from nskeys.errors import Cancelled, CmdbBusy
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable
from tests.tui.demo import COLUMNS, MadeUpRows
from tests.tui.stage import SMALL_SIZE, Stage, until


class GatedRows(MadeUpRows):
    """Rows that come only when they are let through."""

    def __init__(self, total: int) -> None:
        super().__init__(total)
        self.gate = threading.Event()

    def window(self, first: int, count: int) -> Sequence[Row]:
        """Late."""
        assert self.gate.wait(10)
        return super().window(first, count)


class SearchedRows(GatedRows):
    """Rows whose first are found at once, and which are counted when that is let through."""

    def __init__(self, total: int) -> None:
        super().__init__(total)
        self.stopped = False

    def beginning(self, count: int) -> Sequence[Row]:
        """The first rows."""
        return MadeUpRows.window(self, 0, count)

    def total(self) -> int:
        """Late, unless somebody stops it."""
        assert self.gate.wait(10)
        if self.stopped:
            raise Cancelled
        return super().total()

    def stop(self) -> None:
        """Break off the counting."""
        self.stopped = True
        self.gate.set()


class LockedRows(MadeUpRows):
    """Rows that cannot be had."""

    def total(self) -> int:
        """Somebody else holds the CMDB."""
        raise CmdbBusy("cmdb.sqlite3")


class MarkupRows(MadeUpRows):
    """Rows that look like Textual's markup."""

    @staticmethod
    def row(number: int) -> Row:
        """Balanced and unbalanced."""
        return Row(str(number), ("[red]x[/red]", "[/]"))


def table(rows: MadeUpRows, empty: str = "") -> CredentialTable:
    return CredentialTable(COLUMNS, rows, empty=empty)


async def arrived(stage: Stage, pilot: Pilot[None], shown: CredentialTable) -> None:
    await stage.settled(pilot)
    await until(pilot, lambda: shown.key is not None)
    shown.focus()
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (60, 18), (200, 50)])
async def test_the_rows_of_the_first_page_are_shown(size: tuple[int, int]) -> None:
    shown = table(MadeUpRows(100_000))
    stage = Stage(shown, size=size)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        lines = stage.lines()
        assert lines[0].split()[:2] == ["Kind", "Name"]
        assert "deploy-0 " in lines[1]
        assert f"deploy-{size[1] - 2} " in lines[-1]
        assert all("recoverable" in line or "at risk" in line for line in lines[1:])


async def test_the_first_rows_of_a_search_are_shown_before_all_are_counted() -> None:
    rows = SearchedRows(100_000)
    shown = table(rows)
    stage = Stage(shown)
    async with stage.play() as pilot:
        await until(pilot, lambda: shown.key == "0")
        await pilot.pause()
        assert "deploy-0 " in stage.lines()[1]
        assert "/" not in stage.lines()[0], "nothing is said of how many there are"
        rows.gate.set()
        await until(pilot, lambda: shown.total == 100_000)
        await pilot.pause()
        assert "1/100,000" in stage.lines()[0]


async def test_a_search_of_few_rows_is_not_counted_once_more() -> None:
    rows = SearchedRows(3)
    shown = table(rows)
    stage = Stage(shown)
    async with stage.play() as pilot:
        await until(pilot, lambda: shown.total == 3)
        await pilot.pause()
        assert "1/3" in stage.lines()[0]


async def test_the_next_search_does_not_wait_for_the_one_before() -> None:
    first, second = SearchedRows(100_000), SearchedRows(7)
    shown = table(first)
    stage = Stage(shown)
    async with stage.play() as pilot:
        await until(pilot, lambda: shown.key == "0")
        shown.show(second)
        await until(pilot, lambda: shown.total == 7)
        assert first.stopped
        assert not second.stopped


async def test_no_more_is_held_than_the_window_and_a_page_on_either_side() -> None:
    rows = MadeUpRows(1_000_000)
    shown = table(rows)
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        for key in ("end", "pageup", "pageup", "home"):
            await pilot.press(key)
        await until(pilot, lambda: shown.key == "0")
        assert max(count for _, count in rows.asked) <= 3 * 23
        assert len(shown._chunk.rows) <= 3 * 23


async def test_enter_chooses_the_row_under_the_cursor() -> None:
    shown = table(MadeUpRows(50))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        await pilot.press("down", "down", "enter")
        assert [message.key for message in stage.heard(CredentialTable.RowChosen)] == ["2"]


async def test_a_cursor_that_runs_past_rows_tells_only_where_it_comes_to_rest() -> None:
    shown = table(MadeUpRows(50))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        await pilot.press(*["down"] * 7)
        told = stage.heard
        await until(pilot, lambda: any(m.key == "7" for m in told(CredentialTable.RowHighlighted)))
        assert {m.key for m in told(CredentialTable.RowHighlighted)} <= {"0", "7"}


async def test_the_last_row_of_a_hundred_thousand_is_one_key_away() -> None:
    shown = table(MadeUpRows(100_000))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        await pilot.press("end")
        await until(pilot, lambda: shown.key == "99999")
        await until(pilot, lambda: "deploy-99999" in stage.lines()[-1])
        seen = stage.heard(CredentialTable.WindowMoved)[-1]
        assert (seen.first, seen.last, seen.total) == (99_978, 100_000, 100_000)


async def test_slow_rows_never_stop_the_keyboard_and_only_the_newest_wish_is_fetched() -> None:
    rows = GatedRows(10_000)
    shown = table(rows)
    stage = Stage(shown)
    async with stage.play() as pilot:
        rows.gate.set()
        await arrived(stage, pilot, shown)
        rows.gate.clear()
        before = len(rows.asked)
        await pilot.press("end", "home", *["pagedown"] * 20)
        assert shown.cursor == 20 * 22
        rows.gate.set()
        await until(pilot, lambda: shown.key == "440")
        await until(pilot, lambda: "deploy-440" in "".join(stage.lines()))
        assert len(rows.asked) - before <= 3


async def test_a_place_whose_row_is_not_here_yet_says_so_and_cannot_be_chosen() -> None:
    rows = GatedRows(1_000)
    shown = table(rows)
    stage = Stage(shown)
    async with stage.play() as pilot:
        rows.gate.set()
        await arrived(stage, pilot, shown)
        rows.gate.clear()
        await pilot.press("end")
        await until(pilot, lambda: stage.lines()[-1].startswith(" …"))
        await pilot.press("enter")
        assert not stage.heard(CredentialTable.RowChosen)
        rows.gate.set()


async def test_rows_that_cannot_be_had_are_told_and_nothing_breaks() -> None:
    shown = table(LockedRows(5))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        await until(pilot, lambda: bool(stage.heard(CredentialTable.RowsFailed)))
        assert isinstance(stage.heard(CredentialTable.RowsFailed)[0].error, CmdbBusy)
        shown.show(MadeUpRows(5))
        await until(pilot, lambda: shown.key == "0")


async def test_an_empty_table_says_why() -> None:
    shown = table(MadeUpRows(0), empty="No credentials here yet")
    stage = Stage(shown, size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        await until(pilot, lambda: shown.total == 0)
        await pilot.press("down", "enter", "end")
        assert stage.lines()[1] == " No credentials here yet"
        assert not stage.heard(CredentialTable.RowChosen)


async def test_other_rows_replace_the_first_ones_with_the_cursor_where_it_was_asked_for() -> None:
    shown = table(MadeUpRows(500))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        shown.show(MadeUpRows(200), cursor=150)
        await until(pilot, lambda: shown.key == "150")
        assert shown.total == 200
        assert any("deploy-150" in line for line in stage.lines())


async def test_reloading_keeps_the_cursor_on_its_row() -> None:
    shown = table(MadeUpRows(500))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        await pilot.press("pagedown", "down")
        shown.reload()
        await pilot.app.workers.wait_for_complete()
        assert shown.key == "23"


async def test_the_column_that_rows_are_sorted_by_is_marked() -> None:
    shown = table(MadeUpRows(5))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        shown.mark_sort("name", descending=True)
        await pilot.pause()
        assert "Name ▼" in stage.lines()[0]


async def test_a_smaller_terminal_keeps_the_cursor_in_sight() -> None:
    shown = table(MadeUpRows(500))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        await pilot.press(*["down"] * 22)
        await pilot.resize_terminal(60, 10)
        await until(pilot, lambda: any("deploy-22 " in line for line in stage.lines()))
        assert shown.key == "22"


async def test_the_position_is_true_after_each_key_and_on_a_smaller_terminal() -> None:
    shown = table(MadeUpRows(12_345))
    stage = Stage(shown)

    async def says(pilot: Pilot[None], position: str, cells: int = 80) -> None:
        await until(pilot, lambda: stage.lines()[0].endswith(f" {position}"))
        assert len(stage.lines()[0]) == cells - 1

    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        for row in range(2, 13):
            await pilot.press("down")
            await says(pilot, f"{row}/12,345")
        await pilot.press("end")
        await says(pilot, "12,345/12,345")
        await pilot.resize_terminal(60, 18)
        await until(pilot, lambda: len(stage.lines()) == 18)
        await says(pilot, "12,345/12,345", 60)
        await pilot.press("home")
        await says(pilot, "1/12,345", 60)


async def test_a_row_is_never_read_as_markup() -> None:
    shown = CredentialTable([Column("A", 14), Column("B", 5)], MarkupRows(1))
    stage = Stage(shown)
    async with stage.play() as pilot:
        await arrived(stage, pilot, shown)
        assert stage.lines()[1].split() == ["[red]x[/red]", "[/]"]
