"""What a copy of the database, a check of another one or a move would do, and what it did."""

from dataclasses import dataclass
from datetime import datetime

from nskeys.errors import Mismatch, NskeysError
from nskeys.model.database import DatabaseLogin
from nskeys.model.database_copy import LeftOut
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.declared_backups import BackupCheck, DeclaredBackup
from nskeys.model.inventory import KeyDifference
from nskeys.model.plans import CopyFailure, PlannedDestination, ProofReport


@dataclass(frozen=True, slots=True)
class DatabaseCopyPlan:
    """What would be copied, and where to."""

    destinations: tuple[PlannedDestination, ...]
    failures: tuple[CopyFailure, ...]
    """Destinations that a copy cannot be written to."""
    stem: str
    """How the names of its parts begin."""
    number: int
    """The number of the last change now."""
    credentials: int
    rows: int
    """Rows of all tables."""


@dataclass(frozen=True, slots=True)
class DatabaseCopyReport:
    """What was made, destination by destination."""

    copies: tuple[DatabaseCopy, ...]
    failures: tuple[CopyFailure, ...]
    unflushed: tuple[str, ...]
    """Destinations that could not flush what was written to their medium."""
    left_out: LeftOut
    differences: tuple[KeyDifference, ...]
    """Keys whose credentials are not those that their rows say: the copy covers nothing then."""
    mismatches: tuple[Mismatch, ...]
    """What else of this state contradicts the checkpoint: the copy covers nothing then either."""
    remains: tuple[str, ...] = ()
    """Files of copies that were given up and that could not be removed again."""

    @property
    def whole(self) -> bool:
        """Whether each destination got a copy, and it covers everything."""
        lacks = self.left_out.count or self.differences or self.mismatches
        return not (self.failures or lacks or self.remains)


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


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """Where a CMDB is: its engine, its path or URL, and the URL by which `config.toml` names it."""

    engine: str
    address: str
    url: str


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a move to another database would do."""

    source: DatabasePlace
    target: DatabasePlace
    number: int
    """The number of the last change now; the move is the next one."""
    credentials: int
    rows: int
    """Rows of all tables."""
    login: DatabaseLogin | None
    """How nskeys logs in to the target's server; None for a file."""
    begun: bool = False
    """An earlier move that was broken off has filled the target, which is filled anew."""
    moved: bool = False
    """The CMDB is there already, and only the file that it left is still to be put aside."""


@dataclass(frozen=True, slots=True)
class MoveReport:
    """What a move did."""

    plan: MovePlan
    number: int
    """The number of the change that moved everything."""
    aside: str
    """The path of the file that was left, under its new name; empty where the old database stays as it
    is."""
    not_put_aside: NskeysError | None = None
    """Why the file that was left still has its old name."""
