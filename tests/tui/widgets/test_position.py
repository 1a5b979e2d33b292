"""Where one is in a list: the position in the header, and the mark at the right edge."""

from hypothesis import given, strategies as st
from rich.segment import Segment
from textual.strip import Strip

from nskeys.wording.text.terminal import width
from nskeys_tui.widgets.table.painter import with_mark, with_position
from nskeys_tui.widgets.table.position import marked_lines, position


def test_the_position_counts_from_one_and_says_nothing_of_an_empty_list() -> None:
    assert position(12, 18) == "13/18"
    assert position(41_999, 100_000) == "42,000/100,000"
    assert position(0, 0) == ""
    assert position(0, None) == ""


def test_a_list_that_is_seen_whole_has_no_mark() -> None:
    assert list(marked_lines(0, 10, 10)) == []
    assert list(marked_lines(0, 10, None)) == []


@given(st.integers(2, 60), st.integers(2, 100_000), st.data())
def test_the_mark_touches_an_end_exactly_where_the_list_does(
    height: int, more: int, data: st.DataObject
) -> None:
    total = height + more
    top = data.draw(st.integers(0, total - height))
    lines = marked_lines(top, height, total)
    assert 1 <= len(lines) <= height
    assert lines[0] >= 0
    assert lines[-1] < height
    if top == 0:
        assert lines[0] == 0
    if top == total - height:
        assert lines[-1] == height - 1
    if height > 2 and 0 < top < total - height and len(lines) <= height - 2:
        assert lines[0] > 0
        assert lines[-1] < height - 1


def header(text: str) -> Strip:
    """A header of as many cells as the text has."""
    return Strip([Segment(text)], width(text))


def test_a_title_that_is_in_the_way_gives_way() -> None:
    shown = with_position(header(" Kind  Name   State      "), "1/9", None)
    assert shown.text == " Kind  Name   State  1/9 "
    crowded = with_position(header(" Kind  Name   State  "), "10/10,000", None)
    assert crowded.text == " Kind      10/10,000 "
    assert with_position(header("  "), "1/9", None).text == "  "


def test_the_mark_stands_in_the_cell_that_is_free() -> None:
    assert with_mark(header(" one two "), None).text == " one two┃"
