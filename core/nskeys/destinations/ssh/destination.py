"""A destination on a server: `sftp://user@host[:port]/path`.

asyncssh is imported when a server is first used, because that is slow.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from nskeys.destinations.location import judge_peer, this_machine
from nskeys.destinations.ssh.address import Login, SftpAddress, parse
from nskeys.destinations.ssh.pool import SshPool
from nskeys.errors import DestinationInvalid, DestinationUnreachable, NskeysError
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason, Mounted
from nskeys.ports import Destination, Listing
from nskeys.reasons import Problem

if TYPE_CHECKING:
    from nskeys.destinations.ssh.folder import SftpFolder

T = TypeVar("T")


class SftpScheme:
    """Understands `sftp://` addresses, as `resolver.Scheme` wants it."""

    def __init__(self, servers: SshPool) -> None:
        self._servers = servers

    def parse(self, address: str) -> SftpAddress:
        return parse(address)

    def at(self, address: SftpAddress, info: DestinationInfo) -> Destination:
        """Return the folder on its server."""
        return SftpDestination(address, info, self._servers)

    def split(self, address: SftpAddress) -> tuple[SftpAddress, str]:
        """Return the folder and the name of a file."""
        return address.split()

    def interrupt(self) -> None:
        self._servers.interrupt()

    def close(self) -> None:
        self._servers.close()


class SftpDestination:
    """ports.Destination in a folder on a server. Every call to the server may also raise HostKeyUnknown,
    HostKeyChanged, ServerSecretWanted, and Cancelled after `Destinations.interrupt`."""

    def __init__(self, address: SftpAddress, info: DestinationInfo, servers: SshPool) -> None:
        self._address = address
        self._info = info
        self._servers = servers
        self._login = Login(address, info.key_file)
        self._flushed: bool | None = None

    @property
    def live(self) -> bool:
        """False: the first screen does not wait for another machine."""
        return False

    def where(self) -> LocatedAt:
        """Return the location by the address that the server answers from; declarations do not apply."""
        if self._info.declared_elsewhere:
            words = self._info.declared_elsewhere
            return LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, words)
        return judge_peer(self._address.host, self._ask(lambda folder: folder.peer()), this_machine())

    def mounted(self) -> Mounted | None:
        """Return None: it is not a folder of this machine."""
        return None

    def address_of(self, name: str) -> str:
        return str(self._address.file(_checked(name)))

    def check(self) -> None:
        self._flushed = self._write(lambda folder: folder.check())

    def publish(self, name: str, data: bytes) -> str:
        """Write as the port says. Raises DestinationUnreachable, which names a temporary file that had to
        be left, CannotCreate."""
        _checked(name)
        used, self._flushed = self._write(lambda folder: folder.publish(name, data), len(data))
        return used

    def read(self, name: str, limit: int) -> bytes:
        """Return the whole file, read anew. Raises FileUnreadable, DestinationUnreachable."""
        _checked(name)
        return self._ask(lambda folder: folder.read(name, limit), limit)

    def beginning(self, name: str, size: int) -> bytes:
        _checked(name)
        return self._ask(lambda folder: folder.beginning(name, size), size)

    def listing(self) -> Listing:
        return self._ask(lambda folder: folder.listing())

    def remove(self, name: str) -> None:
        """Remove a file, durably where the server supports it. Raises FileUnreadable (`missing`),
        CannotRemove, DestinationUnreachable."""
        _checked(name)
        self._ask(lambda folder: folder.remove(name))

    def sweep(self) -> None:
        """Remove temporary files older than an hour; does nothing where the folder is missing."""
        self._ask(lambda folder: folder.sweep())

    def flushes(self) -> bool:
        if self._flushed is None:
            self.check()
        return bool(self._flushed)

    def _write(self, operation: Callable[["SftpFolder"], Coroutine[Any, Any, T]], size: int = 0) -> T:
        """Ask as `_ask` does; a file that a lost connection left is removed over another one, or named."""
        used: list[SftpFolder] = []

        def write(folder: "SftpFolder") -> Coroutine[Any, Any, T]:
            used.append(folder)
            return operation(folder)

        try:
            return self._ask(write, size)
        except DestinationUnreachable as error:
            left = [name for folder in used for name in folder.left if not self._removed(name)]
            if left:
                raise DestinationUnreachable(
                    error.destination, error.problem, self._named(left[0])
                ) from None
            raise

    def _ask(self, question: Callable[["SftpFolder"], Coroutine[Any, Any, T]], size: int = 0) -> T:
        from nskeys.destinations.ssh.errors import reaching
        from nskeys.destinations.ssh.folder import SftpFolder

        seconds = 2 * self._servers.limits.for_bytes(size)
        with reaching(self._info.address):
            return self._servers.ask(
                self._login, lambda connection: question(SftpFolder(connection, self._address)), seconds
            )

    def _removed(self, left: str) -> bool:
        """Try once more to remove a temporary file, over a new connection."""
        try:
            self._ask(lambda folder: folder.remove_left(left))
        except NskeysError:
            return False
        return True

    def _named(self, left: str) -> str:
        return str(self._address.file(left.rpartition("/")[2]))


def _checked(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise DestinationInvalid(name, Problem.NO_FILE)
    return name
