"""A `ports.ServiceManager`: systemd's units on disk, and systemd itself through `systemctl`."""

import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from nskeys.errors import FileUnreadable, ScheduleNotStarted
from nskeys.files import exists, problem_of, read_bounded, remove, replace
from nskeys.model.schedule import Job, TimerStatus
from nskeys.reasons import Problem

UNITS = Path("/etc/systemd/system")
"""Where an administrator's units lie (systemd.unit(5))."""

_RUNS = Path("/run/systemd/system")
"""Exists where systemd runs (sd_booted(3))."""
_SYSTEMCTL_TIMEOUT_S = 60
"""Seconds for one call of systemctl."""
_LIMIT = 65_536
_READABLE = 0o644


class SystemdUnits:
    """Units in `folder`; `runs` is the folder whose presence shows that systemd runs."""

    def __init__(self, folder: Path = UNITS, running: Path = _RUNS) -> None:
        self._folder = folder
        self._running = running

    def program(self) -> tuple[str, ...]:
        """Return the command beside this Python where there is one, else this Python with our module. `-P`
        keeps the working folder out of its import path."""
        command = Path(sys.executable).with_name("nskeys")
        if os.access(command, os.X_OK):
            return (str(command),)
        return (sys.executable, "-P", "-m", "nskeys_tui")

    def owner(self, path: str) -> str:
        """Return the name of the user who owns a folder, or its number; empty for root. Raises
        FileUnreadable."""
        try:
            uid = Path(path).stat().st_uid
        except OSError as error:
            raise FileUnreadable(path, problem_of(error)) from None
        try:
            return "" if uid == 0 else pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    def path_of(self, name: str) -> str:
        return str(self._folder / name)

    def read(self, name: str) -> str | None:
        """Return a unit's text; empty for a link, which is how systemd masks a unit, and for an unreadable
        file."""
        path = self._folder / name
        if _is_link(path):
            return ""
        try:
            return read_bounded(path, _LIMIT).decode("utf-8")
        except FileUnreadable as error:
            return None if error.problem is Problem.MISSING else ""
        except UnicodeDecodeError:
            return ""

    def write(self, name: str, text: str) -> None:
        replace(self._folder / name, text.encode("utf-8"), mode=_READABLE)

    def remove(self, name: str) -> None:
        remove(self._folder / name)

    def runs(self) -> bool:
        return exists(self._running)

    def start(self, timers: Sequence[str]) -> None:
        """Reload, enable, start. Raises ScheduleNotStarted."""
        self.reload()
        self._do("enable", "--now", *timers)

    def stop(self, timers: Sequence[str]) -> None:
        """Stop and disable. Raises ScheduleNotStarted."""
        self._do("disable", "--now", *timers)

    def reload(self) -> None:
        """Let systemd read its units again. Raises ScheduleNotStarted."""
        self._do("daemon-reload")

    def timer(self, job: Job) -> TimerStatus:
        """Return the state of a job's timer; where systemd does not run, whether it is enabled."""
        enabled = _is_link(self._folder / "timers.target.wants" / job.timer)
        if not self.runs():
            return TimerStatus(job, enabled, active=False)
        timer, service = self._properties(job.timer), self._properties(job.service)
        last = _moment(service.get("ExecMainExitTimestamp", ""))
        return TimerStatus(
            job,
            enabled,
            active=timer.get("ActiveState") == "active",
            next=_moment(timer.get("NextElapseUSecRealtime", "")),
            last=last,
            last_code=int(service["ExecMainStatus"]) if last and "ExecMainStatus" in service else None,
        )

    def _properties(self, unit: str) -> dict[str, str]:
        properties = "ActiveState,NextElapseUSecRealtime,ExecMainExitTimestamp,ExecMainStatus"
        done = _systemctl("show", f"--property={properties}", unit)
        pairs = (line.partition("=") for line in done.stdout.splitlines()) if done else ()
        return {name: value for name, _, value in pairs}

    def _do(self, *argv: str) -> None:
        done = _systemctl(*argv)
        if done is None or done.returncode:
            raise ScheduleNotStarted(" ".join(("systemctl", *argv)))


def _is_link(path: Path) -> bool:
    try:
        return stat.S_ISLNK(path.lstat().st_mode)
    except OSError:
        return False


def _systemctl(*argv: str) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(  # noqa: S603  # our own words, and the names of our units
            ["systemctl", "--no-ask-password", *argv],  # noqa: S607  # wherever this system has it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SYSTEMCTL_TIMEOUT_S,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _moment(text: str) -> datetime | None:
    """Parse `Tue 2026-12-01 00:58:12 UTC`; return None for `n/a`, an empty text and anything else."""
    try:
        return datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None
