"""Copying audit lines to the logs of this machine: at each change, after its commit.

What a log did not take is sent again with the next change, so a log that comes back lacks nothing. No
failure of a log fails a change: it is a finding until the lines are there.
"""

from collections.abc import Sequence

from nskeys.errors import NskeysError
from nskeys.model.audit import AuditEntry, AuditHead
from nskeys.model.trail_copies import CopiedUpto, LogBehind, LogKind
from nskeys.ports import CmdbChange, TrailLogs
from nskeys.services.installation import Installation

_MOST_LINES = 1_000
"""Lines that one change sends; the rest follow with the next ones."""


class TrailCopy:
    """The copy of one change's lines: look at the change as it begins and before it commits, then send."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._cmdb_id = ""
        self._expected: dict[LogKind, CopiedUpto | None] = {}
        self._before = 0
        self._copied: dict[LogKind, CopiedUpto] = {}
        self._lines: Sequence[AuditEntry] = ()

    def begin(self, change: CmdbChange, lines: int) -> None:
        """Look where the trail stood before the change wrote its first lines."""
        self._cmdb_id = change.cmdb_id
        self._expected = _expected(self._installation, change.cmdb_id)
        if self._expected:
            self._before = change.audit_head().count - lines

    def take(self, change: CmdbChange) -> None:
        """Read the lines that the logs lack."""
        if not self._expected:
            return
        # A log that never got a line begins here; so does that of a database that was put back.
        self._copied = {
            kind: upto if upto is not None and upto.lines <= self._before else CopiedUpto(self._before)
            for kind, upto in self._expected.items()
        }
        first = min(upto.lines for upto in self._copied.values())
        self._lines = change.audit_entries(first, min(change.audit_head().count - first, _MOST_LINES))

    def send(self) -> None:
        """Send the lines, now that they are committed, and remember how far each log is."""
        logs = self._installation.logs
        if logs is None or not self._lines:
            return
        for kind in self._copied:
            self._copied[kind] = self._sent(logs, kind)
        logs.remember(self._cmdb_id, {**logs.copied(self._cmdb_id), **self._copied})

    def _sent(self, logs: TrailLogs, kind: LogKind) -> CopiedUpto:
        upto = self._copied[kind]
        failing = upto.since if upto.problem is not None else None
        for entry in self._lines:
            if entry.number <= upto.lines:
                continue
            problem = logs.send(kind, self._cmdb_id, entry)
            if problem is not None:
                return CopiedUpto(upto.lines, problem, failing or self._installation.clock.now())
            upto, failing = CopiedUpto(entry.number), None
        return upto


def logs_behind(installation: Installation, cmdb_id: str, head: AuditHead) -> tuple[LogBehind, ...]:
    """Return the logs that lack the last lines because they did not take one."""
    return tuple(
        LogBehind(kind, head.count - upto.lines, upto.problem, upto.since)
        for kind, upto in _expected(installation, cmdb_id).items()
        if upto is not None and upto.problem is not None and upto.since is not None
    )


def _expected(installation: Installation, cmdb_id: str) -> dict[LogKind, CopiedUpto | None]:
    """Return the logs that are to get copies: those that the settings name, else those that are there or
    once were; with how far each has the trail."""
    logs = installation.logs
    if logs is None:
        return {}
    try:
        settings = installation.settings.read()
    except NskeysError:
        return {}  # whoever asks for the settings says so
    known = logs.copied(cmdb_id)
    wanted = {LogKind.JOURNAL: settings.audit_journal, LogKind.SYSLOG: settings.audit_syslog}
    return {
        kind: known.get(kind)
        for kind, says in wanted.items()
        if (says if says is not None else kind in known or logs.there(kind))
    }
