"""Standard output is data, standard error is words.

With `--json` standard output is one JSON document, else lines and tables for people; a command that fails
leaves it empty. The document is plain ASCII, so it reads alike in every locale and nothing in it can steer
a terminal. There are no colours, on a terminal or off it. A reader that goes away (`| head`) is no failure
and stops no work: whatever follows is dropped. Output that cannot be written (a full disk) is told at the
end, by `finish`, for the work that it reports was done.
"""

import errno
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TextIO

from nskeys.cli.streams import DataStream
from nskeys.errors import CannotCreate
from nskeys.files import problem_of
from nskeys.model.plans import ProofReport
from nskeys.model.signed_json import Json
from nskeys.wording.labels import failure_words, kind_name
from nskeys.wording.text.terminal import safe, width


class Output:
    """The two streams of one run."""

    def __init__(self, as_json: bool, stdout: TextIO, stderr: TextIO) -> None:
        self.as_json = as_json
        self._data = DataStream(stdout)
        self._stderr = stderr

    # --- data ------------------------------------------------------------------------------------

    @property
    def abandoned(self) -> bool:
        """Whether nobody reads standard output any more."""
        return self._data.failure is not None

    def document(self, value: Json) -> None:
        """Write the one JSON document."""
        self._data.write(json.dumps(value, indent=2) + "\n")

    def array(self, items: Iterable[Json]) -> None:
        """Write the one JSON document that is a list, an item a line, without holding more than one
        item."""
        before = "[\n  "
        for item in items:
            self._data.write(before + json.dumps(item))
            before = ",\n  "
            if self.abandoned:
                return
        self._data.write("[]\n" if before == "[\n  " else "\n]\n")

    def text(self, text: str) -> None:
        """Write text that is safe for a terminal already."""
        self._data.write(text)

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines that are safe for a terminal already, and take them only while anybody reads."""
        for line in lines:
            if self.abandoned:
                return
            self._data.write(line + "\n")

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Write a name and a value a line; values may hold outside text."""
        self.lines(fact_lines(facts))

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write aligned columns under headings; cells may hold outside text."""
        self.lines(table_lines(headings, rows))

    def flush(self) -> None:
        self._data.flush()

    # --- words -----------------------------------------------------------------------------------

    def say(self, *sentences: str) -> None:
        """Write sentences to standard error, a line each, safe for a terminal already."""
        self.flush()
        with suppress(OSError):  # standard error is closed: nothing is left to report it on
            for sentence in sentences:
                self._stderr.write(sentence + "\n")
            self._stderr.flush()

    # --- the end ---------------------------------------------------------------------------------

    def finish(self) -> None:
        """Finish the output. Raises CannotCreate where standard output could not take it."""
        self.flush()
        failure = self._data.failure
        if failure is not None and failure.errno != errno.EPIPE:
            raise CannotCreate("standard output", problem_of(failure))


_GAP = "  "
_MEASURED = 1_000
"""Rows that decide how wide a table's columns are; later ones may be wider, and are never cut."""


def fact_lines(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a name and a value a line."""
    known = [(name, safe(value)) for name, value in facts]
    widest = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        yield f"{name:<{widest}}{_GAP}{value}".rstrip()


def table_lines(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield aligned columns under headings; nothing where there are no rows. The first 1,000 rows, and no
    more, are held for the columns' widths."""
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


_HEADINGS = ("kind", "name", "target", "account", "id", "why")


def tell_failures(output: Output, proof: ProofReport, *, apart: bool = False) -> None:
    """Write a table of the credentials that did not open, behind an empty line where it stands `apart`;
    nothing where all opened."""
    if apart and proof.failures:
        output.lines([""])
    output.table(
        _HEADINGS,
        (
            (
                kind_name(item.credential.fields.kind),
                item.credential.fields.name,
                item.credential.fields.target,
                item.credential.fields.account,
                item.credential.credential_id[:12],
                failure_words(item.failure) if item.failure else "",
            )
            for item in proof.failures
        ),
    )
