"""The answer in words: what would come back, from which backup, how far that is proven; and what is wrong,
each with the key that helps.

Nothing untested and nothing unsigned is promised.
"""

from typing import NamedTuple

from nskeys.model.register import BackupCopy
from nskeys.services.status.findings import findings_of
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import (
    UNPROVEN,
    backup_name,
    dated_place,
    named_why_not,
    short_proof,
)
from nskeys.wording.database_copies import copy_number, copy_why_not
from nskeys.wording.declared_backups import declared_place, declared_too_old
from nskeys.wording.findings import Notice, beside_keys, notice
from nskeys.wording.layout import Layout, first_fitting
from nskeys.wording.recovery import opener_brief
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import pad, width

QUESTION = ("If this server died now", "If it died now")
NO_CREDENTIALS = "nothing would be lost: no credentials are here"
NO_BACKUP = "no backup was made yet"
NO_COPY = "no copy was made yet"
_HALF = 10
"""Cells for the name of a half."""
_GAP = 2
CANNOT_TELL = "cannot tell"
STATUS_TELLS = "'nskeys status' names them all"


class AnswerHeadline(NamedTuple):
    """The answer: its label, what would come back, from where each half, and how far that is proven."""

    label: str
    answer: str
    keys: str = ""
    """The key backup, or why none counts."""
    database: str = ""
    """The database copy, or why none counts."""
    proof: str = ""
    """What was proven of the key backup, and when; it fits into the column of labels."""
    bar: tuple[int, int] | None = None
    """So many of so many credentials; None where there are none."""


def answer_headline(overview: Overview, layout: Layout) -> AnswerHeadline:
    """Return the answer in words that fit the layout."""
    answer = overview.recoverability
    totals, label = answer.totals, QUESTION[1 if layout.brief else 0]
    if not totals.total:
        return AnswerHeadline(label, first_fitting(layout.text, NO_CREDENTIALS, "no credentials are here"))
    of = f"{number(totals.recoverable)} of {count(totals.total, 'credential')} would come back"
    brief = f"{number(totals.recoverable)} of {number(totals.total)} would come back"
    best, cells = answer.best, layout.label - _GAP
    opens = ""
    if best is not None and 0 < totals.recoverable <= _held(overview, best):
        opens = f", {opener_brief(best, overview.recovery)}"
    proof = short_proof(best, overview.taken, answer.drilled, totals.total) if best else ("",)
    room = layout.text - _HALF
    return AnswerHeadline(
        label=label,
        answer=first_fitting(layout.text, of + opens, brief + opens, of, brief),
        keys=pad("keys", _HALF) + _keys(overview, room),
        database=pad("database", _HALF) + _database(overview, room),
        proof=first_fitting(cells, *proof),
        bar=(totals.recoverable, totals.total),
    )


def notices(overview: Overview, layout: Layout) -> tuple[Notice, ...]:
    """Return what is wrong, the worst first, without what an earlier line says and what stands beside the
    keys."""
    told = (notice(one, overview.taken, layout) for one in findings_of(overview) if not one.implied)
    return tuple(one for one in told if one is not None)


def rotation_words(overview: Overview) -> str:
    """Return what the open rotation waits for, to stand beside the keys; empty where none is open."""
    return " · ".join(filter(None, (beside_keys(one, overview.taken) for one in findings_of(overview))))


def _held(overview: Overview, best: BackupCopy) -> int:
    """Return how many credentials would come back by this backup alone: where several are needed, it is
    credited only with what it holds."""
    return sum(key.recoverable for key in overview.recoverability.keys if key.kid in best.backup.kids)


def _keys(overview: Overview, cells: int) -> str:
    """Return where the keys would come back from; else why they would not."""
    answer, best, now = overview.recoverability, overview.recoverability.best, overview.taken
    if best is not None:
        held = _held(overview, best)
        head = "" if held >= answer.totals.recoverable else f"{number(held)} from "
        room, made = cells - width(head), best.backup.created
        return head + dated_place(best, backup_name(best), made, now, room)
    if answer.last is not None:
        brief = f"{backup_name(answer.last)}: no person tried it"
        said = named_why_not(answer.last)
        return first_fitting(cells, said, *([brief] if said.endswith(UNPROVEN) else []))
    return NO_BACKUP


def _database(overview: Overview, cells: int) -> str:
    """Return where the rows would come back from; else why they would not."""
    answer, now = overview.recoverability, overview.taken
    copy, last = answer.database, answer.last_database
    if copy is not None:
        held = sum(key.recoverable for key in answer.keys if copy in key.databases)
        head = "" if held >= answer.totals.recoverable else f"{number(held)} from "
        room, made = cells - width(head), copy.copy.created
        if copy.declared:
            return head + declared_place(copy, now, room)
        return head + dated_place(copy, copy_number(copy), made, now, room)
    if last is not None and last.declared and not last.good:
        return declared_too_old(last, cells)
    if last is not None:
        reason = copy_why_not(last, answer)
        brief = reason.partition(":")[0]
        return first_fitting(cells, f"{copy_number(last)} {reason}", f"{copy_number(last)} {brief}")
    return NO_COPY


def more_notices(left_out: int) -> str:
    """Return the line about notices for which there is no room."""
    return f"{number(left_out)} more"


LOOKING = "Looking at the backups … until then, this is what the register remembers"
OVERVIEW_NO_CREDENTIALS = "No credentials here yet: a adds one, m n imports many"
FOUND_NOTHING = "Nothing found"


def found_words(found: int) -> str:
    """Return how many credentials a search found."""
    return f"{number(found)} found"
