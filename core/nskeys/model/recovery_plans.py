"""What making a recovery identity will do, and what it did."""

from dataclasses import dataclass

from nskeys.model.recovery import IdentityKind, RecoveryIdentity


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    """What making an identity will do. `replaces` is the one in force now; `open_with_it` counts the
    backups in the register that open with that one, now and later."""

    kind: IdentityKind
    number: int
    shares: int
    threshold: int
    replaces: RecoveryIdentity | None
    open_with_it: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """An identity that was made, and that opened a test file with its password."""

    identity: RecoveryIdentity
    replaced: RecoveryIdentity | None
    path: str
    """Where its file lies in the home."""
