"""The audit trail, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nskeys.errors import ChangeWaits, NewerVersion
from nskeys.model.audit import AuditEntry, AuditHead
from nskeys.reasons import MismatchKind
from nskeys.services.installation import Installation
from nskeys.services.register.predecessors import checkpoint_by
from nskeys.services.settling import home_of, unexplained
from nskeys.services.trail import Chain, chain_of

if TYPE_CHECKING:
    from nskeys.services.checkpoint.witnesses import Heard

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the trail is whole: the first broken line (None: none), and the last signed head."""

    lines: int
    broken_at: int | None
    signed_lines: int | None
    """How many lines the last good signature covers; None where there is none."""
    contradicted_by: tuple[str, ...] = ()
    """Addresses of backups that carry a head which is not in the trail: it was cut, or put back."""
    agreeing: tuple[str, ...] = ()
    """Addresses of backups that were read, and whose head is in the trail, or that were made
    after the server key here took over from theirs; none of a change that was not here yet."""
    agreed_lines: int = 0
    """The highest line at which a backup found the trail to be what it was when that backup was made."""
    not_asked: tuple[str, ...] = ()
    """Addresses of backups that could contradict it, and could not be read now."""

    unexplained: bool = False
    """Whether changes went on beside a trail that did not fit, which no person accepted yet."""

    lags: int = 0
    """How many changes a standby has not got yet: whether its trail was put back cannot be told."""

    @property
    def intact(self) -> bool:
        """Whether nothing was cut, edited or added, as far as the signature and the backups that were read
        can tell. False for a trail with a line that no signature covers, since every change is signed."""
        fits = self.broken_at is None and self.signed_lines == self.lines
        return fits and not self.contradicted_by and not self.unexplained

    @property
    def compared(self) -> bool:
        """Whether a backup was compared, where there is one that could contradict the trail; never the
        trail of a standby that lags."""
        asked = self.agreeing or self.contradicted_by or not self.not_asked
        return bool(asked and not self.lags)

    @property
    def whole(self) -> bool:
        """Whether the trail is intact and was compared: an older trail with its older signature looks
        intact by itself."""
        return self.intact and self.compared


class AuditService:
    """Lists lines and checks the chain. Unlocks nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def entries(self) -> Iterator[AuditEntry]:
        """Yield every line, oldest first."""
        after = 0
        while True:
            with self._installation.cmdb.reading() as view:
                page = view.audit_entries(after, _PAGE)
            if not page:
                return
            yield from page
            after = page[-1].number

    def latest(self, count: int) -> tuple[AuditEntry, ...]:
        """Return the last `count` lines, newest first."""
        return self.window(0, count)

    def total(self) -> int:
        with self._installation.cmdb.reading() as view:
            return view.audit_head().count

    def window(self, first: int, count: int) -> tuple[AuditEntry, ...]:
        """Return lines `first` to `first + count - 1` of the list that begins with the newest (number
        0)."""
        with self._installation.cmdb.reading() as view:
            last = view.audit_head().count - first
            after = max(0, last - count)
            page = view.audit_entries(after, max(0, last - after))
        # Where lines were cut out, the read reaches into the page before: those are left out.
        return tuple(entry for entry in reversed(page) if entry.number <= last)

    def verify(self, heard: Heard | None = None) -> AuditVerdict:
        """Recompute the chain; compare it with the stored head, the signed one, and the heads that this
        server's archives carry: those that were `heard`, or all that can be read now.

        Whoever can write to the database can cut lines and put an older signed head back: the home's
        checkpoint tells, and where the home went back too, only a backup that was made later.
        """
        from nskeys.services.checkpoint.witnesses import counts, hear_all

        installation = self._installation
        known = _number_here(installation)  # before the snapshot, which may be of a later change
        public = installation.server_public()
        with installation.cmdb.reading() as view:
            head = view.audit_head()
            checkpoint = None if public is None else checkpoint_by(view, public)
            chain, standby = chain_of(view, public), view.is_standby
        heard = hear_all(installation) if heard is None else heard
        now = _number_here(installation)  # after the archives, which others may have made meanwhile
        self._followed(chain, head)
        # Where this server signed a later one, the CMDB's went back, or is that of a standby.
        here = 0 if checkpoint is None else checkpoint.number
        lags = max(0, known - here) if standby and checkpoint is not None and known is not None else 0
        believed = bool(lags) or (checkpoint is not None and known is not None and here >= known)
        signed = checkpoint.audit if checkpoint is not None and believed else None
        lines = signed.count if signed is not None and chain.holds(signed) else None
        void = () if checkpoint is None else checkpoint.void
        held = [one for one in heard.witnesses if chain.holds(one.audit)]
        meanwhile = [
            one
            for one in heard.witnesses
            if now is not None and (here if lags else known or now) < one.number <= now
        ]
        contradicted_by = tuple(
            one.address
            for one in heard.witnesses
            if one not in meanwhile and counts(one, void) and not chain.agrees(one.number, one.audit)
        )
        return AuditVerdict(
            lines=chain.count,
            broken_at=chain.broken_at,
            signed_lines=lines,
            contradicted_by=contradicted_by,
            agreeing=tuple(
                one.address
                for one in heard.witnesses
                if one.address not in contradicted_by and (one in held or one not in meanwhile)
            ),
            agreed_lines=max((one.audit.count for one in held), default=0),
            not_asked=heard.silent,
            unexplained=_went_on_beside(installation),
            lags=lags,
        )

    def _followed(self, chain: Chain, head: AuditHead) -> None:
        """Follow the lines up to this head; the chain is broken where they do not lead to it."""
        for entry in self.entries():
            if entry.number > head.count:
                break  # written after the check began
            chain.follow(entry)
        chain.ends_with(head)


def _went_on_beside(installation: Installation) -> bool:
    with suppress(ChangeWaits, NewerVersion):
        home = home_of(installation)
        return home is not None and any(one.what is MismatchKind.AUDIT for one in unexplained(home))
    return False


def _number_here(installation: Installation) -> int | None:
    """Return the number of the home's checkpoint; None where a key store has none that can be believed."""
    with suppress(ChangeWaits, NewerVersion):
        home = home_of(installation)
        if home is not None:
            return home.checkpoint.number
    return None
