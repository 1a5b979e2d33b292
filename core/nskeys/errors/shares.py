"""Custodians' shares. No field of these holds a word of a share: ten bits of a secret each."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class ShareRefused(NskeysError):
    """A share cannot be taken; `reason`: `empty`, `not_text`, `count`, `word`, `missing`, `checksum`,
    `other_scheme`, `other_set`, `beyond_set`, `given`. `word` counts the words from 1 (with `word` and
    `missing`), or is how many there are (with `count`); `share` is its number in its set, where that is
    known; `line` that of its file."""

    reason: str
    word: int = 0
    share: int = 0
    line: int = 0


@dataclass(eq=False)
class SharesIncomplete(NskeysError):
    """So many shares were `given`, and so many are `needed`; nothing more can be had."""

    given: int
    needed: int


@dataclass(eq=False)
class SharesDisagree(NskeysError):
    """Shares that are whole, each by itself, and of one set by their names, give no secret together: one
    was altered, or comes from another set. `suspects`: the numbers of those that the others do not
    confirm; empty where that cannot be told."""

    suspects: tuple[int, ...] = ()


@dataclass(eq=False)
class SplitRefused(NskeysError):
    """No secret is split so: 2 <= `threshold` <= `shares` <= 16."""

    shares: int
    threshold: int


@dataclass(eq=False)
class SheetsRefused(NskeysError):
    """Sheets are not written into this folder; `reason`: `in_home` (it is the home, lies in it or holds
    it), `others_can_read`, `link`; `not_removed` (a share stays there that should not)."""

    folder: str
    reason: str


@dataclass(eq=False)
class NotForCustodians(NskeysError):
    """Shares were to open the backup at `path`, and no custodians' identity lies in it."""

    path: str


@dataclass(eq=False)
class NoCustodians(NskeysError):
    """No secret was split here: there is nothing to check."""
