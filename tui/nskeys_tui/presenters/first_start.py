"""The first start's choices: a token, a label, and what it means."""

from collections.abc import Sequence

from nskeys.model.operations import FirstSight
from nskeys.model.places import Location
from nskeys.model.register import BackupCopy
from nskeys.wording.first_start import (
    NEW_INSTALLATION,
    NO_BACKUP_REMEMBERED,
    ONLY_THE_REGISTER,
    OTHER_CMDB,
    RESTORE,
    RESTORE_ANOTHER,
    first_sight,
    go_on_without,
    restore_remembered,
)

NEW, ANOTHER, CMDB, WITHOUT = "/new", "/another", "/cmdb", "/without"
"""Choices that are no address."""
_REMEMBERED = 2


def words(sight: FirstSight) -> tuple[str, ...]:
    """What is said above the choices."""
    if not sight.credentials and not sight.remembered:
        return first_sight(sight)
    return (*first_sight(sight), ONLY_THE_REGISTER if remembered(sight) else NO_BACKUP_REMEMBERED)


def choices(sight: FirstSight) -> tuple[tuple[str, str, str], ...]:
    """The likeliest way first."""
    if not sight.credentials and not sight.remembered:
        return (
            (NEW, *NEW_INSTALLATION),
            (ANOTHER, *RESTORE),
            (CMDB, *OTHER_CMDB),
        )
    last = (WITHOUT, *go_on_without(sight.credentials)) if sight.credentials else (NEW, *NEW_INSTALLATION)
    known = remembered(sight)
    return (
        *((copy.address, *restore_remembered(copy)) for copy in known),
        (ANOTHER, *(RESTORE_ANOTHER if known else RESTORE)),
        last,
    )


def remembered(sight: FirstSight) -> Sequence[BackupCopy]:
    """Copies of the newest backup that the register remembers: first what lay elsewhere, for what lay on
    the machine that died is gone."""
    kept = [copy for copy in sight.remembered if copy.retired is None]
    newest = max((copy.backup.generation for copy in kept), default=0)
    copies = [copy for copy in kept if copy.backup.generation == newest]
    return sorted(copies, key=lambda copy: copy.where.location is Location.HERE)[:_REMEMBERED]
