"""The answer in words: what would come back, from which backup, how far that is proven; and what is not
as it should be, each with the key that helps.

Nothing is promised that was not tested, and nothing that stands in a register nobody vouches for.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from nskeys.model.destinations import Location
from nskeys.model.keys import RotationStage
from nskeys.model.recoverability import DueReason, Recoverability, RecoveryState
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import backup_name, copy_place, made_variants, named_why_not, proof_variants
from nskeys.wording.drills import drill_overdue_words, typing_overdue_words
from nskeys.wording.labels import kid_name
from nskeys.wording.layout import Layout, first_fitting
from nskeys.wording.next_steps import NextStep, step_hint
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import fit, safe, width
from nskeys.wording.text.times import since

QUESTION = ("If this server died now", "If it died now")
NO_CREDENTIALS = "nothing would be lost: no credentials are here"
NO_BACKUP = "no backup was made yet"
CANNOT_TELL = "cannot tell"
STATUS_TELLS = "'nskeys status' names them all"
_DUE = {
    DueReason.NEVER: (NO_BACKUP,),
    DueReason.KEY_MISSING: ("the last one lacks a key", "it lacks a key"),
    DueReason.KEY_NEWER: ("a key is newer than the last one", "a key is newer"),
    DueReason.NO_GOOD_COPY: ("a key is in no good copy of one", "a key is in none"),
    DueReason.OTHER_RECIPIENTS: ("none for the new recovery identity yet", "none for the new identity"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is not as it should be: in a few words, in a sentence's half, and what helps."""

    label: str
    text: str
    act: NextStep | None = None
    severe: bool = False
    """Credentials are lost already."""


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
    """The answer in words that fit the layout."""
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
    """What is not as it should be, the worst first; the words fit the layout."""
    return tuple(_notices(overview, layout))


def _covered(answer: Recoverability, copy: BackupCopy | None) -> int:
    kids = copy.backup.kids if copy else ()
    return sum(key.credentials for key in answer.keys if key.kid in kids)


def _source(overview: Overview, best: BackupCopy | None, covered: int, cells: int) -> str:
    """Where they would come back from; else why they would not."""
    answer = overview.recoverability
    if best is not None:
        # Where several backups are needed, no more is said of this one than it holds.
        head = "from " if covered >= answer.totals.recoverable else f"{number(covered)} from "
        return head + copy_place(best, cells - len(head), overview.taken)
    if answer.last is not None:
        return first_fitting(cells, named_why_not(answer.last))
    return NO_BACKUP


def _proof(overview: Overview, best: BackupCopy, cells: int) -> str:
    answer = overview.recoverability
    return first_fitting(cells, *proof_variants(best, overview.taken, answer.drilled, answer.totals.total))


def _notices(overview: Overview, layout: Layout) -> Iterator[Notice]:
    yield from _credentials(overview, layout)
    yield from _backups(overview, layout)
    yield from _people(overview, layout)
    yield from _leftovers(overview, layout)
    yield from _practice(overview, layout)
    yield from _keys(overview, layout)
    if overview.unproven_shares:
        shares = count(overview.unproven_shares, "share")
        texts = (f"{shares} made, and not yet proven", f"{shares} not yet proven")
        yield _notice(layout, "custodians", NextStep.CUSTODIANS, *texts)
    if overview.backup_date_ahead:
        yield _notice(layout, "clock is wrong", None, "KMSBackupDate lies in the future")
    if overview.unreadable_rows:
        rows = count(overview.unreadable_rows, "row")
        yield _notice(
            layout,
            "register",
            NextStep.REGISTER,
            f"{rows} of it count for nothing",
            f"{rows} unreadable",
        )


def _notice(layout: Layout, label: str, act: NextStep | None, *texts: str, severe: bool = False) -> Notice:
    """The first text that fits beside the key that helps."""
    hint = width(step_hint(act)) + 2 if act else 0
    return Notice(fit(label, layout.notice), first_fitting(layout.text - hint, *texts), act, severe)


def _credentials(overview: Overview, layout: Layout) -> Iterator[Notice]:
    answer, totals = overview.recoverability, overview.recoverability.totals
    if overview.unreadable:
        rows = len(overview.unreadable)
        first = overview.unreadable[0]
        name = safe(first.credential.reference if first.credential else f"{first.table} {first.row}")
        texts: tuple[str, ...] = (f"{name} and {number(rows - 1)} more", name) if rows > 1 else (name,)
        label = first_fitting(layout.notice, f"{number(rows)} unreadable", "unreadable")
        yield _notice(layout, label, None, *texts, count(rows, "row"), severe=True)
    if totals.lost:
        texts = _lost(overview)
        yield _notice(layout, f"{number(totals.lost)} lost", NextStep.RESTORE, *texts, severe=True)
    if totals.at_risk:
        label, texts = f"{number(totals.at_risk)} at risk", _at_risk(overview)
        if answer.exposed_since is not None:
            when = since(answer.exposed_since, overview.taken)
            if width(f"{label} {when}") <= layout.notice:
                label = f"{label} {when}"
            else:  # a date is longer than a time, and since when is worth more than under which key
                texts = (*(f"{when}: {text}" for text in texts), when)
        yield _notice(layout, label, _out_of_risk(overview), *texts)
    closed = totals.total - totals.opens_here - totals.lost - totals.unreadable
    if closed:
        texts = ("their keys are in a backup, not here", "their keys are not here")
        label = first_fitting(layout.notice, f"{number(closed)} closed here", f"{number(closed)} closed")
        yield _notice(layout, label, NextStep.RESTORE, *texts)


def _out_of_risk(overview: Overview) -> NextStep:
    """A backup, unless the newest one holds all that is at risk and waits for a person only."""
    waits = overview.not_proven_by_a_person
    kids = {
        key.kid
        for key in overview.recoverability.keys
        if key.state is RecoveryState.AT_RISK and key.credentials
    }
    return NextStep.DRILL if waits is not None and kids <= set(waits.backup.kids) else NextStep.BACK_UP


def _lost(overview: Overview) -> tuple[str, ...]:
    """Whether a backup may hold their keys all the same: one that nobody vouches for, or that is gone."""
    keys = overview.recoverability.keys
    kids = {key.kid for key in keys if key.state is RecoveryState.LOST and key.credentials}
    if overview.claims:
        name = backup_name(
            max((copy for _, copy in overview.claims), key=lambda one: one.backup.generation)
        )
        return (f"{name} says it has their keys: try it", f"{name} says it has them", f"try {name}")
    if any(kids & set(copy.backup.kids) for copy in overview.copies):
        return ("a backup may have their keys",)
    return ("no key here, no known backup opens them", "no known backup opens them")


def _at_risk(overview: Overview) -> tuple[str, ...]:
    """Under which keys they are sealed, and why no backup helps."""
    keys = [
        key
        for key in overview.recoverability.keys
        if key.state is RecoveryState.AT_RISK and key.credentials
    ]
    kids = {key.kid for key in keys}
    holding = [copy for copy in overview.copies if copy.signed and kids & set(copy.backup.kids)]
    there = [copy for copy in holding if copy.retired is None and copy.status is CopyStatus.GOOD]
    if not holding:
        where = "in no backup"
    elif there and all(copy.where.location is Location.HERE for copy in there):
        where = "backed up only here"
    else:
        where = "in no backup that counts"
    under = kid_name(keys[0].kid) if len(keys) == 1 else count(len(keys), "key")
    return (f"sealed under {under}, {where}", f"{under}, {where}", where)


def _backups(overview: Overview, layout: Layout) -> Iterator[Notice]:
    """Why a backup is due, where the credentials at risk do not say it already."""
    answer = overview.recoverability
    if answer.due and not answer.totals.at_risk:
        yield _notice(layout, "backup due", NextStep.BACK_UP, *_DUE[answer.due[0]])


def _people(overview: Overview, layout: Layout) -> Iterator[Notice]:
    """A backup that nobody opened for its recipients yet; a recovery identity that was tampered with."""
    waits = overview.not_proven_by_a_person
    if waits is not None:
        name = backup_name(waits)
        texts = (f"{name} is not yet proven by a person", f"{name} waits for a person", "one has to drill")
        yield _notice(layout, "not proven", NextStep.DRILL, *texts)
    if overview.recovery_problem is not None:
        broken = ("the recovery identity cannot be used", "it cannot be used")
        yield _notice(layout, "tampered with", NextStep.IDENTITY, *broken, severe=True)


def _leftovers(overview: Overview, layout: Layout) -> Iterator[Notice]:
    """A key store that was given up and is still here."""
    left = sorted(overview.leftovers, key=lambda one: not one.opens)
    if left:
        opens = "still opens the keys" if left[0].opens else "could not be removed"
        texts = (f"an earlier key store {opens}", opens)
        yield _notice(layout, "not removed", NextStep.PROTECTOR, *texts)


def _practice(overview: Overview, layout: Layout) -> Iterator[Notice]:
    """A drill that is overdue; and else a password that nobody typed, for one drill is an end to both."""
    known, now = overview.practice, overview.taken
    if not overview.recoverability.totals.total:
        return
    if known.drill_overdue(now):
        yield _notice(layout, "drill overdue", NextStep.DRILL, *drill_overdue_words(known, now))
    elif known.typing_overdue(now):
        yield _notice(layout, "password?", NextStep.DRILL, *typing_overdue_words(known, now))


def _keys(overview: Overview, layout: Layout) -> Iterator[Notice]:
    if overview.rotation_due:
        yield _notice(
            layout,
            "rotation due",
            NextStep.ROTATE,
            "the active key sealed 2^31 secrets",
            "the key is used up",
        )
    if overview.put_back:
        texts = ("their keys should seal nothing any more", "their keys are out of use")
        yield _notice(layout, "old rows back", NextStep.ROTATE, *texts)
    if overview.arrived:
        texts = ("a rotation moves on to a key of its own", "a rotation is advised")
        yield _notice(layout, "restored keys", NextStep.ROTATE, *texts)


def rotation_words(overview: Overview) -> str:
    """What the open rotation waits for, to stand beside the keys; empty where none is open."""
    if overview.rotation is None:
        return ""
    kid = overview.rotation.kid
    if overview.rotation.stage is RotationStage.WAITING:
        held = any(copy.counts and kid in copy.backup.kids for copy in overview.copies)
        waits = overview.rotation_held_by
        if waits is not None and waits.lies_well:
            return f"{kid_name(kid)} waits for a drill of {backup_name(waits)}: o"
        return (
            f"{kid_name(kid)} is backed up: o goes on"
            if held
            else f"{kid_name(kid)} waits for a backup elsewhere"
        )
    # In a rule of 60 cells, so short; that the gate was skipped matters more than how far it is.
    skipped = overview.rotation.gate_skipped
    return "rotated without a backup: o goes on" if skipped else "rotation not finished: o goes on"


def more_notices(left_out: int) -> str:
    """Notices for which there is no room."""
    return f"{number(left_out)} more"


LOOKING = "Looking at the backups … until then, this is what the register remembers"
OVERVIEW_NO_CREDENTIALS = "No credentials here yet; a adds one"
FOUND_NOTHING = "Nothing found"


def found_words(found: int) -> str:
    """How many credentials a search found."""
    return f"{number(found)} found"
