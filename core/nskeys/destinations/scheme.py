"""What a kind of address has to offer to be a destination.

A new kind is one file beside this one with a class that keeps to `Scheme`, and one line in
`registry.remote_schemes`.
"""

from typing import Protocol, TypeVar

from nskeys.model.places import DestinationInfo
from nskeys.ports import Destination

A = TypeVar("A")
"""A kind's addresses, understood; `str` gives the one spelling, with the scheme in lower case in front."""


class Scheme(Protocol[A]):
    """All addresses that begin with one name before `://`. One object for a run of the program; for any
    number of threads."""

    def understood(self, address: str) -> A:
        """The address of a destination or a file; DestinationInvalid. Asks no server."""
        ...

    def at(self, address: A, info: DestinationInfo) -> Destination:
        """The destination at an address; `info` has its one spelling and everything that was configured for
        it. Asks no server."""
        ...

    def split(self, address: A) -> tuple[A, str]:
        """A file's address as its destination's address and its name, which is empty where the address
        names no file."""
        ...

    def interrupt(self) -> None:
        """Whoever waits for an answer now gets Cancelled; for threads and signal handlers."""
        ...

    def close(self) -> None:
        """End what still waits for an answer, when the program leaves."""
        ...
