"""Which rows are seen, and what a step repaints."""

from hypothesis import given, settings, strategies as st

from nskeys_tui.widgets.table.rows import Repaint, RowWindow
from tests.fakes.examples import examples


def window(total: int, height: int = 10) -> RowWindow:
    found = RowWindow()
    found.resize(height)
    found.arrive(total)
    return found


def test_a_step_inside_the_window_repaints_two_rows() -> None:
    rows = window(100)
    assert rows.move(1) is Repaint.TWO_ROWS
    assert (rows.top, rows.cursor) == (0, 1)


def test_a_step_out_of_the_window_turns_a_page_and_keeps_one_row() -> None:
    rows = window(100)
    rows.move(9)
    assert rows.move(1) is Repaint.ALL
    assert (rows.top, rows.cursor) == (9, 10)


def test_a_step_out_at_the_top_turns_back_and_keeps_one_row() -> None:
    rows = window(100)
    rows.page(5)
    top = rows.top
    rows.move(top - rows.cursor)
    rows.move(-1)
    assert rows.cursor == top - 1
    assert rows.top + rows.height - 1 == top


def test_at_the_ends_nothing_moves_and_nothing_is_painted() -> None:
    rows = window(100)
    assert rows.move(-1) is Repaint.NOTHING
    rows.edge(1)
    assert (rows.top, rows.cursor) == (90, 99)
    assert rows.move(1) is Repaint.NOTHING


def test_before_the_number_of_rows_is_known_no_key_moves_anything() -> None:
    rows = RowWindow()
    rows.resize(10)
    assert rows.page(1) is Repaint.NOTHING
    assert rows.cursor == 0


def test_rows_that_went_away_take_the_cursor_back_to_the_last_one() -> None:
    rows = window(100)
    rows.edge(1)
    assert rows.arrive(3) is Repaint.ALL
    assert (rows.top, rows.cursor) == (0, 2)


def test_a_list_that_begins_in_its_middle_shows_the_cursor_there() -> None:
    rows = RowWindow()
    rows.resize(10)
    rows.begin(50)
    rows.arrive(100)
    assert (rows.top, rows.cursor) == (45, 50)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-3, 3)),
        st.tuples(st.just("page"), st.sampled_from([-1, 1])),
        st.tuples(st.just("edge"), st.sampled_from([-1, 1])),
        st.tuples(st.just("resize"), st.integers(-2, 30)),
        st.tuples(st.just("arrive"), st.integers(0, 60)),
    ),
    max_size=30,
)


@settings(max_examples=examples(200), deadline=None)
@given(steps)
def test_the_cursor_is_always_on_a_row_that_is_seen(taken: list[tuple[str, int]]) -> None:
    rows = window(40)
    for name, number in taken:
        getattr(rows, name)(number)
        assert rows.top >= 0
        assert rows.top <= rows.cursor < rows.top + rows.height
        assert rows.cursor < max(1, rows.total or 0)
