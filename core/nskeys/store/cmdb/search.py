"""What finds a text in the list without reading every row: trigrams, kept beside `listing` by the program's
own statements.

They are derived and never believed: whatever they name is looked for in `listing` itself. Where a database
cannot keep them, where they were given up, and where they would name too many rows, every row is read.
"""

import sqlite3
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import islice
from math import inf

from nskeys.model.credential_list import CredentialOrder
from nskeys.store.cmdb.engine import Connection, Row
from nskeys.store.cmdb.migrations import SEARCH
from nskeys.store.cmdb.paging import Among, Selection, marks

_LENGTH = 3
"""Characters of a trigram."""
_RARE = 3
"""So many of the rarest trigrams are asked for; the text itself is looked for in what has them."""
_ALIKE = 4
"""One that is so many times as common as the rarest is not: walking through it takes more than it saves."""
_TRIGRAMS = 64
"""So many trigrams are looked at: of a text, or of those that begin with a text that is shorter."""
_MANY = 20_000
"""Where so many rows are found among the first rows of twice that number, reading the whole list is cheaper
than looking up each."""

_SHORT = 20_000
"""Rows of a list up to which reading all of it is as fast."""
_NEAR, _FAR = 1_000, 5_000
"""Rows of a longer list that are tried for a page of matches before and after its trigrams are asked; what
fewer rows than the latter have is looked up faster."""
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
    """Return the rows of a full page that lies close to its cursor, or else nothing: the selection was
    narrowed meanwhile."""
    if not _is_long(connection):
        return ()
    for length in (_NEAR, _FAR):
        sql, values = selection.walk(order, limit, after, backwards, length)
        if len(rows := connection.all(sql, *values)) == limit:
            return rows
        narrow(connection, selection)
        if selection.among is not None and selection.among.few:
            break
    return ()


def narrow(connection: Connection, selection: Selection) -> None:
    """Have the text looked for only in rows that have its trigrams, where that is quicker."""
    if not selection.narrowed:
        selection.narrowed = True
        if _is_long(connection):
            selection.among = connection.search.among(selection.text)


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
    _ONE = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid LIMIT 1 OFFSET ?"
    _LIST = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.trigrams USING fts5vocab(main, search, instance)"
    # Each is sought behind the one before: there are few, of rows that may be many.
    _BEGINNING = """
    WITH RECURSIVE found (term) AS (
        SELECT (SELECT term FROM trigrams WHERE term >= ? AND term <= ? LIMIT 1) UNION ALL
        SELECT (SELECT term FROM trigrams WHERE term >= found.term || char(1) AND term <= ? LIMIT 1)
        FROM found WHERE found.term IS NOT NULL LIMIT ?
    ) SELECT term FROM found WHERE term IS NOT NULL
    """
    _AMONG = "search MATCH ? AND listing.rowid = search.rowid"
    _BESIDE = "search CROSS JOIN "
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
        try:
            return self._among(text) if self._kept() else None
        except _FAILS as error:
            self._require_ours(error)
            return None

    def _among(self, text: str) -> Among | None:
        """Ask for trigrams that few rows have: one that all have costs more than it leaves out. The end of
        a text tells more than its beginning."""
        held = list[tuple[float, str]]()
        for one in _trigrams(text) if len(text) >= _LENGTH else self._beginning(text):
            held.append((self._reached(one, _FAR), one))
            if sum(row == inf for row, _ in held) == _RARE:
                break
        if not held:
            return None
        (rarest, _), *_ = held = sorted(held, reverse=True)[:_RARE]
        wanted = " AND ".join(f"({one})" for row, one in held if _ALIKE * row >= rarest)
        few = rarest == inf
        if not few and self._reached(wanted, _MANY) <= 2 * _MANY:
            return None
        return Among(self._AMONG, [wanted], self._BESIDE, few)

    def _beginning(self, text: str) -> Sequence[str]:
        """Return the query for any of the trigrams that begin with a shorter text; none where there are too
        many. Every character begins one, for what is searched ends with two line feeds."""
        self._connection.run(self._LIST)
        last = text + chr(sys.maxunicode)
        rows = self._connection.all(self._BEGINNING, text, last, last, _TRIGRAMS + 1)
        if not all(isinstance(term, str) for (term,) in rows):
            return []  # bytes that are not UTF-8: an index that somebody wrote to tells nothing
        found = [_phrase(term) for (term,) in rows]
        return [" OR ".join(found) or _phrase(text)] if len(found) <= _TRIGRAMS else []

    def _reached(self, wanted: str, rows: int) -> float:
        """Return the row number that so many rows with `wanted` come up to; infinity where there are not so
        many."""
        found = self._connection.value(self._ONE, wanted, rows)
        return inf if found is None else float(found)

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
    """An index by `pg_trgm`, where an administrator installed that; the server keeps it true.

    One that takes longer than `statement_timeout` allows is not begun again by every change: a comment in
    the database says so, until another time is allowed or the comment is taken away."""

    _CANCELLED = "57014"
    _REASON = "'nskeys: listing_by_text could not be made within statement_timeout = '"
    _WHERE = f"""
    SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass('listing')
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'haystack'
    WHERE e.extname = 'pg_trgm' AND pg_catalog.to_regclass('listing_by_text') IS NULL
    AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
    AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    AND pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE')
    AND pg_catalog.col_description(c.oid, a.attnum)
        IS DISTINCT FROM {_REASON} || pg_catalog.current_setting('statement_timeout')
    """  # noqa: S608  # constants
    _MAKE = "CREATE INDEX listing_by_text ON listing USING gin (haystack {schema}.gin_trgm_ops)"
    _REMEMBER = f"""
    DO $$ BEGIN
        EXECUTE pg_catalog.format('COMMENT ON COLUMN listing.haystack IS %L',
            {_REASON} || pg_catalog.current_setting('statement_timeout'));
    END $$
    """
    _FORGET = "COMMENT ON COLUMN listing.haystack IS NULL"
    _THERE = "SELECT pg_catalog.to_regclass('listing_by_text') IS NOT NULL"

    def __init__(self, connection: Connection, errors: type[Exception]) -> None:
        self._connection, self._errors = connection, errors

    def make_ready(self) -> None:
        schema = self._connection.value(self._WHERE)
        if schema is None:
            return
        # Whatever keeps the server from it keeps nobody from a change. A lost connection fails at the next
        # statement.
        state = self._tried(self._MAKE.format(schema=schema), self._FORGET)
        if state == self._CANCELLED:
            self._tried(self._REMEMBER)

    def _tried(self, *statements: str) -> str | None:
        """Return the SQLSTATE of what failed, if anything did."""
        try:
            with self._connection.savepoint():
                for statement in statements:
                    self._connection.run(statement)
        except self._errors as error:
            return getattr(error, "sqlstate", None)
        return None

    def add(self, ids: Sequence[str]) -> None:
        """Do nothing: the server does it."""

    def remove(self, ids: Sequence[str]) -> None:
        """Do nothing: the server does it."""

    def among(self, text: str) -> Among | None:
        if len(text) < _LENGTH or not self._connection.value(self._THERE):
            return None
        for special in ("\\", "%", "_"):
            text = text.replace(special, f"\\{special}")
        return Among(r"listing.haystack LIKE ? ESCAPE '\'", [f"%{text}%"])


def _trigrams(text: str) -> Sequence[str]:
    """Return the last trigrams of a text, from its end, each as FTS5's query for it."""
    every = dict.fromkeys(text[start : start + _LENGTH] for start in range(len(text) - _LENGTH, -1, -1))
    return [_phrase(one) for one in islice(every, _TRIGRAMS)]


def _phrase(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
