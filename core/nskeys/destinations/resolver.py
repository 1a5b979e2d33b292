"""Resolving addresses to destinations: the scheme of an address, and what is configured for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from nskeys.destinations import foreign_addresses
from nskeys.destinations.local.address import FolderScheme
from nskeys.destinations.local.slow_mounts import slow_mount
from nskeys.destinations.local.timeout_folder import SlowMount
from nskeys.errors import DestinationInvalid, DestinationUnreachable, HostKeyUnknown, ServerSecretWanted
from nskeys.model.destinations import DestinationInfo
from nskeys.model.plain_text import as_text, is_text
from nskeys.model.secret import SecretBytes
from nskeys.ports import Destination
from nskeys.reasons import Problem

if TYPE_CHECKING:
    from nskeys.destinations.ssh.pool import SshPool
    from nskeys.destinations.workers.pool import Workers

A = TypeVar("A")
"""A scheme's parsed addresses; `str` returns the canonical form, with the scheme in lower case in front."""


class Scheme(Protocol[A]):
    """All addresses with one prefix before `://`. One object serves all threads of a run."""

    def parse(self, address: str) -> A:
        """The address of a destination or a file; DestinationInvalid. Asks no server."""
        ...

    def at(self, address: A, info: DestinationInfo) -> Destination:
        """Return the destination at an address; `info` has its canonical form and its configuration. Asks
        no server."""
        ...

    def split(self, address: A) -> tuple[A, str]:
        """Return the address of a file's destination and the file's name, which is empty where the address
        names no file."""
        ...

    def interrupt(self) -> None:
        """Raise Cancelled in every thread that waits for an answer. May be called from threads and signal
        handlers."""
        ...

    def close(self) -> None:
        """End calls that still wait for an answer, when the program ends."""
        ...


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NOTHING: Mapping[str, Scheme[Any]] = MappingProxyType({})


class AllDestinations:
    """ports.Destinations. `declared` returns the configured destinations, whose configuration applies to
    every spelling of their address. `remote` are the schemes other than folders; `servers` returns the pool
    of the SSH servers among them."""

    def __init__(
        self,
        declared: Callable[[], Sequence[DestinationInfo]],
        workers: Workers | None = None,
        slow: SlowMount = slow_mount,
        remote: Mapping[str, Scheme[Any]] = _NOTHING,
        servers: Callable[[], SshPool] | None = None,
    ) -> None:
        self._servers = servers
        self._declared = declared
        self._folders = FolderScheme(workers, slow)
        self._remote = remote
        self._used: dict[str, Scheme[Any]] = {}

    def at(self, destination: DestinationInfo) -> Destination:
        scheme, address = self._parse(destination.address)
        return scheme.at(address, self._as_configured(destination, _checked_text(str(address))))

    def source(self, address: str) -> tuple[Destination, str]:
        """Return the destination and file name of a file's full address. Names in local folders may be
        bytes that are not text. Raises DestinationInvalid."""
        scheme, folder, name = self._split(address)
        return scheme.at(folder, self._as_configured(DestinationInfo(str(folder)), str(folder))), name

    def split(self, address: str) -> tuple[str, str]:
        """Return the canonical address of the destination of a file, and the file's name."""
        _, folder, name = self._split(address)
        return str(folder), name

    def normal(self, address: str) -> str:
        """Return the canonical form of a destination's or a file's address (a path: absolute, links kept).
        Raises DestinationInvalid (`empty`, `not_text`, `unknown_scheme`, and those of its scheme), and
        DestinationUnreachable (`no_answer`) for `..` behind a mount that does not answer."""
        return _checked_text(str(self._parse(address)[1]))

    def configured(self, address: str) -> DestinationInfo:
        """The destination with this address as it is configured, or as it was just named; as `normal`."""
        normal = self.normal(address)
        return self._known(normal) or DestinationInfo(normal)

    def is_at(self, known: DestinationInfo, normal: str) -> bool:
        """Whether a configured destination is the one with this address, in its one spelling."""
        if known.address == normal:
            return True
        try:
            return self.normal(known.address) == normal
        except (DestinationInvalid, DestinationUnreachable):
            return False  # a scheme that only a newer version knows, or dots behind a dead mount

    def trust(self, server: HostKeyUnknown) -> None:
        if self._servers is not None:
            self._servers().trust(server)

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        if self._servers is not None:
            self._servers().give(wanted, secret)

    def interrupt(self) -> None:
        for scheme in (self._folders, *tuple(self._used.values())):
            scheme.interrupt()

    def close(self) -> None:
        for scheme in (self._folders, *tuple(self._used.values())):
            scheme.close()

    def _split(self, address: str) -> tuple[Scheme[Any], Any, str]:
        scheme, whole = self._parse(address)
        folder, name = scheme.split(whole)
        if not name:
            raise DestinationInvalid(address, Problem.NO_FILE)
        return scheme, folder, name

    def _parse(self, address: str) -> tuple[Scheme[Any], Any]:
        """The address, understood by its kind; a path on this machine may hold bytes that are no text, as
        Python has them."""
        if not address:
            raise DestinationInvalid(address, Problem.EMPTY)
        foreign_addresses.check(address)
        scheme = self._scheme(address)
        if "\0" in address or not (scheme is self._folders or is_text(address)):
            raise DestinationInvalid(as_text(address), Problem.NOT_UTF8)
        return scheme, scheme.parse(address)

    def _scheme(self, address: str) -> Scheme[Any]:
        found = _SCHEME.match(address)
        name = found[1].lower() if found else "file"
        if name == "file":
            return self._folders
        if name not in self._remote:
            raise DestinationInvalid(address, Problem.UNKNOWN_SCHEME)
        return self._used.setdefault(name, self._remote[name])

    def _as_configured(self, destination: DestinationInfo, address: str) -> DestinationInfo:
        """Return the configured values, replaced by those that the caller gives now."""
        now, configured = destination._replace(address=address), self._known(address)
        if configured is None:
            return now
        names = [name for name in now._fields if not getattr(now, name)]
        return now._replace(**{name: getattr(configured, name) for name in names})

    def _known(self, normal: str) -> DestinationInfo | None:
        return next((known for known in self._declared() if self.is_at(known, normal)), None)


def _checked_text(address: str) -> str:
    if not is_text(address):
        raise DestinationInvalid(as_text(address), Problem.NOT_UTF8)
    return address


class RemoteSchemes(Mapping[str, Scheme[Any]]):
    """Every scheme but that of folders, for one run; each is imported and made when an address first has
    it. `servers` returns the pool of SSH servers."""

    def __init__(self, servers: Callable[[], SshPool] | None = None) -> None:
        self._servers = servers
        self._makers = {"s3": self._s3, "sftp": self._sftp}
        self._made: dict[str, Scheme[Any]] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> Scheme[Any]:
        with self._lock:
            if name not in self._made:
                self._made[name] = self._makers[name]()
            return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def _s3(self) -> Scheme[Any]:
        from nskeys.destinations.s3.destination import S3Scheme

        return S3Scheme()

    def _sftp(self) -> Scheme[Any]:
        from nskeys.destinations.ssh.destination import SftpScheme

        return SftpScheme(self._servers() if self._servers else _no_servers())


def _no_servers() -> SshPool:
    from nskeys.destinations.ssh.known_hosts import KnownHosts
    from nskeys.destinations.ssh.pool import SshPool

    return SshPool(KnownHosts(Path("/dev/null")))
