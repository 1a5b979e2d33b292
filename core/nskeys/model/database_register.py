"""The register's rows of database copies: one for each copy at each destination, naming all its parts."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import Kid
from nskeys.model.register import PROOFS, CopyStatus, Proof, ProofDate, strongest


class RegisteredPart(NamedTuple):
    """The archive of one part: its file name, hash and size."""

    name: str
    sha256: str
    size: int


class CopyIdentity(NamedTuple):
    """What identifies a database copy, the same wherever it lies."""

    sha256: str
    """Of its signed facts."""
    server: str
    cmdb_id: str
    server_key: str
    created: datetime
    number: int
    """The number of the last change that it holds."""
    copy_kid: str
    """The copy key that opens it; empty where none is needed, as for somebody else's backup."""
    keys: tuple[tuple[Kid, int], ...]
    """Every key of the CMDB, with the number of its credentials in the copy."""
    uncovered: tuple[Kid, ...]
    """Keys of which it covers no credential, because a row of theirs could not be written down."""
    covers_nothing: bool
    """Whether it covers nothing: what it holds is not what its checkpoint says, and nobody explained it."""

    @property
    def credentials(self) -> int:
        """How many credentials are in it."""
        return sum(count for _, count in self.keys)

    def may_cover(self, kid: Kid) -> bool:
        """Return whether it has every credential of this key, as it was then."""
        return not self.covers_nothing and kid not in self.uncovered


@dataclass(frozen=True, slots=True)
class DatabaseCopy:
    """A register row: a database copy at one destination, how far it is proven, and what the last look
    found."""

    copy: CopyIdentity
    destination: str
    parts: tuple[RegisteredPart, ...]
    where: LocatedAt
    proofs: tuple[ProofDate, ...]
    status: CopyStatus
    look_moment: datetime
    good_moment: datetime | None
    retired: datetime | None = None
    signed: bool = field(default=False, compare=False)
    """Whether the row's signature is valid; computed on reading, never stored."""
    by_check: bool = field(default=False, compare=False)
    """Whether this state is that of the last check, because the copy lies on another server. Never
    stored."""
    declared: bool = False
    """Whether it stands for somebody else's database backup, which `destination` names (see
    `declared_backups`). Never stored."""

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def proof(self) -> Proof:
        """The strongest level this row may claim: `recorded` without a valid signature."""
        return strongest(self.proofs) if self.signed else Proof.RECORDED

    def reached(self, proof: Proof) -> datetime | None:
        """Return when this level was last reached; None for never, or without a valid signature."""
        moments = (item.moment for item in self.proofs if item.proof is proof)
        return next(moments, None) if self.signed else None

    @property
    def pruned(self) -> bool:
        """Whether its parts were deleted by pruning: found gone and retired in the same moment."""
        gone = self.status is CopyStatus.MISSING and self.retired is not None
        return gone and self.retired == self.look_moment

    @property
    def sound(self) -> bool:
        """Whether it would count elsewhere: opened, its rows those that must be, intact when last looked
        at, not retired, signed."""
        return (
            self.signed
            and self.retired is None
            and self.status is CopyStatus.GOOD
            and self.proof.rank >= Proof.KEYS_MATCH.rank
            and not self.copy.covers_nothing
        )

    @property
    def good(self) -> bool:
        """Whether it can count: it is sound and lies elsewhere."""
        return self.sound and self.where.location is Location.ELSEWHERE

    @property
    def was_good(self) -> bool:
        """Whether it could count once: it lies elsewhere, or on something that is not mounted now. What it
        covers was safe until its last good check."""
        away = self.where.reason is LocationReason.NOT_MOUNTED and self.status is not CopyStatus.GOOD
        return (
            self.signed
            and (away or self.where.location is Location.ELSEWHERE)
            and self.proof.rank >= Proof.KEYS_MATCH.rank
            and not self.copy.covers_nothing
        )

    def with_proof(self, proof: Proof, moment: datetime) -> "DatabaseCopy":
        """Return the copy after a good check that reached `proof`, and with it every weaker level."""
        kept = tuple(item for item in self.proofs if item.proof.rank > proof.rank)
        fresh = tuple(ProofDate(level, moment) for level in PROOFS if level.rank <= proof.rank)
        return replace(
            self, proofs=fresh + kept, status=CopyStatus.GOOD, look_moment=moment, good_moment=moment
        )


def newest_first(copies: Iterable[DatabaseCopy]) -> tuple[DatabaseCopy, ...]:
    """Return the copies by the change they hold, newest first; signed ones before all others. Never by name
    or date."""
    return tuple(
        sorted(copies, key=lambda copy: (copy.signed, copy.copy.number, copy.copy.sha256), reverse=True)
    )
