"""The schedule in words: what runs by itself, when next, and what keeps it from running."""

from types import MappingProxyType

from nskeys.errors import ScheduleRefused
from nskeys.model.schedule import Job, Obstacle, Schedule, TimerStatus, UnitStatus
from nskeys.reasons import ScheduleProblem
from nskeys.wording.errors import say
from nskeys.wording.next_steps import Voice
from nskeys.wording.text.numbers import number
from nskeys.wording.text.sentence import Sentence
from nskeys.wording.text.terminal import shown
from nskeys.wording.text.times import when

DRILLS = (
    "Drills are not scheduled: they need a person who knows the password. The first screen reminds of them."
)
MAKE_IDENTITY = "n makes the recovery identity; then i installs the schedule."
TYPE = "systemd does not run here. Where it does, type:"
COMMANDS = (
    "systemctl daemon-reload",
    f"systemctl enable --now {' '.join(job.timer for job in Job)}",
)
IN_FORCE = "The schedule is in force."
OUTDATED = "The units are not as they would be written now: 'nskeys schedule install' writes them anew."
OUTDATED_ELSEWHERE = "The schedule's units are outdated: Schedule in the menu (m) writes them anew."
"""What the app says of it on other screens."""
NOT_INSTALLED = "No schedule is installed. 'nskeys schedule install' installs it."
REMOVED = "The schedule is removed."

INSTALL_QUESTION = "Install the schedule"
INSTALL_MEANS = "Installs six systemd units; three timers start at once. They can be removed here."
REMOVE_QUESTION = "Remove the schedule"
REMOVE_MEANS = "Afterwards nothing is backed up or checked automatically. What was backed up stays."

_JOBS = MappingProxyType(
    {
        Job.BACKUP: "every day, what a destination lacks: a key backup, a database copy",
        Job.COPY: "every hour, while one has at most 32 MiB, a database copy where rows changed",
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
        return "starts with the machine"
    if not timer.active:
        return "is enabled, but does not wait now"
    return f"next {when(timer.next)}" if timer.next else "waits"


def next_copy_line(timer: TimerStatus | None, voice: Voice = Voice.COMMAND) -> str:
    """Return when the next database copy covers what was changed; `timer` makes it, None for
    none."""
    how = "b" if voice is Voice.KEY else "'nskeys backup'"
    if timer is None:
        return f"No database copy has it yet: {how} makes one. No timer makes one."
    if timer.next is not None:
        return f"The next database copy, at {when(timer.next)}, covers it; {how} makes it now."
    return f"The timer's next database copy covers it; {how} makes it now."


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
        NOT_INSTALLED: "No schedule is installed. i installs it.",
    }
    if schedule.obstacles:
        told[NOT_INSTALLED] = "No schedule is installed."
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
