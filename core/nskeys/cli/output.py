"""Standard output is data, standard error is words.

With `--json` standard output is one JSON document, else lines and tables for people; a command that fails
leaves it empty. The document is plain ASCII, so it reads alike in every locale and nothing in it can steer
a terminal. Only on a terminal are lines fitted to its width and is anything coloured; `--quiet` leaves
sentences out that are no complaint. A reader that goes away (`| head`) is no failure and stops no work:
whatever follows is dropped. Output that cannot be written (a full disk) is told at the
end, by `finish`, for the work that it reports was done.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TextIO

from nskeys.cli.layout import layout_of
from nskeys.cli.streams import DataStream
from nskeys.errors import CannotCreate
from nskeys.files import problem_of
from nskeys.model.signed_json import Json
from nskeys.wording.labels import failure_words, kind_name

if TYPE_CHECKING:
    from nskeys.model.plans import ProofReport


class Output:
    """The two streams of one run."""

    def __init__(self, as_json: bool, stdout: TextIO, stderr: TextIO, quiet: bool = False) -> None:
        self.as_json, self.quiet = as_json, quiet
        self.layout = layout_of(stdout)
        self._data = DataStream(stdout)
        self._words = DataStream(stderr)
        self._words_layout = layout_of(stderr)

    # --- data ------------------------------------------------------------------------------------

    @property
    def abandoned(self) -> bool:
        """Whether nobody reads standard output any more."""
        return self._data.failure is not None

    def document(self, name: str, value: Mapping[str, Json]) -> None:
        """Write the one JSON document; `name` is that of its schema."""
        self._data.write(document_text(name, value))

    def array(self, name: str, items: Iterable[Mapping[str, Json]]) -> None:
        """Write the one JSON document that is a list, an item a line, without holding more than one
        item; `name` is that of the items' schema."""
        before = "[\n  "
        for item in items:
            self._data.write(before + json.dumps(_identified(name, item)))
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

    def sentences(self, sentences: Iterable[str]) -> None:
        """Write sentences that are safe for a terminal already, broken between words where it is narrow."""
        self.lines(chain.from_iterable(map(self.layout.sentence, sentences)))

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Write a name and a value a line; values may hold outside text."""
        self.lines(self.layout.facts(facts))

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write aligned columns under headings; cells may hold outside text."""
        self.lines(self.layout.table(headings, rows))

    def flush(self) -> None:
        self._data.flush()

    # --- words -----------------------------------------------------------------------------------

    def say(self, *sentences: str) -> None:
        """Write sentences to standard error, a line each, safe for a terminal already; nothing where only
        data and complaints are wanted."""
        if not self.quiet:
            self._write_words(chain.from_iterable(map(self._words_layout.sentence, sentences)))

    def complain(self, what: str, *sentences: str) -> None:
        """Write what went wrong, and what to do, whatever is wanted."""
        others = chain.from_iterable(map(self._words_layout.sentence, sentences))
        self._write_words(chain(self._words_layout.complaint(what), others))

    def _write_words(self, lines: Iterable[str]) -> None:
        self.flush()
        for line in lines:
            self._words.write(line + "\n")
        self._words.flush()  # where it fails, nothing is left to report it on

    # --- the end ---------------------------------------------------------------------------------

    def finish(self) -> None:
        """Finish the output. Raises CannotCreate where standard output could not take it."""
        self.flush()
        failure = self._data.failure
        if failure is not None and failure.errno != errno.EPIPE:
            raise CannotCreate("standard output", problem_of(failure))


def document_text(name: str, value: Mapping[str, Json]) -> str:
    """Return the one JSON document as it is printed; `name` is that of its schema."""
    return json.dumps(_identified(name, value), indent=2) + "\n"


def _identified(name: str, value: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return a document that says which schema it keeps to."""
    return {"schema": f"nskeys/{name}/1", **value}


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
