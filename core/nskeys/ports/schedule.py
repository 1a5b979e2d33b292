"""Whoever runs commands by the clock: systemd."""

from collections.abc import Sequence
from typing import Protocol

from nskeys.model.schedule import Job, TimerStatus


class ServiceManager(Protocol):
    """systemd, as far as our units go."""

    def program(self) -> tuple[str, ...]:
        """Return how this nskeys is started from anywhere: absolute path, then arguments that it needs."""
        ...

    def owner(self, path: str) -> str:
        """Return the name of the user who owns a folder; empty for root."""
        ...

    def path_of(self, name: str) -> str:
        """Return where a unit lies."""
        ...

    def read(self, name: str) -> str | None:
        """Return a unit's text; None where nothing has its name. What is no plain file of text is empty."""
        ...

    def write(self, name: str, text: str) -> None:
        """A unit, durably, whether or not there was one. Raises CannotCreate."""
        ...

    def remove(self, name: str) -> None:
        """Remove a unit, if it is there. Raises CannotCreate."""
        ...

    def runs(self) -> bool:
        """Return whether systemd runs this machine."""
        ...

    def start(self, timers: Sequence[str]) -> None:
        """Read the units anew, and let these timers wait, now and after every start of the machine.
        Raises ScheduleNotStarted."""
        ...

    def stop(self, timers: Sequence[str]) -> None:
        """Let these timers wait no more. Raises ScheduleNotStarted."""
        ...

    def reload(self) -> None:
        """Read the units anew. Raises ScheduleNotStarted."""
        ...

    def timer(self, job: Job) -> TimerStatus:
        """Return what is known of a job."""
        ...
