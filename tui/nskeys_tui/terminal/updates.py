"""What Textual's compositor wants painted, as cells.

Private in Textual and used here: `textual._compositor` with `LayoutUpdate` (`strips`, `region`) and
`ChopsUpdate` (`chops`, `spans`, `chop_ends`). An update of another kind, or with something in it that is no
text in a style, gives None; whoever asks lets Textual paint it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from rich.color import ColorSystem
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from nskeys_tui.terminal.grid import Cell, Grid, Line, cells_of, own_colours_left_out


class _NotCells(Exception):
    """Something in an update has no cells: a control sequence, a link."""


def lines_of(update: object, grid: Grid, colors: ColorSystem) -> Mapping[int, Line] | None:
    """Return the lines of the grid, by number, as they are after the update; None where it is not known."""
    if isinstance(update, LayoutUpdate):
        pieces = _of_layout(update)
    elif isinstance(update, ChopsUpdate):
        pieces = _of_chops(update)
    else:
        return None
    lines: dict[int, Line] = {}
    try:
        for y, x, strips in pieces:
            if y < grid.height:
                line = lines.get(y) or lines.setdefault(y, grid.line(y))
                line.write(x, _cells(strips, colors))
    except _NotCells:
        return None
    return lines


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Iterable[Strip]]]:
    for y, strips in enumerate(update.strips, update.region.y):
        yield y, update.region.x, strips


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Iterable[Strip]]]:
    """Yield what `ChopsUpdate.render_segments` writes: line, column, strips."""
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > x2 or end <= x1:
                continue
            whole = x1 <= x < x2 and end <= x2
            yield y, x, (strip if whole else strip.crop(0, min(end, x2) - x),)


def _cells(strips: Iterable[Strip], colors: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for strip in strips:
        for text, style, control in strip:
            if control or (style is not None and style.link):
                raise _NotCells
            cells_of(text, _code(style, colors), cells)
    return cells


@lru_cache(1024)
def _code(style: Style | None, colors: ColorSystem) -> str:
    return "" if style is None else own_colours_left_out(Strip.render_ansi(style, colors))
