"""The audit trail as rows, and one line in full."""

from nskeys.model.audit import AuditEntry
from nskeys.wording.audit import trail_line
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe


def entry_cells(entry: AuditEntry) -> tuple[str, ...]:
    """When, who, what, of what."""
    told = trail_line(entry.line)
    return (told.time, told.who, told.what, told.subject)


def entry_about(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    """A line below the table."""
    told = trail_line(entry.line)
    return (
        ("What", f"{told.what}: {told.subject}" if told.subject else told.what),
        ("Who", f"{told.who or '-'}, {told.time}, line {number(entry.number)}"),
        ("Details", told.details or "-"),
    )


def entry_rows(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    """A line in full, as it is stored too."""
    told = trail_line(entry.line)
    return (
        ("Line", number(entry.number)),
        ("When", told.time),
        ("Who", told.who),
        ("What", told.what),
        ("Of", told.subject),
        ("Details", told.details or "-"),
        ("Hash", entry.digest.hex()),
        ("Stored", safe(entry.line)),
    )
