"""The schedule, as rows."""

from nskeys.model.schedule import Schedule
from nskeys.wording.schedule import job_words, last_words, sight_words, timer_words
from nskeys.wording.text.terminal import safe


def schedule_rows(schedule: Schedule) -> tuple[tuple[str, str], ...]:
    """What runs, when next and how it went; then each unit and what lies in its place."""
    jobs = [
        row
        for timer in schedule.timers
        for row in (
            (timer.job.value.capitalize(), job_words(timer.job)),
            ("Timer", timer_words(timer, schedule.systemd_runs)),
            ("Last", last_words(timer)),
        )
    ]
    units = [("Unit", f"{safe(seen.path)}: {sight_words(seen.sight)}") for seen in schedule.units]
    return (*jobs, *units)
