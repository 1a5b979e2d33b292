"""Columns from 60 cells to 200."""

from hypothesis import given, settings, strategies as st

from nskeys.wording.text.terminal import width
from nskeys_tui.widgets.table.columns import Column, Laid, lay_out, line, title_texts
from tests.fakes.examples import examples

KIND = Column("Kind", 10, 10)
NAME = Column("Name", 14, weight=3)
ACCOUNT = Column("Account", 15, 20, essential=False)
STATE = Column("State", 11, 11)
COLUMNS = (KIND, NAME, ACCOUNT, STATE)


def test_at_home_every_column_is_shown_and_the_flexible_ones_share_what_is_left() -> None:
    laid = lay_out(COLUMNS, 80)
    assert [place.index for place in laid] == [0, 1, 2, 3]
    assert laid[0].width == 10
    assert laid[3].width == 11
    assert sum(place.width for place in laid) + 3 * 2 + 2 == 80


def test_where_it_is_narrow_what_is_not_essential_gives_way() -> None:
    assert [place.index for place in lay_out(COLUMNS, 50)] == [0, 1, 3]


def test_a_column_never_grows_beyond_its_maximum() -> None:
    assert lay_out(COLUMNS, 200)[2] == Laid(2, 20)


def test_essential_columns_stay_even_where_they_do_not_fit() -> None:
    assert [place.index for place in lay_out(COLUMNS, 20)] == [0, 1, 3]


def test_a_size_stands_on_the_right_of_its_column() -> None:
    columns = (Column("Name", 6, 6), Column("Size", 6, 6, right=True))
    assert line(columns, lay_out(columns, 16), ("a", "12 kB"), 16) == [" a     ", "   12 kB", " "]


def test_the_mark_of_the_order_is_never_cut() -> None:
    columns = (Column("Account", 8, 8, sort="account"),)
    titles = title_texts(columns, "account", descending=False)
    assert "".join(line(columns, lay_out(columns, 10), titles, 10)) == " Accou… ▲ "


def test_a_path_loses_its_middle() -> None:
    columns = (Column("Destination", 14, 14, path=True),)
    assert "".join(line(columns, lay_out(columns, 16), ("/srv/backups/of/ns01",), 16)) == " /srv/b…of/ns01 "


@settings(max_examples=examples(150), deadline=None)
@given(
    st.integers(1, 220),
    st.lists(st.text("aé日 ", max_size=40), min_size=4, max_size=4),
)
def test_a_line_is_exactly_as_wide_as_the_screen(cells: int, texts: list[str]) -> None:
    assert width("".join(line(COLUMNS, lay_out(COLUMNS, cells), texts, cells))) == cells


# --- as wide as the content needs ----------------------------------------------------------------------

LISTED = (
    Column("Kind", 10, 10),
    Column("Name", 14, weight=3, comfort=14),
    Column("Target", 12, weight=4, comfort=24),
    Column("Account", 8, weight=3, essential=False, comfort=8),
    Column("State", 11, 11),
)


def widths(cells: int, *needs: int) -> dict[str, int]:
    """What each column gets where its content needs so much."""
    return {LISTED[place.index].title: place.width for place in lay_out(LISTED, cells, needs)}


def test_what_one_looks_for_gets_its_room_first() -> None:
    got = widths(80, 10, 12, 40, 20, 11)
    assert got["Target"] >= 24
    assert got["Name"] == 12
    assert got["Account"] == 8
    assert sum(got.values()) + 4 * 2 + 2 == 80


def test_what_needs_little_takes_little_as_long_as_others_need_more() -> None:
    got = widths(100, 10, 4, 35, 6, 11)
    assert got["Target"] == 100 - 2 - 4 * 2 - 10 - 11 - got["Name"] - got["Account"]
    assert got["Target"] >= 35
    assert widths(74, 10, 4, 35, 6, 11) == {"Kind": 10, "Name": 4, "Target": 32, "Account": 7, "State": 11}


def test_where_it_is_narrow_the_target_stays_and_the_account_goes() -> None:
    assert "Account" not in widths(60, 10, 14, 40, 20, 11)
    assert widths(60, 10, 14, 40, 20, 11)["Target"] >= 12


def test_a_column_is_never_narrower_than_its_title() -> None:
    assert all(width >= len(title) for title, width in widths(80, 10, 0, 0, 0, 11).items())


def test_a_word_that_is_short_at_most_is_not_cut_for_a_long_path() -> None:
    columns = (Column("Destination", 20), Column("Where", 9, 18), Column("Backups", 9, 9))
    assert [place.width for place in lay_out(columns, 80, (90, 18, 9))] == [80 - 2 - 4 - 18 - 9, 18, 9]
    assert [place.width for place in lay_out(columns, 80, (90, 4, 9))] == [80 - 2 - 4 - 5 - 9, 5, 9]


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(56, 220), st.lists(st.integers(0, 300), min_size=5, max_size=5))
def test_with_any_content_the_line_is_full_and_not_more(cells: int, needs: list[int]) -> None:
    got = widths(cells, *needs)
    assert sum(got.values()) + (len(got) - 1) * 2 + 2 == cells
