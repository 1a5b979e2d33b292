"""Lines, facts and tables as a terminal of some width shows them; without one nothing is cut or broken.

Words are never broken, so that a path, a hash or a command can be copied as a whole.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple, TextIO

from nskeys.wording.text.terminal import middle, safe, width

_GAP = "  "
_MEASURED = 1_000
"""Rows that decide how wide a table's columns are; later ones may be wider, and are never cut."""
_LEAST = 12
"""Cells below which no column is shortened."""
_KEPT = frozenset({"name", "key", "id"})
"""Headings of columns that are never shortened: a person types what stands in them."""
_FIRST = frozenset({"file", "destination", "of", "details", "target", "account"})
"""Headings of columns that are shortened before others: of a path, both ends tell it."""
_BOLD, _RED, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[0m"


class Layout(NamedTuple):
    """How wide the terminal is, and what it can show."""

    columns: int | None = None
    """None: no terminal, so nothing is cut or broken."""
    colours: bool = False
    ellipsis: str = "…"

    def sentence(self, text: str) -> Iterator[str]:
        """Yield the lines of a sentence, broken between words."""
        yield from _broken(text, self.columns)

    def complaint(self, text: str) -> Iterator[str]:
        """Yield the lines of what went wrong."""
        first, *others = self.sentence(text)
        yield self._marked(_RED, first)
        yield from others

    def facts(self, facts: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Yield a name and a value a line; values may hold outside text, and go on below themselves."""
        known = [(name, safe(value)) for name, value in facts]
        widest = max((len(name) for name, _ in known), default=0) + len(_GAP)
        for name, value in known:
            room = None if self.columns is None else max(self.columns - widest, _LEAST)
            first, *others = _broken(value, room)
            yield f"{name:<{widest}}{first}".rstrip()
            for line in others:
                yield " " * widest + line

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
        """Yield aligned columns under headings; nothing where there are no rows. Where the terminal is too
        narrow, the widest columns are shortened in the middle. The first 1,000 rows, and no more, are held
        for the columns' widths."""
        following = iter(rows)
        first = [_safe_cells(row) for row in islice(following, _MEASURED)]
        if not first:
            return
        widths = [max(map(width, column)) for column in zip(headings, *first, strict=True)]
        limits = self._limits(headings, widths)
        widths = [limit or cells for cells, limit in zip(widths, limits, strict=True)]
        yield self._marked(_BOLD, _aligned(headings, widths))
        for cells in first:
            yield _aligned(self._shortened(cells, limits), widths)
        for row in following:
            yield _aligned(self._shortened(_safe_cells(row), limits), widths)

    def _limits(self, headings: Sequence[str], widths: Sequence[int]) -> list[int | None]:
        """Return the most cells of each column; None for one that is never shortened."""
        limits: list[int | None] = [None] * len(widths)
        over = 0 if self.columns is None else sum(widths) + len(_GAP) * (len(widths) - 1) - self.columns
        shrinking = list(widths)
        while over > 0:
            wide = [
                (heading in _FIRST, shrinking[number], number)
                for number, heading in enumerate(headings)
                if heading not in _KEPT and shrinking[number] > max(_LEAST, width(heading))
            ]
            if not wide:
                break
            number = max(wide)[2]
            shrinking[number] -= 1
            limits[number] = shrinking[number]
            over -= 1
        return limits

    def _shortened(self, cells: Sequence[str], limits: Sequence[int | None]) -> list[str]:
        return [
            cell if limit is None else middle(cell, limit, self.ellipsis)
            for cell, limit in zip(cells, limits, strict=True)
        ]

    def _marked(self, colour: str, line: str) -> str:
        return f"{colour}{line}{_PLAIN}" if self.colours and line else line


NO_TERMINAL = Layout()


def layout_of(stream: TextIO) -> Layout:
    """Return how this stream's terminal shows things; NO_TERMINAL where it is none."""
    with suppress(OSError, ValueError):
        if stream.isatty():
            columns = os.get_terminal_size(stream.fileno()).columns
            plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") in ("dumb", "")
            unicode = (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
            return Layout(columns or None, not plain, "…" if unicode else "...")
    return NO_TERMINAL


def _broken(text: str, columns: int | None) -> list[str]:
    """Return lines that are broken at spaces; a longer word has a line of its own."""
    if columns is None or width(text) <= columns:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if line and width(joined) > columns:
            lines.append(line)
            joined = word
        line = joined
    return [*lines, line]


def _safe_cells(row: Sequence[str]) -> list[str]:
    return [safe(cell) for cell in row]


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()
