"""Columns from 60 cells to 200."""

from hypothesis import given, settings, strategies as st

from nskeys.wording.text.terminal import width
from nskeys_tui.widgets.table.columns import Column, Laid, lay_out, line

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


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 220),
    st.lists(st.text("aé日 ", max_size=40), min_size=4, max_size=4),
)
def test_a_line_is_exactly_as_wide_as_the_screen(cells: int, texts: list[str]) -> None:
    assert width("".join(line(COLUMNS, lay_out(COLUMNS, cells), texts, cells))) == cells
