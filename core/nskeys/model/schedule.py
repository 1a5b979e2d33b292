"""The schedule: what runs by itself, as units of systemd, and how it stands with them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Job(StrEnum):
    """What runs by itself. A drill needs a person, so it is only reminded of."""

    BACKUP = "backup"
    """Every day: a backup to each destination that lacks a good copy of a key."""
    CHECK = "check"
    """Every week: a look at every copy, written into the register."""

    @property
    def service(self) -> str:
        """The name of the unit that does it."""
        return f"nskeys-{self.value}.service"

    @property
    def timer(self) -> str:
        """The name of the unit that says when."""
        return f"nskeys-{self.value}.timer"


class Obstacle(StrEnum):
    """Why nothing can run by itself: it would ask a person."""

    PASSPHRASE = "passphrase"
    """A passphrase protects the keys here."""
    TOKEN = "token"
    """A token protects them, whose PIN a person knows."""
    NO_IDENTITY = "no_identity"
    """There is no recovery identity, so a backup would ask for a password."""


class UnitStatus(StrEnum):
    """What lies where a unit belongs."""

    MISSING = "missing"
    CURRENT = "current"
    OUTDATED = "outdated"
    """Written by nskeys for this home, but not as it would be now."""
    OTHER_HOME = "other_home"
    """Written by nskeys for another home."""
    FOREIGN = "foreign"
    """Not written by nskeys."""


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A unit, whole."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SeenUnit:
    """A unit as it would be, and what lies in its place."""

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
    """How it stands."""

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
        """Whether every unit is as it should be, every timer waits, and nobody would be asked."""
        return (
            not self.obstacles
            and all(seen.status is UnitStatus.CURRENT for seen in self.units)
            and all(timer.enabled and (timer.active or not self.systemd_runs) for timer in self.timers)
        )
