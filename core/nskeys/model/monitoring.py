"""Whether people still can do what they will have to do on the worst day: drills, and passwords in mind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nskeys.model.register import BackupCopy, Proof

DRILL_DAYS = 90
"""Days after which a drill is overdue, unless `config.toml` says otherwise."""

_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Practice:
    """When the copies that count were last drilled, and when a person last typed what opens one of them.
    Dates that lie ahead are left out: a clock was wrong, and nobody is to wait until it is right."""

    days: int
    """So many days may pass; with 0 nothing is ever overdue."""
    since: datetime | None
    """When the oldest copy that counts was made; None where none does, and then nothing is overdue."""
    drilled: datetime | None
    typed: datetime | None

    def drill_overdue(self, now: datetime) -> bool:
        """Whether no copy that counts was drilled for so long."""
        return self._overdue(self.drilled, now)

    def typing_overdue(self, now: datetime) -> bool:
        """Whether nobody typed what opens a copy that counts for so long."""
        return self._overdue(self.typed, now)

    def _overdue(self, last: datetime | None, now: datetime) -> bool:
        begun = last or self.since
        return bool(self.days) and begun is not None and now - begun > timedelta(days=self.days)


NOTHING_OVERDUE = Practice(0, None, None, None)
"""Where nobody asked."""


def practice(copies: Iterable[BackupCopy], days: int, now: datetime) -> Practice:
    """What the copies say of it."""
    counting = [copy for copy in copies if copy.counts]

    def past(moments: Iterable[datetime | None]) -> list[datetime]:
        return [moment for moment in moments if moment is not None and moment <= now + _CLOCKS_DIFFER]

    return Practice(
        days=days,
        since=min(past(copy.backup.created for copy in counting), default=None),
        drilled=max(past(copy.reached(Proof.KEYS_MATCH) for copy in counting), default=None),
        typed=max(past(copy.typed for copy in counting), default=None),
    )
