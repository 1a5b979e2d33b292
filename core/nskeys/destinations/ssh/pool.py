"""The SSH servers of one run: trusted host keys, given secrets, and connections.

A connection has its own event loop, which runs only while a caller waits for an answer, in that caller's
thread. Between calls it is kept idle, and reused for the next call to the same server.
"""

import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nskeys.destinations.ssh.address import Login
from nskeys.destinations.ssh.context import LoginContext
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.destinations.ssh.timeouts import SftpLimits
from nskeys.errors import Cancelled, HostKeyUnknown, ServerSecretWanted
from nskeys.model.secret import SecretBytes

if TYPE_CHECKING:
    from nskeys.destinations.ssh.connection import SshConnection
    from nskeys.destinations.ssh.sftp_connection import SftpConnection

T = TypeVar("T")

_IDLE_TIMEOUT_S = 60.0
"""Seconds that a connection may rest; later it is more likely dead than of use."""


class SshPool:
    """For any number of threads; `interrupt` also from signal handlers."""

    def __init__(
        self, known_hosts: KnownHosts, usual_keys: tuple[Path, ...] = (), limits: SftpLimits | None = None
    ) -> None:
        self.limits = limits or SftpLimits()
        self.known_hosts = known_hosts
        self._context = LoginContext(known_hosts, usual_keys, self.given, self.limits)
        self._secrets: dict[tuple[str, str], SecretBytes] = {}
        self._lock = threading.Lock()
        self._resting: dict[tuple[str, str], list[SshConnection]] = {}
        self._busy: set[SshConnection] = set()

    # --- people ------------------------------------------------------------------------------------------

    def trust(self, server: HostKeyUnknown) -> None:
        self.known_hosts.trust(server)

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        """Keep a secret until `close`; an earlier one is wiped."""
        with self._lock:
            before = self._secrets.pop((wanted.wanted, wanted.subject), None)
            self._secrets[wanted.wanted, wanted.subject] = SecretBytes(secret.reveal())
        if before is not None:
            before.wipe()

    def given(self, wanted: str, subject: str) -> str | None:
        """Return the secret as the SSH library takes it; None where none was given."""
        with self._lock:
            secret = self._secrets.get((wanted, subject))
            return None if secret is None else secret.text()

    def _forget(self, refused: ServerSecretWanted) -> None:
        with self._lock:
            secret = self._secrets.pop((refused.wanted, refused.subject), None)
        if secret is not None:
            secret.wipe()

    # --- connections -------------------------------------------------------------------------------------

    def ask(
        self, login: Login, question: Callable[["SftpConnection"], Coroutine[Any, Any, T]], seconds: float
    ) -> T:
        """Return the answer to a call over a connection, within this many seconds once it is open. Raises
        Cancelled after `interrupt`, and the errors of the connection's module."""
        with self._line(login) as line:
            return line.run(question, seconds)

    def interrupt(self) -> None:
        for line in list(self._busy):  # no lock: a signal handler may stand in the thread that holds it
            line.interrupt()

    def close(self) -> None:
        self.interrupt()
        with self._lock:
            resting = [line for lines in self._resting.values() for line in lines]
            secrets = tuple(self._secrets.values())
            self._resting, self._secrets = {}, {}
        for line in resting:
            line.close()
        for secret in secrets:
            secret.wipe()

    @contextmanager
    def _line(self, login: Login) -> Iterator["SshConnection"]:
        from nskeys.destinations.ssh.connection import SshConnection  # slow to load: asyncio and asyncssh

        line = self._rested(login) or SshConnection()
        self._busy.add(line)
        try:
            if line.connection is None:
                line.connect(self._context, login)
            yield line
        except BaseException as error:
            if isinstance(error, ServerSecretWanted) and error.refused:
                self._forget(error)
            if line.survives(error):
                self._rest(login, line)
            else:
                line.close()
            raise
        else:
            self._rest(login, line)
        finally:
            self._busy.discard(line)

    def _rest(self, login: Login, line: "SshConnection") -> None:
        line.since = time.monotonic()
        with self._lock:
            self._resting.setdefault(login.key, []).append(line)

    def _rested(self, login: Login) -> "SshConnection | None":
        """Return a connection that rests and still answers."""
        while True:
            with self._lock:
                lines = self._resting.get(login.key)
                if not lines:
                    return None
                line = lines.pop()
            if time.monotonic() - line.since < _IDLE_TIMEOUT_S and self._greets(line):
                return line
            line.close()

    def _greets(self, line: "SshConnection") -> bool:
        self._busy.add(line)
        try:
            line.run(lambda connection: connection.greet(), self.limits.greeting)
        except Cancelled:
            line.close()
            raise
        except Exception:  # noqa: BLE001  # whatever it is, this connection is of no use
            return False
        finally:
            self._busy.discard(line)
        return True
