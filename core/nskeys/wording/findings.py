"""What is wrong, in words: one row for each kind of finding, from which every output takes its own text.

Which findings there are, how severe they are and what helps is decided in `services.status.findings`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from nskeys.errors import NskeysError
from nskeys.model.findings import Finding, FindingKind, Hope, Reason, RotationWait, Shelter
from nskeys.model.keys import Kid, Leftover
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy
from nskeys.wording.copies import UNPROVEN, backup_name
from nskeys.wording.custodians import NOT_CHECKED
from nskeys.wording.drills import (
    drill_overdue_sentence,
    drill_overdue_words,
    typing_overdue_sentence,
    typing_overdue_words,
)
from nskeys.wording.errors import say
from nskeys.wording.keys import leftover_line, leftover_way
from nskeys.wording.labels import due_sentence, kid_name
from nskeys.wording.layout import WIDE, Layout, first_fitting
from nskeys.wording.next_steps import step_command, step_hint
from nskeys.wording.recovery import not_proven_line
from nskeys.wording.reports import (
    ROTATION_DUE,
    arrived_line,
    claim_line,
    put_back_line,
    registry_future,
    unreadable_line,
    unreadable_rows_line,
)
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe, width
from nskeys.wording.text.times import since

Brief: TypeAlias = tuple[str, tuple[str, ...]]
"""A label, and what stands beside it, each variant shorter than the one before."""
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Case:
    """A finding, the present moment, and the room on the first screen."""

    finding: Finding
    now: datetime
    layout: Layout = WIDE

    @property
    def count(self) -> int:
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


@dataclass(frozen=True, slots=True)
class _Words:
    """The texts of one kind of finding."""

    heading: str
    """Beside which `status` says it."""
    sentence: Callable[[_Case], str]
    """For monitoring, which prints it alone."""
    brief: Callable[[_Case], Brief] | None
    """For the lines at the top of the first screen; None for what stands beside the keys there."""
    line: Callable[[_Case], str] | None = None
    """Beside the heading, where that is not the sentence."""
    paper: Callable[[_Case], str] | None = None
    """For the runbook: a part of a sentence, for credentials that the backups in it do not bring back."""
    beside_keys: Callable[[_Case], str] | None = None
    """For the first screen's line above the keys."""


# --- each kind ----------------------------------------------------------------------------------------


def _are(n: int) -> str:
    return f"{number(n)} {'is' if n == 1 else 'are'}"


def _exposed(it: _Case) -> str:
    """Return text such as ` since 14:02`; empty where that is not known."""
    return "" if it.finding.since is None else f" {since(it.finding.since, it.now)}"


_HOPES: Mapping[Reason | None, tuple[str, ...]] = MappingProxyType(
    {
        Hope.NONE: ("no key here, no known backup opens them", "no known backup opens them"),
        Hope.KNOWN: ("a backup may have their keys",),
    }
)


def _lost(it: _Case) -> Brief:
    label = f"{number(it.count)} lost"
    if it.finding.reason is Hope.CLAIMED:
        name = backup_name(it.copy)
        texts = (f"{name} says it has their keys: try it", f"{name} says it has them", f"try {name}")
        return label, texts
    return label, _HOPES[it.finding.reason]


def _unreadable(it: _Case) -> Brief:
    rows = it.count
    label = first_fitting(it.layout.notice, f"{number(rows)} unreadable", "unreadable")
    first = it.finding.rows[0]
    name = safe(first.credential.reference if first.credential else f"{first.table} {first.row}")
    texts = (f"{name} and {number(rows - 1)} more", name) if rows > 1 else (name,)
    return label, (*texts, count(rows, "row"))


_SHELTERS: Mapping[Reason | None, str] = MappingProxyType(
    {
        Shelter.NONE: "in no backup",
        Shelter.ONLY_HERE: "backed up only here",
        Shelter.NONE_THAT_COUNTS: "in no backup that counts",
    }
)


def _at_risk(it: _Case) -> Brief:
    """Return the words for credentials at risk, always with since when: beside the label where it fits,
    else before the text."""
    label, when = f"{number(it.count)} at risk", _exposed(it).lstrip()
    kids = it.keys
    where = _SHELTERS[it.finding.reason]
    under = kid_name(kids[0]) if len(kids) == 1 else count(len(kids), "key")
    texts = (f"sealed under {under}, {where}", f"{under}, {where}", where)
    if not when:
        return label, texts
    if width(f"{label} {when}") <= it.layout.notice:
        return f"{label} {when}", texts
    # A date is longer than a time; the key is left out before the date is.
    return label, (*(f"{when}: {text}" for text in texts), when)


def _closed_here(it: _Case) -> Brief:
    closed = number(it.count)
    label = first_fitting(it.layout.notice, f"{closed} closed here", f"{closed} closed")
    return label, ("their keys are in a backup, not here", "their keys are not here")


def _closed_sentence(it: _Case) -> str:
    do = "does" if it.count == 1 else "do"
    return f"{count(it.count, 'credential')} {do} not open here, for a key is only in a backup."


def _claim_sentence(it: _Case) -> str:
    return claim_line(it.keys[0], it.copy)


def _claimed(it: _Case) -> Brief:
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


def _not_proven(it: _Case) -> Brief:
    name = backup_name(it.copy)
    texts = (f"{name} is not yet proven by a person", f"{name} waits for a person", "one has to drill")
    return "not proven", texts


def _left(it: _Case) -> Brief:
    opens = "still opens the keys" if it.left.opens else "could not be removed"
    return "not removed", (f"an earlier key store {opens}", opens)


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
            "{kid} is backed up: o goes on",
        ),
        RotationWait.RESEALING: (
            "re-sealing",
            "A rotation is not finished: not every credential is sealed under key {kid} yet.",
            "rotation not finished: o goes on",
        ),
        RotationWait.RESEALING_WITHOUT_BACKUP: (
            "re-sealing, rotated without a backup",
            "A rotation without a backup is not finished: not every credential is under key {kid} yet.",
            "rotated without a backup: o goes on",
        ),
    }
)
"""Behind the key's name; a sentence; beside the keys on the first screen, in a rule of 60 cells. That the
gate was skipped matters more than how far it is."""
_LINE, _SENTENCE, _BESIDE_KEYS = range(3)


def _rotation(finding: Finding, place: int) -> str:
    copy = "" if finding.copy is None else backup_name(finding.copy)
    return _WAITS[finding.reason][place].format(kid=kid_name(finding.keys[0]), copy=copy)


def _shares(it: _Case) -> Brief:
    shares = count(it.count, "share")
    return "custodians", (f"{shares} made, and not yet proven", f"{shares} not yet proven")


def _register(it: _Case) -> Brief:
    rows = count(it.count, "row")
    return "register", (f"{rows} of it count for nothing", f"{rows} unreadable")


def _always(label: str, *texts: str) -> Callable[[_Case], Brief]:
    return lambda _: (label, texts)


_WORDS = MappingProxyType(
    {
        FindingKind.LOST: _Words(
            "lost",
            lambda it: f"{_are(it.count)} lost.",
            _lost,
            line=lambda it: number(it.count),
            paper=lambda it: f"{number(it.count)} lost: their key is neither here nor in such a backup",
        ),
        FindingKind.UNREADABLE: _Words(
            "unreadable", lambda it: unreadable_rows_line(it.finding.rows), _unreadable
        ),
        FindingKind.AT_RISK: _Words(
            "at risk",
            lambda it: f"{_are(it.count)} at risk{_exposed(it)}.",
            _at_risk,
            line=lambda it: f"{number(it.count)}{_exposed(it)}",
            paper=lambda it: f"{number(it.count)} at risk: no backup elsewhere that counts holds their key",
        ),
        FindingKind.CLOSED_HERE: _Words("closed here", _closed_sentence, _closed_here),
        FindingKind.CLAIMED: _Words("claimed", _claim_sentence, _claimed),
        FindingKind.BACKUP_DUE: _Words(
            "due",
            lambda it: due_sentence(it.due),
            lambda it: ("backup due", _DUE[it.due]),
        ),
        FindingKind.NOT_PROVEN: _Words(
            "not proven",
            lambda it: f"{backup_name(it.copy).capitalize()} {UNPROVEN}.",
            _not_proven,
            line=lambda it: not_proven_line(it.copy),
        ),
        FindingKind.IDENTITY_CHANGED: _Words(
            "identity",
            lambda it: say(it.error).what,
            _always("tampered with", "the recovery identity cannot be used", "it cannot be used"),
            line=lambda it: str(say(it.error)),
        ),
        FindingKind.KEY_STORE_LEFT: _Words(
            "not removed",
            lambda it: leftover_line(it.left),
            _left,
            line=lambda it: f"{leftover_line(it.left)} {leftover_way(it.left)}",
        ),
        FindingKind.DRILL_OVERDUE: _Words(
            "overdue",
            lambda it: drill_overdue_sentence(it.finding.since, it.finding.days),
            lambda it: ("drill overdue", drill_overdue_words(it.finding.since, it.now)),
        ),
        FindingKind.TYPING_OVERDUE: _Words(
            "overdue",
            lambda it: typing_overdue_sentence(it.finding.since),
            lambda it: ("password?", typing_overdue_words(it.finding.since, it.now)),
        ),
        FindingKind.ROTATION_OPEN: _Words(
            "rotation",
            lambda it: _rotation(it.finding, _SENTENCE),
            None,
            line=lambda it: f"{kid_name(it.keys[0])} {_rotation(it.finding, _LINE)}",
            beside_keys=lambda it: _rotation(it.finding, _BESIDE_KEYS),
        ),
        FindingKind.ROTATION_DUE: _Words(
            "rotation",
            lambda _: ROTATION_DUE,
            _always("rotation due", "the active key sealed 2^31 secrets", "the key is used up"),
        ),
        FindingKind.ROWS_PUT_BACK: _Words(
            "put back",
            lambda it: put_back_line(it.keys),
            _always(
                "old rows back", "their keys should seal nothing any more", "their keys are out of use"
            ),
        ),
        FindingKind.KEYS_RESTORED: _Words(
            "restored",
            lambda it: arrived_line(it.keys),
            _always("restored keys", "a rotation moves on to a key of its own", "a rotation is advised"),
        ),
        FindingKind.SHARES_UNPROVEN: _Words("custodians", lambda _: NOT_CHECKED, _shares),
        FindingKind.CLOCK_WRONG: _Words(
            "clock",
            lambda it: registry_future(it.finding.since),
            _always("clock is wrong", "KMSBackupDate lies in the future"),
        ),
        FindingKind.REGISTER_UNREADABLE: _Words(
            "register", lambda it: unreadable_line(it.count), _register
        ),
    }
)


# --- the voices ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding on the first screen: a label, a few words, and the key that helps (`b  back up`)."""

    label: str
    text: str
    hint: str
    finding: Finding


def notice(finding: Finding, now: datetime, layout: Layout) -> Notice | None:
    """Return the first words that fit the layout beside the key that helps; None for what is told beside
    the keys."""
    brief = _WORDS[finding.kind].brief
    if brief is None:
        return None
    hint = step_hint(finding.next.action) if finding.next else ""
    label, texts = brief(_Case(finding, now, layout))
    room = layout.text - (width(hint) + 2 if hint else 0)
    return Notice(first_fitting(layout.notice, label), first_fitting(room, *texts), hint, finding)


def beside_keys(finding: Finding, now: datetime) -> str:
    """Return what is told above the keys; empty for everything else."""
    words = _WORDS[finding.kind].beside_keys
    return "" if words is None else words(_Case(finding, now))


def finding_sentence(finding: Finding, now: datetime) -> str:
    """Return the whole finding, for a reader who sees nothing else."""
    return _WORDS[finding.kind].sentence(_Case(finding, now))


def finding_on_paper(finding: Finding, now: datetime) -> str:
    """Return what the runbook says of it; empty for what does not matter once the server is gone."""
    paper = _WORDS[finding.kind].paper
    return "" if paper is None else paper(_Case(finding, now))


def finding_facts(findings: Iterable[Finding], now: datetime) -> tuple[tuple[str, str], ...]:
    """Return headings and lines for `status`, and behind them each command that helps, once."""
    findings = tuple(findings)
    said = tuple((_WORDS[one.kind].heading, _line(one, now)) for one in findings)
    steps = dict.fromkeys(step_command(one.next) for one in findings if one.next is not None)
    return (*said, *(("next", f"'{command}'") for command in steps))


def _line(finding: Finding, now: datetime) -> str:
    words = _WORDS[finding.kind]
    return (words.line or words.sentence)(_Case(finding, now))
