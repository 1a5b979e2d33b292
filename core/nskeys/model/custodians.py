"""Custodians: a secret split into shares (SLIP-39), the set in force, and the set that is not proven
yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from nskeys.model.recovery import EarlierIdentity, RecoveryIdentity
from nskeys.model.secret import SecretBytes, Wipeable

SHARE_WORDS = 20
"""Words of a share of a secret of 16 bytes."""
SHARES_MOST, THRESHOLD_LEAST = 16, 2


@dataclass(frozen=True, slots=True)
class ShareLabel:
    """What a share says about itself, without its secret."""

    set_name: str
    """The two words that every share of the set begins with: `acquire surprise`."""
    number: int
    """1 to 16. A share does not know how many there are."""
    threshold: int


@dataclass(frozen=True, slots=True)
class Share:
    """One custodian's share: its label, and its words separated by spaces."""

    label: ShareLabel
    words: SecretBytes

    def wipe(self) -> None:
        self.words.wipe()


@dataclass(frozen=True, slots=True)
class ShareProgress:
    """Which shares were given so far, without their words. `set_name` and `threshold` are known from the
    first share on, or from the start where the caller knows them; `shares` from the first share on."""

    set_name: str = ""
    threshold: int = 0
    shares: int = 0
    given: tuple[int, ...] = ()
    every: bool = False
    """Whether every share is needed, and not only the threshold."""

    @property
    def wanted(self) -> int:
        """How many shares are needed; 0 while that is not known."""
        return self.shares if self.every else self.threshold

    @property
    def missing(self) -> int:
        """How many more are needed; 1 while nothing is known."""
        return max(0, self.wanted - len(self.given)) if self.wanted else 1

    @property
    def complete(self) -> bool:
        """Whether that is enough."""
        return not self.missing

    def with_share(self, label: ShareLabel) -> "ShareProgress":
        """Return the progress after one more share."""
        return ShareProgress(
            label.set_name, label.threshold, self.shares, (*self.given, label.number), self.every
        )


NOTHING_YET = ShareProgress()
"""No share was given yet, and the set is not known."""


@dataclass(slots=True)
class Shares(Wipeable):
    """Shares held in memory; they are wiped when the context ends."""

    held: list[Share] = field(default_factory=list)

    def add(self, share: Share) -> None:
        self.held.append(share)

    def extend(self, shares: Iterable[Share]) -> None:
        self.held.extend(shares)

    def wipe(self) -> None:
        """Overwrite the words of every share."""
        for share in self.held:
            share.wipe()
        self.held.clear()


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What the sheets of one set have in common; no secret."""

    server: str
    cmdb_id: str
    set_name: str
    shares: int
    threshold: int
    number: int
    """Which custodians' identity this is: 1, 2, ..."""
    recipient: str
    """The public half of the identity, `age1...`."""
    created: datetime


@dataclass(frozen=True, slots=True)
class Custodians:
    """The custodians' identities. `waiting` was split, and becomes a recipient when every share is
    proven."""

    in_force: RecoveryIdentity | None = None
    waiting: RecoveryIdentity | None = None
    earlier: tuple[EarlierIdentity, ...] = ()
    """Replaced ones; their shares open the backups of their time."""

    @property
    def to_check(self) -> RecoveryIdentity | None:
        """The identity whose shares a check proves: the waiting one, else the one in force."""
        return self.waiting or self.in_force


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """What a split would do: make shares of the identity with this `number`. `replaces` stays in force
    until every new share is proven; `drops` is one that was waiting for its proof and is given up."""

    number: int
    shares: int
    threshold: int
    replaces: RecoveryIdentity | None
    drops: RecoveryIdentity | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Split:
    """A split that was made. The caller wipes the shares."""

    facts: SheetFacts
    shares: Shares


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check: together the shares gave the password, which opened the identity and a test
    file. `first` says whether that put the identity in force, in the place of `replaced`."""

    identity: RecoveryIdentity
    first: bool
    replaced: RecoveryIdentity | None = None
