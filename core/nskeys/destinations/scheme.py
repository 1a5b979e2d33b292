"""What a kind of address has to offer to be a destination.

A new kind is one file beside this one with a class that keeps to `Scheme`, and one line in
`registry.remote_schemes`.
"""

from typing import Protocol

from nskeys.model.places import DestinationInfo
from nskeys.ports import Destination


class Scheme(Protocol):
    """All addresses that begin with one name before `://`. One object for a run of the program; for any
    number of threads."""

    def normal(self, address: str) -> str:
        """The one spelling of a destination's or a file's address, with the scheme in lower case in front;
        DestinationInvalid. Asks no server."""
        ...

    def at(self, info: DestinationInfo) -> Destination:
        """The destination at `info.address`, which is in its one spelling; `info` carries everything that
        was configured for it. DestinationInvalid; asks no server."""
        ...

    def split(self, address: str) -> tuple[str, str]:
        """A file's address, in its one spelling, as its destination's address and its name, which is
        empty where the address names no file."""
        ...

    def interrupt(self) -> None:
        """Whoever waits for an answer now gets Cancelled; for threads and signal handlers."""
        ...

    def close(self) -> None:
        """End what still waits for an answer, when the program leaves."""
        ...
