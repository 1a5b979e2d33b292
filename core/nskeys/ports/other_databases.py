"""The port of databases that a person named, to be looked at and left as they are."""

from contextlib import AbstractContextManager
from typing import Protocol

from nskeys.ports.cmdb import CmdbView
from nskeys.reasons import NoProof


class OtherDatabase(Protocol):
    """A database that may have been restored from a backup of the CMDB. Nothing is written to it, nor
    beside it. Raises ProvesNothing, OtherDatabaseUnreachable, CmdbBusy."""

    def address(self) -> str:
        """Return the URL or path, without any password."""
        ...

    def describe(self) -> str:
        """Return `SQLite` or `PostgreSQL`."""
        ...

    def follows(self) -> NoProof | None:
        """Return how it follows another database, as its server says."""
        ...

    def reading(self) -> AbstractContextManager[CmdbView]:
        """Open a consistent snapshot."""
        ...


class OtherDatabases(Protocol):
    """Opens them by path or URL."""

    def __call__(self, named: str) -> AbstractContextManager[OtherDatabase]:
        """Open one until the block ends. Raises ConfigurationInvalid for what is no address,
        FileUnreadable, CannotCreate where a copy for the time of the look does not fit into the home,
        ProvesNothing for the CMDB's own file."""
        ...
