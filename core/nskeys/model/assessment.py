"""The one question: if this server died now, which credentials would come back?

Pure arithmetic over what the key store, the CMDB and the register say. A credential is recoverable iff its
number is no higher than that of a good database copy elsewhere that serves its key. Everything is per key:
the work grows with keys and copies, never with credentials, of which at most one question is asked for each
key.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from nskeys.model.credentials import CHANGE_LIMIT
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.halves import (
    DatabaseHalf,
    Lack,
    RowsOf,
    Until,
    copy_is_due,
    covered_until,
    held_in,
    held_until,
    highest,
    needs,
    rows_of,
    served_by,
)
from nskeys.model.keys import Beyond, KeyInfo, KeyState, KeyUse, Kid
from nskeys.model.recoverability import (
    DueReason,
    KeyCoverage,
    Recoverability,
    RecoveryState,
    Totals,
)
from nskeys.model.register import BackupCopy, CopyStatus, Proof

_ORDER = {KeyState.ACTIVE: 0, KeyState.PRE_ACTIVE: 1, KeyState.DEACTIVATED: 2, KeyState.COMPROMISED: 2}


_Quality = tuple[int, int, datetime]
"""Proof, generation and last look: what makes one copy better than another."""


class _Standing(NamedTuple):
    """A copy that counts, with its rank among others, worked out once for all its keys."""

    copy: BackupCopy
    upto: float
    """The last change for which the strongest level may be claimed; infinite where no drill limits it."""
    seen: _Quality
    """Its rank for keys whose last change is no later, and below for the others."""
    unseen: _Quality


def _standing(copy: BackupCopy) -> _Standing:
    seen, unseen = _claimed(copy, 0), _claimed(copy, CHANGE_LIMIT + 1)
    limit = copy.drilled_upto if seen != unseen and copy.drilled_upto is not None else math.inf
    return _Standing(copy, limit, seen, unseen)


class Circumstances(NamedTuple):
    """What the answer depends on besides keys, their use and copies."""

    cmdb_id: str
    backup_date: datetime | None
    """`KMSBackupDate`."""
    backs_up_elsewhere: bool
    """Whether the next backup would lie elsewhere."""
    recipients: Collection[str] = ()
    """The recovery identities' recipients that it would be for."""
    now: datetime | None = None
    """A key from the future, as this clock has it, is no newer than any date: a backup would be due every
    night and never be older; whether it is in one, its id tells."""

    def is_newer(self, key: KeyInfo) -> bool:
        """Whether the key was made after the last backup."""
        made_by_now = self.now is None or key.created <= self.now
        return self.backup_date is not None and key.created > self.backup_date and made_by_now


def assess(
    keys: Sequence[KeyInfo],
    uses: Iterable[KeyUse],
    copies: Sequence[BackupCopy],
    circumstances: Circumstances,
    database: DatabaseHalf | None = None,
) -> Recoverability:
    """The answer from the keys here, the CMDB's use of keys, and key backups and database copies as just
    looked at."""
    used: dict[Kid, list[KeyUse]] = {}
    for use in uses:
        used.setdefault(use.kid, []).append(use)
    infos = {key.kid: key for key in keys}
    kids = sorted(infos.keys() | used.keys(), key=lambda kid: _key_order(infos.get(kid), kid))
    holding = _by_key(copy for copy in copies if copy.signed)
    good = _standings(copies)
    half = _Half.of(database or DatabaseHalf(), copies)
    rows = rows_of(use for mine in used.values() for use in mine)
    covered = tuple(
        _cover(
            infos.get(kid), _Rows.of(kid, used.get(kid, ())), holding.get(kid, ()), good.get(kid, ()), half
        )
        for kid in kids
    )
    exposed = [key.exposed_since for key in covered if key.exposed_since is not None]
    last = newest_backup(copies, circumstances.cmdb_id)
    return Recoverability(
        totals=_totals(covered),
        kinds=_kinds(use for mine in used.values() for use in mine),
        keys=covered,
        exposed_since=min(exposed, default=None),
        best=_best(covered, copies),
        last=last,
        due=_due(keys, covered, last, holding, circumstances, half),
        database=_newest_serving(covered, half),
        last_database=next((copy for copy in half.vouched if copy.signed and copy.retired is None), None),
        database_due=_database_due(covered, rows, half, circumstances),
    )


class _Half(NamedTuple):
    """The database copies, with the keys in good key backups elsewhere."""

    database: DatabaseHalf
    vouched: tuple[DatabaseCopy, ...]
    """Those whose state holds, newest first."""
    good: tuple[DatabaseCopy, ...]
    held: frozenset[str]
    until: Until

    @classmethod
    def of(cls, database: DatabaseHalf, copies: Sequence[BackupCopy]) -> "_Half":
        vouched = database.vouched()
        good = tuple(copy for copy in vouched if copy.good)
        return cls(database, vouched, good, held_in(copies), held_until(copies))

    def later(self, rows: "_Rows", serving: Sequence[DatabaseCopy]) -> Beyond:
        """Return a key's credentials that no copy has as they are."""
        upto = highest(serving)
        if not upto:
            return Beyond(rows.credentials, rows.since, added=True, first_number=rows.first)
        if upto >= rows.state.last:
            return Beyond(0)
        made = max(copy.copy.created for copy in serving if copy.copy.number == upto)
        later = self.database.later(rows.state.kid, upto, made)
        return later._replace(credentials=min(later.credentials, rows.credentials))

    def lack(self, rows: RowsOf, upto: int) -> Lack:
        """Return which half is missing for those."""
        there = highest(copy for copy in self.good if needs(copy.copy, rows) is not None)
        if there and there >= rows.last:
            return Lack.COPY_KEY if rows.kid in self.held else Lack.KEYS
        if rows.kid not in self.held:
            return Lack.BOTH
        return Lack.CHANGED if upto else Lack.DATABASE


class _Rows(NamedTuple):
    """The credentials of one key."""

    state: RowsOf
    credentials: int
    since: datetime | None
    """When the one with the lowest number got its present secret."""
    first: int
    """That number."""

    @classmethod
    def of(cls, kid: Kid, uses: Sequence[KeyUse]) -> "_Rows":
        mine = [use for use in uses if use.credentials]
        since = [use.since for use in mine if use.since is not None]
        return cls(
            rows_of(uses).get(kid, RowsOf(kid)),
            sum(use.credentials for use in mine),
            min(since, default=None),
            min((use.first_number for use in mine), default=0),
        )


def _standings(copies: Iterable[BackupCopy]) -> Mapping[Kid, Sequence[_Standing]]:
    """The copies of each key that count, best first."""
    found: dict[Kid, list[_Standing]] = {}
    standings = [_standing(copy) for copy in copies if copy.counts]
    for standing in sorted(standings, key=lambda known: known.seen, reverse=True):
        for kid in standing.copy.backup.kids:
            found.setdefault(kid, []).append(standing)
    return found


def newest_backup(copies: Iterable[BackupCopy], cmdb_id: str) -> BackupCopy | None:
    """A copy of the newest backup of this CMDB, by generation; only where the server key vouches for
    it, and it was not retired. The best proven copy of it, where there are several."""
    own = [copy for copy in copies if copy.signed and copy.backup.cmdb_id == cmdb_id]
    return max((copy for copy in own if copy.retired is None), key=_age, default=None)


def _age(copy: BackupCopy) -> tuple[int, datetime, str, bool, tuple[int, int, datetime]]:
    backup = copy.backup
    return (backup.generation, backup.created, backup.kms_sha256, copy.counts, _quality(copy))


def _by_key(copies: Iterable[BackupCopy]) -> Mapping[str, Sequence[BackupCopy]]:
    """The copies that hold each key, of credentials or of copies, in their order."""
    found: dict[str, list[BackupCopy]] = {}
    for copy in copies:
        for kid in (*copy.backup.kids, *copy.backup.copy_kids):
            found.setdefault(kid, []).append(copy)
    return found


def _key_order(info: KeyInfo | None, kid: Kid) -> tuple[int, float, str]:
    if info is None:
        return (len(_ORDER), 0.0, kid)
    return (_ORDER[info.state], -info.created.timestamp(), kid)


def _cover(
    info: KeyInfo | None,
    rows: _Rows,
    holding: Sequence[BackupCopy],
    good: Sequence[_Standing],
    half: _Half,
) -> KeyCoverage:
    kid, state = rows.state.kid, rows.state
    serving = served_by(half.good, state, half.held) if rows.credentials else ()
    later = half.later(rows, serving) if rows.credentials else Beyond(0)
    back = bool(good) if not rows.credentials else not later.credentials
    worst = RecoveryState.RECOVERABLE if back else RecoveryState.AT_RISK if info else RecoveryState.LOST
    last_change = max(state.resealed, state.last)
    present = (copy for copy in holding if copy.retired is None and copy.status is CopyStatus.GOOD)
    return KeyCoverage(
        kid=kid,
        info=info,
        credentials=rows.credentials,
        state=worst,
        exposed_since=_exposed(info, rows, later, half) if later.credentials and info else None,
        backups=len({copy.backup.kms_sha256 for copy in present}),
        good_copies=_by_claim(good, last_change),
        last_change=last_change,
        resealed=state.resealed,
        covered_upto=highest(serving),
        uncovered=later.credentials,
        databases=serving,
        lacks=half.lack(state, highest(serving)) if later.credentials else None,
        edited_only=bool(later.credentials) and not later.added,
    )


def _by_claim(good: Sequence[_Standing], last_change: int) -> tuple[BackupCopy, ...]:
    """Copies in the order of what they may claim for a key; they come in that of what they may claim where
    every drill saw everything."""
    if any(last_change > standing.upto for standing in good):
        good = sorted(
            good, key=lambda known: known.unseen if last_change > known.upto else known.seen, reverse=True
        )
    return tuple(standing.copy for standing in good)


def _exposed(info: KeyInfo, rows: _Rows, later: Beyond, half: _Half) -> datetime | None:
    """The later of the change with the lowest number and the last time both halves were seen; one that was
    retired since was good until then. A rotation keeps numbers, but nothing was under the key before it was
    made."""
    if later.since is None:
        return None
    seen = covered_until(half.vouched, rows.state, later.first_number, half.until)
    return max(moment for moment in (later.since, info.created, seen) if moment is not None)


def _quality(copy: BackupCopy) -> _Quality:
    return (copy.proof.rank, copy.backup.generation, copy.look_moment)


def _claimed(copy: BackupCopy, change: int) -> _Quality:
    """The same, by what it may claim after a change."""
    return (copy.proof_of(change).rank, copy.backup.generation, copy.look_moment)


def _kinds(uses: Iterable[KeyUse]) -> tuple[tuple[str, int], ...]:
    kinds: dict[str, int] = {}
    for use in uses:
        kinds[use.kind] = kinds.get(use.kind, 0) + use.credentials
    return tuple(sorted(kinds.items()))


def _totals(keys: Sequence[KeyCoverage]) -> Totals:
    return Totals(
        total=sum(key.credentials for key in keys),
        recoverable=sum(key.recoverable for key in keys),
        at_risk=sum(key.at_risk for key in keys),
        lost=sum(key.lost for key in keys),
        opens_here=sum(key.credentials for key in keys if key.here),
    )


def _best(keys: Sequence[KeyCoverage], copies: Sequence[BackupCopy]) -> BackupCopy | None:
    uses = {key.kid: key for key in keys if key.credentials}

    def worth(copy: BackupCopy) -> tuple[int, int, _Quality]:
        held = [uses[kid] for kid in copy.backup.kids if kid in uses]
        last = max((key.last_change for key in held), default=0)
        back, all_of = sum(key.recoverable for key in held), sum(key.credentials for key in held)
        return back, all_of, _claimed(copy, last)

    best = max((copy for copy in copies if copy.counts), key=worth, default=None)
    useless = best is not None and any(uses.values()) and not worth(best)[1]
    return None if useless else best


def _newest_serving(keys: Sequence[KeyCoverage], half: _Half) -> DatabaseCopy | None:
    """Return the newest copy that serves a key; without credentials the newest that is good."""
    if not any(key.credentials for key in keys):
        return next(iter(half.good), None)
    serving = [copy for key in keys for copy in key.databases]
    return next((copy for copy in half.good if copy in serving), None)


def _database_due(
    keys: Sequence[KeyCoverage], rows: Mapping[Kid, RowsOf], half: _Half, circumstances: Circumstances
) -> bool:
    """Return whether another database copy would help. Keys that lack a backup need one for themselves,
    whatever rows are copied."""
    if not half.database.explained:
        return False  # a copy would cover nothing
    elsewhere = circumstances.backs_up_elsewhere
    usable = [copy for copy in half.vouched if copy.good or (not elsewhere and copy.sound)]
    here = half.held | half.database.here | {key.kid for key in keys if key.here}
    return any(
        copy_is_due(usable, half.vouched, rows[key.kid], here)
        for key in keys
        if key.credentials and key.here
    )


def _due(
    keys: Sequence[KeyInfo],
    covered: Sequence[KeyCoverage],
    last: BackupCopy | None,
    holding: Mapping[str, Sequence[BackupCopy]],
    circumstances: Circumstances,
    half: _Half,
) -> tuple[DueReason, ...]:
    """Key ids and dates are both looked at, because clocks jump; and the files too, because they go."""
    if not keys:
        return ()
    if circumstances.backup_date is None:
        return (DueReason.NEVER,)
    last_kids = frozenset(last.backup.kids if last else ())
    kept = _kept(covered, holding, circumstances.backs_up_elsewhere)
    wanted, copy_keys = set(circumstances.recipients), half.database.here
    # Copies go to a key that such a backup holds, where there is one.
    unheld = bool(copy_keys) and not copy_keys & kept
    reasons = {
        DueReason.KEY_MISSING: any(key.kid not in last_kids for key in keys),
        DueReason.KEY_NEWER: any(map(circumstances.is_newer, keys)),
        DueReason.NO_GOOD_COPY: unheld or any(key.kid not in kept for key in keys),
        DueReason.OTHER_RECIPIENTS: last is not None and not wanted <= set(last.backup.recipients),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _kept(
    covered: Sequence[KeyCoverage],
    holding: Mapping[str, Sequence[BackupCopy]],
    backs_up_elsewhere: bool,
) -> set[str]:
    """Keys that another backup would help no more than the copies there are."""
    # Where a new backup would lie here as well, one more on the same disk helps nobody.
    kept: set[str] = {key.kid for key in covered if key.good_copies}
    # One that waits for a person to open it: another backup to the same people would wait beside it.
    kept |= {kid for kid, copies in holding.items() if any(copy.lies_well for copy in copies)}
    if not backs_up_elsewhere:
        kept |= {kid for kid, copies in holding.items() if any(map(_opens_somewhere, copies))}
    return kept


def _opens_somewhere(copy: BackupCopy) -> bool:
    """As `counts`, wherever the copy lies."""
    return copy.retired is None and copy.status is CopyStatus.GOOD and copy.proof.rank >= Proof.OPENED.rank
