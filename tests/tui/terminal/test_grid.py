"""The cells of a terminal: whatever stood there, what comes is on the screen in the end, in few bytes."""

import pyte
from hypothesis import given, settings, strategies as st

from nskeys_tui.terminal.grid import BLANK, Cell, Grid, Line, own_colours_left_out, style_of_blanks
from tests.end_to_end.same_cells_tour import Emulator

WIDTH, HEIGHT = 12, 4
SIGNS = st.sampled_from(["a", "B", "é", "─", "中", "e\u0301", "👩", " ", " "])
STYLES = st.sampled_from(["", "1", "1;36", "2", "7", "1;33", "7;31", "44"])


def cells_of(signs: list[tuple[str, str]], width: int) -> list[Cell]:
    """As many as fit."""
    cells: list[Cell] = []
    for sign, style in signs:
        wide = 2 if sign[0] in "中👩" else 1
        if len(cells) + wide > width:
            break
        style = style_of_blanks(style) if sign == " " else style
        cells += [(sign, style), *[("", style)] * (wide - 1)]
    return cells + [BLANK] * (width - len(cells))


ROWS = st.lists(st.tuples(SIGNS, STYLES), max_size=WIDTH).map(lambda signs: cells_of(signs, WIDTH))
SCREENS = st.lists(ROWS, min_size=HEIGHT, max_size=HEIGHT)


def plainly(rows: list[list[Cell]]) -> str:
    """Every cell written, as Textual does."""
    out = []
    for y, row in enumerate(rows):
        out.append(f"\x1b[{y + 1};1H")
        out += [f"\x1b[0;{style}m{sign}\x1b[0m" if style else sign for sign, style in row]
    return "".join(out)


def lines_of(grid: Grid, rows: list[list[Cell]]) -> dict[int, Line]:
    lines = {}
    for y, row in enumerate(rows):
        lines[y] = grid.line(y)
        lines[y].write(0, row)
    return lines


@settings(deadline=None)
@given(st.lists(SCREENS, min_size=1, max_size=4))
def test_one_screen_after_the_other_looks_as_if_all_of_it_were_written(
    screens: list[list[list[Cell]]],
) -> None:
    ours, whole, grid = Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT), Grid(WIDTH, HEIGHT)
    for rows in screens:
        ours.show(grid.change(lines_of(grid, rows), (3, 2)))
        whole.show(f"{plainly(rows)}\x1b[3;4H")
        assert list(ours.cells()) == list(whole.cells())
        assert ours.cursor == whole.cursor == (3, 2)


@settings(deadline=None)
@given(SCREENS, ROWS, st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))
def test_a_part_of_a_line_is_written_where_it_stands(
    screen: list[list[Cell]], row: list[Cell], x: int, y: int
) -> None:
    """Only between whole signs, as the compositor cuts them."""
    ours, whole, grid = Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT), Grid(WIDTH, HEIGHT)
    ours.show(grid.change(lines_of(grid, screen), (0, 0)))
    if not row[x][0] or not screen[y][x][0] or len("".join(sign for sign, _ in row)) > WIDTH:
        return
    line = grid.line(y)
    line.write(x, row[x:])
    ours.show(grid.change({y: line}, (0, 0)))
    screen[y][x:] = row[x:]
    whole.show(plainly(screen))
    assert list(ours.cells()) == list(whole.cells())


def test_after_all_is_forgotten_only_what_is_written_is_sent() -> None:
    """Another program may have written on the terminal: what an update does not name may be anything."""
    terminal, grid = Emulator(WIDTH, HEIGHT), Grid(WIDTH, HEIGHT)
    terminal.show(grid.change(lines_of(grid, [cells_of([("a", "")] * 9, WIDTH)] * HEIGHT), (0, 0)))
    terminal.show("\x1b[2;1Hsomebody")
    grid.forget()
    line = grid.line(1)
    line.write(2, [("x", "")] * 3)
    written = grid.change({1: line}, (0, 0))
    assert written == "\x1b[2;3Hxxx\x1b[H"
    terminal.show(written)
    line = grid.line(1)
    line.write(0, [("a", "")] * 9)
    terminal.show(grid.change({1: line}, (0, 0)))
    assert [cell[2] for cell in terminal.cells() if cell[0] == 1][:9] == ["a"] * 9


def test_a_line_whose_width_terminals_disagree_about_is_written_as_one() -> None:
    """It may then stand elsewhere than it should, but nowhere else than Textual's own output does."""
    grid = Grid(WIDTH, 1)
    family: list[Cell] = [("👩\u200d💻", ""), ("", ""), ("a", ""), ("b", "")]
    for last in ("c", "d"):
        line = grid.line(0)
        line.write(0, [*family, (last, ""), *[BLANK] * 7])
        text = grid.change({0: line}, (0, 0))
        assert text.endswith(f"👩\u200d💻ab{last}       \x1b[H")
    line = grid.line(0)
    line.write(0, [("a", ""), *[BLANK] * 11])
    assert grid.change({0: line}, (0, 0)) == f"a{' ' * 11}\x1b[H"


def test_what_is_shown_already_costs_nothing() -> None:
    grid = Grid(WIDTH, HEIGHT)
    rows = [cells_of([("a", "1;36"), ("中", "7")], WIDTH)] * HEIGHT
    assert grid.change(lines_of(grid, rows), (1, 1)) != ""
    assert grid.change(lines_of(grid, rows), (1, 1)) == ""
    assert grid.change(lines_of(grid, rows), (0, 0)) == "\x1b[H"


def test_the_terminals_own_colours_need_no_words() -> None:
    assert own_colours_left_out("1;36;49") == "1;36"
    assert own_colours_left_out("39;49") == own_colours_left_out("") == ""
    assert own_colours_left_out("38;5;49;48;2;1;39;3") == "38;5;49;48;2;1;39;3"
    assert style_of_blanks("1;36") == style_of_blanks("38;5;44") == ""
    assert style_of_blanks("7;31") == "7;31"
    assert style_of_blanks("38;2;7;7;7;44") == "38;2;7;7;7;44"
    grid = Grid(5, 1)
    line = grid.line(0)
    line.write(0, cells_of([("a", "1"), (" ", "1"), ("b", "1")], 5))
    assert grid.change({0: line}, (0, 0)) == "\x1b[m\x1b[2J\x1b[H\x1b[1ma b\x1b[m\x1b[H"


def test_pyte_is_asked_for_every_attribute_there_is() -> None:
    assert pyte.screens.Char._fields == (
        *("data", "fg", "bg", "bold", "italics", "underscore", "strikethrough", "reverse", "blink"),
    )
