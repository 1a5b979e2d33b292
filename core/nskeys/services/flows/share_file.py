"""Shares in a file, as somebody copied them from their sheets, in every form that the prompt takes: words
or their first letters, with or without their numbers, a share a line, a word a line, or as the rows of a
sheet.

A share ends with its twentieth word, with an empty line, or where a number repeats.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from nskeys.crypto.slip39 import completed, nearest, place_of, tokens
from nskeys.errors import ShareRefused
from nskeys.model.custodians import SHARE_WORDS
from nskeys.reasons import ShareProblem

_SUGGESTED = 4


@dataclass(slots=True)
class WrittenShare:
    """One share: the line where it begins, its whole words, or why it is none. `meant` are words that may
    be meant where one is misread: for a terminal only."""

    line: int = 0
    words: dict[int, str] = field(default_factory=dict, repr=False)
    problem: ShareRefused | None = None
    meant: tuple[str, ...] = field(default=(), repr=False)
    _place: int = 0
    _numbered: bool = False

    @property
    def text(self) -> str:
        """The words in order, separated by a blank."""
        return " ".join(self.words[place] for place in sorted(self.words))

    def go_to(self, place: int) -> None:
        """Go to the place that a number in the text names."""
        self._place, self._numbered = place, True

    def put(self, token: str, line: int) -> None:
        """Put a word, or letters that stand for one, into the next place."""
        self.line = self.line or line
        while self._place in self.words:
            self._place += 1
        self.words[self._place] = completed(token)
        if not self.words[self._place] and self.problem is None:
            reason = ShareProblem.NOT_TEXT if "\ufffd" in token else ShareProblem.WORD
            self.problem = ShareRefused(reason, word=self._place + 1, line=line)
            self.meant = nearest(token, _SUGGESTED)
        self._place += 1

    def ended(self) -> "WrittenShare":
        """Return the share with what is wrong with its number of words."""
        given = len(self.words)
        if given != SHARE_WORDS:
            missing = [place for place in range(SHARE_WORDS) if place not in self.words]
            by_place = self._numbered and given < SHARE_WORDS
            reason = ShareProblem.MISSING if by_place else ShareProblem.COUNT
            word = missing[0] + 1 if by_place else given
            self.problem, self.meant = ShareRefused(reason, word=word, line=self.line), ()
        return self


def written_shares(text: str) -> Iterator[WrittenShare]:
    """Yield the shares of a file, one after the other."""
    share = WrittenShare()
    for line, written in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        found = tokens(written)
        words = sum(place_of(token, SHARE_WORDS) is None for token in found)
        if share.words and (not found or len(share.words) + words > SHARE_WORDS):
            yield share.ended()
            share = WrittenShare()
        for token in found:
            place = place_of(token, SHARE_WORDS)
            if place is None:
                share.put(token, line)
                continue
            if place in share.words:
                yield share.ended()
                share = WrittenShare()
            share.go_to(place)
    if share.words:
        yield share.ended()
