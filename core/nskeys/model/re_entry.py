"""What did not come back: credentials that do not open here, so that their secrets must be re-entered."""

from dataclasses import dataclass
from datetime import datetime

from nskeys.model.credentials import Credential
from nskeys.model.plans import FailureReason
from nskeys.model.register import BackupCopy, CopyStatus


@dataclass(frozen=True, slots=True)
class ReEntry:
    """A credential that does not open, why, and where its key might still be."""

    credential: Credential
    reason: FailureReason
    held_by: BackupCopy | None
    """Where the key is missing: the copy of a backup that holds it, one that counts before one that does
    not; None where no backup that the register vouches for holds it. A row that was changed opens with
    no key, so no backup is named for it."""
    claimed_by: BackupCopy | None = None
    """Where no such backup was found whole: one of which a row that nobody vouches for says that it holds
    the key."""


@dataclass(frozen=True, slots=True)
class ReEntryList:
    """Every credential was tried; these did not open."""

    server: str
    items: tuple[ReEntry, ...]
    opened: int
    taken: datetime

    @property
    def in_backups(self) -> int:
        """How many would open again with a backup that was found whole."""
        return sum(
            item.held_by is not None and item.held_by.status is CopyStatus.GOOD for item in self.items
        )

    @property
    def claimed(self) -> int:
        """How many would open again if what unsigned rows of the register say is true."""
        return sum(item.claimed_by is not None for item in self.items)

    @property
    def claims(self) -> tuple[BackupCopy, ...]:
        """The backups that these rows name, each once."""
        named = [item.claimed_by for item in self.items if item.claimed_by is not None]
        return tuple({copy.address: copy for copy in named}.values())

    @property
    def in_lost_backups(self) -> int:
        """How many a backup held that was not found whole: it is missing, changed or out of reach."""
        return sum(item.held_by is not None for item in self.items) - self.in_backups
