"""Counts and sizes as a person reads them."""

import pytest

from nskeys.wording.text.numbers import count, number, size


@pytest.mark.parametrize(
    ("n", "noun", "text"),
    [
        (0, "credential", "0 credentials"),
        (1, "credential", "1 credential"),
        (12, "credential", "12 credentials"),
        (100_000, "credential", "100,000 credentials"),
        (2, "copy", "2 copies"),
        (1, "copy", "1 copy"),
        (3, "key", "3 keys"),
        (2, "entry", "2 entries"),
        (2, "address", "2 addresses"),
    ],
)
def test_a_count_agrees_with_its_noun(n: int, noun: str, text: str) -> None:
    assert count(n, noun) == text


def test_thousands_are_set_apart() -> None:
    assert number(999) == "999"
    assert number(4_294_967_296) == "4,294,967,296"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (12_431, "12.4 kB"),
        (999_949, "999.9 kB"),
        (999_999, "1.0 MB"),
        (52_428_800, "52.4 MB"),
        (3_200_000_000, "3.2 GB"),
        (7_000_000_000_000_000, "7,000.0 TB"),
    ],
)
def test_a_size_has_one_decimal_and_never_a_thousand_of_a_unit(octets: int, text: str) -> None:
    assert size(octets) == text
