"""What is wrong, in words: a row for each kind of finding; `findings` makes of it what an output needs."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, TypeAlias, TypeVar

from nskeys.errors import NskeysError
from nskeys.model.findings import Finding, FindingKind, Hope, Reason, RotationWait
from nskeys.model.keys import Kid, Leftover
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy
from nskeys.model.trail_copies import LogBehind
from nskeys.wording.at_risk import LACKS, SHELTERS, why_at_risk
from nskeys.wording.audit import LOGS, not_copied_line, not_copied_sentence
from nskeys.wording.checkpoint import not_compared_line
from nskeys.wording.checks import check_overdue_sentence, check_overdue_words
from nskeys.wording.copies import UNPROVEN, backup_name
from nskeys.wording.declared_backups import not_counting_sentence, not_counting_words
from nskeys.wording.errors import say
from nskeys.wording.inventory import difference_brief, difference_sentences
from nskeys.wording.keys import compromised_in_use_line, leftover_line, leftover_way
from nskeys.wording.labels import due_sentence, kid_name
from nskeys.wording.layout import WIDE, Layout, first_fitting
from nskeys.wording.mismatches import mismatch_line, mismatch_texts
from nskeys.wording.overdue import (
    drill_overdue_sentence,
    drill_overdue_words,
    typing_overdue_sentence,
    typing_overdue_words,
)
from nskeys.wording.recovery import NOT_CHECKED, not_proven_line
from nskeys.wording.reports import (
    ROTATION_DUE,
    arrived_line,
    claim_line,
    put_back_line,
    registry_future,
    too_many_rows_line,
    unreadable_line,
    unreadable_rows_line,
)
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised
from nskeys.wording.text.terminal import safe, width
from nskeys.wording.text.times import since

Brief: TypeAlias = tuple[str, tuple[str, ...]]
"""A label, and what stands beside it, each variant shorter than the one before."""
_Value = TypeVar("_Value")


class Case(NamedTuple):
    """A finding, the present moment, and the room on the first screen."""

    finding: Finding
    now: datetime
    layout: Layout = WIDE

    @property
    def many(self) -> int:
        """The number of credentials, rows or shares."""
        return self.finding.count

    @property
    def keys(self) -> tuple[Kid, ...]:
        """The keys that the finding is about."""
        return self.finding.keys

    @property
    def copy(self) -> BackupCopy:
        """The backup that the finding is about."""
        return _given(self.finding.copy)

    @property
    def left(self) -> Leftover:
        """The remains of an earlier key store."""
        return _given(self.finding.left)

    @property
    def behind(self) -> LogBehind:
        """The log that lacks lines."""
        return _given(self.finding.behind)

    @property
    def error(self) -> NskeysError:
        """The error that was met."""
        return _given(self.finding.error)

    @property
    def due(self) -> DueReason:
        """Why a backup is due."""
        return DueReason(_given(self.finding.reason))


def _given(value: _Value | None) -> _Value:
    """Return a field that findings of this kind always have."""
    if value is None:
        raise ValueError("a field is missing that findings of this kind have")
    return value


class Words(NamedTuple):
    """The texts of one kind of finding."""

    heading: str
    """Beside which `status` says it."""
    sentence: Callable[[Case], str]
    """For monitoring, which prints it alone."""
    brief: Callable[[Case], Brief] | None
    """For the lines at the top of the first screen; None for what stands beside the keys there."""
    line: Callable[[Case], str] | None = None
    """Beside the heading, where that is not the sentence."""
    paper: Callable[[Case], str] | None = None
    """For the runbook: a part of a sentence, for credentials that the backups in it do not bring back."""
    beside_keys: Callable[[Case], str] | None = None
    """For the first screen's line above the keys."""


# --- each kind ----------------------------------------------------------------------------------------


def _are(n: int) -> str:
    return f"{number(n)} {'is' if n == 1 else 'are'}"


def _exposed(it: Case) -> str:
    """Return text such as ` since 14:02`; empty where that is not known."""
    return "" if it.finding.since is None else f" {since(it.finding.since, it.now)}"


_HOPES: Mapping[Reason | None, tuple[str, ...]] = MappingProxyType(
    {
        Hope.NONE: ("no key here, no known backup opens them", "no known backup opens them"),
        Hope.KNOWN: ("a backup may have their keys",),
    }
)


def _lost(it: Case) -> Brief:
    label = f"{number(it.many)} lost"
    if it.finding.reason is Hope.CLAIMED:
        name = backup_name(it.copy)
        texts = (f"{name} says it has their keys: try it", f"{name} says it has them", f"try {name}")
        return label, texts
    return label, _HOPES[it.finding.reason]


def _unreadable(it: Case) -> Brief:
    rows = it.many
    label = first_fitting(it.layout.notice, f"{number(rows)} unreadable", "unreadable")
    first = it.finding.rows[0]
    name = safe(first.credential.reference if first.credential else f"{first.table} {first.row}")
    texts = (f"{name} and {number(rows - 1)} more", name) if rows > 1 else (name,)
    return label, (*texts, count(rows, "row"))


def _at_risk(it: Case) -> Brief:
    """Return the words for credentials at risk, always with since when: beside the label where it fits,
    else before the text."""
    label, when = f"{number(it.many)} at risk", _exposed(it).lstrip()
    kids = it.keys
    texts = LACKS.get(it.finding.reason, ())
    if not texts:
        where = SHELTERS[it.finding.reason]
        under = kid_name(kids[0]) if len(kids) == 1 else count(len(kids), "key")
        texts = (f"sealed under {under}, {where}", f"{under}, {where}", where)
    if not when:
        return label, texts
    if width(f"{label} {when}") <= it.layout.notice:
        return f"{label} {when}", texts
    # A date is longer than a time; the key is left out before the date is.
    return label, (*(f"{when}: {text}" for text in texts), when)


def _closed_here(it: Case) -> Brief:
    closed = number(it.many)
    label = first_fitting(it.layout.notice, f"{closed} closed here", f"{closed} closed")
    return label, ("their keys are in a backup, not here", "their keys are not here")


def _closed_sentence(it: Case) -> str:
    do = "does" if it.many == 1 else "do"
    return f"{count(it.many, 'credential')} {do} not open here, for a key is only in a backup."


def _claim_sentence(it: Case) -> str:
    return claim_line(it.keys[0], it.copy)


def _claimed(it: Case) -> Brief:
    name = backup_name(it.copy)
    return "claimed", (f"{name} says it has a lost key", f"try {name}")


_DUE = MappingProxyType(
    {
        DueReason.NEVER: ("no backup was made yet",),
        DueReason.KEY_MISSING: ("the last one lacks a key", "it lacks a key"),
        DueReason.KEY_NEWER: ("a key is newer than the last one", "a key is newer"),
        DueReason.NO_GOOD_COPY: ("a key is in no good copy of one", "a key is in none"),
        DueReason.OTHER_RECIPIENTS: (
            "none for the new recovery identity yet",
            "none for the new identity",
        ),
    }
)


def _not_proven(it: Case) -> Brief:
    name = backup_name(it.copy)
    texts = (f"{name} is not yet proven by a person", f"{name} waits for a person", "one has to drill")
    return "not proven", texts


def _left(it: Case) -> Brief:
    opens = "still opens the keys" if it.left.opens else "could not be removed"
    return "not removed", (f"an earlier key store {opens}", opens)


def _behind(it: Case) -> Brief:
    lines, name = count(it.many, "line"), LOGS[it.behind.kind]
    return "not copied", (f"{lines} of the audit trail are not in {name}", f"{lines} not in {name}", lines)


_WAITS: Mapping[Reason | None, tuple[str, str, str]] = MappingProxyType(
    {
        RotationWait.BACKUP: (
            "waiting for a backup",
            "A rotation waits: no proven backup elsewhere holds key {kid} yet.",
            "{kid} waits for a backup elsewhere",
        ),
        RotationWait.DRILL: (
            "waiting for a drill of {copy}",
            "A rotation waits for a drill by a person: {copy} holds key {kid}.",
            "{kid} waits for a drill of {copy}: o",
        ),
        RotationWait.GO_ON: (
            "backed up, and not active yet",
            "A rotation is not finished: key {kid} is backed up, and not active yet.",
            "{kid} is backed up: o continues",
        ),
        RotationWait.RESEALING: (
            "re-sealing",
            "A rotation is not finished: not every credential is sealed under key {kid} yet.",
            "rotation not finished: o continues",
        ),
        RotationWait.RESEALING_WITHOUT_BACKUP: (
            "active in no backup: the rest waits for one",
            "A rotation is not finished: what is left waits for a proven backup elsewhere of key {kid}.",
            "re-sealing waits for a backup elsewhere",
        ),
    }
)
"""Behind the key's name; a sentence; beside the keys on the first screen, in a rule of 60 cells. Where a
backup comes first no other key is named: the answer above says `b back up`."""
_LINE, _SENTENCE, _BESIDE_KEYS = range(3)


def _rotation(finding: Finding, place: int) -> str:
    copy = "" if finding.copy is None else backup_name(finding.copy)
    return _WAITS[finding.reason][place].format(kid=kid_name(finding.keys[0]), copy=copy)


def _shares(it: Case) -> Brief:
    shares = count(it.many, "share")
    return "custodians", (f"{shares} made, and not yet proven", f"{shares} not yet proven")


def _register(it: Case) -> Brief:
    rows = count(it.many, "row")
    return "register", (f"{rows} of it count for nothing", f"{rows} unreadable")


def _register_too_large(it: Case) -> Brief:
    rows = count(it.many, "row")
    return "register", (f"{rows}: somebody filled it", f"{rows}: too many")


def _always(label: str, *texts: str) -> Callable[[Case], Brief]:
    return lambda _: (label, texts)


WORDS = MappingProxyType(
    {
        FindingKind.MISMATCH: Words(
            "mismatch",
            lambda it: f"{capitalised(mismatch_line(_given(it.finding.mismatch)))}.",
            lambda it: ("mismatch", mismatch_texts(_given(it.finding.mismatch))),
            paper=lambda it: mismatch_line(_given(it.finding.mismatch)),
        ),
        FindingKind.ROWS_CHANGED: Words(
            "mismatch",
            lambda it: " ".join(difference_sentences(_given(it.finding.difference))),
            lambda it: ("mismatch", (difference_brief(_given(it.finding.difference)), "rows were changed")),
        ),
        FindingKind.LOST: Words(
            "lost",
            lambda it: f"{_are(it.many)} lost.",
            _lost,
            line=lambda it: number(it.many),
            paper=lambda it: f"{number(it.many)} lost: their key is neither here nor in such a backup",
        ),
        FindingKind.UNREADABLE: Words(
            "unreadable", lambda it: unreadable_rows_line(it.finding.rows), _unreadable
        ),
        FindingKind.AT_RISK: Words(
            "at risk",
            lambda it: f"{_are(it.many)} at risk{_exposed(it)}: {why_at_risk(it.finding.reason)}.",
            _at_risk,
            line=lambda it: f"{number(it.many)}{_exposed(it)}, {why_at_risk(it.finding.reason)}",
            paper=lambda it: f"{number(it.many)} at risk: {why_at_risk(it.finding.reason)}",
        ),
        FindingKind.CLOSED_HERE: Words("closed here", _closed_sentence, _closed_here),
        FindingKind.CLAIMED: Words("claimed", _claim_sentence, _claimed),
        FindingKind.BACKUP_DUE: Words(
            "due",
            lambda it: due_sentence(it.due),
            lambda it: ("backup due", _DUE[it.due]),
        ),
        FindingKind.NOT_PROVEN: Words(
            "not proven",
            lambda it: f"{backup_name(it.copy).capitalize()} {UNPROVEN}.",
            _not_proven,
            line=lambda it: not_proven_line(it.copy),
        ),
        FindingKind.IDENTITY_CHANGED: Words(
            "identity",
            lambda it: say(it.error).what,
            _always("tampered with", "the recovery identity cannot be used", "it cannot be used"),
            line=lambda it: str(say(it.error)),
        ),
        FindingKind.KEY_STORE_LEFT: Words(
            "not removed",
            lambda it: leftover_line(it.left),
            _left,
            line=lambda it: f"{leftover_line(it.left)} {leftover_way(it.left)}",
        ),
        FindingKind.TRAIL_NOT_COPIED: Words(
            "audit trail",
            lambda it: not_copied_sentence(it.behind),
            _behind,
            line=lambda it: not_copied_line(it.behind),
        ),
        FindingKind.CHECK_OVERDUE: Words(
            "overdue",
            lambda it: check_overdue_sentence(it.finding.since, it.finding.days),
            lambda it: ("check overdue", check_overdue_words(it.finding.since, it.now)),
        ),
        FindingKind.DATABASE_CHECK_OVERDUE: Words(
            "not checked",
            lambda it: not_counting_sentence(it.finding.name, it.finding.since, it.finding.days),
            lambda it: ("not checked", not_counting_words(it.finding.name, it.finding.since, it.now)),
        ),
        FindingKind.NOT_COMPARED: Words(
            "not compared",
            lambda it: not_compared_line(it.many),
            lambda it: (
                "not compared",
                (f"the database is a standby, {count(it.many, 'change')} behind", "a standby lags"),
            ),
        ),
        FindingKind.DRILL_OVERDUE: Words(
            "overdue",
            lambda it: drill_overdue_sentence(it.finding.since, it.finding.days),
            lambda it: ("drill overdue", drill_overdue_words(it.finding.since, it.now)),
        ),
        FindingKind.TYPING_OVERDUE: Words(
            "overdue",
            lambda it: typing_overdue_sentence(it.finding.since),
            lambda it: ("password?", typing_overdue_words(it.finding.since, it.now)),
        ),
        FindingKind.ROTATION_OPEN: Words(
            "rotation",
            lambda it: _rotation(it.finding, _SENTENCE),
            None,
            line=lambda it: f"{kid_name(it.keys[0])} {_rotation(it.finding, _LINE)}",
            beside_keys=lambda it: _rotation(it.finding, _BESIDE_KEYS),
        ),
        FindingKind.ROTATION_DUE: Words(
            "rotation",
            lambda _: ROTATION_DUE,
            _always("rotation due", "the active key sealed 2^31 secrets", "the key is used up"),
        ),
        FindingKind.COMPROMISED_IN_USE: Words(
            "compromised",
            lambda it: compromised_in_use_line(it.keys, it.many),
            _always("compromised", "a rotation seals what is under them anew", "a rotation is due"),
        ),
        FindingKind.ROWS_PUT_BACK: Words(
            "put back",
            lambda it: put_back_line(it.keys),
            _always(
                "old rows back", "their keys should seal nothing any more", "their keys are out of use"
            ),
        ),
        FindingKind.KEYS_RESTORED: Words(
            "restored",
            lambda it: arrived_line(it.keys),
            _always("restored keys", "a rotation moves on to a key of its own", "a rotation is advised"),
        ),
        FindingKind.SHARES_UNPROVEN: Words("custodians", lambda _: NOT_CHECKED, _shares),
        FindingKind.CLOCK_WRONG: Words(
            "clock",
            lambda it: registry_future(it.finding.since),
            _always("clock is wrong", "KMSBackupDate lies in the future"),
        ),
        FindingKind.REGISTER_TOO_LARGE: Words(
            "register", lambda it: too_many_rows_line(it.many), _register_too_large
        ),
        FindingKind.REGISTER_UNREADABLE: Words("register", lambda it: unreadable_line(it.many), _register),
    }
)
