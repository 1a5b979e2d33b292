"""The schedule."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class ScheduleRefused(NskeysError):
    """Nothing can run by itself here; `reason`: `passphrase`, `token`, `no_identity`, or `odd_path` with
    the path that a unit cannot hold."""

    reason: str
    path: str = ""


@dataclass(eq=False)
class UnitNotOurs(NskeysError):
    """Where a unit belongs lies another file; `problem`: `foreign`, `other_home`."""

    path: str
    problem: str


@dataclass(eq=False)
class ScheduleNotStarted(NskeysError):
    """systemd refused a command; the units are written. `command` is what was tried."""

    command: str
