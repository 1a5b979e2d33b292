"""The port of this machine's logs, which get a copy of each audit line."""

from collections.abc import Mapping
from typing import Protocol

from nskeys.model.audit import AuditEntry
from nskeys.model.trail_copies import CopiedUpto, LogKind
from nskeys.reasons import AnyProblem


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
