"""The CMDB (section 14)."""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.second_reader.columns import COLUMNS, Column
from tests.second_reader.refusal import NotThere, Refused, refuse_unless
from tests.second_reader.sealed import Row, open_secret, sum_rows

IDENTIFIER = re.compile(r"[0-9a-f]{32}")
DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)
TYPES = {"number": int, "text": str, "bytes": bytes}
POSTGRESQL_BYTES = re.compile(r"'\\x([0-9a-f]*)'")

Values = dict[str, Any]


@dataclass(frozen=True)
class Cmdb:
    """The rows of a CMDB by table, and what was passed over."""

    id: str
    number: int
    rows: dict[str, list[Values]]
    passed_over: list[str]


def read_sql(script: str) -> Cmdb:
    """Read a database out of SQL; that for PostgreSQL too, as far as it is what section 14 says."""
    if " BYTEA " in script:
        script = POSTGRESQL_BYTES.sub(r"X'\1'", script)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_collation("C", lambda left, right: (left > right) - (left < right))
        connection.executescript(script)
        return read_connection(connection)


def read_cmdb(database: str | Path) -> Cmdb:
    """Read an SQLite database."""
    uri = f"{Path(database).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        try:
            return read_connection(connection)
        except sqlite3.DatabaseError as error:
            raise NotThere(f"no CMDB: {error}") from error


def read_connection(connection: sqlite3.Connection) -> Cmdb:
    """Read all tables; check `meta` (R-14.1, R-14.2), pass over rows not as their columns (R-14.3)."""
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        meta = dict(connection.execute("SELECT name, value FROM meta"))
    except sqlite3.DatabaseError as error:
        raise NotThere(f"no CMDB: {error}") from error
    schema, number = read_decimal(meta, "schema"), read_decimal(meta, "number")
    refuse_unless(schema <= 1, "newer", "R-14.1", f"schema {schema}")
    cmdb_id = meta.get("cmdb_id")
    if not isinstance(cmdb_id, str) or IDENTIFIER.fullmatch(cmdb_id) is None:
        raise Refused("damaged", "R-14.2", "cmdb_id is no id")
    rows: dict[str, list[Values]] = {}
    passed_over: list[str] = []
    for table, columns in COLUMNS.items():
        rows[table] = read_table(connection, table, columns, passed_over)
    return Cmdb(cmdb_id, number, rows, passed_over)


def read_decimal(meta: Mapping[str, Any], name: str) -> int:
    """Read a decimal number of `meta` (R-14.2)."""
    value = meta.get(name)
    if not isinstance(value, str) or DECIMAL.fullmatch(value) is None:
        raise Refused("damaged", "R-14.2", f"{name} is not decimal, or missing")
    return int(value)


def read_table(
    connection: sqlite3.Connection, table: str, columns: tuple[Column, ...], passed_over: list[str]
) -> list[Values]:
    """Read one table by its primary key."""
    names = ", ".join(column.name for column in columns)
    found = []
    for row in connection.execute(f"SELECT {names} FROM {table} ORDER BY {columns[0].name}"):
        values = dict(zip((column.name for column in columns), row, strict=True))
        if all(fits_column(values[column.name], column) for column in columns):
            found.append(values)
        else:
            passed_over.append(f"{table} {row[0]!r}")
    return found


def fits_column(value: Any, column: Column) -> bool:
    """Say whether a value is of its column's type."""
    if value is None:
        return column.nullable
    if isinstance(value, str) and not is_unicode(value):
        return False
    return isinstance(value, TYPES[column.type])


def is_unicode(text: str) -> bool:
    """Say whether a text was UTF-8 in the database."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def credential_rows(cmdb: Cmdb) -> list[Row]:
    """Give the credentials, each with the kid of its key."""
    kid_of = {row["key_no"]: row["kid"] for row in cmdb.rows["keys"]}
    return [
        Row(
            kid=kid_of[values["key_no"]],
            **{name: value for name, value in values.items() if name != "key_no"},
        )
        for values in cmdb.rows["credentials"]
        if values["key_no"] in kid_of
    ]


def open_credentials(
    cmdb: Cmdb, keys: Mapping[str, bytes]
) -> tuple[dict[tuple[str, str], bytes], list[str]]:
    """Open every credential whose key is at hand; give secrets by kind and name, and what did not open."""
    secrets, failed = {}, []
    for row in credential_rows(cmdb):
        if row.kid not in keys:
            continue
        try:
            secrets[row.kind, row.name] = open_secret(row, cmdb.id, keys[row.kid])
        except Refused:
            failed.append(f"{row.kind}/{row.name}")
    return secrets, failed


def check_inventory(cmdb: Cmdb) -> list[str]:
    """Give the kids of the keys whose credentials are not those of their inventory (section 3)."""
    rows_of: dict[str, list[Row]] = {key["kid"]: [] for key in cmdb.rows["keys"]}
    for row in credential_rows(cmdb):
        rows_of[row.kid].append(row)
    differing = []
    for key in cmdb.rows["keys"]:
        own = rows_of[key["kid"]]
        same = sum_rows(own, cmdb.id) == key["row_sum"]
        for kind in ("hierarchy", "pcanywhere", "run-as"):
            column = kind.replace("-", "_")
            numbers = [row.number for row in own if row.kind == kind]
            same = same and key[f"{column}_rows"] == len(numbers)
            same = same and key[f"{column}_number_sum"] == str(sum(numbers))
        if not same:
            differing.append(key["kid"])
    return differing
