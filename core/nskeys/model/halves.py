"""The other half of the answer: which credentials the database copies bring back, and since when not.

A copy serves a key where whoever opens the good key backups elsewhere also opens the copy and the rows in
it. What is worked out here is per key: the highest number of a copy that serves it. A credential comes back
iff its own number is no higher.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from nskeys.model.checkpoint import Predecessor
from nskeys.model.database_register import CopyIdentity, DatabaseCopy, newest_first
from nskeys.model.keys import Beyond, KeyUse, Kid
from nskeys.model.register import BackupCopy, CopyStatus

LaterRows: TypeAlias = Callable[[Kid, int, datetime], Beyond]
"""Tells of a key what changes after a number made what it is, and whether it was added after a moment; the
one question for each key that a look at the CMDB answers."""


class Lack(StrEnum):
    """Which half is missing for a key's credentials, so that they would not come back."""

    KEYS = "keys"
    """The key is in no good key backup elsewhere."""
    BOTH = "both"
    """Neither is."""
    COPY_KEY = "copy_key"
    """The rows are in a good database copy elsewhere, and no good key backup elsewhere opens that copy."""
    DATABASE = "database"
    """No good database copy elsewhere has any row of this key."""
    CHANGED = "changed"
    """They changed since the last good database copy elsewhere."""


class Signers(NamedTuple):
    """Whose database copies count here, and of which changes."""

    cmdb_id: str
    server_key: str
    """Thumbprint of this server's key."""
    predecessors: tuple[Predecessor, ...] = ()
    void: tuple[tuple[int, int], ...] = ()
    """Ranges of changes that were abandoned."""

    def vouch(self, copy: CopyIdentity) -> bool:
        """Return whether the copy is of a state of this CMDB that holds."""
        if copy.cmdb_id != self.cmdb_id:
            return False
        if copy.server_key == self.server_key:
            return not any(first <= copy.number <= last for first, last in self.void)
        return any(
            one.server_key == copy.server_key and copy.number <= one.upto for one in self.predecessors
        )


class DatabaseHalf(NamedTuple):
    """What is known of the rows' half of the backup."""

    copies: tuple[DatabaseCopy, ...] = ()
    """As they were just looked at."""
    signers: Signers | None = None
    """None where no checkpoint vouches for anything."""
    here: frozenset[str] = frozenset()
    """The copy keys of this server."""
    explained: bool = True
    """Whether the CMDB is what the checkpoint says, so that a copy of it covers something."""
    later: LaterRows = lambda _kid, _number, _moment: Beyond(0)

    def vouched(self) -> tuple[DatabaseCopy, ...]:
        """Return the copies whose state holds, newest first."""
        signers = self.signers
        return newest_first(
            copy for copy in self.copies if signers is not None and signers.vouch(copy.copy)
        )


class RowsOf(NamedTuple):
    """A key's rows: up to which change they were made, moved under the key, and counted anew."""

    kid: Kid
    last: int = 0
    resealed: int = 0
    counted: int = 0


def rows_of(uses: Iterable[KeyUse]) -> Mapping[Kid, RowsOf]:
    """Return what the CMDB says of each key that seals anything."""
    found: dict[Kid, RowsOf] = {}
    for use in uses:
        if use.credentials:
            before = found.get(use.kid, RowsOf(use.kid))
            found[use.kid] = RowsOf(
                use.kid,
                max(before.last, use.last_number),
                max(before.resealed, use.resealed),
                max(before.counted, use.counted),
            )
    return found


def needs(copy: CopyIdentity, rows: RowsOf) -> tuple[str, ...] | None:
    """Return the keys, of credentials and of copies, that must be in key backups for the copy to bring back
    a key's rows; None where no keys help. Rows that were moved under the key later lie under others in the
    copy."""
    if not copy.may_cover(rows.kid) or copy.number < rows.counted:
        return None
    opens = (copy.copy_kid, rows.kid) if copy.copy_kid else (rows.kid,)
    if rows.resealed <= copy.number:
        return opens
    if copy.uncovered:
        return None
    return (*opens, *(kid for kid, credentials in copy.keys if credentials))


def serves(copy: CopyIdentity, rows: RowsOf, held: Collection[str]) -> bool:
    """Return whether the copy brings back a key's rows as far as it has them; `held` are the keys in good
    key backups elsewhere."""
    wanted = needs(copy, rows)
    return wanted is not None and all(kid in held for kid in wanted)


def served_by(
    copies: Iterable[DatabaseCopy], rows: RowsOf, held: Collection[str]
) -> tuple[DatabaseCopy, ...]:
    """Return those of the copies that serve a key, in their order; the highest number among them is that up
    to which its credentials come back."""
    return tuple(copy for copy in copies if serves(copy.copy, rows, held))


def copy_is_due(
    usable: Iterable[DatabaseCopy], all_of: Iterable[DatabaseCopy], rows: RowsOf, held: Collection[str]
) -> bool:
    """Return whether none of the `usable` copies serves a key up to its last change, and another one would.
    It would not where a row stands in the way, which a copy of the same rows left out."""
    if highest(served_by(usable, rows, held)) >= rows.last:
        return False
    newest = max(rows.last, rows.resealed, rows.counted)
    return not any(
        copy.copy.number >= newest and not copy.copy.may_cover(rows.kid)
        for copy in all_of
        if copy.signed and copy.retired is None and copy.status is CopyStatus.GOOD
    )


def highest(copies: Iterable[DatabaseCopy]) -> int:
    """Return the highest number among these copies, 0 for none."""
    return max((copy.copy.number for copy in copies), default=0)


def held_in(copies: Iterable[BackupCopy]) -> frozenset[str]:
    """Return the keys, of credentials and of copies, in the key backups among these that count."""
    return frozenset(
        kid for copy in copies if copy.counts for kid in (*copy.backup.kids, *copy.backup.copy_kids)
    )


Until: TypeAlias = Mapping[str, datetime | None]
"""For each key until when a good key backup elsewhere held it; None: one does now."""


def held_until(copies: Sequence[BackupCopy]) -> Until:
    """Return until when each key was in a key backup that counted."""
    found: dict[str, datetime | None] = {}
    for copy in copies:
        if not (copy.counts or (copy.was_good and copy.good_moment is not None)):
            continue
        moment = None if copy.counts else copy.good_moment
        for kid in (*copy.backup.kids, *copy.backup.copy_kids):
            found[kid] = later_of(found[kid], moment) if kid in found else moment
    return found


def later_of(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two moments, of which None has not come yet."""
    return None if one is None or other is None else max(one, other)


def covered_until(
    copies: Iterable[DatabaseCopy], rows: RowsOf, number: int, keys: Until
) -> datetime | None:
    """Return until when the credentials of a key whose numbers begin with `number` would have come back, by
    the copies that were good once; None where they never would."""
    ends = [end for copy in copies if (end := _end_of(copy, rows, number, keys)) is not None]
    return max(ends, default=None)


def _end_of(copy: DatabaseCopy, rows: RowsOf, number: int, keys: Until) -> datetime | None:
    wanted = needs(copy.copy, rows)
    if wanted is None or copy.copy.number < number or any(kid not in keys for kid in wanted):
        return None
    ends = [keys[kid] for kid in wanted]
    if not copy.good:
        if not copy.was_good or copy.good_moment is None:
            return None
        ends.append(copy.good_moment)
    return min((end for end in ends if end is not None), default=None)
