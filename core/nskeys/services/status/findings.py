"""What is wrong with this server, as one list that every front end words and none adds to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from nskeys.model.destinations import Location
from nskeys.model.findings import (
    Finding,
    FindingKind,
    Hope,
    RotationWait,
    Severity,
    Shelter,
)
from nskeys.model.halves import Lack
from nskeys.model.keys import KeyState, Kid, RotationStage
from nskeys.model.next_steps import NextAction, NextStep
from nskeys.model.recoverability import KeyCoverage, RecoveryState
from nskeys.model.register import REGISTER_LIMIT, BackupCopy, CopyStatus

if TYPE_CHECKING:
    from nskeys.services.status.overview import Overview  # imports crypto, which a help text does not need

_ORDER = tuple(FindingKind)

_note = partial(Finding, severity=Severity.NOTE)
_warning = partial(Finding, severity=Severity.WARNING)
_critical = partial(Finding, severity=Severity.CRITICAL)


def findings_of(overview: Overview) -> tuple[Finding, ...]:
    """Return everything that is wrong, the worst first; the same overview always gives the same list."""
    found = (finding for look in _LOOKS for finding in look(overview))
    return tuple(sorted(found, key=lambda one: (-one.severity, _ORDER.index(one.kind))))


def _mismatches(overview: Overview) -> Iterator[Finding]:
    """Yield what contradicts the checkpoint; one look at it shows all."""
    step = NextStep(NextAction.CHECKPOINT)
    for place, mismatch in enumerate(overview.mismatches):
        yield _critical(
            kind=FindingKind.MISMATCH,
            next=step,
            mismatch=mismatch,
            reason=mismatch.what,
            implied=place > 0,
        )
    for place, difference in enumerate(overview.differences):
        yield _critical(
            kind=FindingKind.ROWS_CHANGED,
            next=NextStep(NextAction.RE_ENTER),
            keys=(difference.kid,),
            difference=difference,
            implied=place > 0,
        )


def _lost(overview: Overview) -> Iterator[Finding]:
    kids = _kids(overview, RecoveryState.LOST)
    if kids:
        claims = overview.claims
        newest = max((copy for _, copy in claims), key=lambda one: one.backup.generation, default=None)
        known = any(set(kids) & set(copy.backup.kids) for copy in overview.copies)
        yield _critical(
            kind=FindingKind.LOST,
            next=NextStep(NextAction.RESTORE, "" if newest is None else newest.address),
            count=overview.recoverability.totals.lost,
            keys=kids,
            copy=newest,
            reason=Hope.CLAIMED if newest is not None else Hope.KNOWN if known else Hope.NONE,
        )
        for kid, copy in claims:
            yield _note(
                kind=FindingKind.CLAIMED,
                next=NextStep(NextAction.RESTORE, copy.address),
                keys=(kid,),
                copy=copy,
                implied=True,
            )


def _unreadable(overview: Overview) -> Iterator[Finding]:
    if overview.unreadable:
        named = any(row.credential is not None for row in overview.unreadable)
        yield _warning(
            kind=FindingKind.UNREADABLE,
            next=NextStep(NextAction.RE_ENTER) if named else None,
            count=len(overview.unreadable),
            rows=overview.unreadable,
        )


def _at_risk(overview: Overview) -> Iterator[Finding]:
    kids = _kids(overview, RecoveryState.AT_RISK)
    if kids:
        answer = overview.recoverability
        # Where the newest backup holds all of them and waits for a person only, another one waits as well.
        waits = overview.not_proven_by_a_person
        drill = waits is not None and set(kids) <= set(waits.backup.kids) and not answer.database_due
        yield Finding(
            kind=FindingKind.AT_RISK,
            severity=Severity.NOTE if _waits_for_its_copy(overview) else Severity.WARNING,
            next=NextStep(NextAction.DRILL if drill else NextAction.BACK_UP),
            since=answer.exposed_since,
            count=answer.totals.at_risk,
            keys=kids,
            reason=_why_at_risk(overview, kids),
        )


def _waits_for_its_copy(overview: Overview) -> bool:
    """Return whether all that is at risk was in a good copy before it was changed, not long ago."""
    answer, hours = overview.recoverability, timedelta(hours=overview.exposure_hours)
    exposed = [key for key in answer.keys if key.at_risk]
    only = all(key.edited_only and key.lacks is Lack.CHANGED for key in exposed)
    since = answer.exposed_since
    return only and since is not None and overview.taken - since < hours


def _why_at_risk(overview: Overview, kids: tuple[Kid, ...]) -> Shelter | Lack:
    """Return what is missing: of the half that is harder to mend, where several keys lack something."""
    lacks = {key.kid: key.lacks for key in overview.recoverability.keys if key.at_risk}
    keyless = [kid for kid in kids if lacks[kid] in (Lack.KEYS, Lack.BOTH)]
    if keyless:
        return _shelter(overview, frozenset(keyless))
    return min((lack for lack in lacks.values() if lack is not None), key=tuple(Lack).index)


def _shelter(overview: Overview, kids: frozenset[Kid]) -> Shelter:
    holding = [copy for copy in overview.copies if copy.signed and kids & set(copy.backup.kids)]
    there = [copy for copy in holding if copy.retired is None and copy.status is CopyStatus.GOOD]
    if not holding:
        return Shelter.NONE
    if there and all(copy.where.location is Location.HERE for copy in there):
        return Shelter.ONLY_HERE
    return Shelter.NONE_THAT_COUNTS


def _closed_here(overview: Overview) -> Iterator[Finding]:
    totals = overview.recoverability.totals
    closed = totals.total - totals.opens_here - totals.lost - totals.unreadable
    if closed > 0:
        keys = tuple(key.kid for key in overview.recoverability.keys if key.recoverable and not key.here)
        step = NextStep(NextAction.RESTORE)
        yield _note(kind=FindingKind.CLOSED_HERE, next=step, count=closed, keys=keys)


def _backup_due(overview: Overview) -> Iterator[Finding]:
    answer = overview.recoverability
    for place, reason in enumerate(answer.due):
        yield _note(
            kind=FindingKind.BACKUP_DUE,
            next=NextStep(NextAction.BACK_UP),
            reason=reason,
            implied=bool(place or answer.totals.at_risk),
        )


def _not_proven(overview: Overview) -> Iterator[Finding]:
    waits = overview.not_proven_by_a_person
    if waits is not None:
        yield _note(kind=FindingKind.NOT_PROVEN, next=NextStep(NextAction.DRILL), copy=waits)


def _identity_changed(overview: Overview) -> Iterator[Finding]:
    if overview.recovery_problem is not None:
        step = NextStep(NextAction.IDENTITY)
        yield _warning(kind=FindingKind.IDENTITY_CHANGED, next=step, error=overview.recovery_problem)


def _key_stores_left(overview: Overview) -> Iterator[Finding]:
    for place, left in enumerate(sorted(overview.leftovers, key=lambda one: not one.opens)):
        yield _warning(
            kind=FindingKind.KEY_STORE_LEFT,
            next=NextStep(NextAction.PROTECTOR),
            left=left,
            implied=place > 0,
        )


def _trail_not_copied(overview: Overview) -> Iterator[Finding]:
    for log in overview.behind:
        yield _warning(kind=FindingKind.TRAIL_NOT_COPIED, count=log.lines, since=log.since, behind=log)


def _check_overdue(overview: Overview) -> Iterator[Finding]:
    last, days = overview.last_check, overview.check_days
    looked = None if last is None else last.moment
    since = looked or overview.here_since
    if since is not None and days and overview.taken - since > timedelta(days=days):
        step = NextStep(NextAction.REGISTER_CHECK)
        yield _warning(kind=FindingKind.CHECK_OVERDUE, next=step, since=looked, days=days)


def _database_checks(overview: Overview) -> Iterator[Finding]:
    """Yield each of somebody else's backups that counts for nothing; one that nobody checked yet takes
    nothing away."""
    step = NextStep(NextAction.DATABASE_CHECK)
    for backup in overview.declared:
        last = backup.last_check
        if last is not None and not backup.overdue(overview.taken, overview.database_check_days):
            continue
        yield Finding(
            kind=FindingKind.DATABASE_CHECK_OVERDUE,
            severity=Severity.NOTE if last is None else Severity.WARNING,
            next=step,
            since=None if last is None else last.moment,
            days=overview.database_check_days,
            name=backup.text,
        )


def _not_compared(overview: Overview) -> Iterator[Finding]:
    if overview.lags:
        yield _warning(kind=FindingKind.NOT_COMPARED, count=overview.lags)


def _overdue(overview: Overview) -> Iterator[Finding]:
    """Yield that a drill, or typing what opens the backups, is overdue; a drill by a person ends both."""
    known, now = overview.practice, overview.taken
    if not overview.recoverability.totals.total:
        return
    drill = known.drill_overdue(now)
    step = NextStep(NextAction.DRILL)
    if drill:
        yield _warning(kind=FindingKind.DRILL_OVERDUE, next=step, since=known.drilled, days=known.days)
    if known.typing_overdue(now):
        yield _warning(kind=FindingKind.TYPING_OVERDUE, next=step, since=known.typed, implied=drill)


def _rotation_open(overview: Overview) -> Iterator[Finding]:
    rotation = overview.rotation
    if rotation is None:
        return
    held_by, begun = overview.rotation_held_by, rotation.stage is not RotationStage.WAITING
    if any(copy.counts and rotation.kid in copy.backup.kids for copy in overview.copies):
        wait = RotationWait.RESEALING if begun else RotationWait.GO_ON
    elif held_by is not None and held_by.lies_well:
        wait = RotationWait.DRILL
    else:
        wait = RotationWait.RESEALING_WITHOUT_BACKUP if begun else RotationWait.BACKUP
    yield _note(
        kind=FindingKind.ROTATION_OPEN,
        next=_to_rotate(wait, held_by),
        since=rotation.begun,
        keys=(rotation.kid,),
        copy=held_by,
        reason=wait,
    )


def _to_rotate(wait: RotationWait, held_by: BackupCopy | None) -> NextStep:
    if wait in (RotationWait.BACKUP, RotationWait.RESEALING_WITHOUT_BACKUP):
        return NextStep(NextAction.BACK_UP_AND_ROTATE)
    if wait is RotationWait.DRILL and held_by is not None:
        return NextStep(NextAction.DRILL_AND_ROTATE, held_by.address)
    return NextStep(NextAction.ROTATE)


def _keys(overview: Overview) -> Iterator[Finding]:
    step = NextStep(NextAction.ROTATE)
    if overview.rotation_due:
        yield _note(kind=FindingKind.ROTATION_DUE, next=step)
    used = [key for key in overview.recoverability.keys if key.credentials and _is_compromised(key)]
    if used:
        yield _warning(
            kind=FindingKind.COMPROMISED_IN_USE,
            next=step,
            keys=tuple(key.kid for key in used),
            count=sum(key.credentials for key in used),
        )
    if overview.put_back:
        yield _note(kind=FindingKind.ROWS_PUT_BACK, next=step, keys=overview.put_back)
    if overview.arrived:
        yield _note(kind=FindingKind.KEYS_RESTORED, next=step, keys=overview.arrived)


def _is_compromised(key: KeyCoverage) -> bool:
    return key.info is not None and key.info.state is KeyState.COMPROMISED


def _others(overview: Overview) -> Iterator[Finding]:
    if overview.unproven_shares:
        step, shares = NextStep(NextAction.CUSTODIANS_CHECK), overview.unproven_shares
        yield _note(kind=FindingKind.SHARES_UNPROVEN, next=step, count=shares)
    if overview.backup_date_ahead:
        yield _note(kind=FindingKind.CLOCK_WRONG, since=overview.registry.backup_date)
    if overview.unread_rows:
        yield _warning(kind=FindingKind.REGISTER_TOO_LARGE, count=REGISTER_LIMIT + overview.unread_rows)
    if overview.unreadable_rows:
        step, rows = NextStep(NextAction.REGISTER_CHECK), overview.unreadable_rows
        yield _note(kind=FindingKind.REGISTER_UNREADABLE, next=step, count=rows)


_LOOKS = (
    _mismatches,
    _lost,
    _unreadable,
    _at_risk,
    _closed_here,
    _backup_due,
    _not_proven,
    _identity_changed,
    _key_stores_left,
    _trail_not_copied,
    _check_overdue,
    _database_checks,
    _not_compared,
    _overdue,
    _rotation_open,
    _keys,
    _others,
)


def _kids(overview: Overview, state: RecoveryState) -> tuple[Kid, ...]:
    """Return the keys with any credential in this state."""
    lost = state is RecoveryState.LOST
    return tuple(key.kid for key in overview.recoverability.keys if (key.lost if lost else key.at_risk))
