"""The CMDB in one SQLite file.

Transactions begin by the `begin` event (SQLAlchemy's documentation, "Enabling Non-Legacy SQLite
Transactional Modes"): IMMEDIATE for a change, so that nobody can come between reading and writing;
deferred for a look, which keeps its snapshot from the first query on. `synchronous=EXTRA` because FULL
does not sync the folder after the rollback journal is deleted: a power cut could bring the journal back
and undo a commit (SQLite's documentation of that pragma).

Nothing here opens and closes the database's file by itself while SQLite may have it open: closing any
descriptor of a file gives up all of a process's POSIX locks on it ("How To Corrupt An SQLite Database
File", section 2.2).
"""

import os
import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from itertools import chain, count
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, NullPool, create_engine, event

from nskeys import files
from nskeys.errors import CannotCreate, CmdbBusy, CmdbDamaged, CmdbUnreachable, NotPermitted, NskeysError
from nskeys.store.cmdb.address import SqliteAddress
from nskeys.store.cmdb.engine import CmdbEngine
from nskeys.store.cmdb.file import NEW_FILE, make_file
from nskeys.store.cmdb.migrations import Spelling

_VALUE_LIMIT = 4 << 20
"""Bytes of one value or row; more is not ours, and not worth the memory."""
_CACHE_KIB = 65_536

_UNREACHABLE = {
    sqlite3.SQLITE_NOTADB: "not_a_database",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_IOERR: "io_error",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_FULL: "no_space",
}


class SqliteEngine(CmdbEngine):
    """An SQLite file."""

    spelling = Spelling(text="TEXT", blob="BLOB", clustered=" WITHOUT ROWID")
    position = "instr"
    driver_errors = sqlite3.Error

    def __init__(self, address: SqliteAddress, busy_timeout: float) -> None:
        self._path = address.path
        self._busy_timeout = busy_timeout
        # No pool: a connection kept open would go on with the old file when a backup of the database is
        # put in its place.
        engine = create_engine(
            "sqlite+pysqlite://", creator=self._open, poolclass=NullPool, hide_parameters=True
        )
        event.listen(engine, "begin", _begin)
        super().__init__(address, engine)

    def prepare(self) -> None:
        """An empty file, which SQLite takes for an empty database."""
        make_file(self._path)

    def copy_aside(self, schema: int) -> None:
        """`<name>.before-<schema>` beside the file, or the first such name with `-2`, ... behind it.

        Read through SQLite's backup interface, by a connection of its own: the one that is to write cannot
        do it. It sees what was committed last, for nobody else can write now.
        """
        folder, name = self._path.parent, f"{self._path.name}.before-{schema}"
        part = folder / f".nskeys-{secrets.token_hex(8)}.part"
        try:
            os.close(os.open(part, NEW_FILE, 0o600))
            with closing(self._open()) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
            data = part.read_bytes()
        except OSError:
            raise CannotCreate(str(part), "io_error") from None
        finally:
            with suppress(OSError):
                part.unlink()
        files.write_first_free(folder, chain([name], (f"{name}-{number}" for number in count(2))), data)

    def tables(self, connection: Connection) -> frozenset[str]:
        """By SQLite's own list."""
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        return frozenset(name for (name,) in rows if isinstance(name, str))

    def translated(self, error: Exception) -> NskeysError:
        """By SQLite's primary result code."""
        shown = self.address.shown
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            # The driver's own. It decodes text by itself, and says so in these words (CPython's
            # Modules/_sqlite/cursor.c).
            if str(error).startswith("Could not decode to UTF-8"):
                return CmdbDamaged("", "not_text")
            return CmdbUnreachable(shown, "failed", str(error))
        primary = code & 0xFF
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return CmdbBusy(shown)
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH):
            return CmdbDamaged("", "corrupt")
        if primary in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_SCHEMA):
            return CmdbDamaged("", "schema")
        if primary == sqlite3.SQLITE_CANTOPEN and not os.access(self._path, os.R_OK, effective_ids=True):
            return NotPermitted(shown)
        return CmdbUnreachable(shown, _UNREACHABLE.get(primary, "failed"), str(error))

    def _options(self, changing: bool) -> Mapping[str, Any]:
        return {"nskeys_changing": changing}

    def _cursor(self, connection: Connection) -> sqlite3.Cursor:
        return _driver(connection).cursor()

    def _open(self) -> sqlite3.Connection:
        # mode=rw: a file that is not there is not made.
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(self._path))}?mode=rw",
            uri=True,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE_LIMIT)
        for pragma in (
            "synchronous = EXTRA",
            "foreign_keys = ON",
            "trusted_schema = OFF",
            "cell_size_check = ON",
            # A large change stays in memory until it commits, so nobody is kept from reading before.
            "cache_spill = OFF",
            f"cache_size = -{_CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("nskeys_changing"):
        # Does nothing unless another program switched the file to a write-ahead log.
        connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("not a connection of sqlite3")
    return driver
