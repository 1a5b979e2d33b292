"""Shares of the custodians (section 11, "Shares": R-11.6 to R-11.8)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from shamir_mnemonic.wordlist import WORDLIST

from tests.second_reader.refusal import Refused, refuse_unless
from tests.second_reader.slip39_math import DIGEST_PLACE, SECRET_PLACE, checksum_holds, decrypt, interpolate

WORDS = 20
LETTERS = 4
MOST_EXPONENT = 4
PLACES = {word: place for place, word in enumerate(WORDLIST)}
PLACES |= {word[:LETTERS]: place for place, word in enumerate(WORDLIST)}


@dataclass(frozen=True)
class Share:
    """One share: its set (identifier, flag, exponent), its threshold, its place and its value."""

    identifier: int
    extendable: bool
    exponent: int
    threshold: int
    place: int
    value: bytes

    @property
    def of(self) -> tuple[int, bool, int, int]:
        """Give what all shares of one split have in common."""
        return self.identifier, self.extendable, self.exponent, self.threshold


def read_share(typed: str) -> Share:
    """Read one share as it was typed (R-11.6)."""
    words = typed.lower().split()
    refuse_unless(len(words) == WORDS, "damaged", "R-11.6", f"{len(words)} words")
    unknown = [word for word in words if word not in PLACES]
    refuse_unless(not unknown, "damaged", "R-11.6", f"not in the list: {unknown[:1]}")
    values = [PLACES[word] for word in words]
    extendable = bool(values[1] >> 4 & 1)
    customization = b"shamir_extendable" if extendable else b"shamir"
    refuse_unless(checksum_holds(customization, values), "damaged", "R-11.6", "the checksum does not fit")
    bits = 0
    for value in values[:-3]:
        bits = bits << 10 | value
    # 40 bits of parameters, then 130 bits of value: two of padding and 128.
    head, tail = bits >> 130, bits & (1 << 130) - 1
    group = head >> 8 & 0xFFF
    exponent, threshold = head >> 20 & 0xF, (head & 0xF) + 1
    fits = group == 0 and exponent <= MOST_EXPONENT and threshold >= 2 and tail >> 128 == 0
    refuse_unless(fits, "damaged", "R-11.6", "other parameters")
    return Share(head >> 25, extendable, exponent, threshold, head >> 4 & 0xF, tail.to_bytes(16, "big"))


def combine(typed: Sequence[str]) -> str:
    """Give the password that these shares give: the master secret in hex."""
    shares = {read_share(words) for words in typed}
    refuse_unless(bool(shares), "incomplete", "R-11.7", "no share")
    refuse_unless(len({share.of for share in shares}) == 1, "mixed", "R-11.8", "shares of different sets")
    points = {share.place: share.value for share in shares}
    refuse_unless(len(points) == len(shares), "mixed", "R-11.8", "two shares at one place")
    first = next(iter(shares))
    refuse_unless(
        len(shares) >= first.threshold, "incomplete", "R-11.7", f"{len(shares)} of {first.threshold}"
    )
    chosen = dict(list(points.items())[: first.threshold])
    for place, value in points.items():
        refuse_unless(interpolate(chosen, place) == value, "mixed", "R-11.8", "not on one polynomial")
    sealed, digest = interpolate(chosen, SECRET_PLACE), interpolate(chosen, DIGEST_PLACE)
    expected = hmac.digest(digest[4:], sealed, sha256)[:4]
    if expected != digest[:4]:
        raise Refused("mixed", "R-11.8", "the digest of the secret does not fit")
    salt = b"" if first.extendable else b"shamir" + first.identifier.to_bytes(2, "big")
    return decrypt(sealed, first.exponent, salt).hex()
