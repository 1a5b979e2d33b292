"""What finds a text in the list without reading every row: trigrams, kept beside `listing` by the program's
own statements.

They are derived and never believed: whatever they name is looked for in `listing` itself. Where a database
cannot keep them, where they were given up, and where they would name too many rows, every row is read.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from math import inf

from nskeys.model.credential_list import CredentialOrder
from nskeys.store.cmdb.engine import Connection, Row
from nskeys.store.cmdb.migrations import SEARCH
from nskeys.store.cmdb.paging import Among, Selection, marks

SHORTEST = 3
"""Characters of the shortest text that trigrams find."""
_MANY = 100_000
"""Rows from which reading the whole list is cheaper than looking up each."""
_COMMON = 50_000
"""Rows with a trigram from which others of the text are asked for instead."""
_RARE = 3
"""So many of the rarest trigrams are asked for; the text itself is looked for in what has them."""
_TRIGRAMS = 32
"""So many trigrams of a text are looked at."""

_SHORT = 20_000
"""Rows of a list up to which reading all of it is as fast."""
_NEAR, _FAR = 1_000, 5_000
"""Rows of a longer list that are tried for a page of matches before and after its trigrams are asked."""
_AT_ONCE = 10_000
"""Rows of one statement; SQLite takes 32,766 parameters."""
_FAILS = (sqlite3.DatabaseError, MemoryError, UnicodeDecodeError)
"""What sqlite3 raises; the latter two for what a damaged table says of its own length."""
_WHOLE = 2
"""Tables by which `search` is known to be there: itself, and that of its settings."""
_IS_LONG = "SELECT count(*) FROM (SELECT 1 FROM listing LIMIT ?) AS counted"


def near(
    connection: Connection,
    selection: Selection,
    order: CredentialOrder,
    limit: int,
    after: tuple[str, str] | None,
    backwards: bool,
) -> Sequence[Row]:
    """Return the rows of a full page that lies close to its cursor, or else nothing: what the selection was
    narrowed to meanwhile is looked up faster where it is little."""
    if not _is_long(connection):
        return ()
    for length in (_NEAR, _FAR):
        sql, values = selection.walk(order, limit, after, backwards, length)
        if len(rows := connection.all(sql, *values)) == limit:
            return rows
        if narrow(connection, selection) <= _FAR:
            break
    return ()


def narrow(connection: Connection, selection: Selection) -> float:
    """Have the text looked for only in rows that have its trigrams. Return the most that these can be."""
    if selection.among is None and _is_long(connection):
        selection.among = connection.search.among(selection.text)
    found = selection.among
    return inf if found is None or found.most is None else found.most


def _is_long(connection: Connection) -> bool:
    counted: int = connection.value(_IS_LONG, _SHORT + 1)
    return counted > _SHORT


class SearchIndex(ABC):
    """The trigrams of one transaction's database."""

    @abstractmethod
    def make_ready(self) -> None:
        """Make them where there are none, and anew where they were given up. Only in a change."""

    @abstractmethod
    def add(self, ids: Sequence[str]) -> None:
        """Take in the rows of `listing` with these ids."""

    @abstractmethod
    def remove(self, ids: Sequence[str]) -> None:
        """Forget the rows of `listing` with these ids, before they change or go."""

    @abstractmethod
    def among(self, text: str) -> Among | None:
        """Return a condition that every row with this text keeps to; None where every row has to be
        read."""


class SqliteSearch(SearchIndex):
    """The table `search`, by SQLite's FTS5. One that fails, or that an SQLite without FTS5 could not keep,
    is given up by a mark in its table of settings, which any SQLite can write."""

    _ADD = (
        "INSERT INTO search (rowid, haystack)"
        " SELECT rowid, haystack FROM listing WHERE id IN ({marks}) ORDER BY rowid"
    )
    _REMOVE = (
        "INSERT INTO search (search, rowid, haystack)"
        " SELECT 'delete', rowid, haystack FROM listing WHERE id IN ({marks}) ORDER BY rowid"
    )
    _MATCHES = "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ? LIMIT ?)"
    _AMONG = "listing.rowid IN (SELECT rowid FROM search WHERE search MATCH ?)"
    _THERE = (
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('search', 'search_config')"
    )
    _GIVEN_UP = "SELECT count(*) FROM search_config WHERE k = 'given up'"
    _GIVE_UP = "INSERT OR REPLACE INTO search_config (k, v) VALUES ('given up', 1)"
    _OURS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_MISMATCH)
    """Codes of an SQLite without FTS5, and of FTS5 for tables that it cannot use."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make_ready(self) -> None:
        there = self._connection.value(self._THERE)
        if there == 0:
            self._tried(lambda: self._connection.run(SEARCH))
        if there == 0 or not self._kept():
            self._tried(self._rebuild)

    def add(self, ids: Sequence[str]) -> None:
        self._keep(self._ADD, ids)

    def remove(self, ids: Sequence[str]) -> None:
        self._keep(self._REMOVE, ids)

    def among(self, text: str) -> Among | None:
        if len(text) < SHORTEST:
            return None
        try:
            return self._among(_trigrams(text)) if self._kept() else None
        except _FAILS as error:
            self._require_ours(error)
            return None

    def _among(self, trigrams: Sequence[str]) -> Among | None:
        """Ask for trigrams that few rows have: one that all have costs more than it leaves out. The end of
        a text tells more than its beginning."""
        held = list[tuple[int, str]]()
        for one in reversed(trigrams):
            held.append((self._count(one, _COMMON), one))
            if sum(count <= _FAR for count, _ in held) == _RARE:
                break
        few = sorted(item for item in held if item[0] < _COMMON)[:_RARE]
        wanted = " AND ".join(one for _, one in few or held)
        most = few[0][0] if few else self._count(wanted, _MANY)
        return Among(self._AMONG, [wanted], most) if most < _MANY else None

    def _count(self, wanted: str, limit: int) -> int:
        """Return how many rows match, or the limit where that many do."""
        found: int = self._connection.value(self._MATCHES, wanted, limit)
        return found

    def _kept(self) -> bool:
        """Return whether nobody gave them up."""
        there = self._connection.value(self._THERE) == _WHOLE
        return there and not self._connection.value(self._GIVEN_UP)

    def _rebuild(self) -> None:
        self._connection.run("INSERT INTO search (search) VALUES ('rebuild')")
        self._connection.run("DELETE FROM search_config WHERE k = 'given up'")

    def _keep(self, statement: str, ids: Sequence[str]) -> None:
        """Do what keeps the trigrams true, or give them up. Many rows are one statement: FTS5 writes out
        what it has when the next one begins."""

        def work() -> None:
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                self._connection.run(statement.format(marks=marks(len(some))), *some)

        if not self._tried(work) and self._kept():
            self._tried(lambda: self._connection.run(self._GIVE_UP))

    def _tried(self, work: Callable[[], object]) -> bool:
        try:
            with self._connection.savepoint():
                work()
        except _FAILS as error:
            self._require_ours(error)
            return False
        return True

    def _require_ours(self, error: Exception) -> None:
        """Raise the error again unless it is about the trigrams alone."""
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(error, sqlite3.Error) and (code is None or code & 0xFF not in self._OURS):
            raise error


class PostgresSearch(SearchIndex):
    """An index by `pg_trgm`, where an administrator installed that; the server keeps it true."""

    _WHERE = """
    SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass('listing')
    WHERE e.extname = 'pg_trgm' AND pg_catalog.to_regclass('listing_by_text') IS NULL
    AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    AND pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE')
    """
    _MAKE = "CREATE INDEX listing_by_text ON listing USING gin (haystack {schema}.gin_trgm_ops)"
    _THERE = "SELECT pg_catalog.to_regclass('listing_by_text') IS NOT NULL"

    def __init__(self, connection: Connection, errors: type[Exception]) -> None:
        self._connection, self._errors = connection, errors

    def make_ready(self) -> None:
        schema = self._connection.value(self._WHERE)
        # Whatever keeps the server from it keeps nobody from a change. A lost connection fails at the next
        # statement.
        if schema is not None:
            with suppress(self._errors), self._connection.savepoint():
                self._connection.run(self._MAKE.format(schema=schema))

    def add(self, ids: Sequence[str]) -> None:
        """Do nothing: the server does it."""

    def remove(self, ids: Sequence[str]) -> None:
        """Do nothing: the server does it."""

    def among(self, text: str) -> Among | None:
        if len(text) < SHORTEST or not self._connection.value(self._THERE):
            return None
        for special in ("\\", "%", "_"):
            text = text.replace(special, f"\\{special}")
        return Among(r"listing.haystack LIKE ? ESCAPE '\'", [f"%{text}%"])


def _trigrams(text: str) -> Sequence[str]:
    """Return the first trigrams of a text, each as FTS5's query for it."""
    every = dict.fromkeys(text[start : start + SHORTEST] for start in range(len(text) - SHORTEST + 1))
    return ['"' + one.replace('"', '""') + '"' for one in islice(every, _TRIGRAMS)]
