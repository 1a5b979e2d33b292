"""The sentence after a change: when the next database copy covers it."""

from typing import TYPE_CHECKING

from nskeys.cli.session import Session
from nskeys.model.recoverability import RecoveryState
from nskeys.wording.schedule import next_copy_line

if TYPE_CHECKING:
    from nskeys.bootstrap import Services


def say_next_copy(session: Session, services: "Services", state: RecoveryState) -> None:
    """Say it where what was changed is in no copy yet."""
    if state is RecoveryState.AT_RISK:
        session.output.say(next_copy_line(services.schedule.next_copy()))
