"""Times as text: RFC 3339 in UTC, whole seconds, always with `Z`. Nothing here reads a clock."""

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def to_rfc3339(moment: datetime) -> str:
    """Return an aware datetime as `2026-11-23T14:02:00Z`; fractions of a second are dropped."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_rfc3339(text: str) -> datetime:
    """Return the moment that `to_rfc3339` wrote. Raises ValueError for any other spelling."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("not an RFC 3339 time in UTC with whole seconds")
    return datetime.fromisoformat(text)


def to_stamp(moment: datetime) -> str:
    """Return it as `20261123T140200Z`, the form in file names (ISO 8601, basic)."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def from_seconds(value: object) -> datetime:
    """Return the moment so many seconds after 1970 began. Raises ValueError for what is no whole number."""
    if type(value) is not int:
        raise ValueError("not seconds")
    return datetime.fromtimestamp(value, UTC)
