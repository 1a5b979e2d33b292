"""JSON in its one spelling (RFC 8785): written, parsed strictly, and read back member by member.

Everything nskeys signs or hashes is written so, and a document in any other spelling is not what was
written. Binary members are base64url without padding (RFC 4648, section 5; RFC 7515, appendix C).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NoReturn, Self, TypeAlias, TypeVar

from nskeys.model.times import from_rfc3339
from nskeys.reasons import Problem

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

JSON_DEPTH = 6
JSON_DIGITS = 16
INTEGER_LIMIT = 2**53 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEX = re.compile(r"[0-9a-f]+")
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
_Token = TypeVar("_Token", bound=StrEnum)
_T = TypeVar("_T")


class Malformed(ValueError):
    """A document is not what was written; Callers know the file to name."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


# --- documents -----------------------------------------------------------------------------------------


def canonical_json(value: Json) -> bytes:
    """Return `value` in canonical form, as UTF-8. Raises ValueError or TypeError for what has none here."""
    _check(value)
    return _ENCODER.encode(value).encode("utf-8", "strict")


def parse(data: bytes, limit: int) -> Json:
    """The value in `data`, at most `limit` bytes of RFC 8785 JSON; Malformed."""
    value = parse_any_spelling(data, limit)
    try:
        same = canonical_json(value) == data
    except (TypeError, ValueError):
        same = False
    if not same:
        raise Malformed(Problem.NOT_CANONICAL)
    return value


def parse_any_spelling(data: bytes, limit: int) -> Json:
    """As `parse`, with any white space, escapes and order; for documents that people edit, and where a
    version must be known first. Malformed for duplicate names, and numbers that are no integers."""
    if len(data) > limit:
        raise Malformed(Problem.TOO_LARGE)
    try:
        value: Json = _DECODER.decode(data.decode("utf-8"))
    except RecursionError:
        raise Malformed(Problem.JSON_DEPTH) from None
    except Malformed:
        raise
    except ValueError:
        raise Malformed(Problem.NOT_JSON) from None
    # Measured before canonical_json, which recurses, sees the value.
    _check_depth(value)
    return value


def _check(value: Json) -> None:
    # In the order of how many there are; `Mapping`, which is slow to find out, comes last.
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
            raise ValueError("an integer beyond 2^53 has no canonical form")
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict | Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("keys are ASCII text")
            _check(item)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")


def unique_members(pairs: list[tuple[str, _T]]) -> dict[str, _T]:
    """Return an object's members. Raises Malformed for a name that stands in it twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed(Problem.DUPLICATE_NAME)
    return result


def _integer(digits: str) -> int:
    # Checked before int() sees them: converting millions of digits takes quadratic time.
    if len(digits.lstrip("-")) > JSON_DIGITS:
        raise Malformed(Problem.NUMBER)
    return int(digits)


def refuse_number(_: str) -> NoReturn:
    """Raise Malformed for what is no number of the format."""
    raise Malformed(Problem.NUMBER)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_DECODER = json.JSONDecoder(
    object_pairs_hook=unique_members,
    parse_int=_integer,
    parse_float=refuse_number,
    parse_constant=refuse_number,
)


def _check_depth(value: Json) -> None:
    """Breadth first, so that the check itself cannot run out of stack."""
    level: list[Json] = [value]
    for _ in range(JSON_DEPTH):
        inner: list[Json] = []
        for item in level:  # whose types are those that the parser makes
            if type(item) is dict:
                inner.extend(item.values())
            elif type(item) is list:
                inner.extend(item)
        level = inner
    if any(type(item) in (dict, list) for item in level):
        raise Malformed(Problem.JSON_DEPTH)


# --- values --------------------------------------------------------------------------------------------


def mapping(value: Json) -> Mapping[str, Json]:
    """Return the value if it is an object. Raises Malformed."""
    if not isinstance(value, Mapping):
        raise Malformed(Problem.WRONG_TYPE)
    return value


def items(value: Json, limit: int = INTEGER_LIMIT) -> Sequence[Json]:
    """An array of at most `limit` items; Malformed."""
    if not isinstance(value, list):
        raise Malformed(Problem.WRONG_TYPE)
    if len(value) > limit:
        raise Malformed(Problem.TOO_MANY)
    return value


def text(value: Json, pattern: str | None = None) -> str:
    """A string, which matches `pattern` as a whole; Malformed."""
    if not isinstance(value, str):
        raise Malformed(Problem.WRONG_TYPE)
    if pattern is not None and not re.fullmatch(pattern, value):
        raise Malformed(Problem.WRONG_VALUE)
    return value


def hexadecimal(value: Json, digits: int) -> str:
    """So many lower-case hex digits; Malformed."""
    if not isinstance(value, str):
        raise Malformed(Problem.WRONG_TYPE)
    if len(value) != digits or not _HEX.fullmatch(value):
        raise Malformed(Problem.WRONG_VALUE)
    return value


def token(value: Json, tokens: type[_Token]) -> _Token:
    """One of these tokens; Malformed."""
    try:
        return tokens(text(value))
    except Malformed:
        raise
    except ValueError:
        raise Malformed(Problem.WRONG_VALUE) from None


def moment(value: Json) -> datetime:
    """A time, from 1970 on: an `iat` (RFC 7519) says no earlier one. Malformed."""
    try:
        found = from_rfc3339(text(value, r"[0-9TZ:-]{20}"))
    except Malformed:
        raise
    except ValueError:
        raise Malformed(Problem.WRONG_VALUE) from None
    if found < _EPOCH:
        raise Malformed(Problem.BEFORE_1970)
    return found


def integer(value: Json, lowest: float = 0, highest: float = INTEGER_LIMIT) -> int:
    """An integer within bounds, infinity among them; Malformed."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(Problem.WRONG_TYPE)
    if not lowest <= value <= highest:
        raise Malformed(Problem.WRONG_VALUE)
    return value


def flag(value: Json) -> bool:
    """True or false; Malformed."""
    if not isinstance(value, bool):
        raise Malformed(Problem.WRONG_TYPE)
    return value


def binary(value: Json, size: int | None = None, limit: int = INTEGER_LIMIT) -> bytes:
    """Bytes in base64url: exactly `size` of them, or at most `limit`; Malformed."""
    try:
        data = from_base64url(text(value))
    except Malformed:
        raise
    except ValueError:
        raise Malformed(Problem.NOT_BASE64URL) from None
    if len(data) > limit or size not in (None, len(data)):
        raise Malformed(Problem.WRONG_SIZE)
    return data


# --- members -------------------------------------------------------------------------------------------


class Fields:
    """An object that is read member by member, each checked as the function of the same name does.

    `only` or `done` refuses members that do not belong there. `refuse` makes the error to raise from the
    problem's token."""

    def __init__(self, value: Json, refuse: Callable[[Problem], Exception] = Malformed) -> None:
        self._refuse = refuse
        self._members: Mapping[str, Json] = self._checked(mapping, value)
        self._read: set[str] = set()

    def only(self, *names: str) -> Self:
        """Itself, if it has exactly these members."""
        if self._members.keys() != set(names):
            raise self._refuse(Problem.WRONG_FIELDS)
        return self

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._members

    def is_null(self, name: str) -> bool:
        """Whether the member is null."""
        return self.take(name) is None

    def take(self, name: str) -> Json:
        """Return the member as it stands, unchecked."""
        if name not in self._members:
            raise self._refuse(Problem.WRONG_FIELDS)
        self._read.add(name)
        return self._members[name]

    def done(self) -> None:
        """Refuse members that nobody read."""
        if self._read != self._members.keys():
            raise self._refuse(Problem.WRONG_FIELDS)

    def mapping(self, name: str) -> Mapping[str, Json]:
        return self._checked(mapping, self.take(name))

    def fields(self, name: str) -> Fields:
        """An object, to be read member by member too."""
        return Fields(self.take(name), self._refuse)

    def items(self, name: str, limit: int = INTEGER_LIMIT) -> Sequence[Json]:
        return self._checked(items, self.take(name), limit)

    def text(self, name: str, pattern: str | None = None) -> str:
        return self._checked(text, self.take(name), pattern)

    def hexadecimal(self, name: str, digits: int) -> str:
        return self._checked(hexadecimal, self.take(name), digits)

    def token(self, name: str, tokens: type[_Token]) -> _Token:
        """Return a member that is one of the tokens of an enum."""
        value = self.take(name)
        return self._checked(lambda: token(value, tokens))

    def moment(self, name: str) -> datetime:
        return self._checked(moment, self.take(name))

    def integer(self, name: str, lowest: float = 0, highest: float = INTEGER_LIMIT) -> int:
        return self._checked(integer, self.take(name), lowest, highest)

    def flag(self, name: str) -> bool:
        return self._checked(flag, self.take(name))

    def binary(self, name: str, size: int | None = None, limit: int = INTEGER_LIMIT) -> bytes:
        return self._checked(binary, self.take(name), size, limit)

    def _checked(self, check: Callable[..., _T], *about: object) -> _T:
        try:
            return check(*about)
        except Malformed as error:
            raise self._refuse(error.problem) from None


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Return the bytes that `to_base64url` wrote. Raises ValueError for every other spelling of them."""
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(data) != text:
        raise ValueError("not the one spelling of these bytes")
    return data
