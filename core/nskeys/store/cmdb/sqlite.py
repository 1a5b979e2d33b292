"""The CMDB in one SQLite file.

A change begins IMMEDIATE, so that no other change comes between its reading and writing; reading is
deferred and keeps its snapshot from the first query on. `synchronous=EXTRA` because FULL does not sync the
folder after the rollback journal is deleted: a power cut could bring the journal back and undo a commit
(SQLite's documentation of that pragma).

Nothing here opens and closes the database's file itself while SQLite may have it open: closing any
descriptor of a file releases all POSIX locks that the process holds on it ("How To Corrupt An SQLite
Database File", section 2.2).
"""

import errno
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from urllib.parse import quote

from nskeys import files
from nskeys.errors import CannotCreate, CmdbBusy, CmdbDamaged, CmdbUnreachable, NotPermitted, NskeysError
from nskeys.reasons import Problem
from nskeys.store.cmdb.address import SqliteAddress
from nskeys.store.cmdb.engine import BATCH, CmdbEngine, Connection, Row
from nskeys.store.cmdb.file import NEW_FILE, make_file
from nskeys.store.cmdb.migrations import Spelling

_VALUE_LIMIT = 4 << 20
"""Bytes of one value or row; more is not ours, and not worth the memory."""
_CACHE_KIB = 65_536

_UNREACHABLE = {
    sqlite3.SQLITE_NOTADB: Problem.NOT_A_DATABASE,
    sqlite3.SQLITE_CANTOPEN: Problem.CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: Problem.IO_ERROR,
    sqlite3.SQLITE_READONLY: Problem.READ_ONLY,
    sqlite3.SQLITE_FULL: Problem.NO_SPACE,
}
_OBJECTS = "SELECT type, name, tbl_name, rootpage FROM sqlite_master WHERE type <> 'index'"
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class SqliteConnection(Connection):
    """One transaction of an SQLite file."""

    position = "instr"
    text_only = "typeof({}) = 'text'"
    hex_only = "{} NOT GLOB '*[^0-9a-f]*'"
    sound = (
        "typeof(id) = 'text' AND typeof(kind) = 'text' AND typeof(name) = 'text'"
        " AND typeof(target) = 'text' AND typeof(account) = 'text' AND typeof(note) = 'text'"
        " AND typeof(sealed) = 'blob'"
        " AND nskeys_is_utf8(CAST(id || name || target || account || note AS BLOB))"
    )
    conflict = sqlite3.IntegrityError
    driver: sqlite3.Connection

    def all(self, sql: str, *values: object) -> list[Row]:
        """Return every row; text that is not UTF-8 comes as bytes."""
        try:
            return super().all(sql, *values)
        except sqlite3.OperationalError as error:
            self._read_ill_text(error)
            return super().all(sql, *values)

    def stream(self, sql: str, *values: object) -> Iterator[Sequence[Row]]:
        """Yield the rows in batches; text that is not UTF-8 is returned as bytes."""
        given = 0
        try:
            for rows in self._batches(sql, values):
                yield rows
                given += len(rows)
        except sqlite3.OperationalError as error:
            self._read_ill_text(error)
            # The snapshot is the same, so the rows that were given come first once more.
            for rows in self._batches(sql, values):
                if len(rows) > given:
                    yield rows[given:]
                given = max(0, given - len(rows))

    def _batches(self, sql: str, values: Sequence[object]) -> Iterator[Sequence[Row]]:
        with closing(self.driver.execute(sql, tuple(values))) as cursor:
            while rows := cursor.fetchmany(BATCH):
                yield rows

    def _read_ill_text(self, error: sqlite3.OperationalError) -> None:
        """Return text that is not UTF-8 as bytes from now on, instead of failing. Not from the start: a
        Python text factory costs as much per row as opening it."""
        if not _is_ill_text(error) or self.driver.text_factory is not str:
            raise error
        self.driver.text_factory = _text_or_bytes


class SqliteEngine(CmdbEngine):
    """A database in an SQLite file."""

    spelling = Spelling(text="TEXT", blob="BLOB", clustered=" WITHOUT ROWID")
    driver_errors = sqlite3.Error

    def __init__(self, address: SqliteAddress, busy_timeout: float) -> None:
        super().__init__(address)
        self._path = address.path
        self._busy_timeout = busy_timeout

    def prepare(self) -> None:
        """Create an empty file, which SQLite takes for an empty database."""
        make_file(self._path)

    def copy_aside(self, schema: int) -> None:
        """Copy the database to `<name>.before-<schema>` beside it, or the first free such name with `-2`,
        ...

        SQLite's backup interface needs a connection of its own, because it cannot use the one that writes.
        It copies the last commit, and nobody else can write now.
        """
        folder, name = self._path.parent, f"{self._path.name}.before-{schema}"
        part = folder / f".nskeys-{secrets.token_hex(8)}.part"
        try:
            os.close(os.open(part, NEW_FILE, 0o600))
            with closing(self._open()) as source, closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
            data = part.read_bytes()
        except OSError:
            raise CannotCreate(str(part), Problem.IO_ERROR) from None
        finally:
            with suppress(OSError):
                part.unlink()
        files.write_first_free(folder, chain([name], (f"{name}-{number}" for number in count(2))), data)

    def objects(self, connection: Connection) -> Sequence[tuple[str, str, str]]:
        """Return the objects by sqlite_schema; a virtual table, which has no pages of its own, is not a
        plain one."""
        return [
            ("virtual table" if kind == "table" and not page else str(kind), str(name), str(table))
            for kind, name, table, page in connection.all(_OBJECTS)
        ]

    def close(self) -> None:
        """Do nothing: each transaction opens its own connection, because a kept one would use the old file
        after a backup of the database was put in its place."""

    def translated(self, error: Exception) -> NskeysError:
        """Translate by SQLite's primary result code."""
        shown = self.address.shown
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            return CmdbUnreachable(shown, Problem.FAILED, str(error))
        primary = code & 0xFF
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return (
                CmdbBusy(shown)
                if _has_locks(self._path.parent)
                else CmdbUnreachable(shown, Problem.NO_LOCKS)
            )
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH):
            return CmdbDamaged("", Problem.CORRUPT)
        if primary in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_SCHEMA):
            return CmdbDamaged("", Problem.SCHEMA)
        if primary == sqlite3.SQLITE_CANTOPEN and not os.access(self._path, os.R_OK, effective_ids=True):
            return NotPermitted(shown)
        return CmdbUnreachable(shown, _UNREACHABLE.get(primary, Problem.FAILED), str(error))

    @contextmanager
    def _begun(self, changing: bool) -> Iterator[Connection]:
        with closing(self._open()) as driver:
            if changing:
                # Does nothing unless another program switched the file to a write-ahead log.
                driver.execute("PRAGMA journal_mode = DELETE")
            driver.execute("BEGIN IMMEDIATE" if changing else "BEGIN")
            try:
                yield SqliteConnection(driver)
            except BaseException:
                with suppress(sqlite3.Error):
                    driver.execute("ROLLBACK")
                raise
            driver.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        # mode=rw: a file that is not there is not made.
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(self._path))}?mode=rw",
            uri=True,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()  # nobody else has it yet
            raise
        return connection

    @staticmethod
    def _prepare(connection: sqlite3.Connection) -> None:
        connection.create_function("nskeys_is_utf8", 1, _is_utf8, deterministic=True)
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


def _is_ill_text(error: sqlite3.OperationalError) -> bool:
    """Return whether the driver failed to decode text, which only its message says (CPython,
    Modules/_sqlite/cursor.c)."""
    return str(error).startswith("Could not decode to UTF-8")


def _is_utf8(raw: bytes) -> bool:
    return isinstance(_text_or_bytes(raw), str)


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _has_locks(folder: Path) -> bool:
    """Return whether the file system supports the locks that SQLite uses; SQLite reports missing support as
    a busy lock. Tried on a temporary file, never on the database's."""
    trial = folder / f".nskeys-{secrets.token_hex(8)}.part"
    try:
        descriptor = os.open(trial, NEW_FILE, 0o600)
    except OSError:
        return True
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _NO_LOCKS
    finally:
        os.close(descriptor)
        with suppress(OSError):
            trial.unlink()
    return True
