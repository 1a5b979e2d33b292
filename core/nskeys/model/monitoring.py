"""What monitoring reports besides recoverability: copies by state, overdue drills and unused passwords."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from nskeys.model.register import PROOFS, BackupCopy, CopyStatus, Proof

DRILL_DAYS = 90
"""Days after which a drill is overdue, unless `config.toml` says otherwise."""

CHECK_DAYS = 8
"""Days after which a look at everything is overdue: a day more than between two runs of the timer."""

EXPOSURE_HOURS = 26
"""Hours that a changed credential may wait for its next database copy: a night's, and two more."""

DATABASE_CHECK_DAYS = 30
"""Days for which a check of somebody else's database backup counts."""

_CLOCKS_DIFFER = timedelta(minutes=1)


class RecoveryPractice(NamedTuple):
    """When the copies that count were last drilled, and when a person last typed what opens one of them.
    Dates in the future are left out, because they come from a wrong clock."""

    days: int
    """How many days may pass; with 0 nothing is ever overdue."""
    since: datetime | None
    """When the oldest copy that counts was made; None where none does, and then nothing is overdue."""
    drilled: datetime | None
    typed: datetime | None

    def drill_overdue(self, now: datetime) -> bool:
        """Return whether no copy that counts was drilled for so long."""
        return self._overdue(self.drilled, now)

    def typing_overdue(self, now: datetime) -> bool:
        """Return whether nobody has typed what opens a counting copy within this time."""
        return self._overdue(self.typed, now)

    def _overdue(self, last: datetime | None, now: datetime) -> bool:
        begun = last or self.since
        return bool(self.days) and begun is not None and now - begun > timedelta(days=self.days)


NOTHING_OVERDUE = RecoveryPractice(0, None, None, None)
"""The default where this is not asked for."""


def recovery_practice(copies: Iterable[BackupCopy], days: int, now: datetime) -> RecoveryPractice:
    """Return what the copies say of it."""
    counting = [copy for copy in copies if copy.counts]

    def past(moments: Iterable[datetime | None]) -> list[datetime]:
        return [moment for moment in moments if moment is not None and moment <= now + _CLOCKS_DIFFER]

    return RecoveryPractice(
        days=days,
        since=min(past(copy.backup.created for copy in counting), default=None),
        drilled=max(past(copy.reached(Proof.KEYS_MATCH) for copy in counting), default=None),
        typed=max(past(copy.typed for copy in counting), default=None),
    )


_TOLD = tuple(proof for proof in PROOFS if proof is not Proof.RECORDED)


class CopyCounts(NamedTuple):
    """How many copies the register has in each state, without retired ones."""

    counting: int
    """Copies that make their keys' credentials recoverable."""
    statuses: Mapping[CopyStatus, int]
    """Signed copies by their status at the last check; every status has its count."""
    unsigned: int
    """Rows without a valid signature, of which nothing else is reported."""


def count_copies(copies: Iterable[BackupCopy]) -> CopyCounts:
    """Return how many copies are how."""
    kept = [copy for copy in copies if copy.retired is None]
    statuses = [copy.status for copy in kept if copy.signed]
    return CopyCounts(
        counting=sum(copy.counts for copy in kept),
        statuses={status: statuses.count(status) for status in CopyStatus},
        unsigned=sum(not copy.signed for copy in kept),
    )


def last_proofs(copies: Iterable[BackupCopy]) -> Mapping[Proof, datetime | None]:
    """Return for each level of proof when a copy last reached it; None where none did. Only copies that
    count are considered: a proof of a file that is gone says nothing about those that are left."""
    counting = [copy for copy in copies if copy.counts]
    return {proof: _last(copy.reached(proof) for copy in counting) for proof in _TOLD}


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
