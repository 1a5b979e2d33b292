"""Columns of a table: their widths, and a row's cells in them. Nothing of Textual is needed here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nskeys.wording.text.terminal import fit, middle, pad, width

GAP = 2
"""Cells between two columns; one cell stays free at each edge."""
MARKS = " ▲", " ▼"
"""Behind the title of the column that rows are sorted by: upwards, downwards."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: at least `minimum` cells wide, at most `maximum`. Without a maximum it is as wide as its
    content needs, and shares by `weight` what is left over. Where even the minima do not fit, the last
    column that is not `essential` is left out."""

    title: str
    minimum: int
    maximum: int | None = None
    weight: int = 1
    essential: bool = True
    right: bool = False
    styled: bool = False
    """Whether the row's style is seen in this column."""
    sort: str = ""
    """The token this column is sorted by; empty where it is not."""
    path: bool = False
    """Whether the middle of a long text is left out, and not its end."""
    comfort: int = 0
    """Cells that it gets, if its content needs them, before others get more than their minimum, and before
    one that is not essential is shown."""

    @property
    def fixed(self) -> bool:
        """Whether it has one width, whatever is in it."""
        return self.minimum == self.maximum


@dataclass(frozen=True, slots=True)
class Laid:
    """A column that is shown: its index among the given columns, and its width in cells."""

    index: int
    width: int


def lay_out(columns: Sequence[Column], width: int, needs: Sequence[int] = ()) -> tuple[Laid, ...]:
    """Return the columns that fit into `width` cells, edges and gaps included. `needs` are the cells that
    each column's content takes; without them every column takes what it may."""
    limits = [_limits(column, needs[index] if needs else None) for index, column in enumerate(columns)]
    least = [
        max(low, column.comfort if high is None else min(column.comfort, high))
        for column, (low, high) in zip(columns, limits, strict=True)
    ]
    shown = list(range(len(columns)))
    while _total([least[i] for i in shown]) > width and (
        spare := [i for i in shown if not columns[i].essential]
    ):
        shown.remove(spare[-1])
    widths = {index: limits[index][0] for index in shown}
    if needs:
        # What has a maximum is short, and cut short it says nothing; what has none takes what is left.
        order = sorted(shown, key=lambda i: (-columns[i].comfort, columns[i].maximum is None))
        for ceilings in (least, [high or low for low, high in limits]):
            _grow(widths, ceilings, order, width)
        limits = [
            (low, None if columns[i].maximum is None else high) for i, (low, high) in enumerate(limits)
        ]
    _share(widths, [high for _, high in limits], [column.weight for column in columns], width)
    return tuple(Laid(index, widths[index]) for index in shown)


def _limits(column: Column, need: int | None) -> tuple[int, int | None]:
    """Return the least and the most cells of a column whose content takes `need` cells."""
    if column.fixed or need is None:
        return column.minimum, column.maximum
    need = max(need, len(column.title) + (len(MARKS[0]) if column.sort else 0))
    return min(column.minimum, need), need if column.maximum is None else min(need, column.maximum)


def _grow(widths: dict[int, int], ceilings: Sequence[int], order: Sequence[int], width: int) -> None:
    """Widen the columns, one after the other, as far as each may and there is room."""
    for index in order:
        room = max(0, width - _total(widths.values()))
        widths[index] += max(0, min(room, ceilings[index] - widths[index]))


def _share(
    widths: dict[int, int], ceilings: Sequence[int | None], weights: Sequence[int], width: int
) -> None:
    """Share what is left among the columns that may grow, by their weights."""
    remaining = width - _total(widths.values())
    while remaining > 0:
        growing = [
            index
            for index, cells in widths.items()
            if weights[index] > 0 and ((ceiling := ceilings[index]) is None or cells < ceiling)
        ]
        shares = sum(weights[index] for index in growing)
        for index in growing:
            more = max(1, remaining * weights[index] // shares)
            ceiling = ceilings[index]
            room = more if ceiling is None else ceiling - widths[index]
            widths[index] += min(more, room, max(0, width - _total(widths.values())))
        if (rest := width - _total(widths.values())) == remaining:
            return
        remaining = rest


def line(columns: Sequence[Column], laid: Sequence[Laid], texts: Sequence[str], width: int) -> list[str]:
    """Return one line of exactly `width` cells, in pieces: the left edge with the first column, then each
    column with the gap before it, then the rest. `texts` are safe, one for each column."""
    pieces = []
    used = 0
    for index, column in enumerate(laid):
        before = 1 if index == 0 else GAP
        room = max(0, min(column.width, width - used - before))
        text = _cell(columns[column.index], texts[column.index], room) if room else ""
        piece = " " * min(before, width - used) + text
        used += len(" " * min(before, width - used)) + room
        pieces.append(piece)
    return [*pieces, " " * (width - used)]


def _cell(column: Column, text: str, cells: int) -> str:
    """Return the text in exactly so many cells; the mark behind a title is never cut."""
    if column.sort and text.endswith(MARKS):
        return pad(fit(text[: -len(MARKS[0])], cells - len(MARKS[0])) + text[-len(MARKS[0]) :], cells)
    return pad(middle(text, cells) if column.path else text, cells, right=column.right)


def _total(widths: Collection[int]) -> int:
    """Return the cells that columns of these widths take, with gaps and edges."""
    return sum(widths) + GAP * max(0, len(widths) - 1) + 2


def title_texts(columns: Sequence[Column], sorted_by: str, descending: bool) -> list[str]:
    """Return the titles, with a mark on the column that the rows are sorted by."""
    mark = MARKS[descending]
    return [c.title + mark if sorted_by and c.sort == sorted_by else c.title for c in columns]


def styled_pieces(
    columns: Sequence[Column], laid: Sequence[Laid], texts: Sequence[str], width: int
) -> list[tuple[str, bool]]:
    """Return the pieces of a line as `line` does, each with whether the row's style is seen in it;
    neighbours that are alike are one piece."""
    pieces: list[tuple[str, bool]] = []
    for index, piece in enumerate(line(columns, laid, texts, width)):
        styled = index < len(laid) and columns[laid[index].index].styled
        seen = styled and piece.strip() != ""
        if pieces and pieces[-1][1] == seen:
            pieces.append((pieces.pop()[0] + piece, seen))
        else:
            pieces.append((piece, seen))
    return pieces


def needs_of(
    columns: Sequence[Column], had: Sequence[int], rows: Sequence[Sequence[str]]
) -> tuple[int, ...]:
    """Return the cells that each column's content takes in these rows, and at least what it had before."""
    return tuple(
        before if column.fixed else max(before, *(width(row[index]) for row in rows))
        for index, (column, before) in enumerate(zip(columns, had, strict=True))
    )
