"""The sentence after a change: when the next database copy covers it."""

from typing import Any

from textual.app import App

from nskeys.model.schedule import TimerStatus
from nskeys.wording.next_steps import Voice
from nskeys.wording.schedule import next_copy_line
from nskeys_tui.screens.session import Session, show_done


async def say_next_copy(app: App[Any], session: Session) -> None:
    """Say when the timer covers what was saved; without a timer the first screen says what to do."""
    timer = await session.quickly(session.services.schedule.next_copy)
    if isinstance(timer, TimerStatus):
        show_done(app, next_copy_line(timer, Voice.KEY))
