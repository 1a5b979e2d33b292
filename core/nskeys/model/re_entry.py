"""The re-entry list: credentials that do not open here, so that their secrets must be entered again."""

from dataclasses import dataclass
from datetime import datetime

from nskeys.model.credentials import Credential
from nskeys.model.inventory import KeyDifference
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.reasons import FailureReason


@dataclass(frozen=True, slots=True)
class ReEntry:
    """A credential that does not open, why, and where its key might still be."""

    credential: Credential
    reason: FailureReason
    held_by: BackupCopy | None
    """Where the key is missing: the copy of a backup that holds it, first one that counts; None where
    no signed row names one. A row that was changed opens with no key, so no backup is named for it."""
    claimed_by: BackupCopy | None = None
    """Where no such backup was found whole: one that holds the key according to an unsigned row."""


@dataclass(frozen=True, slots=True)
class ReEntryList:
    """The credentials that did not open, after every one was tried."""

    server: str
    items: tuple[ReEntry, ...]
    opened: int
    taken: datetime
    differences: tuple[KeyDifference, ...] = ()
    """As in `ProofReport`."""

    @property
    def in_backups(self) -> int:
        """How many would open again after a restore from a backup that was found intact."""
        return sum(
            item.held_by is not None and item.held_by.status is CopyStatus.GOOD for item in self.items
        )

    @property
    def claimed(self) -> int:
        """How many would open again if unsigned rows of the register are right."""
        return sum(item.claimed_by is not None for item in self.items)

    @property
    def claims(self) -> tuple[BackupCopy, ...]:
        """The backups that these rows name, each once."""
        named = [item.claimed_by for item in self.items if item.claimed_by is not None]
        return tuple({copy.address: copy for copy in named}.values())

    @property
    def in_lost_backups(self) -> int:
        """How many have their key only in a backup that is missing, changed or unreachable."""
        return sum(item.held_by is not None for item in self.items) - self.in_backups
