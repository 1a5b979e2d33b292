"""Comparing home and CMDB without the lock, without taking a change that is under way for a mismatch.

A reader sees the home, the CMDB in one snapshot, and the home again, and begins anew while these do not
belong together. Between the commit of a change and its last step in the home, the CMDB has the checkpoint
that lies in the home as the next one: that one is compared then.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from nskeys.errors import ChangeWaits, Mismatch
from nskeys.model.audit import AuditHead
from nskeys.model.checkpoint import SignedCheckpoint, from_text
from nskeys.model.home_checkpoint import HomeCheckpoint
from nskeys.model.inventory import KeyDifference
from nskeys.ports import CmdbView
from nskeys.reasons import MismatchKind
from nskeys.services.installation import Installation
from nskeys.services.settling import contradicting, home_of, mismatches, next_of, state_digest

PATIENCE = 2.0
"""Seconds in which a change is done with the home after its commit."""
_STEADY = 0.3
"""Seconds in which a difference stays the same before the lock is asked."""
_PAUSE = 0.02


class TrailSeen(NamedTuple):
    """The stored head of the audit trail, and the hash to which its lines lead."""

    head: AuditHead
    lines: bytes


class Comparison(NamedTuple):
    """What one look found: the home's checkpoint, the CMDB's, and what contradicts the first."""

    home: HomeCheckpoint | None
    stored: SignedCheckpoint | None
    mismatches: tuple[Mismatch, ...]
    digest: str
    """Of exactly what was compared."""
    differences: tuple[KeyDifference, ...] = ()
    """Keys whose credentials are not those of the inventory, where every row was read."""
    trail: TrailSeen | None = None
    """Where the audit trail ends, where every line was read."""
    busy: bool = False
    """Whether they did not belong together because a change is under way that takes longer: nothing can be
    told now."""

    lags: int = 0
    """How many changes a standby has not got yet, whose rows are compared with its own checkpoint only."""

    @property
    def fits(self) -> bool:
        """Whether nothing contradicts the checkpoint, as far as was compared."""
        return not (self.mismatches or self.differences or self.busy or self.lags)


def compare(installation: Installation, patience: float = PATIENCE) -> Comparison:
    """Return how home and CMDB fit together. Waits `patience` seconds for a change to end its work in the
    home; what differs is a mismatch where nobody held the lock around the look. The lock is asked once the
    same was found for a while, since asking keeps a change waiting for a moment."""
    lock, until = installation.lock, time.monotonic() + patience
    found, torn = _look(installation)
    steady = time.monotonic() + min(patience, _STEADY)
    while torn or found.mismatches:
        now = time.monotonic()
        asks = now >= min(steady, until)
        held = asks and lock.is_held()
        before, (found, torn) = found, _look(installation)
        # A whole change between the two questions would have left another file in the home.
        if asks and not (held or torn or lock.is_held()):
            return found
        if now >= until:
            return found._replace(mismatches=(), busy=True)
        if asks or torn or found.digest != before.digest:
            steady = now + _STEADY
        time.sleep(_PAUSE)
    return found


def _look(installation: Installation) -> tuple[Comparison, bool]:
    """Return one look, and whether the home changed meanwhile."""
    before = installation.checkpoint.read()
    try:
        home = home_of(installation)
        laid = next_of(installation)
    except ChangeWaits as error:
        with installation.cmdb.reading() as view:
            damaged = Comparison(
                None, view.checkpoint(), error.mismatches, state_digest(view, None, error.mismatches)
            )
        return damaged, installation.checkpoint.read() != before
    with installation.cmdb.reading() as view:
        stored = view.checkpoint()
        if laid is not None and stored == laid.signed:
            home = laid
        found = mismatches(installation, view, home)
        lags = _lags(view, home, found)
        found = () if lags else found
        seen = Comparison(home, stored, found, state_digest(view, home, found), lags=lags)
    return seen, installation.checkpoint.read() != before


def _lags(view: CmdbView, home: HomeCheckpoint | None, found: Sequence[Mismatch]) -> int:
    """Return how many changes a standby lacks, whose rows are what its own checkpoint says, which this
    server signed; 0 for any other database."""
    older, stored = [one.what for one in found] == [MismatchKind.WENT_BACK], view.checkpoint()
    if home is None or stored is None or not older or not view.is_standby:
        return 0
    # Whoever writes on the primary can put an earlier checkpoint back beside rows that it does not sign.
    if contradicting(view, from_text(stored.text)):
        return 0
    return max(0, home.checkpoint.number - view.number)
