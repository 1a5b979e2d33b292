"""This machine's clock, and who runs this process."""

import os
import pwd
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from nskeys.model.audit import NO_SESSION, Actor


class SystemClock:
    """ports.Clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


class ProcessIdentity:
    """ports.Identity of this process. `loginuid` is where the kernel says whose login session it is."""

    def __init__(self, environ: Mapping[str, str], loginuid: Path = Path("/proc/self/loginuid")) -> None:
        self._sudo_user = environ.get("SUDO_USER", "")
        self._loginuid = loginuid

    def actor(self) -> Actor:
        """Return the users, each by its number where it has no name."""
        uid, login = os.geteuid(), self._login_uid()
        login_user = "" if login is None or login == NO_SESSION else _name(login)
        return Actor(uid, _name(uid), self._sudo_user, login, login_user)

    def _login_uid(self) -> int | None:
        try:
            return int(self._loginuid.read_text("ascii"))
        except (OSError, ValueError):
            return None  # a kernel without auditing, or no /proc

    def host(self) -> str:
        return host_name()


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def host_name() -> str:
    """Return this machine's name, without asking the network."""
    return os.uname().nodename or "localhost"
