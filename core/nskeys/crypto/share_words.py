"""The 1,024 words that shares are written in (SLIP-39): completed while typing, and guessed at where one is
misread. No two begin with the same four letters."""

import re
from functools import cache

UNIQUE = 4
"""Letters that tell a word from all others."""

_TOKENS = re.compile(r"[0-9]+|[^\s0-9,;.:|()\u200b\ufeff]+")
"""Numbers and words. Between them stand blanks of any kind (no-break ones too), ends of lines, commas, and
what else people put behind a number."""


@cache
def word_list() -> tuple[str, ...]:
    """All of them, in the order of their numbers, which is the alphabet's."""
    from shamir_mnemonic.wordlist import WORDLIST  # here: it is rarely needed and slow to load

    return tuple(WORDLIST)


@cache
def word_numbers() -> dict[str, int]:
    """A word's number, 0 to 1,023."""
    return {word: number for number, word in enumerate(word_list())}


def tokens(text: str) -> tuple[str, ...]:
    """The words of a sheet in small letters, and the numbers before them."""
    return tuple(_TOKENS.findall(text.lower()))


def ends_in_a_token(text: str) -> str:
    """The letters, or the digits, that a text ends with: a word that may not be whole yet."""
    found = list(_TOKENS.finditer(text.lower()))
    return found[-1][0] if found and found[-1].end() == len(text) else ""


def place_of(token: str, words: int) -> int | None:
    """The place, counted from 0, that a number of 1 to `words` names; None for a word."""
    number = int(token) if token.isdecimal() and len(token) < 4 else 0
    return number - 1 if 1 <= number <= words else None


def beginning_with(letters: str) -> tuple[str, ...]:
    """The words that begin so; all of them for no letters."""
    return tuple(word for word in word_list() if word.startswith(letters))


def completed(letters: str) -> str:
    """The word that is meant: itself, or the only one that begins so; empty where there is no telling."""
    if letters in word_numbers():
        return letters
    words = beginning_with(letters) if letters else ()
    return words[0] if len(words) == 1 else ""


def nearest(word: str, most: int = 3) -> tuple[str, ...]:
    """The words that somebody may have meant: those with the fewest letters to change, add or drop."""
    limit = max(2, len(word) // 2)
    ranked = sorted((_distance(word, known), known) for known in word_list())
    return tuple(known for distance, known in ranked[:most] if distance <= limit)


def _distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, against in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != against))
    return row[-1]
