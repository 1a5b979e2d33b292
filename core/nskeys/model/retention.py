"""Which old copies of backups may be deleted: pure arithmetic over the register as just checked.

Rows of one backup at several addresses may be one file under several names (a link, a share that is
mounted twice, a bucket behind two endpoints). So a backup protects a key only while all its copies stay,
whatever their addresses are.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.database_register import DatabaseCopy, newest_first
from nskeys.model.halves import RowsOf, served_by
from nskeys.model.register import BackupCopy, CopyStatus, Proof

LEAST_LAST, MOST_KEPT = 1, 10_000


class Retention(NamedTuple):
    """What stays at each destination: the last `keep_last` backups (1 or more), and the last one of each
    of the `keep_monthly` latest months that have any; and the last `keep_copies` database copies (1 or
    more)."""

    keep_last: int = 7
    keep_monthly: int = 12
    keep_copies: int = 48


DEFAULT_RETENTION = Retention()


class Fate(StrEnum):
    """What pruning does with a file."""

    KEEP = "keep"
    DELETE = "delete"
    SETTLE = "settle"
    """It is gone already; its row is changed to say that it was removed and not lost."""


class FateReason(StrEnum):
    """Why. Reasons that leave a file alone come first, then those of the numbers."""

    SURPLUS = "surplus"
    """Deleted: it is beyond what is kept."""
    BEGUN = "begun"
    """Its removal was interrupted after the file was gone."""
    LAST = "last"
    MONTHLY = "monthly"
    NEWEST = "newest"
    """It is the newest good backup there is, elsewhere or anywhere."""
    PROVEN = "proven"
    """It is the last backup that a person proved."""
    NEEDED = "needed"
    """It holds a key that no other backup holds as safely."""
    NOT_OPENED = "not_opened"
    """It was never opened, so it does not replace any other and is left alone."""
    UNVOUCHED = "unvouched"
    OTHER_CMDB = "other_cmdb"
    MISSING = "missing"
    CHANGED = "changed"
    UNREACHABLE = "unreachable"
    RETIRED = "retired"
    """A person retired it: its file stays."""
    UNKNOWN = "unknown"
    """No row of the register names it."""


class Decision(NamedTuple):
    """A file, what pruning does with it, and why. `copy` is None for a file that no row names."""

    address: str
    destination: str
    fate: Fate
    reason: FateReason
    copy: BackupCopy | None = None


_SIGHTS = {
    CopyStatus.MISSING: FateReason.MISSING,
    CopyStatus.CHANGED: FateReason.CHANGED,
    CopyStatus.UNREACHABLE: FateReason.UNREACHABLE,
    CopyStatus.NOT_LOOKED: FateReason.UNREACHABLE,
}


_RowKey = tuple[str, str]
_Kept = dict[_RowKey, FateReason]
_Age = tuple[int, datetime, str]


def decide(
    copies: Sequence[BackupCopy],
    needed: Collection[str],
    cmdb_id: str,
    retention: Retention,
    begun: Collection[BackupCopy] = (),
) -> tuple[Decision, ...]:
    """Return the decision for every copy, in their order. `copies` are as just checked; `begun` are those
    whose removal was interrupted after the file was gone; `needed` are the keys, of credentials and of
    database copies that stay, that must not be lost."""
    settled = {_row_key(copy): FateReason.BEGUN for copy in begun}
    left_alone = {_row_key(copy): reason for copy in copies if (reason := _left_alone(copy, cmdb_id))}
    candidates = [copy for copy in copies if _row_key(copy) not in left_alone]
    kept = _by_number(candidates, retention)
    protected = _protected(candidates, needed, kept)
    reasons = {**protected, **kept, **left_alone, **settled}
    return tuple(_decision(copy, reasons.get(_row_key(copy))) for copy in copies)


def _left_alone(copy: BackupCopy, cmdb_id: str) -> FateReason | None:
    """Return why pruning leaves it alone; None for a file whose bytes are those of a signed row."""
    if not copy.signed:
        return FateReason.UNVOUCHED
    if copy.backup.cmdb_id != cmdb_id:
        return FateReason.OTHER_CMDB
    if copy.retired is not None:
        return FateReason.RETIRED
    if copy.status is not CopyStatus.GOOD:
        return _SIGHTS[copy.status]
    return None if _opens(copy) else FateReason.NOT_OPENED


def _by_number(candidates: Sequence[BackupCopy], retention: Retention) -> _Kept:
    """Return what the numbers keep, at each destination by itself."""
    kept: _Kept = {}
    for destination in {copy.destination for copy in candidates}:
        there = sorted((copy for copy in candidates if copy.destination == destination), key=_age)
        last = sorted({_age(copy) for copy in there}, reverse=True)[: max(1, retention.keep_last)]
        months = {(copy.backup.created.year, copy.backup.created.month): _age(copy) for copy in there}
        latest = sorted(months, reverse=True)[: max(0, retention.keep_monthly)]
        monthly = {months[month] for month in latest}
        for copy in there:
            if _age(copy) in last:
                kept[_row_key(copy)] = FateReason.LAST
            elif _age(copy) in monthly:
                kept[_row_key(copy)] = FateReason.MONTHLY
    return kept


def _protected(candidates: Sequence[BackupCopy], needed: Collection[str], kept: _Kept) -> _Kept:
    """Return the copies that stay although no number keeps them, each with its reason."""
    backups = _by_backup(candidates)
    staying = _Staying(kept)
    for group in backups.values():
        if all(_row_key(copy) in kept for copy in group):
            staying.count_on(group)
    for good in (_counts, _opens):
        newest = max((copy for copy in candidates if good(copy)), key=_age, default=None)
        if newest is not None:
            staying.protect(backups[newest.backup.kms_sha256], FateReason.NEWEST)
    for copy in _last_proven(candidates):
        staying.protect(backups[copy.backup.kms_sha256], FateReason.PROVEN)
    # From the newest on: what is protected for a key spares all older ones that hold it.
    for group in sorted(backups.values(), key=lambda group: _age(group[0]), reverse=True):
        if staying.would_miss(group, needed):
            staying.protect(group, FateReason.NEEDED)
    return staying.protected


class _Staying:
    """The backups that stay with all their copies, and the keys that they hold."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept
        self._held: dict[_Good, set[str]] = {_counts: set(), _opens: set()}
        self.protected: _Kept = {}

    def count_on(self, group: Sequence[BackupCopy]) -> None:
        """Count its keys as safe, elsewhere or anywhere, as its copies are good."""
        for good, kids in self._held.items():
            if any(map(good, group)):
                kids.update(_keys_in(group[0]))

    def protect(self, group: Sequence[BackupCopy], reason: FateReason) -> None:
        for copy in group:
            if _row_key(copy) not in self._kept:
                self.protected.setdefault(_row_key(copy), reason)
        self.count_on(group)

    def would_miss(self, group: Sequence[BackupCopy], needed: Collection[str]) -> bool:
        """Return whether it holds a needed key that is not as safe in any of those that stay."""
        needed_kids = [kid for kid in _keys_in(group[0]) if kid in needed]
        return any(
            any(map(good, group)) and any(kid not in kids for kid in needed_kids)
            for good, kids in self._held.items()
        )


def _keys_in(copy: BackupCopy) -> tuple[str, ...]:
    """Return the keys in it, of credentials and of database copies."""
    return (*copy.backup.kids, *copy.backup.copy_kids)


def _last_proven(candidates: Sequence[BackupCopy]) -> list[BackupCopy]:
    """Return, for each way of opening a backup, the copy whose keys a person last proved."""
    last: dict[tuple[str, ...], BackupCopy] = {}
    for copy in candidates:
        way = (copy.backup.protection.value, *sorted(copy.backup.recipients))
        if _proven(copy) and (way not in last or _proven(copy) > _proven(last[way])):
            last[way] = copy
    return list(last.values())


def _proven(copy: BackupCopy) -> list[datetime]:
    """Return when a person last proved its keys; empty where nobody did, because an empty list sorts
    first."""
    moments = [copy.reached(proof) for proof in (Proof.KEYS_MATCH, Proof.CREDENTIALS_OPEN)]
    return sorted((moment for moment in moments if moment is not None), reverse=True)


def _by_backup(copies: Iterable[BackupCopy]) -> dict[str, list[BackupCopy]]:
    groups: dict[str, list[BackupCopy]] = {}
    for copy in copies:
        groups.setdefault(copy.backup.kms_sha256, []).append(copy)
    return groups


def _decision(copy: BackupCopy, reason: FateReason | None) -> Decision:
    stated = reason or FateReason.SURPLUS
    fate = {FateReason.SURPLUS: Fate.DELETE, FateReason.BEGUN: Fate.SETTLE}.get(stated, Fate.KEEP)
    return Decision(copy.address, copy.destination, fate, stated, copy)


_Good = Callable[[BackupCopy], bool]


def _counts(copy: BackupCopy) -> bool:
    """Return whether it is good and lies elsewhere."""
    return copy.counts


def _opens(copy: BackupCopy) -> bool:
    """Return whether it is good, wherever it lies."""
    return copy.status is CopyStatus.GOOD and copy.proof.rank >= Proof.OPENED.rank


def _age(copy: BackupCopy) -> _Age:
    return (copy.backup.generation, copy.backup.created, copy.backup.kms_sha256)


def _row_key(copy: BackupCopy) -> _RowKey:
    return (copy.backup.kms_sha256, copy.address)


def surplus_copies(
    copies: Sequence[DatabaseCopy],
    sealed: Collection[RowsOf],
    held: Collection[str],
    retention: Retention,
) -> tuple[DatabaseCopy, ...]:
    """Return the database copies to delete, oldest first; `copies` are as just checked, of states that
    hold. The last ones at each destination stay, the newest good one, and for each key the newest that
    brings its rows back with the keys `held` in good key backups elsewhere, or with any."""
    ordered = newest_first(copy for copy in copies if copy.signed and copy.retired is None)
    sound = [copy for copy in ordered if copy.sound]
    kept: set[tuple[str, str]] = set()
    for destination in {copy.destination for copy in sound}:
        there = [copy for copy in sound if copy.destination == destination]
        kept.update(_copy_key(copy) for copy in there[: max(1, retention.keep_copies)])
    for good in ([copy for copy in sound if copy.good], sound):
        everything = {
            kid for copy in good for kid in (copy.copy.copy_kid, *(key for key, _ in copy.copy.keys))
        }
        kept.update(_copy_key(copy) for copy in good[:1])
        for rows in sealed:
            for keys in (held, everything):
                kept.update(_copy_key(copy) for copy in served_by(good, rows, keys)[:1])
    surplus = [copy for copy in sound if _copy_key(copy) not in kept]
    return tuple(reversed(surplus))


def _copy_key(copy: DatabaseCopy) -> tuple[str, str]:
    return (copy.copy.sha256, copy.destination)
