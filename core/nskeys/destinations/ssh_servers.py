"""The SSH servers of one run of the program: who is trusted, which secrets were given, and connections.

A connection has an event loop of its own, which runs only while a caller waits for an answer, in that
caller's thread. Between questions it rests, and is used again by whoever asks the same server next.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nskeys.destinations.known_hosts import KnownHosts
from nskeys.destinations.sftp_address import SftpAddress
from nskeys.destinations.ssh_limits import SftpLimits
from nskeys.errors import Cancelled, HostKeyUnknown, ServerSecretWanted
from nskeys.model.secret import SecretBytes

if TYPE_CHECKING:
    from nskeys.destinations.sftp_connection import SftpConnection

T = TypeVar("T")

_REST = 60.0
"""Seconds that a connection may rest; later it is more likely dead than of use."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects to whom, showing what: connections are shared by whoever has the same."""

    address: SftpAddress
    key_file: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What two logins must have in common to be one."""
        return self.address.login, self.key_file


class SshServers:
    """For any number of threads; `interrupt` also for signal handlers."""

    def __init__(
        self, known_hosts: KnownHosts, usual_keys: tuple[Path, ...] = (), limits: SftpLimits | None = None
    ) -> None:
        self.limits = limits or SftpLimits()
        self.known_hosts = known_hosts
        self.usual_keys = usual_keys
        self._secrets: dict[tuple[str, str], SecretBytes] = {}
        self._lock = threading.Lock()
        self._resting: dict[tuple[str, str], list[_Line]] = {}
        self._busy: set[_Line] = set()

    # --- people ------------------------------------------------------------------------------------------

    def trust(self, server: HostKeyUnknown) -> None:
        """Remember its host key; as KnownHosts.trust."""
        self.known_hosts.trust(server)

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        """Keep a secret until `close`; what was given before is wiped."""
        with self._lock:
            before = self._secrets.pop((wanted.wanted, wanted.subject), None)
            self._secrets[wanted.wanted, wanted.subject] = SecretBytes(secret.reveal())
        if before is not None:
            before.wipe()

    def given(self, wanted: str, subject: str) -> str | None:
        """The secret as the SSH library takes it; None where none was given."""
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
        """The answer to a question that is asked over a connection, within so many seconds once it stands.
        Cancelled where `interrupt` came between; what the connection's module raises."""
        with self._line(login) as line:
            return line.run(lambda connection: _within(seconds, question(connection)))

    def interrupt(self) -> None:
        """Whoever waits gets Cancelled; their connections are torn down."""
        for line in list(self._busy):  # no lock: a signal handler may stand in the thread that holds it
            line.interrupt()

    def close(self) -> None:
        """End every connection, wipe every secret."""
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
    def _line(self, login: Login) -> Iterator["_Line"]:
        line = self._rested(login) or _Line()
        self._busy.add(line)
        try:
            if line.connection is None:
                line.connect(self, login)
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

    def _rest(self, login: Login, line: "_Line") -> None:
        line.since = time.monotonic()
        with self._lock:
            self._resting.setdefault(login.key, []).append(line)

    def _rested(self, login: Login) -> "_Line | None":
        """A connection that rests and still answers."""
        while True:
            with self._lock:
                lines = self._resting.get(login.key)
                if not lines:
                    return None
                line = lines.pop()
            if time.monotonic() - line.since < _REST and self._greets(line):
                return line
            line.close()

    def _greets(self, line: "_Line") -> bool:
        self._busy.add(line)
        try:
            line.run(lambda connection: _within(self.limits.greeting, connection.greet()))
        except Cancelled:
            line.close()
            raise
        except Exception:  # noqa: BLE001  # whatever it is, this connection is of no use
            return False
        finally:
            self._busy.discard(line)
        return True


@dataclass(eq=False)
class _Line:
    """One connection and its event loop. Not for two threads at once, `interrupt` apart."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    connection: "SftpConnection | None" = None
    since: float = 0.0
    _work: "asyncio.Task[Any] | None" = None
    _interrupted: bool = False

    def __post_init__(self) -> None:
        # What breaks off in the background was told to whoever waited; the default prints it.
        self.loop.set_exception_handler(_nobody_told)

    def connect(self, servers: SshServers, login: Login) -> None:
        """Open the connection."""
        from nskeys.destinations.sftp_connection import SftpConnection  # slow to load: asyncssh

        self.connection = self._until_done(SftpConnection.open(servers, login))

    def run(self, question: Callable[["SftpConnection"], Coroutine[Any, Any, T]]) -> T:
        """The answer."""
        if self.connection is None:
            raise ValueError("not connected")
        return self._until_done(question(self.connection))

    def survives(self, error: BaseException) -> bool:
        """Whether the connection may be used again after an error: the server said no to something, and
        nothing is under way."""
        return self.connection is not None and not self._interrupted and self.connection.survives(error)

    def interrupt(self) -> None:
        """End the wait, from another thread or from a signal handler."""
        self._interrupted = True
        if self._work is not None:
            with suppress(RuntimeError):  # the loop ended meanwhile
                self.loop.call_soon_threadsafe(self._work.cancel)

    def close(self) -> None:
        """Tear the connection down; waits for nobody."""
        if self.connection is not None:
            self.connection.abort()
        _complete(self.loop, _settled(self.loop))
        self.loop.close()

    def _until_done(self, work: Coroutine[Any, Any, T]) -> T:
        task = self._work = self.loop.create_task(work)
        if self._interrupted:
            task.cancel()
        try:
            value: T = _complete(self.loop, _result_of(task))
            return value
        except asyncio.CancelledError:
            raise Cancelled from None
        finally:
            self._work = None


def _complete(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run a loop until this is done: in this thread, unless another loop runs in it, as the app's does
    where it leaves."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        value: T = loop.run_until_complete(work)
        return value
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(loop.run_until_complete(work))
        except BaseException as error:  # noqa: BLE001  # whoever waits gets it
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result()


async def _result_of(task: "asyncio.Task[T]") -> T:
    return await task


def _nobody_told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    del loop, context


async def _within(seconds: float, question: Coroutine[Any, Any, T]) -> T:
    async with asyncio.timeout(seconds):
        return await question


async def _settled(loop: asyncio.AbstractEventLoop) -> None:
    """Let everything that is still under way end; what does not end at once is cancelled."""
    for _ in range(3):
        await asyncio.sleep(0)
    left = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
