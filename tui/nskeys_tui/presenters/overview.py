"""The first screen's answer as lines: what would come back, from which backup, and what to do about it."""

from dataclasses import dataclass, replace

from nskeys.errors import NskeysError
from nskeys.services.status.overview import Overview
from nskeys.wording.answer import (
    CANNOT_TELL,
    QUESTION,
    STATUS_TELLS,
    Notice,
    headline,
    more_notices,
    notices,
)
from nskeys.wording.errors import say
from nskeys.wording.labels import protector_label
from nskeys.wording.layout import NARROW, WIDE, Layout
from nskeys.wording.next_steps import act_hint
from nskeys.wording.text.terminal import broken, safe

_EDGES = 2
_WIDE_FROM = WIDE.label + WIDE.text + _EDGES


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line: a label, or in its place a bar of so many of so many; the text beside it; the key that
    helps; a style: `strong` for the answer itself, `warning`, `error` or none."""

    label: str
    text: str
    hint: str = ""
    style: str = ""
    bar: tuple[int, int] | None = None


def layout_for(cells: int) -> Layout:
    """The widths for a terminal of so many cells."""
    layout = WIDE if cells >= _WIDE_FROM else NARROW
    return replace(layout, text=max(0, cells - layout.label - _EDGES))


def title_facts(overview: Overview) -> str:
    """`CMDB SQLite · keys in TPM 2.0`."""
    return f"CMDB {safe(overview.cmdb)} · {protector_label(overview.protector)}"


def answer_lines(overview: Overview, layout: Layout, room: int) -> tuple[AnswerLine, ...]:
    """The answer, and below it up to `room` notices; where there are more, the last line says so."""
    said = headline(overview, layout)
    lines = [AnswerLine(said.label, said.answer, style="strong")]
    if said.source:
        lines.append(AnswerLine("", said.source, bar=said.bar))
    if said.proof:
        lines.append(AnswerLine(said.made, said.proof))
    known = [_notice(notice) for notice in notices(overview, layout)]
    if len(known) > room:
        known = [*known[: room - 1], AnswerLine(f"! {more_notices(len(known) - room + 1)}", STATUS_TELLS)]
    return (*lines, *known)


def _notice(notice: Notice) -> AnswerLine:
    hint = act_hint(notice.act) if notice.act else ""
    return AnswerLine(f"! {notice.label}", notice.text, hint, "error" if notice.severe else "warning")


def cannot_tell(error: NskeysError, layout: Layout) -> tuple[AnswerLine, ...]:
    """There is no answer, why, and what to do."""
    sentence = say(error)
    lines = [line for words in (sentence.what, sentence.advice) for line in broken(words, layout.text)]
    first = AnswerLine(QUESTION[1 if layout.brief else 0], CANNOT_TELL, style="error")
    return (first, *(AnswerLine("", line) for line in lines))
