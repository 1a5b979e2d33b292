"""Looking at copies of backups: is the file there, and are its bytes those that were recorded?

An answer reads copies on this machine and in what is mounted here. A copy on another server is read by a
check of the register, and an answer takes it as the last check found it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial

from nskeys.archive.limits import ARCHIVE_LIMIT
from nskeys.errors import (
    DestinationUnreachable,
    FileUnreadable,
    HostKeyChanged,
    HostKeyRevoked,
    HostKeyUnknown,
    NskeysError,
    ServerSecretWanted,
)
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.model.register import NOWHERE, BackupCopy, CopyStatus
from nskeys.ports import Progress
from nskeys.reasons import Problem
from nskeys.services.installation import Installation
from nskeys.services.parallel import as_completed, in_parallel

_CHANGED = (Problem.TOO_LARGE, Problem.NOT_A_FILE)


def check_copy(installation: Installation, copy: BackupCopy) -> BackupCopy:
    """Return the copy as it is now. A failed look never counts as good; a retired copy is not looked at."""
    return (
        copy if copy.retired is not None else _with_status(installation, copy, *_status(installation, copy))
    )


def check_copies(
    installation: Installation, copies: Sequence[BackupCopy], progress: Progress, everywhere: bool
) -> tuple[BackupCopy, ...]:
    """Return signed copies as they are now, the others unchanged. Without `everywhere`, copies on another
    server are as their last check found them (`by_check`). Destinations are looked at at the same time, the
    copies of one destination one after the other; one that does not answer is waited for once and does not
    delay the others."""
    groups: dict[str, list[int]] = {}
    for number, copy in enumerate(copies):
        if copy.signed and copy.retired is None:
            groups.setdefault(copy.destination, []).append(number)
    if left_out := len(copies) - sum(map(len, groups.values())):
        progress.advance(left_out)
    looked, numbers = list(copies), tuple(groups.values())
    looks = [
        partial(_statuses, installation, [copies[number] for number in group], everywhere)
        for group in numbers
    ]
    for place, statuses in as_completed(looks):
        progress.checkpoint()
        for number, status in zip(numbers[place], statuses, strict=True):
            looked[number] = _as_checked(copies[number], status, installation)
            progress.advance()
    return tuple(looked)


_Found = tuple[CopyStatus, LocatedAt]


def _statuses(
    installation: Installation, copies: Sequence[BackupCopy], everywhere: bool
) -> list[_Found | LocatedAt]:
    """Return what each look at the copies of one place found; where none is due, where they lie by the last
    check."""

    @cache
    def checked(where: LocatedAt) -> LocatedAt:
        return as_declared(installation, copies[0].destination, where)

    return [
        _status(installation, copy) if everywhere or _live(installation, copy) else checked(copy.where)
        for copy in copies
    ]


def _live(installation: Installation, copy: BackupCopy) -> bool:
    try:
        return installation.destinations.source(copy.address)[0].live
    except NskeysError:
        return True  # the look reports what is wrong with the address


def _as_checked(copy: BackupCopy, found: _Found | LocatedAt, installation: Installation) -> BackupCopy:
    if isinstance(found, LocatedAt):
        return replace(copy, where=found, by_check=True)
    return _with_status(installation, copy, *found)


def unseen(error: NskeysError) -> LocatedAt:
    """Return where a place lies whose look ended with this error: it did not answer, or its answer does not
    tell."""
    silent = isinstance(error, DestinationUnreachable)
    return LocatedAt(Location.UNKNOWN, LocationReason.UNREACHED if silent else LocationReason.UNTOLD)


def _status(installation: Installation, copy: BackupCopy) -> _Found:
    try:
        destination, name = installation.destinations.source(copy.address)
        data = destination.read(name, min(copy.backup.size, ARCHIVE_LIMIT))
        where = destination.where()
    except FileUnreadable as error:
        if error.problem is Problem.MISSING:
            return CopyStatus.MISSING, copy.where
        return (CopyStatus.CHANGED if error.problem in _CHANGED else CopyStatus.UNREACHABLE), copy.where
    except NskeysError as error:
        return CopyStatus.UNREACHABLE, _where_unseen(installation, copy, error)
    same = hashlib.sha256(data).hexdigest() == copy.backup.archive_sha256
    return (CopyStatus.GOOD if same else CopyStatus.CHANGED), where


def _where_unseen(installation: Installation, copy: BackupCopy, error: NskeysError) -> LocatedAt:
    """Return where a copy lies that could not be looked at: where it was seen last, unless it never was, or
    the declaration about its folder was withdrawn, or the folder is not mounted."""
    if isinstance(error, DestinationUnreachable) and error.problem is Problem.NOT_MOUNTED:
        with suppress(NskeysError):
            return installation.destinations.source(copy.address)[0].where()
    where = as_declared(installation, copy.destination, copy.where)
    return unseen(error) if where == NOWHERE else where


def as_declared(installation: Installation, destination: str, where: LocatedAt) -> LocatedAt:
    """Return where copies lie by an earlier look. Where only a person declared them elsewhere, the
    declaration may have been withdrawn since."""
    if where.reason is not LocationReason.DECLARED:
        return where
    return where if installation.destinations.configured(destination).declared_elsewhere else NOWHERE


def _with_status(
    installation: Installation, copy: BackupCopy, status: CopyStatus, where: LocatedAt
) -> BackupCopy:
    now = installation.clock.now()
    seen = replace(copy.seen(status, now), where=where, signed=copy.signed)
    if copy.status is CopyStatus.NOT_LOOKED and status is CopyStatus.MISSING:
        # Only pruning leaves a row in this state, right before it deletes the file: removed, not lost.
        return replace(seen, retired=now)
    return seen


_ANSWERED = (HostKeyUnknown, HostKeyChanged, HostKeyRevoked, ServerSecretWanted)


def login_required(installation: Installation, destinations: Sequence[str]) -> tuple[NskeysError, ...]:
    """Return what servers among these destinations ask of a person before they show anything; a look takes
    them for unreachable. Asked at the same time; destinations that every answer looks at ask nothing."""

    def look(address: str) -> NskeysError | None:
        try:
            place = installation.destinations.at(DestinationInfo(address))
            if not place.live:
                place.listing()
        except _ANSWERED as error:
            return error
        except NskeysError:
            pass  # the look reports it
        return None

    found = in_parallel([partial(look, address) for address in dict.fromkeys(destinations)])
    return tuple(error for error in found if error is not None)
