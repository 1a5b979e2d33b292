"""The one question: if this server died now, which credentials would come back?

Pure arithmetic over what the key store, the CMDB and the register say. Everything is per key, because
a credential's fate is its key's: the work grows with keys and backups, never with credentials.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nskeys.model.keys import KeyInfo, KeyUse, Kid
from nskeys.model.register import BackupCopy


class RecoveryState(StrEnum):
    """What becomes of a credential when this server dies."""

    RECOVERABLE = "recoverable"
    AT_RISK = "at_risk"
    LOST = "lost"


class DueReason(StrEnum):
    """Why a new backup is due."""

    NEVER = "never"
    KEY_MISSING = "key_missing"
    KEY_NEWER = "key_newer"
    NO_GOOD_COPY = "no_good_copy"


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
    """Backups that hold it and were present when last looked at, wherever they lie."""
    good_copies: tuple[BackupCopy, ...]
    """Copies it would come back from, best proof first."""

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


@dataclass(frozen=True, slots=True)
class Recoverability:
    """The answer, as the first screen and `status` show it."""

    totals: Totals
    kinds: tuple[tuple[str, int], ...]
    keys: tuple[KeyCoverage, ...]
    """Active key first, then newest first, then keys that are not here."""
    exposed_since: datetime | None
    best: BackupCopy | None
    """The copy that brings back most credentials; ties go to the better proof, then the newer."""
    last: BackupCopy | None
    """The newest backup of this CMDB, wherever it lies."""
    due: tuple[DueReason, ...]

    def state_of(self, kid: Kid) -> RecoveryState:
        """The state of every credential sealed by `kid`."""
        for key in self.keys:
            if key.kid == kid:
                return key.state
        return RecoveryState.LOST


def assess(
    keys: Sequence[KeyInfo],
    uses: Iterable[KeyUse],
    copies: Sequence[BackupCopy],
    backup_date: datetime | None,
    last_kids: frozenset[Kid],
) -> Recoverability:
    """The answer from the keys here, the CMDB's use of keys, the copies as just looked at, and the
    registry values (`backup_date`, and the keys that the last backup holds)."""
    used = list(uses)
    infos = {key.kid: key for key in keys}
    kids = sorted(infos.keys() | {use.kid for use in used}, key=lambda kid: _key_order(infos.get(kid), kid))
    covered = tuple(_cover(kid, infos.get(kid), used, copies) for kid in kids)
    exposed = [key.exposed_since for key in covered if key.exposed_since is not None]
    kinds: dict[str, int] = {}
    for use in used:
        kinds[use.kind] = kinds.get(use.kind, 0) + use.credentials
    return Recoverability(
        totals=_totals(covered),
        kinds=tuple(sorted(kinds.items())),
        keys=covered,
        exposed_since=min(exposed, default=None),
        best=_best(covered, copies),
        last=max(copies, key=lambda copy: (copy.backup.generation, copy.backup.created), default=None),
        due=_due(covered, backup_date, last_kids),
    )


def _key_order(info: KeyInfo | None, kid: Kid) -> tuple[int, float, str]:
    if info is None:
        return (2, 0.0, kid)
    return (
        0 if info.state.value in ("active", "pre-active") else 1,
        -info.created.timestamp(),
        kid,
    )


def _cover(
    kid: Kid, info: KeyInfo | None, uses: Iterable[KeyUse], copies: Sequence[BackupCopy]
) -> KeyCoverage:
    mine = [use for use in uses if use.kid == kid]
    holding = [copy for copy in copies if kid in copy.backup.kids and copy.retired is None]
    good = sorted((copy for copy in holding if copy.counts), key=_quality, reverse=True)
    state = RecoveryState.RECOVERABLE if good else RecoveryState.AT_RISK if info else RecoveryState.LOST
    return KeyCoverage(
        kid=kid,
        info=info,
        credentials=sum(use.credentials for use in mine),
        state=state,
        exposed_since=_exposed(mine, holding) if state is RecoveryState.AT_RISK else None,
        backups=len({copy.backup.kms_sha256 for copy in holding if copy.sight.value == "good"}),
        good_copies=tuple(good),
    )


def _exposed(uses: Sequence[KeyUse], holding: Sequence[BackupCopy]) -> datetime | None:
    """The later of the first sealing under the key and the last time a good copy was seen."""
    first = min((use.sealed_since for use in uses if use.credentials), default=None)
    if first is None:
        return None
    seen = [copy.good_moment for copy in holding if copy.was_good and copy.good_moment is not None]
    return max([first, *seen])


def _quality(copy: BackupCopy) -> tuple[int, int, datetime]:
    return (copy.proof.rank, copy.backup.generation, copy.look_moment)


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
    uses = {key.kid: key.credentials for key in keys}

    def worth(copy: BackupCopy) -> tuple[int, tuple[int, int, datetime]]:
        return sum(uses.get(kid, 0) for kid in copy.backup.kids), _quality(copy)

    return max((copy for copy in copies if copy.counts), key=worth, default=None)


def _due(
    keys: Sequence[KeyCoverage], backup_date: datetime | None, last_kids: frozenset[Kid]
) -> tuple[DueReason, ...]:
    here = [key.info for key in keys if key.info is not None]
    if not here:
        return ()
    if backup_date is None:
        return (DueReason.NEVER,)
    due = []
    if any(key.kid not in last_kids for key in here):
        due.append(DueReason.KEY_MISSING)
    if any(key.created > backup_date for key in here):
        due.append(DueReason.KEY_NEWER)
    return tuple(due)
