"""One database behind SQLAlchemy: its transactions, and its errors translated once.

What SQLite and PostgreSQL do differently is said in `sqlite` and `postgres`; everything above
speaks to this class. Importing this module imports SQLAlchemy.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from traceback import walk_tb
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from nskeys.errors import CmdbDamaged, NskeysError
from nskeys.store.cmdb.address import CmdbAddress
from nskeys.store.cmdb.migrations import Spelling

BATCH = 2_000
"""Rows that long reads take at a time."""


class CmdbEngine(ABC):
    """A database that can be opened; nothing is connected before the first transaction."""

    spelling: Spelling
    position: str
    """The function that finds a text in a text: the text to look in first, 0 for "not in it"."""
    driver_errors: type[Exception]

    def __init__(self, address: CmdbAddress, engine: Engine) -> None:
        self.address = address
        self._engine = engine

    @abstractmethod
    def prepare(self) -> None:
        """Make what a first transaction needs: for SQLite, the file."""

    @abstractmethod
    def copy_aside(self, schema: int) -> None:
        """Before the steps to `schema`, while a change is open and has written nothing: keep a copy,
        durably, where that can be."""

    @abstractmethod
    def tables(self, connection: Connection) -> frozenset[str]:
        """The tables there are."""

    @abstractmethod
    def translated(self, error: Exception) -> NskeysError:
        """What a driver's error says, without anything of the statement's parameters."""

    @contextmanager
    def transaction(self, *, changing: bool) -> Iterator[Connection]:
        """A transaction that commits at the end and rolls back on any exception; errors of the driver
        come out translated."""
        with self._translating(), self._connect(changing) as connection, connection.begin():
            yield connection

    def stream(
        self, connection: Connection, sql: str, parameters: tuple[Any, ...]
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """A query's rows in batches, as the driver gives them; `sql` has question marks."""
        with closing(self._cursor(connection)) as cursor:
            cursor.execute(self.driver_sql(sql), parameters)
            while rows := cursor.fetchmany(BATCH):
                yield rows

    def fetch(
        self, connection: Connection, sql: str, parameters: tuple[Any, ...]
    ) -> Sequence[tuple[Any, ...]]:
        """All of a query's rows, as the driver gives them; `sql` has question marks."""
        with closing(self._cursor(connection)) as cursor:
            cursor.execute(self.driver_sql(sql), parameters)
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def many(self, connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> int:
        """A statement for each row of parameters; returns how many rows it changed. `sql` has question
        marks."""
        if not rows:
            return 0
        return connection.exec_driver_sql(self.driver_sql(sql), list(rows)).rowcount

    def driver_sql(self, sql: str) -> str:
        """`sql` with the driver's own mark for a parameter in place of question marks."""
        return sql

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    @abstractmethod
    def _options(self, changing: bool) -> Mapping[str, Any]:
        """SQLAlchemy's execution options for a transaction."""

    @abstractmethod
    def _cursor(self, connection: Connection) -> Any:
        """A cursor of the driver that does not fetch everything at once."""

    @contextmanager
    def _connect(self, changing: bool) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection.execution_options(**self._options(changing))

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            first = _first(error)
            cause = first.orig
            raise self.translated(cause if isinstance(cause, Exception) else first) from None
        except self.driver_errors as error:
            raise self.translated(error) from None
        except (UnicodeDecodeError, MemoryError) as error:
            # What sqlite3 makes of a damaged file besides its own errors: it decodes SQLite's messages,
            # which may quote the file, and SQLite says "no memory" of a record that is longer than its
            # page holds. We ask for too little at a time to run out of memory here.
            if _raised_below(error):
                raise CmdbDamaged("", "corrupt") from None
            raise


def _first(error: DBAPIError) -> DBAPIError:
    """What went wrong first. A full disk ends a whole transaction in SQLite: going back to a savepoint then
    fails too, and that error says nothing of the disk."""
    first, earlier = error, error.__context__
    while earlier is not None:
        if isinstance(earlier, DBAPIError):
            first = earlier
        earlier = earlier.__context__
    return first


def _raised_below(error: Exception) -> bool:
    """Whether the last Python code before the error, and so the driver's caller, is SQLAlchemy or ours."""
    last = None
    for frame, _ in walk_tb(error.__traceback__):
        last = frame
    name = "" if last is None else last.f_globals.get("__name__", "")
    return name.startswith(("sqlalchemy.", "nskeys.store."))
