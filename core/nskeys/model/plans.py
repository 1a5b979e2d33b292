"""Plans and reports: what a guided operation will do and what it did, for any front end to show.

A plan carries `fingerprint`, the state it was made from; `execute` refuses a plan whose state has changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nskeys.errors import NskeysError
from nskeys.model.backup import BackupFacts, Inspected
from nskeys.model.credentials import Credential, UnreadableRow
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location
from nskeys.model.diary import DiaryFate
from nskeys.model.inventory import KeyDifference
from nskeys.model.keys import KeyFate, KeyInfo, KeyState, Kid
from nskeys.model.pairs import LyingCopy, PlannedDatabase
from nskeys.model.recoverability import DueReason
from nskeys.model.recovery import NO_RECOVERY, Recovery, RecoveryIdentity
from nskeys.model.register import BackupCopy, Proof
from nskeys.reasons import FailureReason, ForeignReason, ProtectorProblem


@dataclass(frozen=True, slots=True)
class CredentialProof:
    """One credential, tried: it opened (`failure` None), or the reason why not."""

    credential: Credential
    failure: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class ProofReport:
    """The result of trying every credential; `failures` holds those that did not open."""

    opened: int
    failures: tuple[CredentialProof, ...]
    opened_by_key: tuple[tuple[Kid, int], ...] = ()
    """How many each key opened; keys that were tried and opened none are included."""
    upto: int | None = None
    """The number of the last change that the rows are of."""
    differences: tuple[KeyDifference, ...] = ()
    """Keys whose credentials are not those of the inventory."""

    @property
    def whole(self) -> bool:
        """Whether every credential opened, and they are those of the inventory."""
        return not self.failures and not self.differences

    @property
    def failed(self) -> int:
        """How many did not open."""
        return len(self.failures)

    def opened_with(self, kids: Collection[Kid]) -> int:
        """Return how many these keys opened."""
        return sum(opened for kid, opened in self.opened_by_key if kid in kids)

    def tampered_under(self, kids: Collection[Kid]) -> bool:
        """Return whether a credential that one of these keys should open did not open."""
        return any(
            proof.failure is FailureReason.TAMPERED and proof.credential.kid in kids
            for proof in self.failures
        )


# --- set-up ------------------------------------------------------------------------------------


class HomeState(StrEnum):
    """What a home folder contains."""

    EMPTY = "empty"
    """Nothing: a new installation, or a restore."""
    DATABASE_ONLY = "database_only"
    """A CMDB with credentials and no keys: restore, or go on without them."""
    ELSEWHERE = "elsewhere"
    """Keys that are bound to another machine, as on a copy of its disk: restore."""
    UNREACHED = "unreached"
    """Keys of a TPM that does not answer: it is unavailable for now, or this is another machine."""
    READY = "ready"


@dataclass(frozen=True, slots=True)
class FirstSight:
    """What the program finds in a home at its start."""

    state: HomeState
    home: str
    cmdb: str
    cmdb_id: str | None
    credentials: int
    remembered: tuple[BackupCopy, ...]
    """The backups in the register, newest first; unsigned here, because the server key is missing."""
    unreached: ProtectorProblem | None = None
    """Why the TPM does not answer (a token), where the state is UNREACHED."""
    server: str = ""
    """The name of the server that the CMDB was on, as far as it says."""


@dataclass(frozen=True, slots=True)
class SetUpReport:
    """What a new installation was made with."""

    server: str
    cmdb: str
    cmdb_id: str
    home: str
    protector: str
    kid: Kid
    weak: int | None = None
    """How hard its passphrase is to guess, 0 to 2, where a person insisted on a weak one; else None."""


# --- backup ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedDestination:
    """A destination that a backup can be written to, where it lies, and whether it can flush files to its
    medium."""

    info: DestinationInfo
    where: LocatedAt
    flushes: bool = True


@dataclass(frozen=True, slots=True)
class CopyFailure:
    """A destination that got no copy, and why."""

    info: DestinationInfo
    error: NskeysError


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """What a backup will write, and where: one archive, to at least one destination."""

    destinations: tuple[PlannedDestination, ...]
    archive_name: str
    generation: int
    keys: tuple[KeyInfo, ...]
    credentials: int
    hint: str
    fingerprint: str
    failures: tuple[CopyFailure, ...] = ()
    """Named destinations that cannot be written to now."""
    recipients: tuple[str, ...] = ()
    """The recipients; empty where a password is asked for."""
    identities: tuple[RecoveryIdentity, ...] = ()
    """The recovery identities among them."""

    @property
    def wants_password(self) -> bool:
        """Whether a new password is asked for; otherwise nothing is asked."""
        return not self.recipients

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every destination that was named; those that cannot be written to come last."""
        planned = tuple(item.info.address for item in self.destinations)
        return planned + tuple(item.info.address for item in self.failures)

    @property
    def helps(self) -> bool:
        """Whether it would survive this machine."""
        return any(planned.where.location is Location.ELSEWHERE for planned in self.destinations)


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup of which every copy was written, read back and opened by two readers; there is at least one
    copy."""

    copies: tuple[BackupCopy, ...]
    """In the order in which their destinations were named."""
    credentials: int
    """Credentials that its keys cover."""
    failures: tuple[CopyFailure, ...] = ()
    """Destinations that got no copy."""
    unflushed: tuple[str, ...] = ()
    """Addresses of copies that could not be flushed: a power cut there may still lose them."""
    unopened: int = 0
    """Credentials that none of its keys opens."""
    missing_at: tuple[Kid, ...] = ()
    """The keys that would open them."""
    held_by: BackupCopy | None = None
    """A copy of another backup that holds one of them."""
    unreadable: tuple[UnreadableRow, ...] = ()
    """Rows of the CMDB that cannot be read."""

    @property
    def whole(self) -> bool:
        """Whether every destination got its copy, and its keys open every credential."""
        return not (self.failures or self.unopened or self.unreadable)

    @property
    def copy(self) -> BackupCopy:
        """The copy to name first."""
        return best_of(self.copies)

    @property
    def kids(self) -> tuple[Kid, ...]:
        return self.copy.backup.kids


def best_of(copies: Sequence[BackupCopy]) -> BackupCopy:
    """Return the first copy that lies elsewhere among a backup's fresh copies; the first one where none
    does."""
    return next((copy for copy in copies if copy.where.location is Location.ELSEWHERE), copies[0])


# --- restore and drill ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedKey:
    """A key of the backup, what the restore does with it, and how many credentials it opens in this
    CMDB."""

    info: KeyInfo
    fate: KeyFate
    state_after: KeyState
    credentials: int


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What a restore will do. Making the plan changes nothing."""

    inspected: Inspected
    facts: BackupFacts
    foreign: tuple[ForeignReason, ...]
    """Reasons that need a plain confirmation: `not_vouched`, `other_signer`, `replaced_signer`,
    `earlier_signer`, `other_cmdb`, `lacks_keys`."""
    keys: tuple[PlannedKey, ...]
    opens_before: int
    opens_after: int
    total: int
    newer_known: BackupCopy | None
    """A newer backup in the register."""
    sets_up: bool
    """Whether the home is set up by this restore."""
    fingerprint: str
    elsewhere: bool = False
    """The keys here are bound to another machine; those of the backup replace them."""
    stranded: tuple[Kid, ...] = ()
    """Of the keys that do not open here those that the backup lacks, oldest first."""
    unreached: ProtectorProblem | None = None
    """Why the TPM of the keys here does not answer (a token). Only a person can say that this is
    another machine; then the keys of the backup replace them."""
    protector_here: str = ""
    """The protector of the keys here, where the backup's are added to them."""
    protector_before: str = ""
    """The protector of the keys of the backup's server, as far as the CMDB says; anybody may have
    written that."""
    recovery: Recovery = NO_RECOVERY
    """The recovery identities that come into force."""
    database: PlannedDatabase | None = None
    """The database copy that the CMDB is made from; None where one is here, or none was found."""
    without_rows: bool = False
    """Whether only keys come back: no CMDB is here, and no database copy was found."""

    @property
    def own(self) -> bool:
        """Whether the backup is of this server, once its server key is confirmed."""
        return ForeignReason.OTHER_CMDB not in self.foreign and (self.sets_up or not self.foreign)

    @property
    def questions(self) -> tuple[ForeignReason, ...]:
        """The reasons that need a plain confirmation: those of `foreign`, and `unreached`."""
        return (*self.foreign, *((ForeignReason.UNREACHED,) if self.unreached else ()))

    @property
    def added(self) -> tuple[PlannedKey, ...]:
        """The keys that are not here yet."""
        return tuple(key for key in self.keys if key.fate is KeyFate.NEW)


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What a restore did, and the proof credential by credential."""

    added: tuple[Kid, ...]
    present: tuple[Kid, ...]
    proof: ProofReport
    rotation_advised: bool
    """The keys come from other hardware: a rotation is offered."""
    stranded: tuple[Kid, ...] = ()
    """Keys that stay bound to another machine, because the backup lacked them."""
    kept_generation: int = 0
    """The generation of the key store that holds them and stays on the disk; 0 where there is none."""
    protector: str = ""
    """The protector of the keys here now."""
    protector_before: str = ""
    """The protector of the keys on the backup's server, as far as the CMDB says."""
    not_recorded: NskeysError | None = None
    """Why the register does not record how far this restore proved its backup."""
    weak: int | None = None
    """How hard the new passphrase is to guess, 0 to 2, where a person insisted on a weak one; else None."""
    database: PlannedDatabase | None = None
    """The database copy that the CMDB was made from."""
    newer_known: BackupCopy | None = None
    """A newer key backup that the register in that copy knows."""
    goes_to: str = ""
    """Of a home that was set up: where the next backup goes unless told otherwise."""


@dataclass(frozen=True, slots=True)
class DrillReport:
    """How far a drill proved a backup."""

    address: str
    facts: BackupFacts
    reached: Proof
    foreign: tuple[ForeignReason, ...]
    proof: ProofReport
    recorded: bool
    """Whether the result was written into the register (it knows this copy)."""
    not_recorded: NskeysError | None = None
    """Why a register that has this copy does not record the result."""
    diary: DiaryFate = DiaryFate.NOT_WRITTEN
    copy: LyingCopy | None = None
    """The database copy whose rows were tried; None where those of the CMDB were."""
    copy_reached: Proof | None = None
    """How far this drill proved that copy."""
    nowhere: bool = False
    """Whether there is no CMDB here, so nothing that could be told."""

    @property
    def of_this_cmdb(self) -> bool:
        """Whether the rows that were tried are those of the CMDB here, or of a copy of it."""
        other = ForeignReason.OTHER_CMDB in self.foreign
        return not self.nowhere and (self.copy is None or not other)

    @property
    def written_down(self) -> bool:
        """Whether the result is recorded: in the diary, and in the register where it knows this copy; on a
        machine without either there is nothing to record it in."""
        return self.nowhere or (self.not_recorded is None and self.diary is not DiaryFate.NOT_WRITTEN)


# --- rotation ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RotationPlan:
    """What the next `rotate` does: create, activate or go on."""

    creates: bool
    activates: bool
    kid: Kid | None
    """The key that is waiting or active already; None where one will be created."""
    to_reseal: int
    gate_open: bool
    """A proven backup elsewhere holds the key, or it is active and nothing is left to be re-sealed."""
    fingerprint: str
    exposes: int = 0
    """Where the gate is closed: credentials that would come back now, and would not once they are under
    the key."""
    held_by: BackupCopy | None = None
    """Where the gate is closed: a copy that holds the key and does not count; first one that lacks only a
    drill."""

    @property
    def waits(self) -> bool:
        """Whether no credential is sealed under the key without a backup, unless a person insists."""
        return not self.creates and not self.gate_open

    @property
    def waits_for_a_drill(self) -> bool:
        """Whether a drill of `held_by` is enough to go on, without another backup."""
        return self.held_by is not None and self.held_by.lies_well


@dataclass(frozen=True, slots=True)
class RotationReport:
    """What a rotation step did."""

    kid: Kid
    state: KeyState
    resealed: int
    left: tuple[CredentialProof, ...]
    """Credentials that could not be re-sealed, because they do not open."""
    due: tuple[DueReason, ...]
    held_by: BackupCopy | None = None
    """Where it `waits`: a copy that holds the key and does not count; first one that lacks only a drill."""
    waits: bool = False
    """The gate was closed, so nothing was re-sealed."""
    exposes: int = 0
    """Where it `waits`: as in the plan."""
