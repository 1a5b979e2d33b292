"""The CMDB on a PostgreSQL server, through psycopg 3.

A look is REPEATABLE READ, READ ONLY: one snapshot. A change first takes one advisory lock for its
transaction, so that changes come one after the other and each sees all before it. Tables are where the
role's search path leads; text is COLLATE "C", so every database orders it by code point.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import ArgumentError

from nskeys.errors import (
    CmdbBusy,
    CmdbDamaged,
    CmdbUnreachable,
    ConfigurationInvalid,
    NskeysError,
)
from nskeys.store.cmdb.address import PostgresAddress
from nskeys.store.cmdb.engine import CmdbEngine
from nskeys.store.cmdb.migrations import Spelling

_LOCK = int.from_bytes(b"nskeys/1", "big")
_CONNECT_SECONDS = 10
_SILENCE = 20
"""Seconds after which a server that acknowledges nothing is gone; without it the system goes on sending for
a quarter of an hour, and who only listens waits for two hours. However long a query works, the server's
system acknowledges."""
_DETAIL_LIMIT = 300

_BUSY = {"55P03", "40001", "40P01", "57014"}
"""lock_not_available, serialization_failure, deadlock_detected, query_canceled."""
_DAMAGED = {
    "XX001": "corrupt",
    "XX002": "corrupt",
    "22021": "not_text",
    "42P01": "schema",
    "42703": "schema",
    "42804": "schema",
    "42883": "schema",
}
_UNREACHABLE = {
    "42501": "not_permitted",
    "25006": "read_only",
    "53100": "no_space",
    "28000": "not_permitted",
    "28P01": "not_permitted",
    "3D000": "no_such_database",
}


class PostgresEngine(CmdbEngine):
    """A database on a PostgreSQL server."""

    spelling = Spelling(text='TEXT COLLATE "C"', blob="BYTEA", clustered="")
    position = "strpos"

    def __init__(self, address: PostgresAddress, busy_timeout: float) -> None:
        self.driver_errors = _driver(address).Error
        try:
            engine = create_engine(
                f"postgresql+psycopg://{address.rest}",
                hide_parameters=True,
                pool_size=2,
                pool_pre_ping=True,
                connect_args={
                    "connect_timeout": _CONNECT_SECONDS,
                    "client_encoding": "utf8",
                    "tcp_user_timeout": _SILENCE * 1000,
                    "keepalives_idle": _SILENCE // 4,
                    "keepalives_interval": _SILENCE // 4,
                    "keepalives_count": 3,
                },
            )
        except (ArgumentError, ValueError):
            raise ConfigurationInvalid(address.shown, "not_url") from None
        self._milliseconds = max(1, round(busy_timeout * 1000))
        event.listen(engine, "begin", self._begin)
        super().__init__(address, engine)

    def prepare(self) -> None:
        """Nothing: databases are made by those who run the server. One that cannot hold every
        character is refused."""
        with self.transaction(changing=False) as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise CmdbUnreachable(self.address.shown, "other_encoding", str(encoding))

    def copy_aside(self, schema: int) -> None:
        """Nothing: the step and all that belongs to it is one transaction, and copies of the database
        are made by those who run the server."""

    def tables(self, connection: Connection) -> frozenset[str]:
        """Those that the search path leads to."""
        rows = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f')"
            " AND pg_table_is_visible(oid)"
        )
        return frozenset(str(name) for (name,) in rows)

    def translated(self, error: Exception) -> NskeysError:
        """By SQLSTATE; what it says of rows ("DETAIL") is left out."""
        shown = self.address.shown
        state = getattr(error, "sqlstate", None)
        if state is None:
            return CmdbUnreachable(shown, "cannot_connect", str(error)[:_DETAIL_LIMIT])
        if state in _BUSY:
            return CmdbBusy(shown)
        if state in _DAMAGED or state.startswith("23"):
            return CmdbDamaged("", _DAMAGED.get(state, "schema"))
        message = str(getattr(getattr(error, "diag", None), "message_primary", None) or "")
        if state.startswith(("08", "57P")):
            return CmdbUnreachable(shown, "connection_lost", message[:_DETAIL_LIMIT])
        return CmdbUnreachable(shown, _UNREACHABLE.get(state, "failed"), message[:_DETAIL_LIMIT])

    def driver_sql(self, sql: str) -> str:
        """psycopg's mark is `%s`."""
        return sql.replace("%", "%%").replace("?", "%s")

    def _options(self, changing: bool) -> Mapping[str, Any]:
        if changing:
            return {"isolation_level": "READ COMMITTED", "nskeys_changing": True}
        return {
            "isolation_level": "REPEATABLE READ",
            "postgresql_readonly": True,
            "nskeys_changing": False,
        }

    def _cursor(self, connection: Connection) -> Any:
        driver: Any = connection.connection.driver_connection
        return driver.cursor(name="nskeys_stream", binary=True)

    def _begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get("nskeys_changing"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {self._milliseconds}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _driver(address: PostgresAddress) -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        raise ConfigurationInvalid(address.shown, "driver_missing", "psycopg") from None
