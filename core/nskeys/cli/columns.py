"""Text in columns. Cells may hold outside text: they are made safe here and measured in terminal cells."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from nskeys.wording.text.terminal import safe, width

_GAP = "  "
_MEASURED = 1_000
"""Rows that decide how wide a table's columns are; later ones may be wider, and are never cut."""


def fact_lines(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A name and a value a line."""
    known = [(name, safe(value)) for name, value in facts]
    widest = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        yield f"{name:<{widest}}{_GAP}{value}".rstrip()


def table_lines(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Aligned columns under headings; nothing where there are no rows. Holds the first 1,000 rows, no
    more."""
    following = iter(rows)
    first = [_safe_cells(row) for row in islice(following, _MEASURED)]
    if not first:
        return
    widths = [max(map(width, column)) for column in zip(headings, *first, strict=True)]
    yield _aligned(headings, widths)
    for cells in first:
        yield _aligned(cells, widths)
    for row in following:
        yield _aligned(_safe_cells(row), widths)


def _safe_cells(row: Sequence[str]) -> list[str]:
    return [safe(cell) for cell in row]


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()
