"""What is wrong with a server: one finding for each thing, with its severity and what a person does next.

A finding is data. `services.status.findings` makes the list; every front end words it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TypeAlias

from nskeys.errors import NskeysError
from nskeys.model.credentials import UnreadableRow
from nskeys.model.keys import Kid, Leftover
from nskeys.model.next_steps import NextStep
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy


class FindingKind(StrEnum):
    """Everything that can be wrong; in the list, of two findings equally severe, the earlier one here comes
    first."""

    LOST = "lost"
    """No key here and no good copy brings these credentials back."""
    UNREADABLE = "unreadable"
    """Rows of the CMDB are not as nskeys writes them."""
    AT_RISK = "at_risk"
    """Only this machine opens these credentials."""
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
    DRILL_OVERDUE = "drill_overdue"
    TYPING_OVERDUE = "typing_overdue"
    """For too long no person typed what opens a backup."""
    ROTATION_OPEN = "rotation_open"
    ROTATION_DUE = "rotation_due"
    """The active key sealed 2^31 secrets."""
    ROWS_PUT_BACK = "rows_put_back"
    """Rows name keys that a finished rotation took out of use."""
    KEYS_RESTORED = "keys_restored"
    """Credentials are sealed under restored keys that no rotation followed yet."""
    SHARES_UNPROVEN = "shares_unproven"
    CLOCK_WRONG = "clock_wrong"
    """`KMSBackupDate` lies in the future."""
    REGISTER_UNREADABLE = "register_unreadable"
    """Rows of the register cannot be understood."""


class Severity(IntEnum):
    """How bad it is; exit codes and the style on the screen follow from it."""

    NOTE = 0
    """Something is to be done, and every credential would come back."""
    WARNING = 1
    """Credentials are at risk, or what this server relies on is not as it should be."""
    CRITICAL = 2
    """Credentials are lost."""


CREDENTIAL_KINDS = frozenset({FindingKind.LOST, FindingKind.AT_RISK})
"""Findings that say what becomes of credentials, as `nskeys_status` counts them."""


class Shelter(StrEnum):
    """What backups there are of the keys of credentials at risk."""

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


Reason: TypeAlias = DueReason | Shelter | Hope | RotationWait
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
    error: NskeysError | None = None
    days: int = 0
    """So many days may pass between two drills."""
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
