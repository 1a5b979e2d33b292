"""Typing a share from its sheet: word by word, each completed from its first letters, with what is wrong
said as soon as it is known.

The words are secrets, and here they are plain text, since a person has to see what was typed. `repr`
therefore shows none of them, and the value is dropped as soon as the share is taken.
"""

from dataclasses import dataclass, field, replace

from nskeys.crypto.slip39 import (
    beginning_with,
    completed,
    ends_in_a_token,
    nearest,
    parse,
    place_of,
    tokens,
    word_numbers,
)
from nskeys.errors import ShareRefused
from nskeys.model.custodians import NOTHING_YET, SHARE_WORDS, Share, ShareProgress
from nskeys.model.secret import SecretBytes
from nskeys.reasons import ShareProblem
from nskeys.services.passwords.shares import check_consistent

_SUGGESTED = 4
_NAME_WORDS, _LABEL_WORDS = 2, 4
_EMPTY = ("",) * SHARE_WORDS


@dataclass(frozen=True, slots=True)
class ShareEntry:
    """One share on its way in. `words` has a place for each, empty where none was typed yet; `letters` is
    what stands in the line for the word at `place`, counted from 0."""

    gathered: ShareProgress = NOTHING_YET
    words: tuple[str, ...] = field(default=_EMPTY, repr=False)
    place: int = 0
    letters: str = field(default="", repr=False)
    unknown: bool = False
    """Whether what was typed last is no word, so that the ones that were meant are worth showing."""
    problem: ShareRefused | None = None
    """Why the share cannot be taken as it stands."""

    @property
    def full(self) -> bool:
        """Whether every place has its word."""
        return all(self.words)

    @property
    def is_another(self) -> bool:
        """Whether a whole sheet is here that is none of those asked for: no word of it is worth keeping."""
        return self.full and self.problem is not None and self.problem.reason is not ShareProblem.CHECKSUM

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Words that may be meant: a few that begin with the letters, or the nearest where none does."""
        if not self.letters:
            return ()
        return beginning_with(self.letters)[:_SUGGESTED] or nearest(self.letters, _SUGGESTED)

    @property
    def certain(self) -> str:
        """The word that the letters can only mean; empty where more of them are needed."""
        return completed(self.letters)

    # --- typing -----------------------------------------------------------------------------------------

    def typed(self, letters: str) -> "ShareEntry":
        """Take the present text of the line. A blank behind letters takes the word, so whole lines can be
        typed, pasted or scanned; behind letters that stand for no word, nothing is taken. Behind a sheet
        that is not the one asked for, the next begins."""
        rest = ends_in_a_token(letters)
        begun = self.again() if letters and self.is_another else self
        entry = begun.line(letters[: len(letters) - len(rest)])
        return entry if entry.unknown else replace(entry, letters=rest)

    def line(self, text: str) -> "ShareEntry":
        """Take words, or their first letters, as they stand on the sheet; a number before one gives its
        place. Letters that stand for no word stay as `unknown`, and nothing is taken behind them."""
        entry = replace(self, letters="", unknown=False)
        for token in tokens(text):
            place = place_of(token, SHARE_WORDS)
            entry = entry._put(token) if place is None else entry.move(place - entry.place)
            if entry.unknown:
                break
        return entry

    def take(self) -> "ShareEntry":
        """Put the word that the letters stand for into its place and go to the next empty one."""
        if not self.letters:
            return self if self.full else replace(self, place=self._next_empty(self.place))
        return self.line(self.letters)

    def _put(self, letters: str) -> "ShareEntry":
        word = completed(letters)
        if not word:
            return replace(self, letters=letters, unknown=True)
        words = (*self.words[: self.place], word, *self.words[self.place + 1 :])
        entry = replace(self, words=words, letters="", unknown=False, problem=None)
        return replace(entry, place=entry._next_empty(self.place), problem=entry._known_so_far())

    def move(self, steps: int) -> "ShareEntry":
        """Go `steps` places on or back; the letters in the line are dropped, the word at its place
        stays."""
        place = min(SHARE_WORDS - 1, max(0, self.place + steps))
        return replace(self, place=place, letters="", unknown=False)

    def back(self) -> "ShareEntry":
        """Take out the word before this one."""
        if self.place == 0 and not self.words[0]:
            return self
        place = self.place if self.words[self.place] else max(0, self.place - 1)
        words = (*self.words[:place], "", *self.words[place + 1 :])
        return replace(self, words=words, place=place, letters="", unknown=False, problem=None)

    def again(self) -> "ShareEntry":
        """Drop all words, to type the share from its beginning."""
        return ShareEntry(self.gathered)

    # --- what is known ----------------------------------------------------------------------------------

    def checked(self) -> "ShareEntry":
        """Return the entry with what keeps the share from being taken, once it is full."""
        try:
            self.share().wipe()
        except ShareRefused as refused:
            return replace(self, problem=refused)
        return replace(self, problem=None)

    def share(self) -> Share:
        """Return the share, which the caller wipes. Raises ShareRefused."""
        with SecretBytes(" ".join(word for word in self.words if word).encode("ascii")) as text:
            share = parse(text)
        try:
            check_consistent(share, self.gathered)
        except ShareRefused:
            share.wipe()
            raise
        return share

    def _next_empty(self, place: int) -> int:
        following = (*range(place, SHARE_WORDS), *range(place))
        return next((other for other in following if not self.words[other]), SHARE_WORDS - 1)

    def _known_so_far(self) -> ShareRefused | None:
        """Return what is known to be wrong so far: the set after two words, the number after four, so that
        a wrong sheet need not be typed to its end."""
        if not self.full and all(self.words[:_NAME_WORDS]):
            name = " ".join(self.words[:_NAME_WORDS])
            if self.gathered.set_name and name != self.gathered.set_name:
                return ShareRefused(ShareProblem.OTHER_SET)
            if all(self.words[:_LABEL_WORDS]) and (number := self._number()) in self.gathered.given:
                return ShareRefused(ShareProblem.GIVEN, share=number)
        return self.checked().problem if self.full else None

    def _number(self) -> int:
        """Return the share's number: the fourth, counted from 0, of the five 4-bit fields in the third and
        fourth word."""
        numbers = word_numbers()
        third, fourth = (numbers[word] for word in self.words[_NAME_WORDS:_LABEL_WORDS])
        return ((third << 10 | fourth) >> 4 & 0xF) + 1
