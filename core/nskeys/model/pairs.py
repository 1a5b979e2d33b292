"""The two halves of a server as they lie at a place: key backups and database copies, by what their signed
manifests say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nskeys.errors import NskeysError
from nskeys.model.backup import BackupFacts
from nskeys.model.database_copy import CopyFacts
from nskeys.model.keys import Kid


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose archives these are: the server key that signed them, the CMDB they are of, and what the newest
    of them says of its server."""

    server_key: str
    cmdb_id: str
    server: str
    number: int
    """The highest number of a change under that signature."""
    created: datetime


@dataclass(frozen=True, slots=True)
class LyingBackup:
    """A key backup at a place."""

    address: str
    facts: BackupFacts

    @property
    def rank(self) -> tuple[int, int]:
        """What the newest has most of: never its name, and never its date."""
        return (self.facts.number, self.facts.generation)


@dataclass(frozen=True, slots=True)
class LyingCopy:
    """A database copy at a place."""

    destination: str
    facts: CopyFacts
    signature: bytes
    names: tuple[str, ...]
    """The file of each part, in their order; empty for one that is not there."""
    address: str
    """Of the first part that is there."""

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the parts that are not there."""
        return tuple(number for number, name in enumerate(self.names, 1) if not name)

    @property
    def counts(self) -> bool:
        """Whether it can be the newest: its rows are those of its checkpoint, as far as it says."""
        return not self.facts.unexplained and self.facts.checkpoint is not None

    def wanted_and_lacking(self, backup: BackupFacts) -> tuple[tuple[Kid, int], ...]:
        """Return the keys that its credentials want and this key backup lacks, and how many those are."""
        return tuple((kid, count) for kid, count in self.facts.keys if count and kid not in backup.kids)

    def opened_by(self, backup: BackupFacts) -> int:
        """Return how many of its credentials the keys of this key backup open."""
        return sum(count for kid, count in self.facts.keys if kid in backup.kids)


@dataclass(frozen=True, slots=True)
class NotUsed:
    """An archive that was left out, and why; `number` is that of its last change, 0 where nobody knows."""

    address: str
    error: NskeysError
    number: int = 0


@dataclass(frozen=True, slots=True)
class Lying:
    """Everything at a place that a restore could use."""

    place: str
    backups: tuple[LyingBackup, ...]
    copies: tuple[LyingCopy, ...]
    refused: tuple[NotUsed, ...]
    """Files whose beginning is no archive that nskeys can read."""

    def owners(self) -> tuple[Owner, ...]:
        """Return whose archives lie there; those with the highest number first."""
        found: dict[tuple[str, str], Owner] = {}
        signed: list[BackupFacts | CopyFacts] = [one.facts for one in self.backups]
        signed += [one.facts for one in self.copies]
        for facts in signed:
            whose = (facts.server_key, facts.cmdb_id)
            known = found.get(whose)
            if known is None or known.number < facts.number:
                found[whose] = Owner(*whose, facts.server, facts.number, facts.created)
        return tuple(sorted(found.values(), key=lambda one: (-one.number, one.server_key, one.cmdb_id)))

    def of(self, owner: Owner) -> "Lying":
        """Return the archives of one owner, the newest first."""
        backups = [one for one in self.backups if _is_of(owner, one.facts)]
        copies = [one for one in self.copies if _is_of(owner, one.facts)]
        backups.sort(key=lambda one: (one.rank, one.address), reverse=True)
        copies.sort(key=lambda one: (one.counts, one.facts.number, one.address), reverse=True)
        return Lying(self.place, tuple(backups), tuple(copies), self.refused)

    @property
    def highest(self) -> int:
        """The highest number that is known of them."""
        numbers = [one.facts.number for one in self.backups]
        return highest_of([*numbers, *(one.facts.number for one in self.copies)])


def highest_of(numbers: Iterable[int]) -> int:
    """Return the highest number; 0 without one."""
    return max(numbers, default=0)


def _is_of(owner: Owner, facts: BackupFacts | CopyFacts) -> bool:
    return (facts.server_key, facts.cmdb_id) == (owner.server_key, owner.cmdb_id)


@dataclass(frozen=True, slots=True)
class PlannedDatabase:
    """The database copy that a restore makes the CMDB from."""

    copy: LyingCopy
    here: bool
    """Whether the CMDB here was made from it before, by a restore that was broken off."""
    engine: str
    """`SQLite` or `PostgreSQL`: where its rows go."""
    target: str
    lacking: tuple[tuple[Kid, int], ...]
    """The keys that its credentials want and the key backup lacks, and how many those are."""
    highest: int
    """The highest number that is known of this server."""
    moment: datetime
    """When this was planned."""
    not_used: tuple[NotUsed, ...] = ()
    """What was left out, with the reason."""

    @property
    def later(self) -> bool:
        """Whether something is known to have been changed after this copy was made."""
        return self.highest > self.copy.facts.number
