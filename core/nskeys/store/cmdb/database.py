"""The CMDB: credentials, register, rotations and audit trail in SQLite or PostgreSQL.

The driver and all that uses it are imported at the first transaction, so that looking at the address, or
finding that there is no file yet, costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nskeys.errors import NotSetUp
from nskeys.model.audit import Action, AuditEvent, AuditHead
from nskeys.model.database import DatabaseConnection, DatabaseLogin
from nskeys.ports import Clock, CmdbChange, CmdbFill, CmdbView
from nskeys.reasons import NoProof
from nskeys.store.cmdb.address import SqliteAddress, of_address, understand, url_of
from nskeys.store.cmdb.file import is_there, put_aside
from nskeys.store.cmdb.migrations import STEPS, Step

if TYPE_CHECKING:
    from nskeys.store.cmdb.change import SqlChange
    from nskeys.store.cmdb.engine import CmdbEngine, Connection
    from nskeys.store.cmdb.view import SqlView


def _nothing() -> None: ...


def _none(_: CmdbView) -> bool:
    return False


def _accept(_: CmdbView) -> AuditHead | None:
    return None


def cmdb_in_file(path: Path, clock: Clock) -> SqlCmdb:
    """Return the CMDB in an SQLite file."""
    return SqlCmdb(url_of(path), clock)


class SqlCmdb:
    """Implements `ports.Cmdb`. Nothing is opened before it is needed. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        busy_timeout: float = 5.0,
        steps: Sequence[Step] = STEPS,
    ) -> None:
        """`url` is parsed by `address`; `busy_timeout` is how many seconds a change waits for another one;
        `steps` are the schema steps that this program knows. Raises ConfigurationInvalid."""
        self._address = understand(url)
        self._clock = clock
        self._busy_timeout = busy_timeout
        self._steps = steps
        self._opening = threading.Lock()
        self._opened: CmdbEngine | None = None
        self._closed = False

    def describe(self) -> str:
        return "SQLite" if isinstance(self._address, SqliteAddress) else "PostgreSQL"

    def address(self) -> str:
        """Return the URL or path."""
        return self._address.shown

    def url(self) -> str:
        return self._address.url

    def at(self, address: str) -> SqlCmdb:
        return SqlCmdb(of_address(address), self._clock, busy_timeout=self._busy_timeout, steps=self._steps)

    def use(self, url: str) -> None:
        address = understand(url)
        with self._opening:  # nobody opens the one that is left under the new address, or the other way
            left, self._opened, self._address = self._opened, None, address
        if left is not None:
            left.close()

    def put_aside(self, day: str) -> str:
        if not isinstance(self._address, SqliteAddress) or not self._there():
            return ""
        return put_aside(self._address.path, day)

    def login(self) -> DatabaseLogin | None:
        return self._engine.login()

    def connection(self) -> DatabaseConnection | None:
        return self._engine.connection()

    def exists(self) -> bool:
        try:
            self.cmdb_id()
        except NotSetUp:
            return False
        return True

    def cmdb_id(self) -> str:
        with self._looking() as view:
            return view.cmdb_id

    def outdated(self) -> bool:
        with self._looking() as view:
            return view.schema < self._steps[-1].number

    def create(self, cmdb_id: str) -> None:
        """Make the tables, durably."""
        if len(cmdb_id) != 32 or bytes.fromhex(cmdb_id).hex() != cmdb_id:
            raise ValueError("a CMDB id is 32 hex digits")
        from nskeys.store.cmdb.upgrade import create

        self._engine.prepare()
        with self._engine.transaction(changing=True) as connection:
            create(self._engine, connection, self._steps, cmdb_id)

    @contextmanager
    def filling(self, ours: Callable[[CmdbView], bool] = _none) -> Iterator[CmdbFill]:
        from nskeys.store.cmdb.filling import SqlFill, require_empty

        engine, steps = self._engine, self._steps

        def look(connection: Connection) -> None:
            require_empty(engine, connection, steps, ours)

        with engine.filling(look) as connection:
            yield SqlFill(engine, connection, steps, self._begin)

    @contextmanager
    def reading(self) -> Iterator[CmdbView]:
        with self._looking() as view:
            yield view

    @contextmanager
    def kept_apart(self, folder: str, heed: Callable[[], None] = _nothing) -> Iterator[CmdbView]:
        if not self._there():
            raise NotSetUp(self._address.home)
        from nskeys.store.cmdb.upgrade import read_mark
        from nskeys.store.cmdb.view import SqlView

        with self._engine.kept_apart(Path(folder), heed) as begun, begun as connection:
            yield SqlView(connection, read_mark(self._engine, connection, self._steps))

    @contextmanager
    def alone(self) -> Iterator[CmdbView]:
        if not self._there():
            raise NotSetUp(self._address.home)
        from nskeys.store.cmdb.upgrade import read_mark
        from nskeys.store.cmdb.view import SqlView

        with self._engine.transaction(changing=True) as connection:
            yield SqlView(connection, read_mark(self._engine, connection, self._steps))

    def note(self, text: str) -> None:
        if not self._there():
            raise NotSetUp(self._address.home)
        from nskeys.store.cmdb.checkpoint_rows import add_note
        from nskeys.store.cmdb.upgrade import read_mark

        with self._engine.transaction(changing=True) as connection:
            read_mark(self._engine, connection, self._steps)
            add_note(connection, text)

    @contextmanager
    def changing(
        self,
        event: AuditEvent,
        earlier: Sequence[AuditEvent] = (),
        number: int | None = None,
        check: Callable[[CmdbView], AuditHead | None] = _accept,
    ) -> Iterator[CmdbChange]:
        if not self._there():
            raise NotSetUp(self._address.home)
        with self._engine.transaction(changing=True) as connection:
            yield self._begin(connection, event, earlier, number, check)

    def _begin(
        self,
        connection: Connection,
        event: AuditEvent,
        earlier: Sequence[AuditEvent],
        number: int | None,
        check: Callable[[CmdbView], AuditHead | None],
    ) -> SqlChange:
        """Begin a change in a transaction: the tables are migrated, its number and its audit lines are
        there."""
        from nskeys.store.cmdb.change import SqlChange
        from nskeys.store.cmdb.upgrade import next_mark, read_mark, upgrade, write_number
        from nskeys.store.cmdb.view import SqlView

        mark = read_mark(self._engine, connection, self._steps)
        after = next_mark(mark, self._steps, number)
        change = SqlChange(connection, after)
        head = check(SqlView(connection, mark))

        def upgraded(old: int, new: int) -> None:
            details = (("from", str(old)), ("to", str(new)))
            change.write_audit(AuditEvent(Action.MIGRATED, "cmdb", event.actor, self._clock.now(), details))

        upgrade(self._engine, connection, self._steps, mark, upgraded)
        connection.search.make_ready()
        write_number(connection, after)
        if head is not None:
            change.go_on_from(head)
        for line in (*earlier, event):
            change.write_audit(line)
        return change

    def close(self) -> None:
        """Close every connection that is kept, and keep none from now on: a thread that still looks ends
        its work."""
        with self._opening:
            self._closed = True
            if self._opened is not None:
                self._opened.close()

    @contextmanager
    def _looking(self) -> Iterator[SqlView]:
        if not self._there():
            raise NotSetUp(self._address.home)
        from nskeys.store.cmdb.upgrade import read_mark
        from nskeys.store.cmdb.view import SqlView

        with self._engine.transaction(changing=False) as connection:
            mark = read_mark(self._engine, connection, self._steps)
            yield SqlView(connection, mark)

    def follows(self) -> NoProof | None:
        """Return how the database follows another one, as its server says."""
        return self._engine.follows()

    @property
    def _engine(self) -> CmdbEngine:
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
                if self._closed:
                    self._opened.close()
            return self._opened

    def _open(self) -> CmdbEngine:
        if isinstance(self._address, SqliteAddress):
            from nskeys.store.cmdb.sqlite import SqliteEngine

            return SqliteEngine(self._address, self._busy_timeout)
        from nskeys.store.cmdb.postgres import PostgresEngine

        return PostgresEngine(self._address, self._busy_timeout)

    def _there(self) -> bool:
        """Return whether there is anything to connect to; for a server, always True."""
        return not isinstance(self._address, SqliteAddress) or is_there(self._address.path)
