"""The answer on the first screen as lines: what would come back, from which backup, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from nskeys.errors import NskeysError
from nskeys.model.credential_list import CredentialFilter
from nskeys.model.credentials import CredentialKind
from nskeys.model.findings import Severity
from nskeys.model.keys import Kid
from nskeys.model.recoverability import Recoverability, RecoveryState
from nskeys.services.status.overview import Overview
from nskeys.wording.answer import (
    CANNOT_TELL,
    QUESTION,
    STATUS_TELLS,
    answer_headline,
    more_notices,
    notices,
)
from nskeys.wording.database import connection_word
from nskeys.wording.errors import say
from nskeys.wording.findings import Notice
from nskeys.wording.labels import kind_name, protector_label, state_name
from nskeys.wording.layout import NARROW, WIDE, Layout
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import broken, safe, width

_EDGES = 2
_WIDE_FROM = WIDE.label + WIDE.text + _EDGES


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line: a label, or in its place a bar (part, total); the text beside it; the key that helps; a
    style: `strong` for the answer itself, `warning`, `error` or none."""

    label: str
    text: str
    hint: str = ""
    style: str = ""
    bar: tuple[int, int] | None = None


def layout_for(cells: int) -> Layout:
    """Return the widths for a terminal of so many cells."""
    layout = WIDE if cells >= _WIDE_FROM else NARROW
    return layout._replace(text=max(0, cells - layout.label - _EDGES))


def room_for(lines: int) -> int:
    """Return how many notices, and how many keys, a terminal of so many lines has room for."""
    return max(1, (lines - 12) // 3)


def title_facts(overview: Overview) -> str:
    """Return the facts in the title: `CMDB SQLite · keys in TPM 2.0`, of a server with what protects the
    connection."""
    connection = f", {connection_word(overview.connection)}" if overview.connection else ""
    return f"CMDB {safe(overview.cmdb)}{connection} · {protector_label(overview.protector)}"


def answer_lines(overview: Overview, layout: Layout, room: int) -> tuple[AnswerLine, ...]:
    """Return the answer, and below it up to `room` notices; the last line counts those that do not fit."""
    headline = answer_headline(overview, layout)
    lines = [AnswerLine(headline.label, headline.answer, style="strong")]
    if headline.keys:
        lines.append(AnswerLine("", headline.keys, bar=headline.bar))
        lines.append(AnswerLine(headline.proof, headline.database))
    below = [_notice(notice) for notice in notices(overview, layout)]
    if len(below) > room:
        below = [*below[: room - 1], AnswerLine(f"! {more_notices(len(below) - room + 1)}", STATUS_TELLS)]
    return (*lines, *below)


def _notice(notice: Notice) -> AnswerLine:
    severe = notice.finding.severity is Severity.CRITICAL
    return AnswerLine(f"! {notice.label}", notice.text, notice.hint, "error" if severe else "warning")


def cannot_tell(error: NskeysError, layout: Layout) -> tuple[AnswerLine, ...]:
    """Return the lines where there is no answer: why, and what to do."""
    sentence = say(error)
    lines = [line for words in (sentence.what, sentence.advice) for line in broken(words, layout.text)]
    first = AnswerLine(QUESTION[1 if layout.brief else 0], CANNOT_TELL, style="error")
    return (first, *(AnswerLine("", line) for line in lines))


ALL = "all"
_HEADING = "Credentials"
_MARK = "▸"
_ALONE, _BOTH = 6, 10
"""Cells that a line needs beside one text, and beside two, to show some of it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the list: its name, how many credentials match, and the values that it filters by."""

    name: str
    credentials: int
    kind: CredentialKind | None = None
    kids: frozenset[Kid] | None = None
    beyond: tuple[tuple[Kid, int], ...] = ()

    def with_text(self, text: str) -> CredentialFilter:
        """Return the filter for the credentials that also contain `text`."""
        return CredentialFilter(kind=self.kind, text=text, kids=self.kids, beyond=self.beyond)


def filters(answer: Recoverability) -> tuple[Filter, ...]:
    """Return the filters: all, each kind, and those at risk where there are any."""
    kinds = dict(answer.kinds)
    found = [Filter(ALL, answer.totals.total)]
    found += [Filter(kind_name(kind), kinds.get(kind.value, 0), kind=kind) for kind in CredentialKind]
    for state in (RecoveryState.AT_RISK, RecoveryState.LOST):
        lost = state is RecoveryState.LOST
        of_key = [(key, key.lost if lost else key.at_risk) for key in answer.keys]
        keys = [(key, credentials) for key, credentials in of_key if credentials]
        if keys:
            found.append(
                Filter(
                    state_name(state),
                    sum(credentials for _, credentials in keys),
                    kids=frozenset(key.kid for key, _ in keys),
                    beyond=tuple((key.kid, key.covered_upto) for key, _ in keys if key.covered_upto),
                )
            )
    return tuple(found)


def filter_named(options: Sequence[Filter], name: str) -> Filter:
    """Return the filter of this name; all, where it no longer exists."""
    return next((option for option in options if option.name == name), options[0])


def neighbour(options: Sequence[Filter], name: str, by: int) -> Filter:
    """Return the next or the previous filter that matches anything, wrapping around."""
    full = [option for option in options if option.credentials or option.name in (ALL, name)]
    here = next((index for index, option in enumerate(full) if option.name == name), 0)
    return full[(here + by) % len(full)]


def heading(options: Sequence[Filter], name: str, cells: int) -> tuple[str, ...]:
    """Return the parts of the line above the list, as many as fit `cells`: the heading and all filters, the
    chosen one marked; without the heading; the kinds alone; the chosen one alone."""
    texts = [f"{_MARK if option.name == name != ALL else ''}{_counted(option)}" for option in options]
    everything = " · ".join(texts)
    if width(_HEADING) + width(everything) + _BOTH <= cells:
        return _HEADING, everything
    here = filter_named(options, name)
    kinds = " · ".join(text for text, option in zip(texts, options, strict=True) if option.kids is None)
    for line in (everything, kinds if here.kids is None else ""):
        if line and width(line) + _ALONE <= cells:
            return (line,)
    all_of_them = "" if here.name == ALL else f" of {number(options[0].credentials)}"
    return _HEADING, f"{_counted(here)}{all_of_them}"


def _counted(option: Filter) -> str:
    return f"{option.name} {number(option.credentials)}"
