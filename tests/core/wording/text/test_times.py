"""Times as screens show them: the server's own, and honest about a clock that is wrong."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from nskeys.wording.text.times import FUTURE, ago, day, duration, is_future, since, when

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))


def test_a_moment_is_shown_in_the_zone_of_the_server() -> None:
    moment = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert when(moment, tz=UTC) == "2026-11-22 23:30"
    assert when(moment, tz=BERLIN) == "2026-11-23 00:30"
    assert day(moment, tz=BERLIN) == "2026-11-23"


def test_without_a_zone_the_server_s_own_is_shown() -> None:
    assert when(NOW) == NOW.astimezone().strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=-60), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=15), "2 weeks ago"),
        (timedelta(days=59), "8 weeks ago"),
        (timedelta(days=60), "2 months ago"),
        (timedelta(days=500), "16 months ago"),
        (timedelta(days=731), "2 years ago"),
        (timedelta(seconds=-61), FUTURE),
        (timedelta(days=-400), FUTURE),
    ],
)
def test_how_long_ago(back: timedelta, text: str) -> None:
    assert ago(NOW - back, NOW) == text


def test_a_date_ahead_of_the_clock_is_future_after_a_minute_of_grace() -> None:
    assert not is_future(NOW + timedelta(seconds=60), NOW)
    assert is_future(NOW + timedelta(seconds=61), NOW)


def test_since_names_the_hour_today_and_the_day_before_that() -> None:
    assert since(NOW - timedelta(minutes=28), NOW, tz=UTC) == "since 14:02"
    assert since(NOW - timedelta(days=3), NOW, tz=UTC) == "since 2026-11-20"
    assert since(NOW - timedelta(hours=15), NOW, tz=UTC) == "since 2026-11-22"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "a few seconds left"),
        (4.9, "a few seconds left"),
        (6, "about 5 seconds left"),
        (54, "about 55 seconds left"),
        (58, "about 1 minute left"),
        (120, "about 2 minutes left"),
        (3_290, "about 55 minutes left"),
        (3_400, "about 1 hour left"),
        (7_300, "about 2 hours left"),
        (-1, ""),
        (float("inf"), ""),
        (float("nan"), ""),
    ],
)
def test_how_long_work_still_takes(seconds: float, text: str) -> None:
    assert duration(seconds) == text
