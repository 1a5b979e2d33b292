"""Signed JSON in its canonical form (RFC 8785): written, and read back member by member.

Binary members are base64url without padding (RFC 4648, section 5; RFC 7515, appendix C).
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, TypeVar

from nskeys.model.times import from_rfc3339

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_LIMIT = 2**53 - 1


def canonical_json(value: Json) -> bytes:
    """Return `value` in canonical form, as UTF-8. Raises ValueError or TypeError for what has none here."""
    _check(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "strict")


def _check(value: Json) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if not -_LIMIT <= value <= _LIMIT:
            raise ValueError("an integer beyond 2^53 has no canonical form")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("keys are ASCII text")
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")


_Token = TypeVar("_Token", bound=StrEnum)
_HEX = re.compile(r"[0-9a-f]+")


def parsed(text: str, limit: int) -> Json:
    """Return the value of a text of at most `limit` characters that is exactly RFC 8785 JSON."""
    if len(text) > limit:
        raise ValueError("longer than such a text can be")
    try:
        value: Json = json.loads(text)
        same = canonical_json(value).decode("utf-8") == text
    except (RecursionError, TypeError):
        same = False
    if not same:
        raise ValueError("not in canonical form")
    return value


class Fields:
    """A JSON object that is read member by member; `done` refuses members that were not read."""

    def __init__(self, value: Json) -> None:
        self._left = dict(_object(value))

    def has(self, name: str) -> bool:
        """Return whether there is such a member that was not read yet."""
        return name in self._left

    def take(self, name: str) -> Json:
        try:
            return self._left.pop(name)
        except KeyError:
            raise ValueError(f"{name} is missing") from None

    def text(self, name: str) -> str:
        return text_of(self.take(name))

    def hex(self, name: str, digits: int) -> str:
        """Return a member of `digits` lower-case hex digits."""
        return hex_of(self.take(name), digits)

    def number(self, name: str) -> int:
        value = self.take(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise ValueError(f"{name} is no count")

    def flag(self, name: str) -> bool:
        value = self.take(name)
        if isinstance(value, bool):
            return value
        raise ValueError(f"{name} is neither true nor false")

    def token(self, name: str, tokens: type[_Token]) -> _Token:
        """Return a member that is one of the tokens of an enum."""
        return tokens(self.text(name))

    def time(self, name: str) -> datetime:
        return from_rfc3339(self.text(name))

    def time_or_none(self, name: str) -> datetime | None:
        value = self.take(name)
        return None if value is None else from_rfc3339(text_of(value))

    def items(self, name: str) -> Sequence[Json]:
        value = self.take(name)
        if isinstance(value, list):
            return value
        raise ValueError(f"{name} is no list")

    def done(self) -> None:
        """Raise ValueError if a member was not read."""
        if self._left:
            raise ValueError("unknown fields")


def text_of(value: Json) -> str:
    """Return a text. Raises ValueError."""
    if isinstance(value, str):
        return value
    raise ValueError("not a text")


def _object(value: Json) -> Mapping[str, Json]:
    if isinstance(value, Mapping):
        return value
    raise ValueError("not an object")


def hex_of(value: Json, digits: int) -> str:
    """Return a value of so many lower-case hex digits. Raises ValueError."""
    text = text_of(value)
    if len(text) != digits or not _HEX.fullmatch(text):
        raise ValueError(f"not {digits} hex digits")
    return text


_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


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
