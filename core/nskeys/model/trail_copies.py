"""Copies of audit lines in the logs of this machine, so that a trail that was cut is known elsewhere."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.audit import AuditEntry, actor_of, members_of
from nskeys.reasons import AnyProblem

_PREFIX = b"nskeys/message/1\x00"


class LogKind(StrEnum):
    """The logs that get a copy."""

    JOURNAL = "journal"
    SYSLOG = "syslog"


class CopiedUpto(NamedTuple):
    """How far a log has the trail."""

    lines: int
    """Lines 1 to `lines` were copied, or written before anything was copied there."""
    problem: AnyProblem | None = None
    """Why the next line could not be copied; None after a success."""
    since: datetime | None = None


class LogBehind(NamedTuple):
    """A log that lacks the last lines of the trail."""

    kind: LogKind
    lines: int
    """How many it lacks."""
    problem: AnyProblem
    since: datetime


def message_id(action: str) -> str:
    """Return the journal's MESSAGE_ID of an action: 32 hex digits that never change."""
    return hashlib.sha256(_PREFIX + action.encode("utf-8")).hexdigest()[:32]


def message(entry: AuditEntry) -> str:
    """Return a line for people, such as `credential-revealed run-as/c1, by root`."""
    told = members_of(entry.line)
    return f"{told.get('action', '')} {told.get('subject', '')}, by {actor_of(told).user}"


def journal_fields(cmdb_id: str, entry: AuditEntry) -> dict[str, str]:
    """Return what a record of the journal says besides MESSAGE, by name (systemd.journal-fields(7))."""
    told = members_of(entry.line)
    action, actor = str(told.get("action", "")), actor_of(told)
    return {
        "MESSAGE_ID": message_id(action),
        "NSKEYS_CMDB_ID": cmdb_id,
        "NSKEYS_NUMBER": str(entry.number),
        "NSKEYS_HASH": entry.digest.hex(),
        "NSKEYS_LINE": entry.line,
        "NSKEYS_TIME": str(told.get("time", "")),
        "NSKEYS_ACTION": action,
        "NSKEYS_SUBJECT": str(told.get("subject", "")),
        "NSKEYS_UID": str(actor.uid),
        "NSKEYS_USER": actor.user,
        "NSKEYS_LOGIN_UID": "" if actor.login_uid is None else str(actor.login_uid),
        "NSKEYS_LOGIN_USER": actor.login_user,
        "NSKEYS_SUDO_USER": actor.sudo_user,
    }
