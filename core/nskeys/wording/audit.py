"""A line of the audit trail in words. It comes from the database, so it may hold any text."""

from collections.abc import Mapping
from dataclasses import dataclass

from nskeys.model.audit import members_of
from nskeys.model.times import from_rfc3339
from nskeys.wording.labels import action_name
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when

EMPTY = "Nothing was written down yet."
NOT_WRITTEN_HERE = "a line that nskeys did not write"


@dataclass(frozen=True, slots=True)
class TrailLine:
    """The parts of a line, safe for a terminal. What a line does not say is empty; one that cannot be read
    is all `subject`."""

    time: str
    who: str
    what: str
    subject: str
    details: str


def trail_line(line: str) -> TrailLine:
    """Return parts such as `2026-11-22 14:02`, `root (operator)`, `backed up`, the file, `generation
    41`."""
    told = members_of(line)
    if not told:
        return TrailLine("", "", NOT_WRITTEN_HERE, safe(line), "")

    def text(name: str) -> str:
        value = told.get(name)
        return value if isinstance(value, str) else ""

    asked = f" ({safe(text('sudo_user'))})" if text("sudo_user") else ""
    details = told.get("details")
    known = details.items() if isinstance(details, Mapping) else ()
    return TrailLine(
        time=_moment(text("time")),
        who=safe(text("user")) + asked,
        what=action_name(text("action")),
        subject=safe(text("subject")),
        details=", ".join(f"{safe(str(name))} {safe(str(value))}" for name, value in known if value != ""),
    )


def _moment(text: str) -> str:
    """Return the moment in the server's time zone; the text as it stands where it is no moment."""
    try:
        return when(from_rfc3339(text))
    except (ValueError, OverflowError):
        return safe(text)
