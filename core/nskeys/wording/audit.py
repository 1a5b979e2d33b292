"""A line of the audit trail in words. It comes from the database, so it may hold any text."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from nskeys.model.audit import actor_of, members_of
from nskeys.model.times import from_rfc3339
from nskeys.model.trail_copies import LogBehind, LogKind
from nskeys.wording.labels import action_name
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when
from nskeys.wording.who import who_word, who_words

EMPTY = "Nothing was written down yet."
NOT_WRITTEN_HERE = "a line that nskeys did not write"

LOGS = MappingProxyType({LogKind.JOURNAL: "the journal", LogKind.SYSLOG: "syslog"})
_SETTINGS = MappingProxyType({LogKind.JOURNAL: "audit_journal", LogKind.SYSLOG: "audit_syslog"})


class TrailLine(NamedTuple):
    """The parts of a line, safe for a terminal. What a line does not say is empty; one that cannot be read
    is all `subject`."""

    time: str
    who: str
    who_in_full: str
    what: str
    subject: str
    details: str


def trail_line(line: str) -> TrailLine:
    """Return parts such as `2026-11-22 14:02`, `operator as root`, `backed up`, the file, `generation
    41`."""
    told = members_of(line)
    if not told:
        return TrailLine("", "", "", NOT_WRITTEN_HERE, safe(line), "")

    def text(name: str) -> str:
        value = told.get(name)
        return value if isinstance(value, str) else ""

    actor = actor_of(told)
    details = told.get("details")
    known = details.items() if isinstance(details, Mapping) else ()
    return TrailLine(
        time=_moment(text("time")),
        who=who_word(actor),
        who_in_full=who_words(actor),
        what=action_name(text("action")),
        subject=safe(text("subject")),
        details=", ".join(f"{safe(str(name))} {safe(str(value))}" for name, value in known if value != ""),
    )


def not_copied_sentence(log: LogBehind) -> str:
    """Return which log lacks lines, since when and why."""
    lines = "line" if log.lines == 1 else f"{number(log.lines)} lines"
    are = "is" if log.lines == 1 else "are"
    return (
        f"The last {lines} of the audit trail {are} not in {LOGS[log.kind]} of this machine (since"
        f" {when(log.since)}{problem_text(log.problem)})."
    )


def not_copied_line(log: LogBehind) -> str:
    """Return the same, and what happens next."""
    return (
        f"{not_copied_sentence(log)} The next change sends what is missing there;"
        f" '{_SETTINGS[log.kind]} = false' in config.toml ends the copies."
    )


def _moment(text: str) -> str:
    """Return the moment in the server's time zone; the text as it stands where it is no moment."""
    try:
        return when(from_rfc3339(text))
    except (ValueError, OverflowError):
        return safe(text)
