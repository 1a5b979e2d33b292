"""Counts and sizes in words: `1 credential`, `100,000 credentials`, `12.4 kB`."""

import math

_UNITS = ("kB", "MB", "GB", "TB")


def number(n: int) -> str:
    """Return digits with a comma between thousands: `100,000`."""
    return f"{n:,}"


def count(n: int, noun: str) -> str:
    """Return so many of a noun, given in the singular: `1 copy`, `2 copies`."""
    return f"{number(n)} {noun if n == 1 else _plural(noun)}"


def size(octets: int) -> str:
    """Return a file's size in decimal units (1 kB is 1,000 bytes): `812 bytes`, `12.4 kB`."""
    if octets < 1_000:
        return count(octets, "byte")
    power = min(int(math.log10(octets)) // 3, len(_UNITS))
    if round(octets / 1_000**power, 1) >= 1_000 and power < len(_UNITS):
        power += 1
    return f"{octets / 1_000**power:,.1f} {_UNITS[power - 1]}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    return noun + "s"
