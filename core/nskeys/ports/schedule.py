"""Whoever runs commands by the clock: systemd."""

from collections.abc import Sequence
from typing import Protocol

from nskeys.model.schedule import Job, TimerStatus


class ServiceManager(Protocol):
    """systemd, as far as our units go."""

    def program(self) -> tuple[str, ...]:
        """How this nskeys is started from anywhere: absolute path, then arguments that it needs."""
        ...

    def owner(self, path: str) -> str:
        """The name of the user who owns a folder; empty for root."""
        ...

    def path_of(self, name: str) -> str:
        """Where a unit lies."""
        ...

    def read(self, name: str) -> str | None:
        """A unit's text; None where nothing has its name. What is no plain file of text is empty."""
        ...

    def write(self, name: str, text: str) -> None:
        """A unit, durably, whether or not there was one; CannotCreate."""
        ...

    def remove(self, name: str) -> None:
        """Remove a unit, if it is there; CannotCreate."""
        ...

    def runs(self) -> bool:
        """Whether systemd runs this machine."""
        ...

    def start(self, timers: Sequence[str]) -> None:
        """Read the units anew, and let these timers wait, now and after every start of the machine;
        ScheduleNotStarted."""
        ...

    def stop(self, timers: Sequence[str]) -> None:
        """Let these timers wait no more; ScheduleNotStarted."""
        ...

    def reload(self) -> None:
        """Read the units anew; ScheduleNotStarted."""
        ...

    def timer(self, job: Job) -> TimerStatus:
        """What is known of a job."""
        ...
