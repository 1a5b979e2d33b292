"""Somebody else's database backups: what a person declared, and what checks proved of it.

A declaration counts for nothing. What counts is a database that was restored from the backup and checked
here: from then on the backup brings back what that database had, as a database copy does that needs no copy
key, while the check is not too old.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from nskeys.model.database_register import CopyIdentity, DatabaseCopy
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.register import CopyStatus, Proof

DECLARED_LIMIT = 200
"""Characters of a declaration."""
SOURCE_LIMIT = 2_000
"""Characters of the address of a database that was checked."""
CHECKS_KEPT = 4
_GRACE = timedelta(hours=1)
"""How far two clocks may be apart: a check dated further ahead of now does not count."""
ROW_KIND = "declared"
"""What stands in the register's column of hashes for such a row."""


class BackupCheck(NamedTuple):
    """What a check proved: the backup brings back the CMDB as it was after the change `state.number`."""

    state: CopyIdentity
    """Of the database that was restored: `sha256` is that of its checkpoint, `created` when that change was
    made; `copy_kid` is empty."""
    moment: datetime
    proof: Proof
    """`keys_match`, or `credentials_open` where the keys of this server opened every row."""
    source: str
    """The file or URL that was checked."""


@dataclass(frozen=True, slots=True)
class DeclaredBackup:
    """A declaration with its checks, newest first: the last one, and older ones that proved more."""

    text: str
    declared: datetime
    checks: tuple[BackupCheck, ...] = ()
    withdrawn: datetime | None = None
    signed: bool = field(default=False, compare=False)
    """Whether the row's signature is valid; computed on reading, never stored."""

    @property
    def stands(self) -> bool:
        """Whether this server's key vouches for it and nobody withdrew it."""
        return self.signed and self.withdrawn is None

    @property
    def last_check(self) -> BackupCheck | None:
        return self.checks[0] if self.checks else None

    @property
    def highest(self) -> BackupCheck | None:
        """The check that proved most."""
        return max(self.checks, key=lambda check: check.state.number, default=None)

    def with_check(self, check: BackupCheck) -> "DeclaredBackup":
        """Return it after one more check. Older ones stay as far as they proved more: a backup of an older
        state, restored later, takes away nothing of what was there."""
        kept = [one for one in self.checks if one.state.number > check.state.number]
        return replace(self, checks=(check, *kept[-(CHECKS_KEPT - 1) :]))

    def overdue(self, now: datetime, days: int) -> bool:
        """Return whether it was checked, and no check counts any more; never where `days` is 0."""
        return bool(self.checks) and not any(_fresh(check, now, days) for check in self.checks)

    def as_copies(self, now: datetime, days: int) -> tuple[DatabaseCopy, ...]:
        """Return what the answer takes it for: for each check a copy that is elsewhere, good while it is
        younger than so many days."""
        return tuple(_as_copy(self, check, now, days) for check in self.checks)


def _fresh(check: BackupCheck, now: datetime, days: int) -> bool:
    return not days or -_GRACE <= now - check.moment < timedelta(days=days)


def _as_copy(backup: DeclaredBackup, check: BackupCheck, now: datetime, days: int) -> DatabaseCopy:
    fresh = _fresh(check, now, days)
    # What it covers was safe until the check was too old, or until somebody withdrew the declaration.
    # One dated ahead of now, by a clock that was wrong, was never known to be young.
    ends = [backup.withdrawn, None if fresh else check.moment + timedelta(days=days)]
    good = min((end for end in ends if end is not None), default=check.moment)
    ahead = not fresh and check.moment > now
    status = CopyStatus.GOOD if fresh else CopyStatus.NOT_LOOKED
    made = DatabaseCopy(
        copy=check.state,
        destination=backup.text,
        parts=(),
        where=LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, backup.text),
        proofs=(),
        status=status,
        look_moment=check.moment,
        good_moment=good,
        retired=backup.withdrawn,
        signed=backup.signed,
        by_check=True,
        declared=True,
    ).with_proof(check.proof, check.moment)
    return replace(made, status=status, good_moment=None if ahead else good)


def newest_first(backups: Iterable[DeclaredBackup]) -> tuple[DeclaredBackup, ...]:
    """Return them by when they were declared; signed ones before all others."""
    return tuple(sorted(backups, key=lambda one: (one.signed, one.declared, one.text), reverse=True))
