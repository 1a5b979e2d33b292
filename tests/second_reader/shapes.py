"""The types of the tables (section 1), as functions that refuse a value of another shape.

A shape takes a value and the path to it, and returns nothing or raises Refused.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.second_reader.canonical import MOST_INTEGER
from tests.second_reader.refusal import Refused, refuse_unless

Shape = Callable[[Any, str], None]

TIME = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z", re.ASCII)
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def decode_base64url(text: str, rule: str = "R-1.7") -> bytes:
    """Decode base64url without padding, in its one spelling."""
    refuse_unless(re.fullmatch(r"[A-Za-z0-9_-]*", text) is not None, "damaged", rule, "another alphabet")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise Refused("damaged", rule, "no base64url") from error
    refuse_unless(encode_base64url(data) == text, "damaged", rule, "unused bits that are not zero")
    return data


def encode_base64url(data: bytes) -> str:
    """Encode base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def text(least: int = 0, most: int | None = None) -> Shape:
    """Make the shape of a string of so many characters."""

    def check(value: Any, path: str) -> None:
        refuse_unless(isinstance(value, str), "damaged", "R-1.6", f"{path} is no text")
        fits = len(value) >= least and (most is None or len(value) <= most)
        refuse_unless(fits, "damaged", "R-1.6", f"{path} has {len(value)} characters")

    return check


def outside_text(least: int, most: int) -> Shape:
    """Make the shape of `server`, `source` and `hint` (R-1.10, R-5.7, R-5.8)."""

    def check(value: Any, path: str) -> None:
        refuse_unless(isinstance(value, str), "damaged", "R-1.6", f"{path} is no text")
        refuse_unless(
            least <= len(value) <= most, "damaged", "R-5.8", f"{path} has {len(value)} characters"
        )
        refuse_unless(UNSEEN.search(value) is None, "damaged", "R-5.7", f"{path} holds what cannot be seen")
        refuse_unless(unicodedata.is_normalized("NFC", value), "damaged", "R-1.10", f"{path} is not NFC")

    return check


def matching(pattern: str) -> Shape:
    """Make the shape of a string that a regular expression matches in full."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: Any, path: str) -> None:
        fits = isinstance(value, str) and compiled.fullmatch(value) is not None
        refuse_unless(fits, "damaged", "R-1.6", f"{path} is not spelled so")

    return check


def token(*words: str) -> Shape:
    """Make the shape of one of these words."""

    def check(value: Any, path: str) -> None:
        refuse_unless(
            isinstance(value, str) and value in words, "damaged", "R-1.6", f"{path} is none of {words}"
        )

    return check


def integer(least: int = 0, most: int = MOST_INTEGER) -> Shape:
    """Make the shape of an integer within bounds; `true` is none."""

    def check(value: Any, path: str) -> None:
        fits = type(value) is int and least <= value <= most
        refuse_unless(fits, "damaged", "R-1.6", f"{path} is no integer of {least} to {most}")

    return check


count = integer(0)
number = integer(1)
signed = integer(-MOST_INTEGER)


def flag(value: Any, path: str) -> None:
    """Check that a value is `true` or `false`."""
    refuse_unless(isinstance(value, bool), "damaged", "R-1.6", f"{path} is no flag")


def hex_digits(length: int) -> Shape:
    """Make the shape of so many lower-case hex digits (R-1.8)."""

    def check(value: Any, path: str) -> None:
        refuse_unless(isinstance(value, str), "damaged", "R-1.6", f"{path} is no text")
        fits = len(value) == length and re.fullmatch(r"[0-9a-f]*", value) is not None
        refuse_unless(fits, "damaged", "R-1.8", f"{path} is not {length} lower-case hex digits")

    return check


identifier = hex_digits(32)
digest = hex_digits(64)


def octets(length: int | None = None, most: int | None = None) -> Shape:
    """Make the shape of bytes in base64url (R-1.7)."""

    def check(value: Any, path: str) -> None:
        refuse_unless(isinstance(value, str), "damaged", "R-1.6", f"{path} is no text")
        found = len(decode_base64url(value))
        fits = (length is None or found == length) and (most is None or found <= most)
        refuse_unless(fits, "damaged", "R-1.7", f"{path} has {found} bytes")

    return check


def moment(value: Any, path: str) -> None:
    """Check the spelling of a time (R-1.9)."""
    refuse_unless(isinstance(value, str), "damaged", "R-1.6", f"{path} is no text")
    read_time(value, path)


def read_time(value: str, path: str = "time") -> int:
    """Give a time in seconds since 1970."""
    found = TIME.fullmatch(value)
    if found is None:
        raise Refused("damaged", "R-1.9", f"{path} is not spelled as a time")
    try:
        year, month, day, hour, minute, second = (int(part) for part in found.groups())
        seconds = int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError as error:
        raise Refused("damaged", "R-1.9", f"{path}: no calendar has it") from error
    refuse_unless(seconds >= 0, "damaged", "R-1.9", f"{path} lies before 1970")
    return seconds


def spell_time(seconds: int) -> str:
    """Spell seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def either_null(shape: Shape) -> Shape:
    """Make the shape of something or null."""
    return lambda value, path: None if value is None else shape(value, path)


def either_empty(shape: Shape) -> Shape:
    """Make the shape of something or an empty text."""
    return lambda value, path: None if value == "" else shape(value, path)


def array(shape: Shape, least: int = 0, most: int | None = None, rule: str = "R-1.6") -> Shape:
    """Make the shape of an array of so many elements of one shape."""

    def check(value: Any, path: str) -> None:
        refuse_unless(isinstance(value, list), "damaged", "R-1.6", f"{path} is no array")
        fits = len(value) >= least and (most is None or len(value) <= most)
        refuse_unless(fits, "damaged", rule, f"{path} has {len(value)} elements")
        for place, element in enumerate(value):
            shape(element, f"{path}[{place}]")

    return check


def record(members: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """Make the shape of an object with exactly these members, and perhaps the optional ones (R-1.5)."""
    allowed = {**members, **(optional or {})}

    def check(value: Any, path: str) -> None:
        refuse_unless(isinstance(value, dict), "damaged", "R-1.6", f"{path} is no object")
        refuse_unless(
            set(value) <= set(allowed), "damaged", "R-1.5", f"{path} has members that are not listed"
        )
        refuse_unless(set(members) <= set(value), "damaged", "R-1.5", f"{path} lacks a member")
        for name, element in value.items():
            allowed[name](element, f"{path}.{name}")

    return check


def table(shape: Shape) -> Shape:
    """Make the shape of an object of any names with values of one shape."""

    def check(value: Any, path: str) -> None:
        refuse_unless(isinstance(value, dict), "damaged", "R-1.6", f"{path} is no object")
        for name, element in value.items():
            shape(element, f"{path}.{name}")

    return check
