"""Looking at database copies: is every part there, and are its bytes those that were recorded? A missing
part is a missing copy."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from nskeys.archive.database_copy.limits import PART_LIMIT
from nskeys.errors import DestinationUnreachable, FileUnreadable, NskeysError
from nskeys.model.database_register import DatabaseCopy, RegisteredPart
from nskeys.model.destinations import LocatedAt
from nskeys.model.register import NOWHERE, CopyStatus, Proof
from nskeys.ports import Destination, Progress
from nskeys.reasons import Problem
from nskeys.services.installation import Installation
from nskeys.services.parallel import as_completed
from nskeys.services.register.probe import as_declared, unseen

_CHANGED = (Problem.TOO_LARGE, Problem.NOT_A_FILE)


def check_database_copies(
    installation: Installation, copies: Sequence[DatabaseCopy], progress: Progress
) -> tuple[DatabaseCopy, ...]:
    """Return signed copies as they are now, the others unchanged. Destinations are looked at at the same
    time, the copies of one destination one after the other."""
    groups: dict[str, list[int]] = {}
    for number, copy in enumerate(copies):
        if copy.signed and copy.retired is None:
            groups.setdefault(copy.destination, []).append(number)
    looked, numbers = list(copies), tuple(groups.values())
    looks = [partial(_each, installation, [copies[number] for number in group]) for group in numbers]
    if not looks:
        return tuple(looked)
    for place, seen in as_completed(looks):
        progress.checkpoint()
        for number, copy in zip(numbers[place], seen, strict=True):
            looked[number] = copy
            progress.advance()
    return tuple(looked)


def _each(installation: Installation, copies: Sequence[DatabaseCopy]) -> list[DatabaseCopy]:
    return [check_database_copy(installation, copy) for copy in copies]


def check_database_copy(installation: Installation, copy: DatabaseCopy) -> DatabaseCopy:
    """Return the copy as it is now. A failed look never counts as good."""
    now = installation.clock.now()
    status, where = _status(installation, copy)
    if status is CopyStatus.GOOD:
        return replace(copy.with_proof(Proof.INTACT, now), where=where, signed=copy.signed)
    seen = replace(copy, status=status, look_moment=now, where=where)
    if copy.status is CopyStatus.NOT_LOOKED and status is CopyStatus.MISSING:
        # Only pruning leaves a row in this state, right before it deletes the parts: removed, not lost.
        return replace(seen, retired=now)
    return seen


def seen_in_answer(installation: Installation, copy: DatabaseCopy) -> DatabaseCopy:
    """Return the copy as it is now where it lies on this machine or on what is mounted here, else as the
    last check found it (`by_check`)."""
    try:
        info = installation.destinations.configured(copy.destination)
        live = installation.destinations.at(info).live
    except NskeysError:
        live = True  # the look reports what is wrong with the address
    if live:
        return check_database_copy(installation, copy)
    return replace(copy, where=as_declared(installation, copy.destination, copy.where), by_check=True)


def _status(installation: Installation, copy: DatabaseCopy) -> tuple[CopyStatus, LocatedAt]:
    try:
        place = installation.destinations.at(installation.destinations.configured(copy.destination))
        found = [_part(place, part) for part in copy.parts]
        where = place.where()
    except NskeysError as error:
        return CopyStatus.UNREACHABLE, _where_unseen(installation, copy, error)
    bad = [status for status in found if status is not CopyStatus.GOOD]
    return (bad[0] if bad else CopyStatus.GOOD), where


def _where_unseen(installation: Installation, copy: DatabaseCopy, error: NskeysError) -> LocatedAt:
    """Return where a copy lies that could not be looked at: where it was seen last, unless its folder is
    not mounted, or the declaration about it was withdrawn."""
    if isinstance(error, DestinationUnreachable) and error.problem is Problem.NOT_MOUNTED:
        with suppress(NskeysError):
            info = installation.destinations.configured(copy.destination)
            return installation.destinations.at(info).where()
    where = as_declared(installation, copy.destination, copy.where)
    return unseen(error) if where == NOWHERE else where


def _part(place: Destination, part: RegisteredPart) -> CopyStatus:
    try:
        data = place.read(part.name, min(part.size, PART_LIMIT))
    except FileUnreadable as error:
        if error.problem is Problem.MISSING:
            return CopyStatus.MISSING
        return CopyStatus.CHANGED if error.problem in _CHANGED else CopyStatus.UNREACHABLE
    same = hashlib.sha256(data).hexdigest() == part.sha256
    return CopyStatus.GOOD if same else CopyStatus.CHANGED
