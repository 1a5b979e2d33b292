"""Splitting a secret of 16 bytes into custodians' shares and combining them again: SLIP-39.

One group and no passphrase, because the scheme answers a wrong passphrase with a wrong secret and no error.
Shares are written with the flag `extendable` and iteration exponent 0: iterations slow down guessing a
passphrase, and there is none. They are read with either flag and an exponent of at most 4, so that no share
keeps a machine busy for minutes.

shamir-mnemonic takes its random numbers from `secrets.token_bytes`, which is os.urandom, and logs nothing;
but the texts of its errors hold words, and the `repr` of its shares their values. Neither leaves this file.
"""

import os
import re
from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING

from nskeys.errors import ShareRefused, SharesDisagree, SharesIncomplete, SplitRefused
from nskeys.model.custodians import SHARE_WORDS, SHARES_MOST, THRESHOLD_LEAST, Share, ShareLabel
from nskeys.model.secret import SecretBytes
from nskeys.reasons import ShareProblem

if TYPE_CHECKING:
    from shamir_mnemonic import Share as Slip39Share


SECRET_SIZE = 16
_NAME_WORDS = 2
_IDENTIFIER_BITS, _EXPONENT_BITS = 15, 4
_NO_PASSPHRASE = b""
_EXPONENT, _EXPONENT_MOST = 0, 4


def new_split_secret() -> SecretBytes:
    """Return a new secret to be split."""
    return SecretBytes(os.urandom(SECRET_SIZE))


def check_split(shares: int, threshold: int) -> None:
    """Raise SplitRefused for numbers of shares that cannot be made."""
    if not THRESHOLD_LEAST <= threshold <= shares <= SHARES_MOST:
        raise SplitRefused(shares, threshold)


def split(
    secret: SecretBytes, shares: int, threshold: int, other_than: Collection[str] = ()
) -> tuple[Share, ...]:
    """Return this many new shares of 16 bytes, numbered from 1, of which `threshold` give them back. The
    set's name is none of `other_than`, so that the sheets of two sets can be told apart. Raises
    SplitRefused."""
    check_split(shares, threshold)
    if len(secret) != SECRET_SIZE:
        raise ValueError("a secret of another size")
    while True:
        made = _split_once(secret, shares, threshold)
        if made[0].label.set_name not in other_than:
            return made
        for share in made:
            share.wipe()


def _split_once(secret: SecretBytes, shares: int, threshold: int) -> tuple[Share, ...]:
    from shamir_mnemonic import EncryptedMasterSecret, split_ems

    identifier = int.from_bytes(os.urandom(2), "big") >> (16 - _IDENTIFIER_BITS)
    encrypted = EncryptedMasterSecret.from_master_secret(
        secret.reveal(), _NO_PASSPHRASE, identifier, extendable=True, iteration_exponent=_EXPONENT
    )
    (group,) = split_ems(1, [(threshold, shares)], encrypted)
    return tuple(parse(SecretBytes(share.mnemonic().encode("ascii"))) for share in group)


def parse(text: SecretBytes) -> Share:
    """Return a share parsed from its words: any case, any white space between them. The caller wipes the
    text. Raises ShareRefused (`empty`, `not_text`, `count`, `word`, `checksum`, `other_scheme`)."""
    try:
        words = text.text().lower().split()
    except UnicodeDecodeError:
        words = None
    if words is None:
        raise ShareRefused(ShareProblem.NOT_TEXT)  # raised here and not above: that error carries the words
    if not words:
        raise ShareRefused(ShareProblem.EMPTY)
    if len(words) != SHARE_WORDS:
        raise ShareRefused(ShareProblem.COUNT, word=len(words))
    numbers = word_numbers()
    for position, word in enumerate(words, 1):
        if word not in numbers:
            raise ShareRefused(ShareProblem.WORD, word=position)
    return Share(_label(words), SecretBytes(" ".join(words).encode("ascii")))


def combine(shares: Sequence[Share]) -> SecretBytes:
    """Return the 16 bytes that these shares of one set give. Shares beyond the threshold are checked too.
    Raises SharesIncomplete, SharesDisagree."""
    different = {share.label.number: share for share in shares}
    odd = {one.label.number for one in shares if not one.words.same_as(different[one.label.number].words)}
    if odd:  # two shares in one place
        raise SharesDisagree(tuple(sorted(odd)))
    held = [different[number] for number in sorted(different)]
    if not held or len(held) < held[0].label.threshold:
        raise SharesIncomplete(len(held), held[0].label.threshold if held else THRESHOLD_LEAST)
    if len({(share.label.set_name, share.label.threshold) for share in held}) > 1:
        raise SharesDisagree
    return _agreed(held, held[0].label.threshold)


def _agreed(held: list[Share], threshold: int) -> SecretBytes:
    """Return the secret of the first `threshold` shares, which each further share in the place of the last
    has to give too. Raises SharesDisagree.

    The secret and `threshold - 1` points fix a polynomial, so then all shares lie on one, and any of them
    will do.
    """
    base, last = held[: threshold - 1], held[threshold - 1]
    secret = _together([*base, last])
    if secret is None:
        raise SharesDisagree(_odd_one_out(held, threshold))
    suspects = []
    for share in held[threshold:]:
        other = _together([*base, share])
        if other is None or not other.same_as(secret):
            suspects.append(share.label.number)
        if other is not None:
            other.wipe()
    if suspects:
        secret.wipe()
        raise SharesDisagree(tuple(suspects))
    return secret


def _odd_one_out(held: list[Share], threshold: int) -> tuple[int, ...]:
    """Return the number of the share, among the first ones, without which the others agree; nothing where
    that is not clear."""
    if len(held) == threshold:
        return ()
    for share in held[:threshold]:
        secret = _together([other for other in held if other is not share][:threshold])
        if secret is not None:
            secret.wipe()
            return (share.label.number,)
    return ()


def _together(shares: list[Share]) -> SecretBytes | None:
    """Return the secret of exactly `threshold` shares; None where the scheme's own digest does not fit."""
    from shamir_mnemonic import MnemonicError, decode_mnemonics, recover_ems

    try:
        encrypted = recover_ems(decode_mnemonics(share.words.text() for share in shares))
    except MnemonicError:
        return None
    return SecretBytes(encrypted.decrypt(_NO_PASSPHRASE))


def _label(words: list[str]) -> ShareLabel:
    """Return the label in a share's words, all of which are in the list. Raises ShareRefused (`checksum`,
    `other_scheme`)."""
    from shamir_mnemonic import MnemonicError, Share as Slip39Share
    from shamir_mnemonic.constants import CUSTOMIZATION_STRING_EXTENDABLE, CUSTOMIZATION_STRING_ORIG
    from shamir_mnemonic.rs1024 import verify_checksum

    word_index = word_numbers()
    numbers = [word_index[word] for word in words]
    extendable = bool(numbers[_NAME_WORDS - 1] >> _EXPONENT_BITS & 1)
    scheme = CUSTOMIZATION_STRING_EXTENDABLE if extendable else CUSTOMIZATION_STRING_ORIG
    if not verify_checksum(numbers, scheme):
        raise ShareRefused(ShareProblem.CHECKSUM)
    try:
        share = Slip39Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        share = None
    if share is None or not _can_be_read(share):
        raise ShareRefused(ShareProblem.OTHER_SCHEME)
    return ShareLabel(" ".join(words[:_NAME_WORDS]), share.index + 1, share.member_threshold)


def _can_be_read(share: "Slip39Share") -> bool:
    groups = (share.group_index, share.group_threshold, share.group_count)
    return (
        groups == (0, 1, 1)
        and share.iteration_exponent <= _EXPONENT_MOST
        and share.member_threshold >= THRESHOLD_LEAST
        and len(share.value) == SECRET_SIZE
    )


_TOKENS = re.compile(r"[0-9]+|[^\s0-9,;.:|()\u200b\ufeff]+")
"""Numbers and words. They are separated by white space of any kind (no-break too), commas, and whatever
people write after a number."""


@cache
def word_list() -> tuple[str, ...]:
    """Return the words of the list, in alphabetical order, which is that of their numbers."""
    from shamir_mnemonic.wordlist import WORDLIST  # here: it is rarely needed and slow to load

    return tuple(WORDLIST)


@cache
def word_numbers() -> dict[str, int]:
    """Return a word's number, 0 to 1,023."""
    return {word: number for number, word in enumerate(word_list())}


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a sheet in lower case, and the numbers before them."""
    return tuple(_TOKENS.findall(text.lower()))


def ends_in_a_token(text: str) -> str:
    """Return the letters, or the digits, that a text ends with: a word that may be incomplete."""
    found = list(_TOKENS.finditer(text.lower()))
    return found[-1][0] if found and found[-1].end() == len(text) else ""


def place_of(token: str, words: int) -> int | None:
    """Return the index, from 0, that a number of 1 to `words` names; None for a word."""
    number = int(token) if token.isdecimal() and len(token) < 4 else 0
    return number - 1 if 1 <= number <= words else None


def beginning_with(letters: str) -> tuple[str, ...]:
    """Return the words with this beginning; all of them for no letters."""
    return tuple(word for word in word_list() if word.startswith(letters))


def completed(letters: str) -> str:
    """Return the word itself, or the only one that begins like this; empty where several do, or none."""
    if letters in word_numbers():
        return letters
    words = beginning_with(letters) if letters else ()
    return words[0] if len(words) == 1 else ""


def nearest(word: str, most: int = 3) -> tuple[str, ...]:
    """Return the words that may have been meant: those with the smallest edit distance."""
    limit = max(2, len(word) // 2)
    ranked = sorted((_distance(word, candidate), candidate) for candidate in word_list())
    return tuple(candidate for distance, candidate in ranked[:most] if distance <= limit)


def _distance(one: str, other: str) -> int:
    """Return the Levenshtein distance of two words."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, against in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != against))
    return row[-1]
