"""The CMDB in one SQLite file.

A change begins IMMEDIATE, so that no other change comes between its reading and writing; reading is
deferred and keeps its snapshot from the first query on. `synchronous=EXTRA` because FULL does not sync the
folder after the rollback journal is deleted: a power cut could bring the journal back and undo a commit
(SQLite's documentation of that pragma).

Nothing here opens and closes the database's file itself while SQLite may have it open: closing any
descriptor of a file releases all POSIX locks that the process holds on it ("How To Corrupt An SQLite
Database File", section 2.2).
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from nskeys import files
from nskeys.errors import CannotCreate, CmdbBusy, CmdbDamaged, CmdbUnreachable, NotPermitted, NskeysError
from nskeys.reasons import Problem
from nskeys.store.cmdb.address import SqliteAddress
from nskeys.store.cmdb.engine import BATCH, CmdbEngine, Connection, Row
from nskeys.store.cmdb.file import NEW_FILE, is_there, make_file
from nskeys.store.cmdb.migrations import SEARCH, Spelling

if TYPE_CHECKING:
    from nskeys.store.cmdb.search import SearchIndex

_VALUE_LIMIT = 4 << 20
"""Bytes of one value or row; more is not ours, and not worth the memory."""
_CACHE_KIB = 65_536
_PAGES = 4_096
"""Pages that are copied between two looks at whether to stop: 16 MiB."""

_UNREACHABLE = {
    sqlite3.SQLITE_NOTADB: Problem.NOT_A_DATABASE,
    sqlite3.SQLITE_CANTOPEN: Problem.CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: Problem.IO_ERROR,
    sqlite3.SQLITE_READONLY: Problem.READ_ONLY,
    sqlite3.SQLITE_FULL: Problem.NO_SPACE,
}
_OBJECTS = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master WHERE type <> 'index'"
_RESEAL = (
    "UPDATE credentials SET key_no = ?, sealed = nskeys_resealed(CAST(id AS BLOB))"
    " WHERE id BETWEEN ? AND ? AND key_no + 0 = ? AND nskeys_resealed(CAST(id AS BLOB)) IS NOT NULL"
)
_JOURNALS = ("-journal", "-wal", "-shm")
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

    @cached_property
    def search(self) -> SearchIndex:
        from nskeys.store.cmdb.search import SqliteSearch

        return SqliteSearch(self)

    def reseal(self, old: int, key_no: int, blobs: Mapping[str, bytes]) -> int:
        """Walk the rows once, in the order of the ids, asking for each new secret by a function: to look
        every row up takes a third of the time in which all are re-sealed. A row that none was given for
        stays. Where somebody gave rows another key meanwhile, each is looked up after all."""
        given = {id_.encode(): blob for id_, blob in blobs.items()}
        self.driver.create_function("nskeys_resealed", 1, given.get)
        try:
            done = self.run(_RESEAL, key_no, min(blobs), max(blobs), old)
        finally:
            self.driver.create_function("nskeys_resealed", 1, None)
        return done if done == len(blobs) else super().reseal(old, key_no, blobs)

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

    def _interrupt(self) -> None:
        self.driver.interrupt()

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

    def __init__(self, address: SqliteAddress, busy_timeout: float, opened: str = "mode=rw") -> None:
        """`opened` is how, in the words of SQLite's URIs; with `mode=rw` a file that is not there is not
        made."""
        super().__init__(address)
        self._path = address.path
        self._busy_timeout = busy_timeout
        self._opened = opened

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
        part = folder / f".nskeys-{os.urandom(8).hex()}.part"
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

    @contextmanager
    def kept_apart(
        self, folder: Path, heed: Callable[[], None]
    ) -> Iterator[AbstractContextManager[Connection]]:
        """Copy the database by SQLite's backup interface to a file (0600) in `folder`, and give a
        transaction on that."""
        with files.named(folder) as path:
            self._copy_to(path, heed)
            yield SqliteEngine(SqliteAddress(path), self._busy_timeout).transaction(changing=False)

    def _copy_to(self, path: Path, heed: Callable[[], None]) -> None:
        with self._translating(), closing(self._open()) as source, closing(sqlite3.connect(path)) as copy:
            # It is gone with this process, so nothing of it has to reach the disk.
            copy.execute("PRAGMA synchronous = OFF")
            copy.execute("PRAGMA journal_mode = OFF")
            try:
                source.backup(copy, pages=_PAGES, progress=lambda *_: heed())
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    raise CannotCreate(str(path.parent), Problem.NO_SPACE) from None
                raise

    @contextmanager
    def filling(self, require_empty: Callable[[Connection], object]) -> Iterator[Connection]:
        """Fill `<name>.new` beside the file, which gets the file's name once it is whole and on the medium.
        Nobody else uses an unfinished one: whoever fills a CMDB has the home's lock."""
        new = self._path.with_name(f"{self._path.name}.new")
        there = self._require_empty(require_empty)
        with files.unfinished(new):
            with SqliteEngine(SqliteAddress(new), self._busy_timeout)._filled() as begun:
                yield begun
            files.put_in_place(new, self._path, replacing=there)

    def _require_empty(self, require_empty: Callable[[Connection], object]) -> bool:
        """Return whether there is a file. A journal without one would be rolled back into the next; a link
        would be replaced by the file, and what it leads to is not what was named."""
        if self._path.is_symlink():
            raise CannotCreate(str(self._path), Problem.LINK)
        if not is_there(self._path):
            for suffix in _JOURNALS:
                if files.exists(beside := self._path.with_name(f"{self._path.name}{suffix}")):
                    raise CannotCreate(str(beside), Problem.NAME_TAKEN)
            return False
        with self.transaction(changing=True) as connection:
            require_empty(connection)
        return True

    @contextmanager
    def _filled(self) -> Iterator[Connection]:
        """One transaction on a file that nobody believes before it has its name, written out as it grows.
        Its journal is in memory: of a new file that is nothing but what a savepoint goes back to, and
        without one SQLite would not go back (its documentation of that pragma)."""
        with self._translating(), closing(self._open()) as driver:
            for pragma in ("journal_mode = MEMORY", "synchronous = OFF"):
                driver.execute(f"PRAGMA {pragma}")
            driver.execute("BEGIN IMMEDIATE")
            yield SqliteConnection(driver)
            driver.execute("COMMIT")

    def objects(self, connection: Connection) -> Sequence[tuple[str, str, str]]:
        """Return the objects by sqlite_schema; a virtual table, which has no pages of its own, is not a
        plain one, except for the one that is made by our own statement."""
        return [
            ("virtual table" if _is_strange(kind, page, sql) else str(kind), str(name), str(table))
            for kind, name, table, page, sql in connection.all(_OBJECTS)
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
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(self._path))}?{self._opened}",
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
            # A change stays in memory until it commits, so nobody is kept from reading before; one that
            # is larger than this is written out as it grows.
            "cache_spill = ON",
            f"cache_size = -{_CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}")


def _is_strange(kind: object, page: object, sql: object) -> bool:
    """Return whether this is a virtual table that we did not make: its module reads what it likes."""
    return kind == "table" and not page and sql != SEARCH


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
    trial = folder / f".nskeys-{os.urandom(8).hex()}.part"
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
