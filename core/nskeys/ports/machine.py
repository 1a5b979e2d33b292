"""The ports of this machine: systemd, which runs jobs by the clock, and the logs that get a copy of each
audit line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nskeys.model.audit import AuditEntry
    from nskeys.model.schedule import Job, TimerStatus
    from nskeys.model.trail_copies import CopiedUpto, LogKind
    from nskeys.reasons import AnyProblem


class ServiceManager(Protocol):
    """systemd, as far as the units of nskeys need it."""

    def program(self) -> tuple[str, ...]:
        """Return the command that starts this nskeys from any folder: absolute path, then arguments."""
        ...

    def owner(self, path: str) -> str:
        """Return the name of the user who owns a folder; empty for root."""
        ...

    def path_of(self, name: str) -> str:
        """Return where a unit lies."""
        ...

    def read(self, name: str) -> str | None:
        """Return a unit's text; None where there is none, empty where it is not a regular text file."""
        ...

    def write(self, name: str, text: str) -> None:
        """Write a unit, durably, replacing any. Raises CannotCreate."""
        ...

    def remove(self, name: str) -> None:
        """Remove a unit if it exists. Raises CannotCreate."""
        ...

    def runs(self) -> bool:
        """Return whether systemd runs this machine."""
        ...

    def start(self, timers: Sequence[str]) -> None:
        """Reload the units, then enable and start these timers. Raises ScheduleNotStarted."""
        ...

    def stop(self, timers: Sequence[str]) -> None:
        """Stop and disable these timers. Raises ScheduleNotStarted."""
        ...

    def reload(self) -> None:
        """Read the units anew. Raises ScheduleNotStarted."""
        ...

    def timer(self, job: Job) -> TimerStatus:
        """Return what is known of a job."""
        ...


class TrailLogs(Protocol):
    """The logs, and how far each has the trail."""

    def there(self, kind: LogKind) -> bool:
        """Return whether this machine has such a log of its own."""
        ...

    def send(self, kind: LogKind, cmdb_id: str, entry: AuditEntry) -> AnyProblem | None:
        """Send a line. Returns the problem where the log did not take it; raises nothing."""
        ...

    def copied(self, cmdb_id: str) -> Mapping[LogKind, CopiedUpto]:
        """Return how far each log has the trail of this CMDB; nothing of a log that never got a line, or
        where that cannot be read."""
        ...

    def remember(self, cmdb_id: str, copied: Mapping[LogKind, CopiedUpto]) -> None:
        """Keep how far each log has the trail; nothing where that cannot be written, so that lines are
        sent once more."""
        ...
