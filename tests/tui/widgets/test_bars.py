"""Title, rules, bars and keys: always one line, at home and on a small terminal."""

import pytest
from textual.binding import Binding

from nskeys_tui.presenters.spans import Key, filled, fit_keys
from nskeys_tui.widgets.answer_block import RecoverBar
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.key_bar import KeyBar, key_name
from nskeys_tui.widgets.strength_line import Strength, StrengthLine
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, Stage

OVERVIEW = (
    *(Key(name, does) for name, does in (("b", "Back up"), ("a", "Add"), ("/", "Find"))),
    *(Key(name, does) for name, does in (("d", "Drill"), ("r", "Restore"), ("o", "Rotate"))),
    *(Key(name, does, always=True) for name, does in (("m", "Menu"), ("?", "Help"), ("q", "Quit"))),
)


def shown(keys: tuple[Key, ...], cells: int) -> str:
    fitting, gap = fit_keys(keys, cells)
    return " " + (" " * gap).join(f"{key.name} {key.does}" for key in fitting)


def test_at_home_all_keys_of_the_overview_fit() -> None:
    line = " b Back up  a Add  / Find  d Drill  r Restore  o Rotate  m Menu  ? Help  q Quit"
    assert shown(OVERVIEW, 80) == line


def test_on_a_small_terminal_the_way_to_everything_else_stays() -> None:
    assert shown(OVERVIEW, 60) == " b Back up  a Add  / Find  d Drill  m Menu  ? Help  q Quit"


@pytest.mark.parametrize("cells", range(1, 90))
def test_the_keys_never_take_more_than_the_line(cells: int) -> None:
    assert len(shown(OVERVIEW, cells)) <= max(cells, 1)


def test_keys_are_written_as_administrators_write_them() -> None:
    assert [key_name(key) for key in ("ctrl+g", "escape", "question_mark", "b")] == ["^G", "Esc", "?", "b"]


@pytest.mark.parametrize(
    ("done", "total", "full"),
    [(0, 14, 0), (14, 14, 23), (13, 14, 21), (1, 1_000, 1), (999, 1_000, 22), (0, 0, 0)],
)
def test_a_bar_is_full_only_when_nothing_is_missing(done: int, total: int, full: int) -> None:
    assert filled(done, total, 23) == full


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_the_top_line_says_which_server_and_what_it_rests_on(size: tuple[int, int]) -> None:
    stage = Stage(TitleBar("ns01.example.net", "CMDB SQLite · keys in TPM 2.0"), Rule("Keys"), size=size)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        lines = stage.lines()
        assert lines[0].startswith(" nskeys · ns01.example.net  ")
        assert lines[0].endswith("  CMDB SQLite · keys in TPM 2.0")
        assert lines[1] == "── Keys " + "─" * (size[0] - 8)


async def test_a_long_name_takes_the_room_of_the_facts() -> None:
    stage = Stage(TitleBar("n" * 70, "CMDB SQLite · keys in TPM 2.0"), size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert stage.lines()[0] == f" nskeys · {'n' * 48}…"


async def test_a_rule_with_counts_is_cut_where_the_line_ends() -> None:
    rule = Rule("Credentials", "all 14 · hierarchy 3 · pcAnywhere 5 · run-as 6")
    stage = Stage(rule, size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert stage.lines()[0] == "── Credentials ── all 14 · hierarchy 3 · pcAnywhere 5 · … ──"
        rule.say("Keys")
        await pilot.pause()
        assert stage.lines()[0].startswith("── Keys ──")


async def test_bar_and_strength_are_drawn_beside_their_words() -> None:
    bar, line = RecoverBar(12, 14), StrengthLine()
    stage = Stage(bar, line)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert stage.lines()[:2] == ["████████████████████░░░", ""]
        line.strength = Strength(3, "good: guessing it takes long")
        bar.total = None
        await pilot.pause()
        assert stage.lines()[:2] == ["", "███░ good: guessing it takes long"]


async def test_the_bottom_line_follows_what_can_be_done() -> None:
    bar = KeyBar()
    stage = Stage(bar)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert stage.lines()[-1] == " ? Help  q Quit"
        pilot.app.screen._bindings._add_binding(Binding("b", "app.help", "Back up"))
        pilot.app.screen.refresh_bindings()
        await pilot.pause()
        assert stage.lines()[-1] == " b Back up  ? Help  q Quit"
