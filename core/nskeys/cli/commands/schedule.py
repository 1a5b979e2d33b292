"""`nskeys schedule`: units of systemd that back up and check by themselves."""

from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.wording.schedule import (
    DRILLS,
    REMOVED,
    job_words,
    last_words,
    obstacle_words,
    sight_words,
    state_lines,
    timer_words,
)

if TYPE_CHECKING:
    from nskeys.model.schedule import Schedule


def show(session: Session, _: Namespace) -> int:
    """Print the units as files, and what keeps them from running beside them."""
    schedule = session.services().schedule.show()
    if session.output.as_json:
        session.output.document("schedule", documents.schedule(schedule))
    else:
        for seen in schedule.units:
            session.output.text(f"# {seen.path}\n{seen.unit.text}\n")
    session.output.say(*(str(obstacle_words(obstacle)) for obstacle in schedule.obstacles), DRILLS)
    return Exit.DONE


def install(session: Session, _: Namespace) -> int:
    """Write the units and start the timers."""
    schedule = session.services().schedule.install()
    _tell(session, schedule)
    session.output.say(DRILLS)
    return Exit.DONE


def status(session: Session, _: Namespace) -> int:
    """Show the state of every unit and timer."""
    schedule = session.services().schedule.show()
    _tell(session, schedule)
    return Exit.DONE if schedule.in_force else Exit.INCOMPLETE


def remove(session: Session, _: Namespace) -> int:
    """Stop the timers and remove the units."""
    schedule = session.services().schedule.remove()
    if session.output.as_json:
        session.output.document("schedule", documents.schedule(schedule))
    session.output.say(REMOVED)
    return Exit.DONE


def _tell(session: Session, schedule: "Schedule") -> None:
    if session.output.as_json:
        session.output.document("schedule", documents.schedule(schedule))
    else:
        for timer in schedule.timers:
            session.output.facts(
                [
                    (timer.job.value, job_words(timer.job)),
                    ("timer", timer_words(timer, schedule.systemd_runs)),
                    ("last", last_words(timer)),
                ]
            )
        session.output.facts([(sight_words(seen.status), seen.path) for seen in schedule.units])
    session.output.say(*state_lines(schedule))
