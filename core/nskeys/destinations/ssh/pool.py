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
from nskeys.destinations.ssh.context import LoginContext, SftpLimits
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.errors import Cancelled, HostKeyUnknown, ServerSecretWanted
from nskeys.model.secret import SecretBytes

if TYPE_CHECKING:
    from nskeys.destinations.ssh.connection import SshConnection
    from nskeys.destinations.ssh.sftp_connection import SftpConnection

T = TypeVar("T")

_IDLE_TIMEOUT_S = 60.0
"""Seconds that a connection is kept idle; after that it is probably dead."""


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
        self._idle: dict[tuple[str, str], list[SshConnection]] = {}
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
        with self._connection_to(login) as connection:
            return connection.run(question, seconds)

    def interrupt(self) -> None:
        for connection in list(
            self._busy
        ):  # no lock: a signal handler may stand in the thread that holds it
            connection.interrupt()

    def close(self) -> None:
        self.interrupt()
        with self._lock:
            idle = [connection for pooled in self._idle.values() for connection in pooled]
            secrets = tuple(self._secrets.values())
            self._idle, self._secrets = {}, {}
        for connection in idle:
            connection.close()
        for secret in secrets:
            secret.wipe()

    @contextmanager
    def _connection_to(self, login: Login) -> Iterator["SshConnection"]:
        from nskeys.destinations.ssh.connection import SshConnection  # slow to load: asyncio and asyncssh

        connection = self._idle_connection(login) or SshConnection()
        self._busy.add(connection)
        try:
            if connection.sftp is None:
                connection.connect(self._context, login)
            yield connection
        except BaseException as error:
            if isinstance(error, ServerSecretWanted) and error.refused:
                self._forget(error)
            if connection.is_reusable_after(error):
                self._keep_idle(login, connection)
            else:
                connection.close()
            raise
        else:
            self._keep_idle(login, connection)
        finally:
            self._busy.discard(connection)

    def _keep_idle(self, login: Login, connection: "SshConnection") -> None:
        connection.since = time.monotonic()
        with self._lock:
            self._idle.setdefault(login.key, []).append(connection)

    def _idle_connection(self, login: Login) -> "SshConnection | None":
        """Return an idle connection that still answers."""
        while True:
            with self._lock:
                idle = self._idle.get(login.key)
                if not idle:
                    return None
                connection = idle.pop()
            if time.monotonic() - connection.since < _IDLE_TIMEOUT_S and self._is_alive(connection):
                return connection
            connection.close()

    def _is_alive(self, connection: "SshConnection") -> bool:
        self._busy.add(connection)
        try:
            connection.run(lambda sftp: sftp.greet(), self.limits.greeting)
        except Cancelled:
            connection.close()
            raise
        except Exception:  # noqa: BLE001  # whatever it is, this connection is of no use
            return False
        finally:
            self._busy.discard(connection)
        return True
