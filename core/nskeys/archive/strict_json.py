"""JSON from outside, strictly: one spelling, no duplicate names, bounded depth and numbers.

Everything nskeys reads back it wrote in RFC 8785 form, so a document in any other spelling is not what
was written. `Malformed` stays inside this package; its callers know the file and the member to name.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

from nskeys.archive.limits import JSON_DEPTH, JSON_DIGITS
from nskeys.model.signed_json import Json, canonical_json, from_base64url
from nskeys.model.times import from_rfc3339
from nskeys.reasons import Problem

_INTEGER_LIMIT = 2**53 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Malformed(ValueError):
    """A document is not what was written; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def parse(data: bytes, limit: int) -> Json:
    """The value in `data`, at most `limit` bytes of RFC 8785 JSON; Malformed."""
    if len(data) > limit:
        raise Malformed(Problem.TOO_LARGE)
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except RecursionError:
        raise Malformed(Problem.JSON_DEPTH) from None
    except Malformed:
        raise
    except ValueError:
        raise Malformed(Problem.NOT_JSON) from None
    # Measured before canonical_json, which recurses, sees the value.
    _check_depth(value)
    try:
        same = canonical_json(value) == data
    except (TypeError, ValueError):
        same = False
    if not same:
        raise Malformed(Problem.NOT_CANONICAL)
    return value


def record(value: Json, *names: str) -> Mapping[str, Json]:
    """An object with exactly these names."""
    if not isinstance(value, Mapping) or value.keys() != set(names):
        raise Malformed(Problem.WRONG_FIELDS)
    return value


def items(value: Json, limit: int) -> Sequence[Json]:
    """An array of at most `limit` items."""
    if not isinstance(value, list):
        raise Malformed(Problem.WRONG_TYPE)
    if len(value) > limit:
        raise Malformed(Problem.TOO_MANY)
    return value


def text(value: Json, pattern: str) -> str:
    """A string that matches `pattern` as a whole."""
    if not isinstance(value, str):
        raise Malformed(Problem.WRONG_TYPE)
    if not re.fullmatch(pattern, value):
        raise Malformed(Problem.WRONG_VALUE)
    return value


def moment(value: Json) -> datetime:
    """A time, from 1970 on: an `iat` (RFC 7519) says no earlier one."""
    try:
        found = from_rfc3339(text(value, r"[0-9TZ:-]{20}"))
    except Malformed:
        raise
    except ValueError:
        raise Malformed(Problem.WRONG_VALUE) from None
    if found < _EPOCH:
        raise Malformed(Problem.BEFORE_1970)
    return found


def integer(value: Json, lowest: int = 0, highest: int = _INTEGER_LIMIT) -> int:
    """An integer within bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(Problem.WRONG_TYPE)
    if not lowest <= value <= highest:
        raise Malformed(Problem.WRONG_VALUE)
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed(Problem.DUPLICATE_NAME)
    return result


def _integer(digits: str) -> int:
    # Checked before int() sees them: converting millions of digits takes quadratic time.
    if len(digits.lstrip("-")) > JSON_DIGITS:
        raise Malformed(Problem.NUMBER)
    return int(digits)


def _refuse_number(_: str) -> NoReturn:
    raise Malformed(Problem.NUMBER)


def _check_depth(value: Json) -> None:
    """Breadth first, so that the check itself cannot run out of stack."""
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
        raise Malformed(Problem.JSON_DEPTH)


_PATTERN = r"[A-Za-z0-9_-]{1,128}"
"""Nothing nskeys spells so is longer than a signature."""


def binary(value: Json, size: int) -> bytes:
    """Exactly `size` bytes; Malformed."""
    spelled = text(value, _PATTERN)
    try:
        data = from_base64url(spelled)
    except ValueError:
        raise Malformed(Problem.NOT_BASE64URL) from None
    if len(data) != size:
        raise Malformed(Problem.WRONG_SIZE)
    return data
