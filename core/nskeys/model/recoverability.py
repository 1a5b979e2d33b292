"""The answer to the one question: if this server died now, which credentials would come back?

A credential comes back where both of its halves do: its key from a key backup, its row from a database
copy. `model.assessment` works it out.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.credentials import Credential
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.halves import Lack
from nskeys.model.keys import KeyInfo, Kid
from nskeys.model.register import BackupCopy, Proof


class RecoveryState(StrEnum):
    """What becomes of a credential when this server dies."""

    RECOVERABLE = "recoverable"
    AT_RISK = "at_risk"
    LOST = "lost"


class DueReason(StrEnum):
    """Why a new key backup is due."""

    NEVER = "never"
    """`KMSBackupDate` was never written."""
    KEY_MISSING = "key_missing"
    """A key of this server is not in the newest backup."""
    KEY_NEWER = "key_newer"
    """A key of this server was made after `KMSBackupDate`."""
    NO_GOOD_COPY = "no_good_copy"
    """A key of this server, or the key that its database copies go to, is in no copy that is as good as a
    new backup would be."""
    OTHER_RECIPIENTS = "other_recipients"
    """The newest backup does not open with the recovery identity that is in force."""


class KeyCoverage(NamedTuple):
    """One key: is it here, which credentials it seals, where it would come back from."""

    kid: Kid
    info: KeyInfo | None
    """None for a key that only the CMDB or a backup knows."""
    credentials: int
    state: RecoveryState
    """The worst state of one of its credentials; that of the key itself where it seals none."""
    exposed_since: datetime | None
    """For a key with credentials at risk: since when."""
    backups: int
    """Backups that hold it and were present when last looked at, wherever they lie; a row that nobody
    vouches for is none."""
    good_copies: tuple[BackupCopy, ...]
    """Copies it would come back from, best proof first: what each may claim for every credential of the
    key, and then how new it is."""
    last_change: int = 0
    """The number of the last change that sealed one of its credentials."""
    resealed: int = 0
    """The number of the last change by which a rotation moved credentials under it."""

    covered_upto: int = 0
    """Its credentials up to this number come back: the highest of a good database copy elsewhere that
    serves the key."""
    uncovered: int = 0
    """How many have a higher number."""
    databases: tuple[DatabaseCopy, ...] = ()
    """The database copies that serve the key, newest first."""
    lacks: Lack | None = None
    """Which half is missing for those that would not come back."""
    edited_only: bool = False
    """Whether each of those was in a good copy before it was changed last."""

    @property
    def here(self) -> bool:
        """Whether the key is in this server's key store."""
        return self.info is not None

    @property
    def recoverable(self) -> int:
        """How many of its credentials come back."""
        return self.credentials - self.uncovered

    @property
    def at_risk(self) -> int:
        return self.uncovered if self.here else 0

    @property
    def lost(self) -> int:
        return 0 if self.here else self.uncovered

    def state_of(self, number: int) -> RecoveryState:
        """Return the state of its credentials with this number."""
        if number <= self.covered_upto:
            return RecoveryState.RECOVERABLE
        return RecoveryState.AT_RISK if self.here else RecoveryState.LOST


class Totals(NamedTuple):
    """Credentials by what becomes of them; `opens_here` counts those whose key is here."""

    total: int
    recoverable: int
    at_risk: int
    lost: int
    opens_here: int
    unreadable: int = 0
    """Rows that cannot be read: credentials that come back from nowhere; part of `total` alone."""


class Recoverability(NamedTuple):
    """The answer, as the first screen and `status` show it."""

    totals: Totals
    kinds: tuple[tuple[str, int], ...]
    keys: tuple[KeyCoverage, ...]
    """The active key, one that waits, then newest first, then keys that are not here."""
    exposed_since: datetime | None
    best: BackupCopy | None
    """The key backup that brings back most credentials, their rows coming from database copies; ties go to
    the better proof, then the newer. None where there are credentials and none brings back any."""
    last: BackupCopy | None
    """The newest backup of this CMDB that the server key vouches for, wherever it lies; retired ones
    are not counted."""
    due: tuple[DueReason, ...]
    """Why a key backup is due."""
    database: DatabaseCopy | None = None
    """The newest database copy that brings back any credential."""
    last_database: DatabaseCopy | None = None
    """The newest database copy that the server key vouches for, wherever it lies; retired ones are not
    counted."""
    database_due: bool = False
    """Whether a credential that opens here would not come back for want of a copy that serves its key."""
    drilled: int = 0
    """Credentials under keys of `best` that its last drill opened, and that were not sealed anew since."""

    @property
    def checked(self) -> datetime | None:
        """The age of the answer: of each key whose good copies, of one half or the other, were not looked
        at now the last check of one of them, and of these the oldest. None where all that counts was looked
        at now."""
        by_check = [
            max(copy.look_moment for copy in copies)
            for key in self.keys
            if key.credentials
            for copies in (key.good_copies, key.databases)
            if copies and all(copy.by_check for copy in copies)
        ]
        return min(by_check, default=None)

    def drilled_with(self, copy: BackupCopy) -> int:
        """As `drilled`, for any copy; where it is not `best`, no more than can be told key by key."""
        if self.best is not None and place_of(copy) == place_of(self.best):
            return self.drilled
        kids = set(copy.backup.kids)
        opened = sum(
            key.credentials
            for key in self.keys
            if key.kid in kids and copy.proof_of(key.last_change) is Proof.CREDENTIALS_OPEN
        )
        return opened if opened <= copy.drilled_rows else 0

    def coverage_of(self, credential: Credential) -> "CredentialCoverage":
        """What becomes of one credential, as it is stored."""
        key = next((key for key in self.keys if key.kid == credential.kid), None)
        if key is None:
            return CredentialCoverage(RecoveryState.LOST, None, ())
        state = key.state_of(credential.number)
        claims = [
            CopyClaim(copy, proof, copy.reached(proof))
            for copy in key.good_copies
            for proof in (copy.proof_of(max(credential.number, key.resealed)),)
        ]
        return CredentialCoverage(
            state,
            key.exposed_since if state is RecoveryState.AT_RISK else None,
            tuple(sorted(claims, key=lambda claim: claim.proof.rank, reverse=True)),
            tuple(copy for copy in key.databases if copy.copy.number >= credential.number),
            None if state is RecoveryState.RECOVERABLE else key.lacks,
        )

    def state_of(self, credential: Credential) -> RecoveryState:
        """The state of one credential, as it is stored."""
        for key in self.keys:
            if key.kid == credential.kid:
                return key.state_of(credential.number)
        return RecoveryState.LOST


class CopyClaim(NamedTuple):
    """How far it was proven that this one credential comes back from a copy, and when."""

    copy: BackupCopy
    proof: Proof
    moment: datetime | None


class CredentialCoverage(NamedTuple):
    """One credential: what becomes of it, since when it is exposed, and where its key and its row would
    come back from, best proof first."""

    state: RecoveryState
    exposed_since: datetime | None
    copies: tuple[CopyClaim, ...]
    """The key backups with its key."""
    databases: tuple[DatabaseCopy, ...] = ()
    """The database copies with its row as it is."""
    lacks: Lack | None = None


def place_of(copy: BackupCopy) -> tuple[str, str]:
    """Return what tells one copy of a key backup from another."""
    return (copy.backup.kms_sha256, copy.address)
