"""Which destinations need a backup: those without a good copy of some key of this server.

Each destination is looked at now, also one on another server: `--if-needed` leaves a backup out only where
a copy was seen.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import partial

from nskeys.model.destinations import DestinationInfo
from nskeys.model.keys import Kid
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.services.installation import Installation
from nskeys.services.parallel import in_parallel
from nskeys.services.recovery.record import known_recovery
from nskeys.services.register.probe import check_copy
from nskeys.services.register.signed_rows import verified_copies


@dataclass(frozen=True, slots=True)
class DueDestinations:
    """What `backup --if-needed` has to do."""

    missing_at: tuple[str, ...]
    """Destinations that lack a good copy of a key of this server; none where no backup is needed."""
    held: tuple[BackupCopy, ...]
    """The newest good copy of each destination that lacks nothing, in their order."""


def due_destinations(installation: Installation, infos: Sequence[DestinationInfo]) -> DueDestinations:
    """Return what these destinations hold and lack; all are asked at the same time. Where `KMSBackupDate`
    does not know of a backup with every key, every destination lacks one: other programs go by that
    value."""
    installation.require()
    public, keys = installation.server_public(), installation.keys()
    date, now = installation.registry.read().backup_date, installation.clock.now()
    # Keys dated ahead of this clock do not count: they would make a backup due every night.
    if date is None or any(date < key.created <= now for key in keys):
        return DueDestinations(tuple(info.address for info in infos), ())
    # After a new identity or split, older copies open only with the former one.
    recipients = frozenset(known_recovery(installation).recipients)
    with installation.cmdb.reading() as view:
        known = [copy for copy in verified_copies(view, public) if _may_hold(copy, recipients)]
    kids = frozenset(key.kid for key in keys)
    found = in_parallel([partial(_covering_copy, installation, info, known, kids) for info in infos])
    return DueDestinations(
        tuple(info.address for info, copy in zip(infos, found, strict=True) if copy is None),
        tuple(copy for copy in found if copy is not None),
    )


def _may_hold(copy: BackupCopy, recipients: Set[str]) -> bool:
    opened = copy.signed and copy.retired is None and copy.proof.rank >= Proof.OPENED.rank
    return opened and recipients <= set(copy.backup.recipients)


def _covering_copy(
    installation: Installation, info: DestinationInfo, known: Sequence[BackupCopy], kids: frozenset[Kid]
) -> BackupCopy | None:
    """Return the newest good copy at this destination; None where some key is in none of its copies."""
    newest: BackupCopy | None = None
    lacks = set(kids)
    for copy in known:
        # The newest one mostly holds everything: older ones are looked at only for what is still missing.
        if copy.destination != info.address or lacks.isdisjoint(copy.backup.kids):
            continue
        seen = check_copy(installation, copy)
        if seen.status is CopyStatus.GOOD:
            newest = newest or seen
            lacks.difference_update(copy.backup.kids)
    return None if lacks else newest
