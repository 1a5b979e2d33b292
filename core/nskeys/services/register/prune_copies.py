"""Pruning database copies: which are surplus, and how one goes, all its parts with it.

As with key backups each takes three steps, so that a kill between two of them leaves no false claim: its
row stops counting and says that nobody looked, its parts are deleted, the row says that it was removed.
"""

from collections.abc import Sequence
from dataclasses import replace

from nskeys.errors import (
    Cancelled,
    CannotRemove,
    DestinationUnreachable,
    FileUnreadable,
    NskeysError,
    PlanOutdated,
)
from nskeys.model.audit import Action
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.halves import held_in, rows_of
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.model.retention import Retention, surplus_copies
from nskeys.ports import Progress
from nskeys.reasons import Operation, Problem
from nskeys.services.installation import Installation
from nskeys.services.register.database_half import database_half
from nskeys.services.register.database_probe import check_database_copies, check_database_copy
from nskeys.services.register.signed_rows import SignedRegister, read_register, record_database
from nskeys.services.settling import home_of
from nskeys.services.transaction import KeyedChanges


def surplus(
    installation: Installation,
    register: SignedRegister,
    backups: Sequence[BackupCopy],
    retention: Retention,
    progress: Progress,
) -> tuple[DatabaseCopy, ...]:
    """Return the copies to delete, oldest first; each is looked at now. `backups` are the key backups as
    just checked."""
    looked = check_database_copies(installation, register.databases, progress)
    half = database_half(installation, looked, home_of(installation))
    with installation.cmdb.reading() as view:
        sealed = tuple(rows_of(view.counts()).values())
    return surplus_copies(half.vouched(), sealed, held_in(backups), retention)


def begun(register: SignedRegister) -> tuple[DatabaseCopy, ...]:
    """Return the copies whose removal was interrupted."""
    return tuple(
        copy
        for copy in register.databases
        if copy.signed and copy.retired is None and copy.status is CopyStatus.NOT_LOOKED
    )


def remove_copy(
    installation: Installation, copy: DatabaseCopy, changes: KeyedChanges
) -> NskeysError | None:
    """Delete a copy, so that its row says so. Return None, or what keeps a part there."""
    seen = check_database_copy(installation, copy)
    if seen.status is CopyStatus.UNREACHABLE:
        return DestinationUnreachable(copy.destination, Problem.NO_ANSWER)
    if copy.status is not CopyStatus.NOT_LOOKED:
        if seen.status is not CopyStatus.GOOD:
            return FileUnreadable(copy.parts[0].name, Problem.DIFFERS)
        _write(installation, replace(seen, status=CopyStatus.NOT_LOOKED), Action.PRUNE_BEGAN, changes)
    if error := _parts_away(installation, copy):
        return error
    moment = installation.clock.now()
    gone = replace(seen, status=CopyStatus.MISSING, look_moment=moment, retired=moment)
    _write(installation, gone, Action.PRUNED, changes)
    return None


def _parts_away(installation: Installation, copy: DatabaseCopy) -> NskeysError | None:
    try:
        place = installation.destinations.at(installation.destinations.configured(copy.destination))
        for part in copy.parts:
            try:
                place.remove(part.name)
            except FileUnreadable as error:
                if error.problem is not Problem.MISSING:
                    return error
        left = [file.name for file in place.listing() if file.name in {part.name for part in copy.parts}]
    except Cancelled:
        raise
    except NskeysError as error:
        return error
    return CannotRemove(left[0], Problem.STILL_THERE) if left else None


def _write(installation: Installation, copy: DatabaseCopy, action: Action, changes: KeyedChanges) -> None:
    event = installation.event(
        action, copy.destination, number=copy.copy.number, sha256=copy.copy.sha256, parts=len(copy.parts)
    )
    with changes.signed(event) as change:
        # Read under the lock: a row whose signature is gone is not signed again.
        known = read_register(change, installation.server_public()).databases
        if not any(one.signed and _key(one) == _key(copy) for one in known):
            raise PlanOutdated(Operation.PRUNE)
        record_database(change, copy, changes.server_key)


def _key(copy: DatabaseCopy) -> tuple[str, str]:
    return (copy.copy.sha256, copy.destination)
