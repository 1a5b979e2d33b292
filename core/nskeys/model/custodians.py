"""Custodians as a whole: which set of shares is in force, which one waits for its proof."""

from dataclasses import dataclass

from nskeys.model.recovery import EarlierIdentity, RecoveryIdentity
from nskeys.model.shares import Shares, SheetFacts


@dataclass(frozen=True, slots=True)
class Custodians:
    """How things stand. `waiting` was split and is no recipient before every share was proven."""

    in_force: RecoveryIdentity | None = None
    waiting: RecoveryIdentity | None = None
    earlier: tuple[EarlierIdentity, ...] = ()
    """Replaced ones; their shares open the backups of their time."""

    @property
    def to_check(self) -> RecoveryIdentity | None:
        """Whose shares a check proves: those that wait for it, else those in force."""
        return self.waiting or self.in_force


NO_CUSTODIANS = Custodians()


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """What a split would do: shares of the identity with this `number`. `replaces` stays in force until
    every new share was proven; `drops` is one that waited for its proof, and waits in vain now."""

    number: int
    shares: int
    threshold: int
    replaces: RecoveryIdentity | None
    drops: RecoveryIdentity | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Split:
    """A split that was made. Whoever asked for it wipes the shares."""

    facts: SheetFacts
    shares: Shares


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every share was proven: they gave the password, and that opened the identity and a test file. `first`
    is whether that put the identity in force, in the place of `replaced`."""

    identity: RecoveryIdentity
    first: bool
    replaced: RecoveryIdentity | None = None
