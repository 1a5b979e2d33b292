"""The list on the first screen: its shelves, the line above it, its columns, and reading it again."""

import threading
from collections.abc import Sequence

import pytest

from nskeys.model.assessment import Circumstances, assess
from nskeys.model.credentials import CredentialKind
from nskeys.model.keys import KeyInfo, KeyState, KeyUse, Kid
from nskeys.model.recoverability import Recoverability
from nskeys.wording.text.terminal import width
from nskeys_tui.presenters.overview import ALL, filter_named, filters, heading, neighbour
from nskeys_tui.presenters.spans import rule_spans
from nskeys_tui.screens.rows import COLUMNS
from nskeys_tui.widgets.table.columns import lay_out
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable
from tests.fakes.fixed import AFTERNOON
from tests.tui.demo import MadeUpRows
from tests.tui.stage import Stage, until

HERE, GONE = Kid("0" * 64), Kid("1" * 64)


def answer(at_risk: int = 0, lost: int = 0, kind: str = "run-as") -> Recoverability:
    """A server without backups: what its key seals is at risk, the rest is lost."""
    uses = [KeyUse(kid, kind, n, AFTERNOON) for kid, n in ((HERE, at_risk), (GONE, lost)) if n]
    key = KeyInfo(HERE, AFTERNOON, KeyState.ACTIVE, AFTERNOON)
    return assess([key], uses, (), Circumstances("c0" * 16, None, backs_up_elsewhere=False))


# --- shelves -----------------------------------------------------------------------------------------


def test_there_is_a_shelf_for_all_for_each_kind_and_for_what_would_not_come_back() -> None:
    known = filters(answer(at_risk=2, lost=3))
    assert [(option.name, option.credentials) for option in known] == [
        ("all", 5),
        ("hierarchy", 0),
        ("pcAnywhere", 0),
        ("run-as", 5),
        ("at risk", 2),
        ("lost", 3),
    ]


def test_where_nothing_is_at_risk_there_is_no_shelf_for_it() -> None:
    assert [option.name for option in filters(answer())] == ["all", "hierarchy", "pcAnywhere", "run-as"]


def test_a_shelf_narrows_the_list_by_kind_or_by_key() -> None:
    known = filters(answer(at_risk=2, lost=3))
    assert filter_named(known, "run-as").with_text("x").kind is CredentialKind.RUN_AS
    assert filter_named(known, "run-as").with_text("x").text == "x"
    assert filter_named(known, "lost").with_text("").kids == frozenset({GONE})
    assert filter_named(known, ALL).with_text("").kids is None


def test_a_shelf_that_is_gone_leads_back_to_all() -> None:
    assert filter_named(filters(answer()), "at risk").name == ALL


def test_going_through_shelves_leaves_out_the_empty_ones_and_goes_round() -> None:
    known = filters(answer(at_risk=2))
    names = [ALL]
    while (following := neighbour(known, names[-1], 1).name) != ALL:
        names.append(following)
    assert names == ["all", "run-as", "at risk"]
    assert neighbour(known, ALL, -1).name == "at risk"


@pytest.mark.parametrize("cells", [60, 80, 120])
@pytest.mark.parametrize("many", [1, 999, 1_000_000])
@pytest.mark.parametrize("name", ["all", "run-as", "at risk", "lost"])
def test_the_line_above_the_list_names_what_is_seen_and_is_never_cut(
    cells: int, many: int, name: str
) -> None:
    known = filters(answer(at_risk=many, lost=many))
    parts = heading(known, name, cells)
    line = "".join(text for text, _ in rule_spans(parts, cells))
    assert width(line) == cells
    assert "…" not in line
    assert f"{filter_named(known, name).credentials:,}" in line
    if name != ALL:
        assert f"▸{name}" in line or len(parts) == 2


# --- columns -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "titles"),
    [
        (60, ["Kind", "Name", "Target", "State", ""]),
        (80, ["Kind", "Name", "Target", "Account", "State", ""]),
        (100, ["Kind", "Name", "Target", "Account", "Changed", "State", ""]),
    ],
)
def test_the_state_and_its_mark_are_seen_at_every_width(cells: int, titles: list[str]) -> None:
    assert [COLUMNS[laid.index].title for laid in lay_out(COLUMNS, cells)] == titles


def test_what_can_be_sorted_by_is_what_is_seen() -> None:
    table = CredentialTable(COLUMNS)
    table._painter.resize(60)
    assert table.sorts == ("kind", "name", "target")


# --- reading again -----------------------------------------------------------------------------------


class ChangingRows(MadeUpRows):
    """Rows that change while they are being fetched."""

    def __init__(self) -> None:
        super().__init__(3)
        self.gate, self.began = threading.Event(), threading.Event()
        self.words = "before"

    def window(self, first: int, count: int) -> Sequence[Row]:
        """What is said now comes later."""
        words = self.words
        self.began.set()
        assert self.gate.wait(10)
        return [Row(str(number), ("run-as", words, *[""] * 5)) for number in range(3)]


async def test_rows_that_changed_while_they_were_fetched_are_fetched_again() -> None:
    rows = ChangingRows()
    table = CredentialTable(COLUMNS, rows)
    stage = Stage(table)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        await until(pilot, rows.began.is_set)
        rows.words = "after"
        table.reload()
        rows.gate.set()
        await until(pilot, lambda: "after" in stage.lines()[1])
