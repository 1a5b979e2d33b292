"""The answer in words: what would come back, from which backup, how far that is proven; and what is wrong,
each with the key that helps.

Nothing untested and nothing unsigned is promised.
"""

from dataclasses import dataclass

from nskeys.model.recoverability import Recoverability
from nskeys.model.register import BackupCopy
from nskeys.services.status.findings import findings_of
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import copy_place, made_variants, named_why_not, proof_variants
from nskeys.wording.findings import Notice, beside_keys, notice
from nskeys.wording.layout import Layout, first_fitting
from nskeys.wording.text.numbers import count, number

QUESTION = ("If this server died now", "If it died now")
NO_CREDENTIALS = "nothing would be lost: no credentials are here"
NO_BACKUP = "no backup was made yet"
CANNOT_TELL = "cannot tell"
STATUS_TELLS = "'nskeys status' names them all"


@dataclass(frozen=True, slots=True)
class AnswerHeadline:
    """The answer: its label, what would come back, from where, and how far that is proven."""

    label: str
    answer: str
    source: str = ""
    proof: str = ""
    made: str = ""
    """When the backup was made, which is another date than that of its proof; beside the proof."""
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
    best = answer.best
    covered = _covered(answer, best)
    return AnswerHeadline(
        label=label,
        answer=first_fitting(layout.text, of, brief),
        source=_source(overview, best, covered, layout.text),
        proof=_proof(overview, best, layout.text) if best else "",
        made=first_fitting(layout.label - 2, *made_variants(best, overview.taken)) if best else "",
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


def _covered(answer: Recoverability, copy: BackupCopy | None) -> int:
    kids = copy.backup.kids if copy else ()
    return sum(key.credentials for key in answer.keys if key.kid in kids)


def _source(overview: Overview, best: BackupCopy | None, covered: int, cells: int) -> str:
    """Return where the credentials would come back from; else why they would not."""
    answer = overview.recoverability
    if best is not None:
        # Where several backups are needed, this one is credited only with what it holds.
        head = "from " if covered >= answer.totals.recoverable else f"{number(covered)} from "
        return head + copy_place(best, cells - len(head), overview.taken)
    if answer.last is not None:
        return first_fitting(cells, named_why_not(answer.last))
    return NO_BACKUP


def _proof(overview: Overview, best: BackupCopy, cells: int) -> str:
    answer = overview.recoverability
    return first_fitting(cells, *proof_variants(best, overview.taken, answer.drilled, answer.totals.total))


def more_notices(left_out: int) -> str:
    """Return the line about notices for which there is no room."""
    return f"{number(left_out)} more"


LOOKING = "Looking at the backups … until then, this is what the register remembers"
OVERVIEW_NO_CREDENTIALS = "No credentials here yet; a adds one"
FOUND_NOTHING = "Nothing found"


def found_words(found: int) -> str:
    """Return how many credentials a search found."""
    return f"{number(found)} found"
