"""The CMDB on a PostgreSQL server, through psycopg 3.

Reading is REPEATABLE READ, READ ONLY: one snapshot. A change first takes an advisory lock for its
transaction, so changes are serialised and each sees all before it. Tables are where the role's search path
leads; text is COLLATE "C", so every database sorts it by code point.

All settings are made per transaction, and no statement is prepared: behind a pooler such as PgBouncer the
next transaction may run in another session.
"""

import functools
import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nskeys.errors import (
    CmdbBusy,
    CmdbDamaged,
    CmdbForbids,
    CmdbFull,
    CmdbUnreachable,
    ConfigurationInvalid,
    NskeysError,
)
from nskeys.model.database import DatabaseConnection, DatabaseLogin
from nskeys.model.database_tables import Table
from nskeys.reasons import NoProof, Problem
from nskeys.store.cmdb.address import PostgresAddress
from nskeys.store.cmdb.engine import BATCH, CmdbEngine, Connection, Row
from nskeys.store.cmdb.migrations import Spelling
from nskeys.store.cmdb.postgres_login import Login, login
from nskeys.threads import in_a_thread

if TYPE_CHECKING:
    from nskeys.store.cmdb.search import SearchIndex

_LOCK = int.from_bytes(b"nskeys/1", "big")
_KEPT = 2
"""Connections that are pooled for the next transactions."""
_DETAIL_LIMIT = 300

_BUSY = {"55P03", "40001", "40P01"}
"""lock_not_available, serialization_failure, deadlock_detected."""
_DAMAGED = {
    "XX001": Problem.CORRUPT,
    "XX002": Problem.CORRUPT,
    "22021": Problem.NOT_UTF8,
    "42P01": Problem.SCHEMA,
    "42703": Problem.SCHEMA,
    "42804": Problem.SCHEMA,
    "42883": Problem.SCHEMA,
}
_UNREACHABLE = {
    "25006": Problem.STANDBY,
    "25P03": Problem.IDLE_TIMEOUT,
    "25P04": Problem.TRANSACTION_TIMEOUT,
    "3D000": Problem.NO_SUCH_DATABASE,
    "3F000": Problem.NO_SCHEMA,
    "53100": Problem.NO_SPACE,
    "57014": Problem.STATEMENT_TIMEOUT,
    "57P01": Problem.SHUT_DOWN,
    "57P02": Problem.SHUT_DOWN,
    "57P03": Problem.SHUT_DOWN,
    "57P05": Problem.IDLE_TIMEOUT,
}
_FORBIDDEN = {"28000", "28P01", "42501"}
_FULL = ("too many clients", "too many connections", "connection slots are reserved", "no more connections")
"""The server's message for too many connections, before the login and so without an SQLSTATE."""
_UNSAFE = (
    "authentication method requirement",
    "does not support SSL",
    "root certificate",
    "certificate verify",
)
"""libpq's messages for a login that is less safe than `postgres_login` requires."""

# The first schema of the search path that holds a CMDB, or else its first: what somebody puts into another
# one, or into the session's own temporary one, does not come before it.
_SET_SEARCH_PATH = """
SELECT pg_catalog.set_config('search_path', coalesce((
    SELECT pg_catalog.quote_ident(n.nspname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'meta' AND n.nspname = ANY (pg_catalog.current_schemas(false))
    ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname) LIMIT 1
), pg_catalog.quote_ident(pg_catalog.current_schema()), '""') || ', pg_temp', true)
"""
_BEGIN_LOOK = f"""
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off; {_SET_SEARCH_PATH}
"""
# Only raised: a server whose standbys have to show each change at once is left to do so.
_BEGIN_CHANGE = f"""
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL row_security = off;
SELECT pg_catalog.set_config('synchronous_commit', 'on', true)
    WHERE pg_catalog.current_setting('synchronous_commit') <> 'remote_apply';
SELECT pg_catalog.set_config('lock_timeout', '{{milliseconds}}', true); {_SET_SEARCH_PATH}
"""
_TLS = "SELECT version FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()"
_WRITABLE = "SELECT pg_catalog.current_setting('transaction_read_only') = 'off'"
_TAKE_LOCK = f"SELECT pg_catalog.pg_advisory_xact_lock({_LOCK})"
_OBJECTS = """
WITH here AS (
    SELECT c.oid, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
    AND NOT EXISTS (SELECT 1 FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
    WHEN 'p' THEN 'partitioned table' ELSE 'foreign table' END, relname, relname FROM here
UNION ALL SELECT 'trigger', t.tgname, h.relname FROM pg_trigger t JOIN here h ON h.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND h.relkind = 'r'
UNION ALL SELECT 'rule', r.rulename, h.relname FROM pg_rewrite r JOIN here h ON h.oid = r.ev_class
    WHERE h.relkind = 'r'
UNION ALL SELECT 'policy', p.polname, h.relname FROM pg_policy p JOIN here h ON h.oid = p.polrelid
UNION ALL SELECT 'child table', i.inhrelid::regclass::text, h.relname
    FROM pg_inherits i JOIN here h ON h.oid = i.inhparent
"""


_FOLLOWS = """
SELECT pg_catalog.pg_is_in_recovery(), EXISTS (
    SELECT 1 FROM pg_catalog.pg_subscription_rel s JOIN pg_catalog.pg_class c ON c.oid = s.srrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relname IN ('meta', 'keys', 'credentials', 'audit'))
"""


class PostgresConnection(Connection):
    """One transaction on a PostgreSQL server."""

    position = "strpos"
    hex_only = "{} ~ '^[0-9a-f]*$'"
    errors: type[Exception]
    """The driver's exceptions."""

    @functools.cached_property
    def search(self) -> "SearchIndex":
        from nskeys.store.cmdb.search import PostgresSearch

        return PostgresSearch(self, self.errors)

    def is_standby(self) -> bool:
        return self.value("SELECT pg_is_in_recovery()") is True

    def stream(self, sql: str, *values: object) -> Iterator[Sequence[Row]]:
        with closing(self.driver.cursor(name="nskeys_stream", binary=True)) as cursor:
            cursor.execute(self.marked(sql), values)
            while rows := cursor.fetchmany(BATCH):
                yield rows

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows by COPY, which takes one statement for all of them."""
        copying = f"COPY {table.name} ({', '.join(table.names)}) FROM STDIN"
        with self.driver.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)

    def stop(self) -> None:
        """Break off what is being asked. Telling the server takes a connection of its own, so nobody waits
        for it."""
        in_a_thread(super().stop)

    def _interrupt(self) -> None:
        self.driver.cancel()

    @staticmethod
    @functools.cache
    def marked(sql: str) -> str:
        """Return `sql` with psycopg's `%s`."""
        return sql.replace("%", "%%").replace("?", "%s")


class PostgresEngine(CmdbEngine):
    """A database on a PostgreSQL server."""

    spelling = Spelling(text='TEXT COLLATE "C"', blob="BYTEA", clustered="")

    def __init__(self, address: PostgresAddress, busy_timeout: float) -> None:
        super().__init__(address)
        self._place = address
        self._psycopg = _driver(address)
        self.driver_errors = self._psycopg.Error
        self._begin_change = _BEGIN_CHANGE.format(milliseconds=max(1, round(busy_timeout * 1000)))
        self._kept: list[Any] = []
        self._ended = False

    def prepare(self) -> None:
        """Do not create anything: a server's administrators make databases. Refuse one whose encoding
        cannot hold every character."""
        with self.transaction(changing=False) as connection:
            encoding = connection.value("SHOW server_encoding")
        if encoding != "UTF8":
            raise CmdbUnreachable(self.address.shown, Problem.OTHER_ENCODING, str(encoding))

    def login(self) -> DatabaseLogin:
        return self._login.shown

    def connection(self) -> DatabaseConnection:
        with self.transaction(changing=False) as connection:
            libpq = connection.driver.pgconn
            known = {option.keyword: option.val or b"" for option in libpq.info}
            told = connection.value(_TLS) if libpq.ssl_in_use else ""
        return DatabaseConnection(
            socket=libpq.host.startswith((b"/", b"@")),
            tls=str(told or "TLS") if libpq.ssl_in_use else "",
            sslmode=known.get(b"sslmode", b"").decode("ascii", "replace"),
            require_auth=known.get(b"require_auth", b"").decode("ascii", "replace"),
        )

    def follows(self) -> NoProof | None:
        """Return whether it follows another database: its server is a standby, or it subscribes to the
        tables."""
        with self.transaction(changing=False) as connection:
            recovers, subscribes = connection.all(_FOLLOWS)[0]
        if recovers:
            return NoProof.IN_RECOVERY
        return NoProof.SUBSCRIBES if subscribes else None

    def copy_aside(self, schema: int) -> None:
        """Do nothing: the migration is one transaction, and the server's administrators make copies."""

    @contextmanager
    def kept_apart(
        self, folder: Path, heed: Callable[[], None]
    ) -> Iterator[AbstractContextManager[Connection]]:
        """Give a transaction, which is REPEATABLE READ: it sees what was there when it began."""
        del folder, heed  # a transaction needs neither
        with self.transaction(changing=False) as connection:
            connection.value("SELECT 1")  # the snapshot is that of the first query
            yield nullcontext(connection)

    @contextmanager
    def filling(self, require_empty: Callable[[Connection], object]) -> Iterator[Connection]:
        """Fill the database in one transaction; others see nothing of it before its end."""
        self.prepare()
        with self.transaction(changing=True) as connection:
            require_empty(connection)
            yield connection

    def objects(self, connection: Connection) -> Sequence[tuple[str, str, str]]:
        """Return the objects of the CMDB's schema, without those of extensions, such as the views of
        pg_stat_statements."""
        return [(str(kind), str(name), str(table)) for kind, name, table in connection.all(_OBJECTS)]

    def translated(self, error: Exception) -> NskeysError:
        """Translate by SQLSTATE; its "DETAIL", which repeats values, is dropped."""
        shown = self.address.shown
        state = getattr(error, "sqlstate", None)
        if state is None:
            return CmdbUnreachable(shown, Problem.CONNECTION_LOST, str(error)[:_DETAIL_LIMIT])
        if state in _BUSY:
            return CmdbBusy(shown)
        if state in _DAMAGED or state.startswith("23"):
            return CmdbDamaged("", _DAMAGED.get(state, Problem.SCHEMA))
        message = str(getattr(getattr(error, "diag", None), "message_primary", None) or "")[:_DETAIL_LIMIT]
        if state in _FORBIDDEN:
            return CmdbForbids(shown, Problem.ROLE_FORBIDDEN, message)
        if state == "53300":
            return CmdbFull(shown, Problem.FULL, message)
        lost = Problem.CONNECTION_LOST if state.startswith("08") else Problem.FAILED
        return CmdbUnreachable(shown, _UNREACHABLE.get(state, lost), message)

    def close(self) -> None:
        """Close what is kept. Who is still at work, in another thread, ends that on its own connection, and
        none is kept any more."""
        self._ended = True
        while self._kept:
            self._kept.pop().close()

    @functools.cached_property
    def _login(self) -> Login:
        return login(self._psycopg, self._place)

    @contextmanager
    def _begun(self, changing: bool) -> Iterator[Connection]:
        driver = self._in_transaction(changing)
        connection = PostgresConnection(driver)
        connection.conflict, connection.errors = self._psycopg.IntegrityError, self.driver_errors
        try:
            yield connection
            self._commit(driver, changing)
        except BaseException:
            with suppress(self.driver_errors):
                driver.rollback()
            raise
        finally:
            if connection.stopped:
                self._let_go(driver)
            else:
                self._keep(driver)

    def _commit(self, driver: Any, changing: bool) -> None:
        try:
            done = driver.execute("COMMIT").statusmessage
        except self.driver_errors:
            if changing and driver.closed:
                # Nobody can know: the server may have committed before the connection was lost.
                raise CmdbUnreachable(self.address.shown, Problem.OUTCOME_UNKNOWN) from None
            raise
        if done != "COMMIT":
            raise CmdbUnreachable(self.address.shown, Problem.FAILED, "the transaction was rolled back")

    def _in_transaction(self, changing: bool) -> Any:
        """Return a connection on which a transaction has begun: a pooled one, unless it is broken."""
        while self._kept:
            driver = self._kept.pop()
            try:
                self._begin(driver, changing)
            except (self.driver_errors, CmdbUnreachable) as error:
                lost = driver.closed
                self._let_go(driver)
                # A server that was the primary may have become a standby: another one is asked then.
                if not lost and not isinstance(error, CmdbUnreachable):
                    raise
            else:
                return driver
        try:
            driver = self._connect(changing)
        except self.driver_errors as error:
            raise self._not_connected(error) from None
        try:
            self._begin(driver, changing)
        except BaseException:
            self._let_go(driver)
            raise
        return driver

    def _begin(self, driver: Any, changing: bool) -> None:
        driver.execute(self._begin_change if changing else _BEGIN_LOOK)
        if changing:
            if driver.execute(_WRITABLE).fetchone() != (True,):
                raise CmdbUnreachable(self.address.shown, Problem.STANDBY)
            driver.execute(_TAKE_LOCK)

    def _connect(self, changing: bool) -> Any:
        options = self._login.options
        if self._login.several_hosts:
            try:
                return self._open({**options, "target_session_attrs": "read-write"})
            except self.driver_errors:
                # Without a primary, a standby shows what there is.
                if changing:
                    raise
        return self._open(options)

    def _not_connected(self, error: Exception) -> NskeysError:
        """Return the error of a failed login by libpq's text, because there is no SQLSTATE yet."""
        shown, message = self.address.shown, str(error)
        if any(words in message for words in _FULL):
            return CmdbFull(shown, Problem.FULL, message[:_DETAIL_LIMIT])
        unsafe = any(words in message for words in _UNSAFE)
        return CmdbUnreachable(
            shown, Problem.UNSAFE_LOGIN if unsafe else Problem.NO_CONNECTION, message[:_DETAIL_LIMIT]
        )

    def _open(self, options: dict[str, Any]) -> Any:
        return self._psycopg.connect(
            self._login.conninfo, autocommit=True, prepare_threshold=None, **options
        )

    def _keep(self, driver: Any) -> None:
        if driver.closed or len(self._kept) >= _KEPT:
            self._let_go(driver)
        else:
            self._kept.append(driver)
            if self._ended:
                self.close()

    def _let_go(self, driver: Any) -> None:
        with suppress(self.driver_errors):
            driver.close()


def _driver(address: PostgresAddress) -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        raise ConfigurationInvalid(address.shown, Problem.NOT_INSTALLED, "psycopg") from None
