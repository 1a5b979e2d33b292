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
from nskeys.model.audit import Action, AuditEvent
from nskeys.model.credentials import UnreadableCredential
from nskeys.model.database import DatabaseLogin
from nskeys.model.keys import Kid
from nskeys.ports import Clock, CmdbChange, CmdbView, SealedRow
from nskeys.store.cmdb.address import SqliteAddress, understand, url_of
from nskeys.store.cmdb.file import is_there
from nskeys.store.cmdb.migrations import STEPS, Step

if TYPE_CHECKING:
    from nskeys.store.cmdb.engine import CmdbEngine
    from nskeys.store.cmdb.view import SqlView


def _ignore(_: UnreadableCredential) -> None: ...


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

    def describe(self) -> str:
        return "SQLite" if isinstance(self._address, SqliteAddress) else "PostgreSQL"

    def address(self) -> str:
        """Return the URL or path."""
        return self._address.shown

    def login(self) -> DatabaseLogin | None:
        return self._engine.login()

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
    def reading(self) -> Iterator[CmdbView]:
        with self._looking() as view:
            yield view

    @contextmanager
    def changing(self, event: AuditEvent) -> Iterator[CmdbChange]:
        if not self._there():
            raise NotSetUp(self._address.home)
        from nskeys.store.cmdb.change import SqlChange
        from nskeys.store.cmdb.upgrade import CmdbMark, read_mark, upgrade

        with self._engine.transaction(changing=True) as connection:
            mark = read_mark(self._engine, connection, self._steps)
            change = SqlChange(connection, CmdbMark(mark.cmdb_id, self._steps[-1].number))

            def upgraded(old: int, new: int) -> None:
                details = (("from", str(old)), ("to", str(new)))
                change.write_audit(
                    AuditEvent(Action.MIGRATED, "cmdb", event.actor, self._clock.now(), details)
                )

            upgrade(self._engine, connection, self._steps, mark, upgraded)
            change.write_audit(event)
            yield change

    def stream_raw(
        self, unreadable: Callable[[UnreadableCredential], None] = _ignore
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        with self._looking() as view:
            yield from view.stream_rows(unreadable)

    def close(self) -> None:
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @contextmanager
    def _looking(self) -> Iterator[SqlView]:
        if not self._there():
            raise NotSetUp(self._address.home)
        from nskeys.store.cmdb.upgrade import read_mark
        from nskeys.store.cmdb.view import SqlView

        with self._engine.transaction(changing=False) as connection:
            mark = read_mark(self._engine, connection, self._steps)
            yield SqlView(connection, mark)

    @property
    def _engine(self) -> CmdbEngine:
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
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
