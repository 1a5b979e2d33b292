"""What a check of somebody else's database backup would look at, and what it proved."""

from dataclasses import dataclass
from datetime import datetime

from nskeys.model.declared_backups import BackupCheck, DeclaredBackup
from nskeys.model.plans import ProofReport


@dataclass(frozen=True, slots=True)
class DatabaseCheckPlan:
    """A database that was restored from a backup, as it says of itself; nothing of it is proven yet."""

    backup: DeclaredBackup
    named: str
    """As a person named it."""
    address: str
    """The path or URL, without any password."""
    engine: str
    """`SQLite` or `PostgreSQL`."""
    number: int
    """The number of its last change."""
    created: datetime
    """When that was made."""
    credentials: int


@dataclass(frozen=True, slots=True)
class DatabaseCheckReport:
    """What a check proved."""

    backup: DeclaredBackup
    """As it stands in the register now."""
    check: BackupCheck
    proof: ProofReport
    """What came out when its rows were opened with the keys that are here."""
    before: BackupCheck | None
    """An earlier check that proved a later change, and still counts as far as it is young enough."""
