"""Checked values of the CMDB: whoever can write to the database can put any value there.

Type, length and form of every value are checked before it enters the model. A value that nskeys would not
write raises CmdbDamaged, with its row.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from nskeys.errors import CmdbDamaged
from nskeys.reasons import Problem

NUMBER_LIMIT = 2**31 - 1
"""The highest number that a table can assign."""
_SHOWN_ROWS = 10
_SHOWN_CHARACTERS = 64
_HEX = re.compile(r"[0-9a-f]+")
EARLIEST = int(datetime(1000, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def damaged(table: str, problem: Problem, *rows: object) -> CmdbDamaged:
    """Return the error that names a row (empty: none), which is shown as text whatever it is."""
    shown = (str(row)[:_SHOWN_CHARACTERS] for row in rows[:_SHOWN_ROWS] if row != "")
    return CmdbDamaged(table, problem, tuple(shown))


def shown_as_text(value: Any, limit: int) -> str:
    """Return a column's value as text of at most `limit` characters that any encoding can hold."""
    raw = value if type(value) is bytes else str(value).encode("utf-8", "replace")
    return raw.decode("utf-8", "replace")[:limit]


def text_of(value: Any, limit: int, table: str, row: object = "") -> str:
    """Return a text of at most `limit` characters."""
    if type(value) is str and len(value) <= limit:
        return value
    raise damaged(table, Problem.NOT_UTF8, row)


def is_hex(text: str) -> bool:
    """Return whether a value is a text of lower-case hex digits, at least one."""
    return _HEX.fullmatch(text) is not None


def hex_of(value: Any, digits: int, table: str, row: object = "") -> str:
    """Return a value of `digits` lower-case hex digits."""
    if type(value) is str and len(value) == digits and is_hex(value):
        return value
    raise damaged(table, Problem.NOT_HEX, row)


def bytes_of(value: Any, limit: int, table: str, row: object = "") -> bytes:
    """Return a value of at most `limit` bytes."""
    if type(value) is bytes and len(value) <= limit:
        return value
    raise damaged(table, Problem.NOT_BYTES, row)


def count_of(value: Any, limit: int, table: str, row: object = "") -> int:
    """Return a count from 0 to `limit`."""
    if type(value) is int and 0 <= value <= limit:
        return value
    raise damaged(table, Problem.NOT_A_COUNT, row)


def moment_of(value: Any, table: str, row: object = "") -> datetime:
    """Return the moment so many seconds after 1970 began."""
    if type(value) is int and EARLIEST <= value <= LATEST:
        return _moment(value)
    raise damaged(table, Problem.NOT_A_TIME, row)


def seconds_of(moment: datetime) -> int:
    """Return what `moment_of` reads."""
    return int(moment.timestamp())


@lru_cache(maxsize=4_096)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
