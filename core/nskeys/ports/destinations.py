"""Ports of destinations, and what a service needs to reach their files."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol, Self

from nskeys.errors import HostKeyUnknown, ServerSecretWanted
from nskeys.model.destinations import DestinationInfo, LocatedAt, Mounted
from nskeys.model.secret import SecretBytes


class Listed(NamedTuple):
    """A file at a destination."""

    name: str
    size: int


class Listing(tuple[Listed, ...]):
    """The backup files at a destination, newest name first. `left_out` counts files with names that
    nskeys never writes, such as one with a slash in it; they are not touched, and do not affect the
    others."""

    left_out: int

    def __new__(cls, files: Iterable[Listed] = (), left_out: int = 0) -> Self:
        made = super().__new__(cls, files)
        made.left_out = left_out
        return made


class Destination(Protocol):
    """A destination for backups. Files there are never replaced, and only pruning removes any."""

    @property
    def live(self) -> bool:
        """Whether every call looks at the copies. False for a remote server: the state of its copies is
        that of the last check of the register."""
        ...

    def where(self) -> LocatedAt:
        """Return whether it lies here or elsewhere, as of now."""
        ...

    def mounted(self) -> Mounted | None:
        """Return the file system that holds it now, to be stored with a declaration; None where it is not
        a folder, or the system does not say."""
        ...

    def address_of(self, name: str) -> str:
        """Return the full address of a file there."""
        ...

    def check(self) -> None:
        """Raise the error that would keep a backup from being written there; leaves nothing behind."""
        ...

    def publish(self, name: str, data: bytes) -> str:
        """Write a file durably under `name`, or `name-2`, ... where it exists, and return the name used."""
        ...

    def read(self, name: str, limit: int) -> bytes:
        """Return the whole file, read from the medium where possible. Raises FileUnreadable above `limit`
        bytes."""
        ...

    def beginning(self, name: str, size: int) -> bytes:
        """Return the first `size` bytes of a file, or all of one that has fewer."""
        ...

    def listing(self) -> Listing:
        """Return the `.zip` and `.kms` files there, newest name first."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, durably when this returns. Raises FileUnreadable (`missing`) where there is none,
        and that is durable too. Raises CannotRemove, DestinationUnreachable."""
        ...

    def sweep(self) -> None:
        """Remove temporary files that an interrupted backup left."""
        ...

    def flushes(self) -> bool:
        """Return whether this object's last write was flushed to the medium; False where the destination
        cannot flush. It writes and removes a test file where nothing was written yet."""
        ...


class Destinations(Protocol):
    """Finds destinations by address, and keeps what their servers need."""

    def at(self, destination: DestinationInfo) -> Destination:
        """Return the destination at an address. Raises DestinationInvalid."""
        ...

    def source(self, address: str) -> tuple[Destination, str]:
        """Return the destination and file name behind a file's full address."""
        ...

    def split(self, address: str) -> tuple[str, str]:
        """Return the canonical address of the destination of a file, and the file's name. Raises
        DestinationInvalid."""
        ...

    def normal(self, address: str) -> str:
        """Return the canonical form of a destination's address (absolute, links kept)."""
        ...

    def configured(self, address: str) -> DestinationInfo:
        """The destination with this address as it is configured, or as it was just named."""
        ...

    def is_at(self, known: DestinationInfo, normal: str) -> bool:
        """Whether a configured destination is the one with this address, in its one spelling. What was
        configured by hand or by a newer version may be no address at all."""
        ...

    def trust(self, server: HostKeyUnknown) -> None:
        """Store a server's host key, durably, after a person compared its fingerprint. Raises
        HostKeyChanged where another key was stored meanwhile. Raises CannotCreate."""
        ...

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        """Keep a secret that a server needs in memory until `close`, which wipes it."""
        ...

    def interrupt(self) -> None:
        """Raise Cancelled in every thread that waits for a server. May be called from threads and signal
        handlers."""
        ...

    def close(self) -> None:
        """End calls that still wait for an answer, and wipe every secret. Called when the program ends."""
        ...
