"""Strict parsing of JSON from outside: one spelling, no duplicate names, bounded depth and numbers.

nskeys wrote everything it reads back in RFC 8785 form, so any other spelling was changed. `Malformed` stays
inside this package; its callers know the file and the member to name.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from nskeys.archive.limits import JSON_DEPTH, JSON_DIGITS
from nskeys.model.signed_json import Json, canonical_json, from_base64url
from nskeys.model.times import from_rfc3339

_INTEGER_LIMIT = 2**53 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Malformed(ValueError):
    """A document that nskeys did not write like this; `problem` is a token."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def parse(data: bytes, limit: int) -> Json:
    """Return the value in `data`, at most `limit` bytes of RFC 8785 JSON. Raises Malformed."""
    if len(data) > limit:
        raise Malformed("too_large")
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except RecursionError:
        raise Malformed("depth") from None
    except Malformed:
        raise
    except ValueError:
        raise Malformed("not_json") from None
    # Measured before canonical_json, which recurses, sees the value.
    _check_depth(value)
    try:
        same = canonical_json(value) == data
    except (TypeError, ValueError):
        same = False
    if not same:
        raise Malformed("not_canonical")
    return value


def record(value: Json, *names: str) -> Mapping[str, Json]:
    """Return an object with exactly these names."""
    if not isinstance(value, Mapping) or value.keys() != set(names):
        raise Malformed("wrong_fields")
    return value


def items(value: Json, limit: int) -> Sequence[Json]:
    """Return an array of at most `limit` items."""
    if not isinstance(value, list):
        raise Malformed("wrong_type")
    if len(value) > limit:
        raise Malformed("too_many")
    return value


def text(value: Json, pattern: str) -> str:
    """Return a string that matches `pattern` as a whole."""
    if not isinstance(value, str):
        raise Malformed("wrong_type")
    if not re.fullmatch(pattern, value):
        raise Malformed("wrong_value")
    return value


def moment(value: Json) -> datetime:
    """Return a time, not before 1970: an `iat` (RFC 7519) cannot be earlier."""
    try:
        found = from_rfc3339(text(value, r"[0-9TZ:-]{20}"))
    except Malformed:
        raise
    except ValueError:
        raise Malformed("wrong_value") from None
    if found < _EPOCH:
        raise Malformed("before_1970")
    return found


def integer(value: Json, lowest: int = 0, highest: int = _INTEGER_LIMIT) -> int:
    """Return an integer within bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed("wrong_type")
    if not lowest <= value <= highest:
        raise Malformed("wrong_value")
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("duplicate_name")
    return result


def _integer(digits: str) -> int:
    # Checked before int() sees them: converting millions of digits takes quadratic time.
    if len(digits.lstrip("-")) > JSON_DIGITS:
        raise Malformed("number")
    return int(digits)


def _refuse_number(_: str) -> NoReturn:
    raise Malformed("number")


def _check_depth(value: Json) -> None:
    """Check the depth breadth first, so that the check itself cannot exhaust the stack."""
    level: list[Json] = [value]
    for _ in range(JSON_DEPTH):
        inner: list[Json] = []
        for item in level:
            if isinstance(item, Mapping):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        level = inner
    if any(isinstance(item, Mapping | list) for item in level):
        raise Malformed("depth")


_PATTERN = r"[A-Za-z0-9_-]{1,128}"
"""No number that nskeys writes is longer."""


def binary(value: Json, size: int) -> bytes:
    """Return exactly `size` bytes. Raises Malformed."""
    spelled = text(value, _PATTERN)
    try:
        data = from_base64url(spelled)
    except ValueError:
        raise Malformed("not_base64url") from None
    if len(data) != size:
        raise Malformed("wrong_size")
    return data
