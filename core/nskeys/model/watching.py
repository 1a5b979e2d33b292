"""What monitoring is told of the copies besides the answer: how many are how, and when they were proven."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from nskeys.model.register import PROOFS, BackupCopy, Proof, Sight

_TOLD = tuple(proof for proof in PROOFS if proof is not Proof.RECORDED)


@dataclass(frozen=True, slots=True)
class CopiesSeen:
    """The register's copies, retired ones left out."""

    counting: int
    """Those that make their keys' credentials recoverable."""
    sights: Mapping[Sight, int]
    """Those that the server key vouches for, by what the last look found; every sight has its number."""
    unsigned: int
    """Rows that nobody vouches for, so that nothing else is said of them."""


def seen(copies: Iterable[BackupCopy]) -> CopiesSeen:
    """How many copies are how."""
    kept = [copy for copy in copies if copy.retired is None]
    sights = [copy.sight for copy in kept if copy.signed]
    return CopiesSeen(
        counting=sum(copy.counts for copy in kept),
        sights={sight: sights.count(sight) for sight in Sight},
        unsigned=sum(not copy.signed for copy in kept),
    )


def last_proofs(copies: Iterable[BackupCopy]) -> Mapping[Proof, datetime | None]:
    """For each level when a copy last reached it; None where none did. Only copies that count are asked:
    what was once proven of a file that is gone proves nothing of what is left."""
    counting = [copy for copy in copies if copy.counts]
    return {proof: _last(copy.reached(proof) for copy in counting) for proof in _TOLD}


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
