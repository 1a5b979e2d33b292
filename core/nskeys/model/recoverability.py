"""The one question: if this server died now, which credentials would come back?

Pure arithmetic over what the key store, the CMDB and the register say. Everything is per key, because
a credential's fate is its key's: the work grows with keys and backups, never with credentials.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nskeys.model.credentials import UNNUMBERED, Credential
from nskeys.model.keys import KeyInfo, KeyState, KeyUse, Kid
from nskeys.model.register import BackupCopy, CopyStatus, Proof


class RecoveryState(StrEnum):
    """What becomes of a credential when this server dies."""

    RECOVERABLE = "recoverable"
    AT_RISK = "at_risk"
    LOST = "lost"


class DueReason(StrEnum):
    """Why a new backup is due."""

    NEVER = "never"
    """`KMSBackupDate` was never written."""
    KEY_MISSING = "key_missing"
    """A key of this server is not in the newest backup."""
    KEY_NEWER = "key_newer"
    """A key of this server was made after `KMSBackupDate`."""
    NO_GOOD_COPY = "no_good_copy"
    """A key of this server is in no copy that is as good as a new backup would be."""
    OTHER_RECIPIENTS = "other_recipients"
    """The newest backup does not open with the recovery identity that is in force."""


@dataclass(frozen=True, slots=True)
class KeyCoverage:
    """One key: is it here, which credentials it seals, where it would come back from."""

    kid: Kid
    info: KeyInfo | None
    """None for a key that only the CMDB or a backup knows."""
    credentials: int
    state: RecoveryState
    exposed_since: datetime | None
    """For a key with credentials at risk: since when."""
    backups: int
    """Backups that hold it and were present when last looked at, wherever they lie; a row that nobody
    vouches for is none."""
    good_copies: tuple[BackupCopy, ...]
    """Copies it would come back from, best proof first: what each may claim for every credential of the
    key, and then how new it is."""
    last_seal: int = 0
    """The number of its last seal that a credential still has."""

    @property
    def here(self) -> bool:
        """Whether the key is in this server's key store."""
        return self.info is not None


@dataclass(frozen=True, slots=True)
class Totals:
    """Credentials by what becomes of them; `opens_here` counts those whose key is here."""

    total: int
    recoverable: int
    at_risk: int
    lost: int
    opens_here: int
    unreadable: int = 0
    """Rows that cannot be read: credentials that come back from nowhere; part of `total` alone."""


@dataclass(frozen=True, slots=True)
class Recoverability:
    """The answer, as the first screen and `status` show it."""

    totals: Totals
    kinds: tuple[tuple[str, int], ...]
    keys: tuple[KeyCoverage, ...]
    """The active key, one that waits, then newest first, then keys that are not here."""
    exposed_since: datetime | None
    best: BackupCopy | None
    """The copy that brings back most credentials; ties go to the better proof, then the newer. None where
    there are credentials and no copy brings back any."""
    last: BackupCopy | None
    """The newest backup of this CMDB that the server key vouches for, wherever it lies; retired ones
    are not counted."""
    due: tuple[DueReason, ...]
    drilled: int = 0
    """Credentials under keys of `best` that its last drill opened, and that were not sealed anew since."""

    @property
    def checked(self) -> datetime | None:
        """The age of the answer: of each key whose good copies were not looked at now the last check of one
        of them, and of these the oldest. None where all that counts was looked at now."""
        by_check = [
            max(copy.look_moment for copy in key.good_copies)
            for key in self.keys
            if key.credentials and key.good_copies and all(copy.by_check for copy in key.good_copies)
        ]
        return min(by_check, default=None)

    def drilled_with(self, copy: BackupCopy) -> int:
        """As `drilled`, for any copy; where it is not `best`, no more than can be told key by key."""
        if self.best is not None and _place(copy) == _place(self.best):
            return self.drilled
        kids = set(copy.backup.kids)
        opened = sum(
            key.credentials
            for key in self.keys
            if key.kid in kids and copy.proof_of(key.last_seal) is Proof.CREDENTIALS_OPEN
        )
        return opened if opened <= copy.drilled_rows else 0

    def coverage_of(self, credential: Credential) -> "CredentialCoverage":
        """What becomes of one credential, as it is stored."""
        key = next((key for key in self.keys if key.kid == credential.kid), None)
        if key is None:
            return CredentialCoverage(RecoveryState.LOST, None, ())
        claims = [
            CopyClaim(copy, proof, copy.reached(proof))
            for copy in key.good_copies
            for proof in (copy.proof_of(credential.seal_no),)
        ]
        return CredentialCoverage(
            key.state,
            key.exposed_since,
            tuple(sorted(claims, key=lambda claim: claim.proof.rank, reverse=True)),
        )

    def state_of(self, kid: Kid) -> RecoveryState:
        """The state of every credential sealed by `kid`."""
        for key in self.keys:
            if key.kid == kid:
                return key.state
        return RecoveryState.LOST


@dataclass(frozen=True, slots=True)
class CopyClaim:
    """How far it was proven that this one credential comes back from a copy, and when."""

    copy: BackupCopy
    proof: Proof
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class CredentialCoverage:
    """One credential: what becomes of it, since when it is exposed, and the copies that it would come back
    from, best proof first."""

    state: RecoveryState
    exposed_since: datetime | None
    copies: tuple[CopyClaim, ...]


_ORDER = {KeyState.ACTIVE: 0, KeyState.PRE_ACTIVE: 1, KeyState.DEACTIVATED: 2, KeyState.COMPROMISED: 2}


_Quality = tuple[int, int, datetime]
"""Proof, generation and last look: what makes one copy better than another."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A copy that counts, with its rank among others, worked out once for all its keys."""

    copy: BackupCopy
    upto: float
    """The last seal for which the strongest level may be claimed; infinite where no drill limits it."""
    seen: _Quality
    """Its rank for keys whose last seal is no later, and below for the others."""
    unseen: _Quality


def _standing(copy: BackupCopy) -> _Standing:
    seen, unseen = _claimed(copy, 0), _claimed(copy, UNNUMBERED)
    limit = copy.drilled_upto if seen != unseen and copy.drilled_upto is not None else math.inf
    return _Standing(copy, limit, seen, unseen)


@dataclass(frozen=True, slots=True)
class Circumstances:
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
) -> Recoverability:
    """The answer from the keys here, the CMDB's use of keys, and the copies as just looked at."""
    used: dict[Kid, list[KeyUse]] = {}
    for use in uses:
        used.setdefault(use.kid, []).append(use)
    infos = {key.kid: key for key in keys}
    kids = sorted(infos.keys() | used.keys(), key=lambda kid: _key_order(infos.get(kid), kid))
    holding = _by_key(copy for copy in copies if copy.signed)
    good = _standings(copies)
    covered = tuple(
        _cover(kid, infos.get(kid), used.get(kid, ()), holding.get(kid, ()), good.get(kid, ()))
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
        due=_due(keys, covered, last, holding, circumstances),
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


def _by_key(copies: Iterable[BackupCopy]) -> Mapping[Kid, Sequence[BackupCopy]]:
    """The copies that hold each key, in their order."""
    found: dict[Kid, list[BackupCopy]] = {}
    for copy in copies:
        for kid in copy.backup.kids:
            found.setdefault(kid, []).append(copy)
    return found


def _key_order(info: KeyInfo | None, kid: Kid) -> tuple[int, float, str]:
    if info is None:
        return (len(_ORDER), 0.0, kid)
    return (_ORDER[info.state], -info.created.timestamp(), kid)


def _cover(
    kid: Kid,
    info: KeyInfo | None,
    mine: Sequence[KeyUse],
    holding: Sequence[BackupCopy],
    good: Sequence[_Standing],
) -> KeyCoverage:
    last_seal = max((use.last_seal for use in mine), default=0)
    state = RecoveryState.RECOVERABLE if good else RecoveryState.AT_RISK if info else RecoveryState.LOST
    present = (copy for copy in holding if copy.retired is None and copy.status is CopyStatus.GOOD)
    return KeyCoverage(
        kid=kid,
        info=info,
        credentials=sum(use.credentials for use in mine),
        state=state,
        exposed_since=_exposed(mine, holding) if state is RecoveryState.AT_RISK else None,
        backups=len({copy.backup.kms_sha256 for copy in present}),
        good_copies=_by_claim(good, last_seal),
        last_seal=last_seal,
    )


def _by_claim(good: Sequence[_Standing], last_seal: int) -> tuple[BackupCopy, ...]:
    """Copies in the order of what they may claim for a key; they come in that of what they may claim where
    every drill saw everything."""
    if any(last_seal > standing.upto for standing in good):
        good = sorted(
            good, key=lambda known: known.unseen if last_seal > known.upto else known.seen, reverse=True
        )
    return tuple(standing.copy for standing in good)


def _place(copy: BackupCopy) -> tuple[str, str]:
    return (copy.backup.kms_sha256, copy.address)


def _exposed(uses: Sequence[KeyUse], holding: Sequence[BackupCopy]) -> datetime | None:
    """The later of the first sealing under the key and the last time a good copy was seen; one that was
    retired since was good until then."""
    first = min((use.sealed_since for use in uses if use.credentials), default=None)
    if first is None:
        return None
    seen = [copy.good_moment for copy in holding if copy.was_good and copy.good_moment is not None]
    return max([first, *seen])


def _quality(copy: BackupCopy) -> _Quality:
    return (copy.proof.rank, copy.backup.generation, copy.look_moment)


def _claimed(copy: BackupCopy, seal_no: int) -> _Quality:
    """The same, by what it may claim for a seal."""
    return (copy.proof_of(seal_no).rank, copy.backup.generation, copy.look_moment)


def _kinds(uses: Iterable[KeyUse]) -> tuple[tuple[str, int], ...]:
    kinds: dict[str, int] = {}
    for use in uses:
        kinds[use.kind] = kinds.get(use.kind, 0) + use.credentials
    return tuple(sorted(kinds.items()))


def _totals(keys: Sequence[KeyCoverage]) -> Totals:
    def count(state: RecoveryState) -> int:
        return sum(key.credentials for key in keys if key.state is state)

    return Totals(
        total=sum(key.credentials for key in keys),
        recoverable=count(RecoveryState.RECOVERABLE),
        at_risk=count(RecoveryState.AT_RISK),
        lost=count(RecoveryState.LOST),
        opens_here=sum(key.credentials for key in keys if key.here),
    )


def _best(keys: Sequence[KeyCoverage], copies: Sequence[BackupCopy]) -> BackupCopy | None:
    uses = {key.kid: (key.credentials, key.last_seal) for key in keys if key.credentials}

    def worth(copy: BackupCopy) -> tuple[int, _Quality]:
        held = [uses[kid] for kid in copy.backup.kids if kid in uses]
        last = max((last for _, last in held), default=0)
        return sum(credentials for credentials, _ in held), _claimed(copy, last)

    best = max((copy for copy in copies if copy.counts), key=worth, default=None)
    useless = best is not None and any(uses.values()) and not worth(best)[0]
    return None if useless else best


def _due(
    keys: Sequence[KeyInfo],
    covered: Sequence[KeyCoverage],
    last: BackupCopy | None,
    holding: Mapping[Kid, Sequence[BackupCopy]],
    circumstances: Circumstances,
) -> tuple[DueReason, ...]:
    """Key ids and dates are both looked at, because clocks jump; and the files too, because they go."""
    if not keys:
        return ()
    if circumstances.backup_date is None:
        return (DueReason.NEVER,)
    last_kids = frozenset(last.backup.kids if last else ())
    kept = _kept(covered, holding, circumstances.backs_up_elsewhere)
    wanted = set(circumstances.recipients)
    reasons = {
        DueReason.KEY_MISSING: any(key.kid not in last_kids for key in keys),
        DueReason.KEY_NEWER: any(map(circumstances.is_newer, keys)),
        DueReason.NO_GOOD_COPY: any(key.kid not in kept for key in keys),
        DueReason.OTHER_RECIPIENTS: last is not None and not wanted <= set(last.backup.recipients),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _kept(
    covered: Sequence[KeyCoverage],
    holding: Mapping[Kid, Sequence[BackupCopy]],
    backs_up_elsewhere: bool,
) -> set[Kid]:
    """Keys that another backup would help no more than the copies there are."""
    # Where a new backup would lie here as well, one more on the same disk helps nobody.
    kept = {key.kid for key in covered if key.good_copies}
    # One that waits for a person to open it: another backup to the same people would wait beside it.
    kept |= {kid for kid, copies in holding.items() if any(copy.lies_well for copy in copies)}
    if not backs_up_elsewhere:
        kept |= {kid for kid, copies in holding.items() if any(map(_opens_somewhere, copies))}
    return kept


def _opens_somewhere(copy: BackupCopy) -> bool:
    """As `counts`, wherever the copy lies."""
    return copy.retired is None and copy.status is CopyStatus.GOOD and copy.proof.rank >= Proof.OPENED.rank
