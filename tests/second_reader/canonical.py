"""JSON in its one spelling (section 1: R-1.1 to R-1.4)."""

import json
import re
from typing import Any, NoReturn

from tests.second_reader.refusal import Refused, refuse_unless

MOST_DEPTH = 6
MOST_DIGITS = 16
MOST_INTEGER = 2**53 - 1

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def spell(value: Any) -> bytes:
    """Spell a value as RFC 8785 says."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def read_document(data: bytes) -> Any:
    """Read one JSON document and refuse every other spelling of it."""
    text = decode(data)
    check_depth(text)
    wrong: list[str] = []
    value = parse(text, wrong)
    refuse_unless(not wrong, "not canonical", "R-1.1", f"a member twice, or not ASCII: {wrong[:1]}")
    try:
        spelled = spell(value)
    except UnicodeEncodeError as error:
        raise Refused("not canonical", "R-1.1", f"has no spelling: {error}") from error
    refuse_unless(spelled == data, "not canonical", "R-1.1", "another spelling than RFC 8785's")
    return value


def decode(data: bytes) -> str:
    """Decode UTF-8 that must be JSON."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("damaged", "R-1.2", "not UTF-8") from error


def check_depth(text: str) -> None:
    """Refuse what is nested too deep, before any parser recurses into it."""
    depth = 0
    for sign in re.findall(r"[\[\]{}]", STRING.sub("", text)):
        depth += 1 if sign in "[{" else -1
        refuse_unless(depth <= MOST_DEPTH, "damaged", "R-1.4", f"more than {MOST_DEPTH} levels")


def parse(text: str, wrong: list[str]) -> Any:
    """Parse JSON; put names that stand twice in an object, or are not ASCII, into `wrong`."""

    def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found or not name.isascii():
                wrong.append(name)
            found[name] = value
        return found

    try:
        return json.loads(
            text,
            object_pairs_hook=read_object,
            parse_int=read_integer,
            parse_float=refuse_fraction,
            parse_constant=refuse_constant,
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused("damaged", "R-1.2", f"no JSON: {error}") from error


def read_integer(digits: str) -> int:
    """Read an integer; refuse one of too many digits, or beyond 2^53 - 1."""
    refuse_unless(len(digits.lstrip("-")) <= MOST_DIGITS, "damaged", "R-1.3", "too many digits")
    number = int(digits)
    refuse_unless(abs(number) <= MOST_INTEGER, "not canonical", "R-1.1", "beyond 2^53 - 1")
    return number


def refuse_fraction(digits: str) -> NoReturn:
    """Refuse a number with a fraction or an exponent."""
    raise Refused("damaged", "R-1.3", f"a fraction or an exponent: {digits[:40]}")


def refuse_constant(word: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python takes for JSON."""
    raise Refused("damaged", "R-1.2", f"no JSON: {word}")


def find_newer(document: Any, member: str, known: int) -> bool:
    """Say whether a document has a whole number above `known` as this member."""
    if not isinstance(document, dict):
        return False
    number = document.get(member)
    return type(number) is int and number > known
