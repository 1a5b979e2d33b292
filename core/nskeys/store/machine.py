"""This machine's clock, and who runs this process."""

import os
import pwd
import socket
from collections.abc import Mapping
from datetime import UTC, datetime

from nskeys.model.audit import Actor


class SystemClock:
    """ports.Clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


class ProcessIdentity:
    """ports.Identity: the effective user, and the user who called sudo."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._sudo_user = environ.get("SUDO_USER", "")

    def actor(self) -> Actor:
        """Return the effective user; its number where it has no name."""
        uid = os.geteuid()
        try:
            user = pwd.getpwuid(uid).pw_name
        except KeyError:
            user = str(uid)
        return Actor(uid, user, self._sudo_user)

    def host(self) -> str:
        return host_name()


def host_name() -> str:
    """Return this machine's name, without asking the network."""
    return socket.gethostname() or "localhost"
