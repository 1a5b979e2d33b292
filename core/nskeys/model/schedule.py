"""The schedule: what runs unattended, as systemd units, and the state of these."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Job(StrEnum):
    """A job that runs unattended. A drill needs a person, so its job only reminds of it."""

    BACKUP = "backup"
    """Every day: both halves to each destination that lacks a good copy of a key or a credential."""
    COPY = "copy"
    """Every hour, while a database copy is small: one to each destination that lacks a credential."""
    CHECK = "check"
    """Every week: a look at every copy, written into the register."""

    @property
    def service(self) -> str:
        """The name of its service unit."""
        return f"nskeys-{self.value}.service"

    @property
    def timer(self) -> str:
        """The name of its timer unit."""
        return f"nskeys-{self.value}.timer"


class Obstacle(StrEnum):
    """Why no job can run unattended: it would ask a person."""

    PASSPHRASE = "passphrase"
    """A passphrase protects the keys here."""
    TOKEN = "token"
    """A token protects them, whose PIN a person knows."""
    NO_IDENTITY = "no_identity"
    """There is no recovery identity, so a backup would ask for a password."""


class UnitStatus(StrEnum):
    """What lies in the place of a unit."""

    MISSING = "missing"
    CURRENT = "current"
    OUTDATED = "outdated"
    """Written by nskeys for this home, but different from what it would write now."""
    OTHER_HOME = "other_home"
    """Written by nskeys for another home."""
    FOREIGN = "foreign"
    """Not written by nskeys."""


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A unit's name and text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SeenUnit:
    """A unit as it should be, and what lies in its place."""

    unit: UnitFile
    path: str
    status: UnitStatus


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """What systemd says of a job. `last_code` is None where it never ran since the machine started."""

    job: Job
    enabled: bool
    active: bool
    next: datetime | None = None
    last: datetime | None = None
    last_code: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The jobs, their units and timers, and what stands in the way."""

    units: tuple[SeenUnit, ...]
    timers: tuple[TimerStatus, ...]
    systemd_runs: bool
    obstacles: tuple[Obstacle, ...]

    @property
    def installed(self) -> bool:
        """Whether any of its units lies there."""
        ours = (UnitStatus.CURRENT, UnitStatus.OUTDATED)
        return any(seen.status in ours for seen in self.units)

    @property
    def in_force(self) -> bool:
        """Whether every unit is as it should be, every timer is active, and no job would ask a person."""
        return (
            not self.obstacles
            and all(seen.status is UnitStatus.CURRENT for seen in self.units)
            and all(timer.enabled and (timer.active or not self.systemd_runs) for timer in self.timers)
        )
