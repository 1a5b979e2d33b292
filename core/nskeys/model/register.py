"""The register: one signed row for every copy of every backup, and how far each was proven."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import Kid

REGISTER_LIMIT = 10_000
"""Rows of the register that are read; what lies beyond is counted, and a warning."""


class Proof(StrEnum):
    """How far a copy was proven, weakest first."""

    RECORDED = "recorded"
    PRESENT = "present"
    INTACT = "intact"
    OPENED = "opened"
    KEYS_MATCH = "keys_match"
    CREDENTIALS_OPEN = "credentials_open"

    @property
    def rank(self) -> int:
        """The strength as a number, 0 for the weakest."""
        return PROOFS.index(self)


PROOFS = tuple(Proof)


class CopyStatus(StrEnum):
    """What the last check of a copy found."""

    GOOD = "good"
    MISSING = "missing"
    CHANGED = "changed"
    UNREACHABLE = "unreachable"
    NOT_LOOKED = "not_looked"


HINT_LIMIT = 200
SOURCE_LIMIT = 200


class Protection(StrEnum):
    """What opens a `.kms`."""

    PASSWORD = "password"
    RECIPIENTS = "recipients"


class Signer(StrEnum):
    """Whose server key signed a backup, as far as the keys that are known here can tell. That the signature
    is by the key which the facts carry was checked before."""

    THIS_SERVER = "this_server"
    PREDECESSOR = "predecessor"
    """A server key that this server had before, and no later than that counts."""
    REPLACED = "replaced"
    """A server key that this server had before; the backup was made after it was replaced."""
    OTHER_SERVER = "other_server"
    UNKNOWN = "unknown"
    """There is no server key here to compare with."""


class ProofDate(NamedTuple):
    """A level of proof, and when it was reached."""

    proof: Proof
    moment: datetime


def strongest(proofs: Iterable[ProofDate]) -> Proof:
    """Return the highest of the levels; `recorded` for none."""
    return max((item.proof for item in proofs), key=lambda proof: proof.rank, default=Proof.RECORDED)


class BackupIdentity(NamedTuple):
    """What identifies a backup, the same for all its copies."""

    kms_sha256: str
    archive_sha256: str
    archive_name: str
    size: int
    server: str
    cmdb_id: str
    server_key: str
    created: datetime
    generation: int
    previous: str | None
    kids: tuple[Kid, ...]
    protection: Protection
    recipients: tuple[str, ...]
    hint: str
    earlier: tuple[str, ...] = ()
    """The recovery identities that were replaced before it was made: nothing goes to these recipients any
    more."""
    copy_kids: tuple[str, ...] = ()
    """The copy keys in it: it opens the database copies that are encrypted to them."""


@dataclass(frozen=True, slots=True)
class BackupCopy:
    """A register row: a backup at one address, how far it is proven, and what the last check found.

    `look_moment` is when a person or a check last looked; `good_moment` when it was last good.
    """

    backup: BackupIdentity
    destination: str
    address: str
    where: LocatedAt
    proofs: tuple[ProofDate, ...]
    status: CopyStatus
    look_moment: datetime
    good_moment: datetime | None
    retired: datetime | None = None
    drilled_rows: int = 0
    """How many credentials the last drill opened with it."""
    drilled_upto: int | None = None
    """The number of the last change that this drill saw; None where no drill is known."""
    typed: datetime | None = None
    """When a person last typed what opens it: to make, drill or restore it."""
    weak: int | None = None
    """How hard its password is to guess, 0 to 2, where a person insisted on a weak one; else None."""
    signed: bool = field(default=False, compare=False)
    """Whether the row's signature is valid; computed on reading, never stored."""
    by_a_person: bool = field(default=True, compare=False)
    """Whether a person once opened a backup to exactly these recipients, or it is under a password,
    which a person typed to make it. Never stored, because it depends on other rows."""
    by_check: bool = field(default=False, compare=False)
    """Whether this state is that of the last check, because the copy lies on another server. Never
    stored."""

    @property
    def proof(self) -> Proof:
        """The strongest level this row may claim: `recorded` without a valid signature."""
        return strongest(self.proofs) if self.signed else Proof.RECORDED

    def reached(self, proof: Proof) -> datetime | None:
        """Return when that level was last reached; None if never, or if the row is not signed."""
        if not self.signed:
            return None
        return max((item.moment for item in self.proofs if item.proof is proof), default=None)

    def proof_of(self, change: int) -> Proof:
        """Return the strongest level the copy may claim for a credential of one of its keys, by the number
        of the change that sealed it last: a drill opened what was sealed before it; for later ones only the
        key is known to match."""
        if self.proof is not Proof.CREDENTIALS_OPEN:
            return self.proof
        opened, matched = self.reached(Proof.CREDENTIALS_OPEN), self.reached(Proof.KEYS_MATCH)
        later = opened is not None and matched is not None and matched > opened
        if later or self.drilled_upto is None or change > self.drilled_upto:
            return Proof.KEYS_MATCH
        return Proof.CREDENTIALS_OPEN

    @property
    def proven(self) -> datetime | None:
        """When the strongest level was last reached; None where nothing is proven."""
        return self.reached(self.proof)

    @property
    def counts(self) -> bool:
        """Whether it makes its keys' credentials recoverable: it lies elsewhere, was opened once, was
        good when last checked, is not retired, is signed by the server key, and a person has proved that
        they can open it."""
        return self.by_a_person and self.lies_well

    @property
    def lies_well(self) -> bool:
        """Whether it would count once a person has proved that it opens."""
        return (
            self.signed
            and self.retired is None
            and self.where.location is Location.ELSEWHERE
            and self.status is CopyStatus.GOOD
            and self.proof.rank >= Proof.OPENED.rank
        )

    @property
    def was_good(self) -> bool:
        """Whether it counted once: it was opened and signed, and lies elsewhere or on something that is
        not mounted now. The credentials of its keys were safe until its last good check."""
        away = self.where.reason is LocationReason.NOT_MOUNTED and self.status is not CopyStatus.GOOD
        return (
            self.signed
            and self.by_a_person
            and (away or self.where.location is Location.ELSEWHERE)
            and self.proof.rank >= Proof.OPENED.rank
        )

    @property
    def pruned(self) -> bool:
        """Whether its file was deleted by pruning: found gone and retired in the same moment."""
        return (
            self.status is CopyStatus.MISSING
            and self.retired is not None
            and self.retired == self.look_moment
        )

    def with_proof(self, proof: Proof, moment: datetime) -> "BackupCopy":
        """Return the copy after a good check that reached `proof`, and with it every weaker level."""
        kept = tuple(item for item in self.proofs if item.proof.rank > proof.rank)
        fresh = tuple(ProofDate(level, moment) for level in PROOFS if level.rank <= proof.rank)
        return replace(
            self, proofs=fresh + kept, status=CopyStatus.GOOD, look_moment=moment, good_moment=moment
        )

    def seen(self, status: CopyStatus, moment: datetime) -> "BackupCopy":
        """Return the copy after a check that found `status`."""
        if status is CopyStatus.GOOD:
            return self.with_proof(Proof.INTACT, moment)
        return replace(self, status=status, look_moment=moment)


def holds_without_counting(copies: Iterable[BackupCopy], kid: Kid) -> BackupCopy | None:
    """Return a copy of a backup that holds a key and does not count: first one that lacks only a person's
    proof, then the newest. None where none holds the key, or one that does counts."""
    holding = [copy for copy in copies if copy.signed and copy.retired is None and kid in copy.backup.kids]
    if any(copy.counts for copy in holding):
        return None
    return max(holding, key=lambda copy: (copy.lies_well, copy.backup.generation), default=None)


def claiming(copies: Iterable[BackupCopy], kid: Kid) -> BackupCopy | None:
    """Return the newest backup of which an unsigned row says that it holds the key, or None. It may bring
    the key back, but anybody may have written the row."""
    rows = [copy for copy in copies if not copy.signed and copy.retired is None and kid in copy.backup.kids]
    return max(rows, key=lambda copy: copy.backup.generation, default=None)


def waits_for_a_person(copies: Iterable[BackupCopy]) -> BackupCopy | None:
    """Return the newest copy that would count if a person had opened one for its recipients; None where
    the newest backup does not lack that."""
    lying = [copy for copy in copies if copy.lies_well]
    newest = max((copy.backup.generation for copy in lying), default=0)
    return next((copy for copy in lying if copy.backup.generation == newest and not copy.by_a_person), None)


NOWHERE = LocatedAt(Location.UNKNOWN, LocationReason.NOT_LOOKED_AT)
