"""What is wrong with a server: one finding for each thing, with its severity and what a person does next.

A finding is data. `services.status.findings` makes the list; every front end words it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TypeAlias

from nskeys.errors import Mismatch, NskeysError
from nskeys.model.credentials import UnreadableRow
from nskeys.model.halves import Lack
from nskeys.model.inventory import KeyDifference
from nskeys.model.keys import Kid, Leftover
from nskeys.model.next_steps import NextStep
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy
from nskeys.model.trail_copies import LogBehind
from nskeys.reasons import MismatchKind


class FindingKind(StrEnum):
    """Everything that can be wrong; in the list, of two findings equally severe, the earlier one here comes
    first."""

    MISMATCH = "mismatch"
    """A part of the home or of the CMDB contradicts the checkpoint."""
    ROWS_CHANGED = "rows_changed"
    """A key's credentials are not those of the inventory."""
    LOST = "lost"
    """No key here and no good copy brings these credentials back."""
    UNREADABLE = "unreadable"
    """Rows of the CMDB are not as nskeys writes them."""
    AT_RISK = "at_risk"
    """These credentials open here, and one of their halves is in nothing that counts."""
    CLOSED_HERE = "closed_here"
    """These credentials would come back, and their key is not on this machine."""
    CLAIMED = "claimed"
    """A row that nobody vouches for names a backup with the key of lost credentials."""
    BACKUP_DUE = "backup_due"
    NOT_PROVEN = "not_proven"
    """No person opened a backup yet for those whom the newest one is for."""
    IDENTITY_CHANGED = "identity_changed"
    """What the home keeps of the recovery identities is not what was written."""
    KEY_STORE_LEFT = "key_store_left"
    """An earlier key store could not be removed."""
    TRAIL_NOT_COPIED = "trail_not_copied"
    """A log of this machine did not take lines of the audit trail."""
    CHECK_OVERDUE = "check_overdue"
    """The last look at everything is too old."""
    DATABASE_CHECK_OVERDUE = "database_check_overdue"
    """Somebody else's database backup counts for nothing: its last check is too old, or there was none."""
    NOT_COMPARED = "not_compared"
    """The database is a standby that has not got the last changes yet."""
    DRILL_OVERDUE = "drill_overdue"
    TYPING_OVERDUE = "typing_overdue"
    """For too long no person typed what opens a backup."""
    ROTATION_OPEN = "rotation_open"
    ROTATION_DUE = "rotation_due"
    """The active key sealed 2^31 secrets."""
    COMPROMISED_IN_USE = "compromised_in_use"
    """Credentials are sealed under a key that somebody else may know."""
    ROWS_PUT_BACK = "rows_put_back"
    """Rows name keys that a finished rotation took out of use."""
    KEYS_RESTORED = "keys_restored"
    """Credentials are sealed under restored keys that no rotation followed yet."""
    SHARES_UNPROVEN = "shares_unproven"
    CLOCK_WRONG = "clock_wrong"
    """`KMSBackupDate` lies in the future."""
    REGISTER_TOO_LARGE = "register_too_large"
    """The register has more rows than are read: somebody else wrote them."""
    REGISTER_UNREADABLE = "register_unreadable"
    """Rows of the register cannot be understood."""


class Severity(IntEnum):
    """How bad it is; exit codes and the style on the screen follow from it."""

    NOTE = 0
    """Something is to be done, and every credential would come back, or waits for its next database copy
    as every changed one does."""
    WARNING = 1
    """Credentials are at risk, or what this server relies on is not as it should be."""
    CRITICAL = 2
    """Credentials are lost, or something is not what the server key signed."""


CREDENTIAL_KINDS = frozenset({FindingKind.LOST, FindingKind.AT_RISK})
"""Findings that say what becomes of credentials, as `nskeys_status` counts them."""


class Shelter(StrEnum):
    """What backups there are of the keys of credentials at risk, where it is the keys that are missing."""

    NONE = "none"
    ONLY_HERE = "only_here"
    NONE_THAT_COUNTS = "none_that_counts"


class Hope(StrEnum):
    """What may still bring lost credentials back."""

    NONE = "none"
    CLAIMED = "claimed"
    """A backup that nobody vouches for says to hold their keys: `copy`."""
    KNOWN = "known"
    """A backup that holds their keys is known, and does not count."""


class RotationWait(StrEnum):
    """What an open rotation waits for."""

    BACKUP = "backup"
    DRILL = "drill"
    """A backup elsewhere holds the new key, and a person has to open it: `copy`."""
    GO_ON = "go_on"
    """A backup that counts holds the new key."""
    RESEALING = "resealing"
    RESEALING_WITHOUT_BACKUP = "resealing_without_backup"
    """The new key is active and no backup that counts holds it: the rest waits for one."""


Reason: TypeAlias = DueReason | Shelter | Lack | Hope | RotationWait | MismatchKind
"""What tells findings of one kind apart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. Only the fields that its kind has are set."""

    kind: FindingKind
    severity: Severity
    next: NextStep | None = None
    """None where nothing that nskeys does helps."""
    since: datetime | None = None
    """Since when; for overdue things when it was last done, for the clock the date that lies ahead."""
    count: int = 1
    """Credentials, rows or shares."""
    keys: tuple[Kid, ...] = ()
    copy: BackupCopy | None = None
    reason: Reason | None = None
    rows: tuple[UnreadableRow, ...] = ()
    left: Leftover | None = None
    behind: LogBehind | None = None
    error: NskeysError | None = None
    days: int = 0
    """So many days may pass between two drills, or between two looks at everything."""
    name: str = ""
    """What a declared backup is called."""
    mismatch: Mismatch | None = None
    difference: KeyDifference | None = None
    implied: bool = False
    """An earlier finding of the list says it already, or is ended by the same step: where there is little
    room, this one is left out."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Addresses of backups and paths of files that it is about."""
        copy = () if self.copy is None else (self.copy.address,)
        return copy if self.left is None else (*copy, self.left.path)


def worst(findings: Iterable[Finding]) -> Severity:
    """The severity of the worst; NOTE where nothing is wrong."""
    return max((finding.severity for finding in findings), default=Severity.NOTE)
