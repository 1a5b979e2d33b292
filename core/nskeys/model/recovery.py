"""Recovery identities: who opens the backups that need no password.

An identity is made once, under a password. Its public half, the recipient, is what backups are encrypted
to; its private half exists only as a file under that password, in the home and in every such backup. A
new password makes a new identity with the next number; older backups open with the identity they were
made for.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class IdentityKind(StrEnum):
    """Who holds the password of an identity."""

    PERSON = "person"
    CUSTODIANS = "custodians"
    """Several people, each with a share of it."""

    @property
    def member(self) -> str:
        """The name of its file, in the home and in an archive."""
        return "identity.age" if self is IdentityKind.PERSON else "identity-custodians.age"


IDENTITY_MEMBERS = tuple(kind.member for kind in IdentityKind)
"""In the order in which an archive holds them."""
EARLIER_LIMIT = 100
"""How many replaced identities are remembered, the newest ones."""
SHARES_LIMIT = 16


@dataclass(frozen=True, slots=True)
class RecoveryIdentity:
    """An identity in force. `sha256` is its file's, in hex. A custodians' identity has `shares` shares,
    of which `threshold` are needed, and each begins with `set_name`; a person's has 0 and an empty text."""

    kind: IdentityKind
    number: int
    recipient: str
    created: datetime
    sha256: str
    shares: int = 0
    threshold: int = 0
    set_name: str = ""
    weak: int | None = field(default=None, compare=False)
    """How hard its password is to guess, 0 to 2, where a person insisted on a weak one; else None. Known on
    its server alone: no backup says it."""

    @property
    def member(self) -> str:
        """The name of its file, in the home and in an archive."""
        return self.kind.member


class EarlierIdentity(NamedTuple):
    """An identity that was replaced; backups made for it still open with it."""

    kind: IdentityKind
    number: int
    recipient: str


class Recovery(NamedTuple):
    """Who can open backups: at most one identity of each kind in force, and the earlier ones."""

    identities: tuple[RecoveryIdentity, ...] = ()
    earlier: tuple[EarlierIdentity, ...] = ()
    waiting: RecoveryIdentity | None = None
    """A custodians' identity whose shares were not proven yet: no backup goes to it."""

    @property
    def files(self) -> tuple[str, ...]:
        """The hashes of the identity files that belong to it."""
        return tuple(identity.sha256 for identity in (*self.identities, self.waiting) if identity)

    def __bool__(self) -> bool:
        return bool(self.identities)

    @property
    def recipients(self) -> tuple[str, ...]:
        """The recipients of a backup, ordered by kind."""
        return tuple(identity.recipient for identity in self.identities)

    def of(self, kind: IdentityKind) -> RecoveryIdentity | None:
        """Return the identity of a kind that is in force."""
        return next((identity for identity in self.identities if identity.kind is kind), None)

    def named(self, recipient: str) -> RecoveryIdentity | EarlierIdentity | None:
        """Return the identity that this recipient belongs to, in force or earlier; None where it is
        unknown."""
        return next((identity for identity in self._known if identity.recipient == recipient), None)

    def next_number(self, kind: IdentityKind) -> int:
        """Return the number of the next identity of a kind, from 1."""
        known = (*self._known, self.waiting) if self.waiting else self._known
        return max((identity.number for identity in known if identity.kind is kind), default=0) + 1

    @property
    def _known(self) -> tuple[RecoveryIdentity | EarlierIdentity, ...]:
        return (*self.identities, *self.earlier)

    def with_identity(self, identity: RecoveryIdentity) -> "Recovery":
        """Return a record with this identity in force; the one before it becomes an earlier one, and one of
        its kind that waits is dropped or is this one."""
        before = self.of(identity.kind)
        earlier = self.earlier
        if before is not None:
            earlier = (EarlierIdentity(before.kind, before.number, before.recipient), *earlier)
        kept = {each.kind: each for each in (*self.identities, identity)}
        waiting = self.waiting if self.waiting and self.waiting.kind is not identity.kind else None
        in_force = tuple(kept[kind] for kind in IdentityKind if kind in kept)
        return Recovery(in_force, earlier[:EARLIER_LIMIT], waiting)

    def only(self, recipients: Collection[str]) -> "Recovery":
        """Return a record in which only these recipients are in force; the other ones become earlier."""
        kept = tuple(identity for identity in self.identities if identity.recipient in recipients)
        gone = (identity for identity in self.identities if identity.recipient not in recipients)
        earlier = (
            *(EarlierIdentity(identity.kind, identity.number, identity.recipient) for identity in gone),
            *self.earlier,
        )
        return Recovery(kept, earlier[:EARLIER_LIMIT])


NO_RECOVERY = Recovery()
