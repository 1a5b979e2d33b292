"""Rows as lines of RFC 8785 JSON, `{"<table>":{"<column>":<value>,...}}`, many at a time.

Bytes are base64url. Columns are spelled and read as a whole, because a row by itself costs several times as
much. What was read is spelled once more and compared, so a line has one spelling.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, TypeAlias

from nskeys.model.database_copy import Row, Rows
from nskeys.model.database_tables import ColumnKind, Table
from nskeys.model.signed_json import INTEGER_LIMIT, Malformed
from nskeys.reasons import Problem

_Column: TypeAlias = Sequence[Any]


class NoSpelling(ValueError):
    """A value of the rows cannot be written."""


def lines_of(table: Table, rows: Rows) -> bytes:
    """Return one line for each row. Raises NoSpelling where a value of any of them has none."""
    if not rows:
        return b""
    shape = _shape(table)
    columns = list(zip(*rows, strict=True))
    try:
        spelled = [spell(columns[at]) for at, spell in zip(shape.order, shape.spell, strict=True)]
        lines = map(shape.template.__mod__, zip(*spelled, strict=True))
        return "".join(lines).encode("utf-8")
    except (TypeError, ValueError):  # also what is no Unicode
        raise NoSpelling from None


def rows_of(table: Table, lines: bytes) -> Rows:
    """Return the rows that `lines_of` wrote. Raises Malformed."""
    shape = _shape(table)
    try:
        text = lines.decode("utf-8")
        values = json.loads("[" + text.rstrip("\n").replace("\n", ",") + "]")
        columns = list(zip(*map(shape.pick, map(itemgetter(table.name), values)), strict=True))
        read = (read(column) for read, column in zip(shape.read, columns, strict=True))
        rows = list(zip(*read, strict=True))
    except UnicodeDecodeError:
        raise Malformed(Problem.NOT_UTF8) from None
    except KeyError:
        raise Malformed(Problem.WRONG_FIELDS) from None
    except RecursionError:
        raise Malformed(Problem.JSON_DEPTH) from None
    except TypeError:
        raise Malformed(Problem.WRONG_TYPE) from None
    except binascii.Error:
        raise Malformed(Problem.NOT_CANONICAL) from None
    except ValueError:
        raise Malformed(Problem.NOT_JSON) from None
    try:
        same = lines_of(table, rows) == lines
    except NoSpelling:
        raise Malformed(Problem.WRONG_VALUE) from None
    if not same:
        raise Malformed(_other_than(table, values))
    return rows


def _other_than(table: Table, values: Sequence[Any]) -> Problem:
    """Return what is wrong with lines that are not written so: more in them, or another spelling."""
    alone = all(len(value) == 1 and len(value[table.name]) == len(table.columns) for value in values)
    return Problem.NOT_CANONICAL if alone else Problem.WRONG_FIELDS


def begins(table: Table) -> bytes:
    """Return how each line of a table begins."""
    return _shape(table).beginning


def problem_of(table: Table, row: Row) -> Problem | None:
    """Return why a row has no spelling; None where it has one."""
    for value, column in zip(row, table.columns, strict=True):
        try:
            _SPELL[column.kind]([value])[0].encode("utf-8")
        except (TypeError, ValueError):
            return _PROBLEMS[column.kind]
    return None


def _spell_text(column: _Column) -> list[str]:
    return list(map(encode_basestring, column))


def _spell_numbers(column: _Column) -> list[str]:
    if set(map(type, column)) != {int} or max(column) > INTEGER_LIMIT or min(column) < -INTEGER_LIMIT:
        raise NoSpelling
    return list(map(str, column))


def _spell_bytes(column: _Column) -> list[str]:
    if set(map(type, column)) != {bytes}:
        raise NoSpelling
    return [f'"{urlsafe_b64encode(value).rstrip(b"=").decode("ascii")}"' for value in column]


def _spell_bytes_or_null(column: _Column) -> list[str]:
    return ["null" if value is None else _spell_bytes([value])[0] for value in column]


def _read_as_it_is(column: _Column) -> _Column:
    return column


def _read_bytes(column: _Column) -> _Column:
    return [urlsafe_b64decode(value + "==") for value in column]


def _read_bytes_or_null(column: _Column) -> _Column:
    return [None if value is None else urlsafe_b64decode(value + "==") for value in column]


_SPELL: dict[ColumnKind, Callable[[_Column], list[str]]] = {
    ColumnKind.TEXT: _spell_text,
    ColumnKind.NUMBER: _spell_numbers,
    ColumnKind.BYTES: _spell_bytes,
    ColumnKind.BYTES_OR_NULL: _spell_bytes_or_null,
}
_READ: dict[ColumnKind, Callable[[_Column], _Column]] = {
    ColumnKind.TEXT: _read_as_it_is,
    ColumnKind.NUMBER: _read_as_it_is,
    ColumnKind.BYTES: _read_bytes,
    ColumnKind.BYTES_OR_NULL: _read_bytes_or_null,
}
_PROBLEMS = {
    ColumnKind.TEXT: Problem.NOT_UTF8,
    ColumnKind.NUMBER: Problem.NUMBER,
    ColumnKind.BYTES: Problem.NOT_BYTES,
    ColumnKind.BYTES_OR_NULL: Problem.NOT_BYTES,
}


class _Shape:
    """What a table's lines have in common."""

    def __init__(self, table: Table) -> None:
        columns = sorted(table.columns, key=lambda column: column.name)
        self.order = [table.position(column.name) for column in columns]
        self.spell = [_SPELL[column.kind] for column in columns]
        members = ",".join(f'"{column.name}":%s' for column in columns)
        self.template = f'{{"{table.name}":{{{members}}}}}\n'
        self.beginning = f'{{"{table.name}":{{'.encode("ascii")
        self.read = [_READ[column.kind] for column in table.columns]
        self.pick: Callable[[Any], Iterable[Any]] = itemgetter(*table.names)


@cache
def _shape(table: Table) -> _Shape:
    return _Shape(table)
