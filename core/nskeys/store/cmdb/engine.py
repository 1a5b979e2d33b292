"""The interface of a database: its transactions, its statements, and translated errors of its driver.

Statements are constants with question marks for parameters; `Connection` alone knows the mark of its
driver. The differences between SQLite and PostgreSQL are in `sqlite` and `postgres`; everything above uses
these two classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from nskeys.errors import Cancelled, CmdbAltered, CmdbDamaged, NskeysError
from nskeys.model.database import DatabaseConnection, DatabaseLogin
from nskeys.model.database_tables import Table
from nskeys.reasons import NoProof, Problem
from nskeys.store.cmdb.address import CmdbAddress
from nskeys.store.cmdb.migrations import Spelling

if TYPE_CHECKING:
    from nskeys.store.cmdb.search import SearchIndex

BATCH = 2_000
"""Rows per batch of long reads."""

_RESEAL = "UPDATE credentials SET key_no = ?, sealed = ? WHERE id = ?"

Row = tuple[Any, ...]


class Connection(ABC):
    """One transaction's access to the database. Statements have question marks."""

    position: ClassVar[str]
    """The function that finds a text in a text: the text to look in first, 0 for "not in it"."""
    text_only: ClassVar[str] = "TRUE"
    """A condition that the column in its placeholder is text: a scan in the order of a column ends
    correctly only with it."""
    hex_only: ClassVar[str]
    """A condition that the text in its placeholder consists of lower-case hex digits."""
    sound: ClassVar[str] = "TRUE"
    """A condition that the values of a row of `credentials` have the right types, as far as the
    database permits others."""
    conflict: type[Exception]
    """The driver's exception where a row breaks a constraint."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.stopped = False
        """Whether somebody broke off what it was asked."""
        self._ending = Lock()
        self._over = False

    def stop(self) -> None:
        """Break off what is being asked, from another thread: its transaction ends with Cancelled."""
        with self._ending:
            if not self._over:
                self.stopped = True
                self._interrupt()

    def end(self) -> None:
        """Let nobody break off anything from now on: the driver may serve others."""
        with self._ending:
            self._over = True

    @abstractmethod
    def _interrupt(self) -> None:
        """Have the driver break off its statement."""

    def all(self, sql: str, *values: object) -> list[Row]:
        rows: list[Row] = self.driver.execute(self.marked(sql), values).fetchall()
        return rows

    def one(self, sql: str, *values: object) -> Row | None:
        """Return the first row, if there is any."""
        return next(iter(self.all(sql, *values)), None)

    def value(self, sql: str, *values: object) -> Any:
        """Return the first row's first value; None without a row."""
        row = self.one(sql, *values)
        return None if row is None else row[0]

    def run(self, sql: str, *values: object) -> int:
        """Return how many rows the statement changed."""
        changed: int = self.driver.execute(self.marked(sql), values).rowcount
        return changed

    def many(self, sql: str, rows: Sequence[Row]) -> int:
        """Run the statement for each row of values; return how many rows were changed."""
        if not rows:
            return 0
        cursor = self.driver.cursor()
        cursor.executemany(self.marked(sql), rows)
        changed: int = cursor.rowcount
        return changed

    def reseal(self, old: int, key_no: int, blobs: Mapping[str, bytes]) -> int:
        """Give the credentials with these ids, of the key numbered `old`, these secrets and this key;
        return how many there were."""
        del old
        return self.many(_RESEAL, [(key_no, blob, id_) for id_, blob in blobs.items()])

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, many at a time; their values are in the order of the table's columns."""
        self.many(_insertion(table), rows)

    @property
    @abstractmethod
    def search(self) -> SearchIndex:
        """What finds a text without reading every row of the list."""

    def is_standby(self) -> bool:
        """Return whether the server copies another one."""
        return False

    @abstractmethod
    def stream(self, sql: str, *values: object) -> Iterator[Sequence[Row]]:
        """Return the rows in batches, without holding them all at once."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back to here if the block raises."""
        self.driver.execute("SAVEPOINT nskeys")
        try:
            yield
        except BaseException:
            # A full disk ends the whole transaction in SQLite: going back then fails too, and that
            # error would say nothing of the disk.
            with suppress(Exception):
                self.driver.execute("ROLLBACK TO SAVEPOINT nskeys")
                self.driver.execute("RELEASE SAVEPOINT nskeys")
            raise
        self.driver.execute("RELEASE SAVEPOINT nskeys")

    @staticmethod
    def marked(sql: str) -> str:
        """Return `sql` with the driver's own mark in the place of question marks."""
        return sql


class CmdbEngine(ABC):
    """A database to be opened; it connects at the first transaction."""

    spelling: Spelling
    driver_errors: type[Exception]

    def __init__(self, address: CmdbAddress) -> None:
        self.address = address

    @abstractmethod
    def prepare(self) -> None:
        """Create what the first transaction needs: for SQLite, the file."""

    def login(self) -> DatabaseLogin | None:
        """Return how nskeys logs in to the server; None for a file."""
        return None

    def connection(self) -> DatabaseConnection | None:
        """Return what protects the connection to the server; None for a file."""
        return None

    def follows(self) -> NoProof | None:
        """Return how this database follows another one; None for a file, which follows nothing by
        itself."""
        return None

    @abstractmethod
    def copy_aside(self, schema: int) -> None:
        """Keep a durable copy, where possible, before the steps to `schema`. Called inside a change that
        has written nothing."""

    @abstractmethod
    def kept_apart(
        self, folder: Path, heed: Callable[[], None]
    ) -> AbstractContextManager[AbstractContextManager[Connection]]:
        """Keep the database's present state readable until the block ends, whatever others write
        meanwhile; give a transaction on it. `heed` is called several times a second while that takes
        long, and may raise. Raises CannotCreate where a copy in `folder` does not fit there."""

    @abstractmethod
    def filling(self, require_empty: Callable[[Connection], object]) -> AbstractContextManager[Connection]:
        """Begin a transaction in which an empty database is filled: it is there, durably, once the block
        ends, and nothing of it is after an exception. What lies there is looked at by `require_empty`,
        which raises where it must stay."""

    @abstractmethod
    def objects(self, connection: Connection) -> Sequence[tuple[str, str, str]]:
        """Return kind, name and table of every object of the schema. A plain table, which can only hold
        rows, is of the kind `table`."""

    def tables(self, connection: Connection) -> frozenset[str]:
        """Return the names of the tables. Raises CmdbAltered where an object could change what is read or
        written."""
        objects = self.objects(connection)
        others = tuple(
            f"{kind} {name} on {table}" if table != name else f"{kind} {name}"
            for kind, name, table in objects
            if kind != "table"
        )
        if others:
            raise CmdbAltered(self.address.shown, others)
        return frozenset(name for _, name, _ in objects)

    @abstractmethod
    def translated(self, error: Exception) -> NskeysError:
        """Return a driver's error as one of ours, without any value of the statement."""

    @abstractmethod
    def close(self) -> None: ...

    @contextmanager
    def transaction(self, *, changing: bool) -> Iterator[Connection]:
        """Open a transaction that commits at the end and rolls back on any exception; the driver's errors
        are translated."""
        with self._translating(), self._begun(changing) as connection:
            try:
                yield connection
            except self.driver_errors:
                if connection.stopped:
                    raise Cancelled from None
                raise
            finally:
                connection.end()

    @abstractmethod
    def _begun(self, changing: bool) -> AbstractContextManager[Connection]:
        """Return the transaction itself."""

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except self.driver_errors as error:
            raise self.translated(error) from None
        except (UnicodeDecodeError, MemoryError) as error:
            # What sqlite3 makes of a damaged file besides its own errors: it decodes SQLite's messages,
            # which may quote the file, and SQLite says "no memory" of a record that is longer than its
            # page holds. We ask for too little at a time to run out of memory here.
            if _raised_below(error):
                raise CmdbDamaged("", Problem.CORRUPT) from None
            raise


@cache
def _insertion(table: Table) -> str:
    columns = table.names
    values = ", ".join("?" * len(columns))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608  # constants


def _raised_below(error: Exception) -> bool:
    """Return whether the error came from the driver itself: the last Python frame is the store's."""
    from traceback import walk_tb  # here: it is needed only where something fails

    last = None
    for frame, _ in walk_tb(error.__traceback__):
        last = frame
    name = "" if last is None else last.f_globals.get("__name__", "")
    return name.startswith("nskeys.store.")
