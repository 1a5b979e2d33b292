"""The ports of the database itself, its identity and transactions, and of others that a person named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from nskeys.model.audit import AuditEvent, AuditHead
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.database import DatabaseConnection, DatabaseLogin
from nskeys.ports.cmdb import CmdbChange, CmdbView
from nskeys.reasons import NoProof

if TYPE_CHECKING:
    from nskeys.model.database_copy import Rows
    from nskeys.model.database_tables import Table


class CmdbFill(Protocol):
    """An empty CMDB while it is filled with the rows of a database copy. Raises CmdbDamaged for rows that
    no CMDB can hold."""

    def add(self, table: Table, rows: Rows) -> None:
        """Add rows; the tables come in their order."""
        ...

    def finish(self, checkpoint: SignedCheckpoint | None) -> CmdbView:
        """Put the checkpoint in its place, and return a view of everything, to be compared before the block
        ends. Nothing is added afterwards."""
        ...

    def change(
        self,
        event: AuditEvent,
        earlier: Sequence[AuditEvent],
        number: int | None,
        check: Callable[[CmdbView], AuditHead | None],
    ) -> CmdbChange:
        """Begin a change of what was finished, as `Cmdb.changing` does; it is made when the block ends."""
        ...


class ChangedCmdb(Protocol):
    """What one change needs of the database that it changes."""

    def address(self) -> str:
        """Return the URL or path, without any password."""
        ...

    def alone(self) -> AbstractContextManager[CmdbView]:
        """Look while nobody else changes anything: a change whose outcome was in doubt has ended by then.
        Raises CmdbBusy, and what else a change raises."""
        ...

    def changing(
        self,
        event: AuditEvent,
        earlier: Sequence[AuditEvent] = (),
        number: int | None = None,
        check: Callable[[CmdbView], AuditHead | None] = ...,
    ) -> AbstractContextManager[CmdbChange]:
        """Open a transaction with the next number, or with `number`, that writes `event` to the audit trail
        behind those that happened `earlier`; an exception rolls all of it back. `check` sees what was there
        before, and may raise; the trail goes on from the head that it returns (None: from its own), and
        lines after that one become notes. It migrates an older schema first (after copying an SQLite
        file)."""
        ...


class Cmdb(ChangedCmdb, Protocol):
    """The database itself: its identity and its transactions."""

    def describe(self) -> str:
        """Return `SQLite` or `PostgreSQL`, to show to a person."""
        ...

    def url(self) -> str:
        """Return the URL by which `config.toml` names it."""
        ...

    def at(self, address: str) -> Cmdb:
        """Return the CMDB at another address, a URL or the path of a file; nothing is opened. Raises
        ConfigurationInvalid."""
        ...

    def use(self, url: str) -> None:
        """Be the CMDB at this URL from now on. No transaction may be open."""
        ...

    def put_aside(self, day: str) -> str:
        """Give a file another name, `<name>.moved-<day>` or the first free one after it, durably, and
        return its path; empty where there is none, or for a database on a server, which stays. Needs the
        lock. Raises CannotCreate."""
        ...

    def login(self) -> DatabaseLogin | None:
        """Return how nskeys logs in to its server; None for a file. Raises ConfigurationInvalid."""
        ...

    def connection(self) -> DatabaseConnection | None:
        """Return what protects the connection to its server; None for a file. Raises as `reading` does."""
        ...

    def exists(self) -> bool:
        """Return whether there is a CMDB of nskeys at all. Creates nothing."""
        ...

    def cmdb_id(self) -> str:
        """Return the id, 32 hex digits. Raises NotSetUp where there is none."""
        ...

    def outdated(self) -> bool:
        """Return whether a change would migrate it to a newer schema first. Raises NotSetUp,
        NewerVersion."""
        ...

    def create(self, cmdb_id: str) -> None:
        """Create the tables, durably; does nothing if this id's CMDB exists. Raises AlreadySetUp if
        another's does."""
        ...

    def filling(self, ours: Callable[[CmdbView], bool] = ...) -> AbstractContextManager[CmdbFill]:
        """Fill a CMDB that is not there or in which nothing ever was: it is there, whole and durably, once
        the block ends, and nothing of it is after an exception. One that is not empty is replaced only
        where `ours`, which sees it, returns True. Only under the lock. Raises CmdbNotEmpty, CannotCreate,
        CmdbUnreachable."""
        ...

    def reading(self) -> AbstractContextManager[CmdbView]:
        """Open a read-only transaction on a consistent snapshot. On SQLite no change commits while it is
        open, so keep it short, and never change inside it. Raises NotSetUp, NewerVersion."""
        ...

    def kept_apart(self, folder: str, heed: Callable[[], None] = ...) -> AbstractContextManager[CmdbView]:
        """Give the state of this moment, which stays readable until the block ends, whatever others change
        meanwhile; for SQLite it is copied to `folder` before this returns. `heed` may raise to stop that.
        Raises what `reading` does; CannotCreate."""
        ...

    def note(self, text: str) -> None:
        """Append a note, without an audit line; the oldest beyond 1,000 are removed."""
        ...

    def close(self) -> None: ...


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
