"""Moments and durations in words.

Screens show the time of the place where the server stands, without naming a zone; JSON is elsewhere,
in UTC (`nskeys.model.times`). `tz` is the zone to show: None is the server's own, with the right
summer time for each moment, as `datetime.astimezone` knows it. Nothing here reads a clock.
"""

import math
from datetime import datetime, timedelta, tzinfo

FUTURE = "in the future: this clock or that date is wrong"

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    (_HOUR, _MINUTE, "minute"),
    (_DAY, _HOUR, "hour"),
    (14 * _DAY, _DAY, "day"),
    (60 * _DAY, 7 * _DAY, "week"),
    (730 * _DAY, 30 * _DAY, "month"),
    (math.inf, 365 * _DAY, "year"),
)
"""Below so many seconds, counted in units of so many."""


def when(moment: datetime, *, tz: tzinfo | None = None) -> str:
    """Return text such as `2026-11-22 14:02`."""
    return moment.astimezone(tz).strftime("%Y-%m-%d %H:%M")


def day(moment: datetime, *, tz: tzinfo | None = None) -> str:
    """Return text such as `2026-11-22`."""
    return moment.astimezone(tz).strftime("%Y-%m-%d")


def is_future(moment: datetime, now: datetime) -> bool:
    """Return whether a date of the past lies ahead by more than the minute that two clocks may differ."""
    return moment - now > timedelta(minutes=1)


def ago(moment: datetime, now: datetime) -> str:
    """Return `3 days ago` or `just now`; for a moment ahead of `now`, that one of the two must be wrong."""
    if is_future(moment, now):
        return FUTURE
    seconds = (now - moment).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    unit, word = next((unit, word) for limit, unit, word in _STEPS if seconds < limit)
    return f"{_many(int(seconds // unit), word)} ago"


def ago_brief(moment: datetime, now: datetime) -> str:
    """Return `ago` in few cells: `3d ago`, `2mo ago`; for a moment ahead of `now`, `ahead of now`."""
    if is_future(moment, now):
        return "ahead of now"
    words = ago(moment, now).split()
    if len(words) != 3:
        return "just now"
    unit = "mo" if words[1].startswith("month") else words[1][0]
    return f"{words[0]}{unit} ago"


def today_or_ago(moment: datetime, now: datetime, *, tz: tzinfo | None = None) -> str:
    """Return `today 02:00` on the day that `now` is, else `3 days ago`; for a moment ahead of `now` its
    date."""
    if is_future(moment, now):
        return f"dated {day(moment, tz=tz)}"
    if day(moment, tz=tz) == day(now, tz=tz):
        return f"today {moment.astimezone(tz):%H:%M}"
    return ago(moment, now)


def since(moment: datetime, now: datetime, *, tz: tzinfo | None = None) -> str:
    """Return `since 14:02` on the day that `now` is, else `since 2026-11-20`."""
    if day(moment, tz=tz) == day(now, tz=tz):
        return f"since {moment.astimezone(tz):%H:%M}"
    return f"since {day(moment, tz=tz)}"


def duration(seconds: float) -> str:
    """Return how long work will still take: `about 2 minutes left`; empty where it cannot be known."""
    if not math.isfinite(seconds) or seconds < 0:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {max(5, round(seconds / 5) * 5)} seconds left"
    if seconds < 55 * _MINUTE:
        return f"about {_many(round(seconds / _MINUTE), 'minute')} left"
    return f"about {_many(round(seconds / _HOUR), 'hour')} left"


def took(seconds: int) -> str:
    """Return how long work took: `42 seconds`, `3 minutes`."""
    if seconds < 2 * _MINUTE:
        return _many(seconds, "second")
    if seconds < 2 * _HOUR:
        return _many(seconds // _MINUTE, "minute")
    return _many(seconds // _HOUR, "hour") if seconds < 2 * _DAY else _many(seconds // _DAY, "day")


def _many(n: int, unit: str) -> str:
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"
