"""Destinations, and the files of the home."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from nskeys.errors import HostKeyUnknown, ServerSecretWanted
from nskeys.model.destinations import DestinationInfo, LocatedAt, Mounted
from nskeys.model.secret import SecretBytes


@dataclass(frozen=True, slots=True)
class Listed:
    """A file at a destination."""

    name: str
    size: int


class Listing(tuple[Listed, ...]):
    """The backup files at a place, newest name first. `left_out` counts those whose names nskeys never
    writes, such as one with a slash in it: nothing is done with them, and they hold up no other."""

    left_out: int

    def __new__(cls, files: Iterable[Listed] = (), left_out: int = 0) -> Self:
        """Both, as one value that is used as its files."""
        made = super().__new__(cls, files)
        made.left_out = left_out
        return made


class Destination(Protocol):
    """A place for backups. Nothing there is ever replaced, and only pruning removes anything."""

    @property
    def live(self) -> bool:
        """Whether every answer looks at its copies. False for another server: its copies are as the last
        check of the register found them, with the age of that check."""
        ...

    def where(self) -> LocatedAt:
        """Return here or elsewhere, looked at now."""
        ...

    def mounted(self) -> Mounted | None:
        """Return what holds it now, to be remembered with a declaration; None for what is no folder, and
        where nothing tells."""
        ...

    def address_of(self, name: str) -> str:
        """Return the full address of a file there."""
        ...

    def check(self) -> None:
        """Raise what would keep a backup from being written there; leaves nothing behind."""
        ...

    def publish(self, name: str, data: bytes) -> str:
        """Write durably under `name`, or `name-2`, ... where it is taken; returns the name used."""
        ...

    def read(self, name: str, limit: int) -> bytes:
        """Return the whole file, from the medium where that can be had; FileUnreadable above `limit`."""
        ...

    def listing(self) -> Listing:
        """Return the `.zip` and `.kms` files there, newest name first."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, durably when it returns. FileUnreadable (`missing`) where there is none, which
        is then durable too. Raises CannotRemove, DestinationUnreachable."""
        ...

    def sweep(self) -> None:
        """Remove temporary files that a broken off backup left."""
        ...

    def flushes(self) -> bool:
        """Return whether what was last written by this object was flushed to the medium; False where the
        place cannot do that. Writes something, and removes it, where nothing was written yet."""
        ...


class Destinations(Protocol):
    """Every way to reach a backup."""

    def at(self, destination: DestinationInfo) -> Destination:
        """Return the destination at an address. Raises DestinationInvalid."""
        ...

    def source(self, address: str) -> tuple[Destination, str]:
        """Return the destination and file name behind a file's full address."""
        ...

    def split(self, address: str) -> tuple[str, str]:
        """Return a file's full address as its destination's address, in its one spelling, and its name.
        Raises DestinationInvalid."""
        ...

    def normal(self, address: str) -> str:
        """Return the one spelling of a destination's address (absolute, links kept)."""
        ...

    def trust(self, server: HostKeyUnknown) -> None:
        """Remember a server's host key, durably, once a person compared its fingerprint. HostKeyChanged
        where another one became known meanwhile. Raises CannotCreate."""
        ...

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        """What a server wants; kept in memory until `close`, which wipes it."""
        ...

    def interrupt(self) -> None:
        """Whoever waits for a server's answer now gets Cancelled; for threads and signal handlers."""
        ...

    def close(self) -> None:
        """End looks that still wait for an answer, and forget every secret, when the program leaves."""
        ...
