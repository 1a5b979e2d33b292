"""The schedule in words: what runs by itself, when next, and what keeps it from running."""

from types import MappingProxyType

from nskeys.errors import ScheduleRefused
from nskeys.model.schedule import Job, Obstacle, Schedule, TimerStatus, UnitStatus
from nskeys.reasons import ScheduleProblem
from nskeys.wording.errors import say
from nskeys.wording.text.numbers import number
from nskeys.wording.text.sentence import Sentence
from nskeys.wording.text.terminal import shown
from nskeys.wording.text.times import when

DRILLS = (
    "No drill runs by itself, for it needs a person who knows the password; the first screen reminds of it."
)
TYPE = "systemd does not run here. Where it does, type:"
COMMANDS = (
    "systemctl daemon-reload",
    f"systemctl enable --now {' '.join(job.timer for job in Job)}",
)
IN_FORCE = "The schedule is in force."
OUTDATED = "The units are not as they would be written now: 'nskeys schedule install' writes them anew."
NOT_INSTALLED = "Nothing runs by itself: 'nskeys schedule install' changes that."
REMOVED = "Nothing runs by itself any more."

INSTALL_QUESTION = "Install the schedule"
INSTALL_MEANS = (
    "Four units of systemd are written, and two timers wait from then on. They can be removed here."
)
REMOVE_QUESTION = "Remove the schedule"
REMOVE_MEANS = "Nothing is backed up or checked by itself afterwards. Backups and their rows stay."

_JOBS = MappingProxyType(
    {
        Job.BACKUP: "every day, a backup to each destination that lacks a good copy of a key",
        Job.CHECK: "every week, a look at every copy of every backup",
    }
)
_SIGHTS = MappingProxyType(
    {
        UnitStatus.MISSING: "not there",
        UnitStatus.CURRENT: "as it should be",
        UnitStatus.OUTDATED: "not as it would be written now",
        UnitStatus.OTHER_HOME: "of another home",
        UnitStatus.FOREIGN: "not written by nskeys",
    }
)


def job_words(job: Job) -> str:
    """Return what a job does, and how often."""
    return _JOBS[job]


def sight_words(status: UnitStatus) -> str:
    """Return what lies in a unit's place."""
    return _SIGHTS[status]


def obstacle_words(obstacle: Obstacle) -> Sentence:
    """Return why nothing can run by itself, and what to do."""
    return say(ScheduleRefused(ScheduleProblem(obstacle)))


def timer_words(timer: TimerStatus, systemd_runs: bool) -> str:
    """Return `next 2026-12-01 02:14`, `starts with the machine` or `does not run`."""
    if not timer.enabled:
        return "does not run"
    if not systemd_runs:
        return "begins with the machine"
    if not timer.active:
        return "is enabled, but does not wait now"
    return f"next {when(timer.next)}" if timer.next else "waits"


def last_words(timer: TimerStatus) -> str:
    """Return text such as `2026-11-30 02:14, done`; `2026-11-30 02:14, failed with exit code 69`; `not
    since the start`."""
    if timer.last is None:
        return "not since this machine started"
    how = "done" if not timer.last_code else f"failed with exit code {number(timer.last_code)}"
    return f"{when(timer.last)}, {how}"


def state_in_app(schedule: Schedule) -> tuple[str, ...]:
    """Return the lines of `state_lines` for the app: keys, and no command of nskeys to type."""
    told = {
        OUTDATED: "The units are not as they would be written now: i writes them anew.",
        NOT_INSTALLED: "Nothing runs by itself: i changes that.",
    }
    if schedule.obstacles:
        told[NOT_INSTALLED] = "Nothing runs by itself."
    blocked = tuple(obstacle_words(obstacle).what for obstacle in schedule.obstacles)
    return (*blocked, *(told.get(line, line) for line in _state(schedule)))


def state_lines(schedule: Schedule) -> tuple[str, ...]:
    """Return whether the schedule is in force, and what to do where it is not."""
    return (*(str(obstacle_words(obstacle)) for obstacle in schedule.obstacles), *_state(schedule))


def _state(schedule: Schedule) -> tuple[str, ...]:
    strange = tuple(
        f"{shown(seen.path)} is {sight_words(seen.status)}."
        for seen in schedule.units
        if seen.status in (UnitStatus.FOREIGN, UnitStatus.OTHER_HOME)
    )
    if schedule.in_force:
        typed = () if schedule.systemd_runs else (TYPE, *COMMANDS)
        return (IN_FORCE, *typed)
    if not schedule.installed:
        return (*strange, NOT_INSTALLED)
    if any(seen.status in (UnitStatus.OUTDATED, UnitStatus.MISSING) for seen in schedule.units):
        return (*strange, OUTDATED)
    return (*strange, *((TYPE, *COMMANDS) if not schedule.systemd_runs else (OUTDATED,)))
