"""Floor 0: everything that can go wrong, as data.

An error here says what happened through its fields. It gives no advice, no exit code and prints
nothing: sentences live in `nskeys.wording`, exit codes in `nskeys.cli`. Fields never hold a secret.
Why it happened is a member of an enum in `nskeys.reasons`.
"""

from dataclasses import dataclass, field, fields
from typing import NamedTuple

from nskeys.reasons import (
    AnyProblem,
    FieldProblem,
    ForeignReason,
    HintProblem,
    IdentityProblem,
    ImportProblem,
    MismatchKind,
    MoveProblem,
    NoProof,
    Opens,
    Operation,
    OwnershipProblem,
    PasswordProblem,
    Problem,
    ProtectorProblem,
    RecipientProblem,
    RecoveryProblem,
    ScheduleProblem,
    SealProblem,
    ShareProblem,
    SheetsProblem,
    UnitProblem,
    Versioned,
    Wanted,
)


@dataclass(eq=False, repr=False)
class NskeysError(Exception):
    """The root. Every subclass is one thing that happened, with the facts that describe it."""

    def __str__(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        """Return its name and fields. It stands here for all of them: a method of their own for each takes
        a third of the time in which they are imported."""
        told = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self))
        return f"{type(self).__name__}({told})"


@dataclass(eq=False, repr=False)
class NotABackup(NskeysError):
    """The file is neither a backup archive nor a `.kms` file."""

    path: str
    problem: Problem | None = None


@dataclass(eq=False, repr=False)
class BackupDamaged(NskeysError):
    """A backup is not what was written; `part` names the member or field."""

    path: str
    part: str
    problem: Problem


@dataclass(eq=False, repr=False)
class BackupForged(NskeysError):
    """A companion of the `.kms` is not the one that nskeys writes: somebody changed `part`; `signature`
    where the server key that it carries did not sign it."""

    path: str
    part: str


@dataclass(eq=False, repr=False)
class BackupForeign(NskeysError):
    """A backup needs a plain confirmation first; `server_key` is the thumbprint of the key that signed
    it."""

    path: str
    reasons: tuple[ForeignReason, ...]
    server_key: str


@dataclass(eq=False, repr=False)
class BackupNotProven(NskeysError):
    """A backup was written, but reading it back did not give what was written."""

    address: str
    problem: AnyProblem


@dataclass(eq=False, repr=False)
class PartsMissing(NskeysError):
    """The database copy of the part at `path` has `parts` parts, and the parts `missing` are not there."""

    path: str
    missing: tuple[int, ...]
    parts: int


@dataclass(eq=False, repr=False)
class PartsMixed(NskeysError):
    """The files at `path` and `other` are parts of different database copies."""

    path: str
    other: str


@dataclass(eq=False, repr=False)
class CopyKeyMissing(NskeysError):
    """The database copy at `path` is encrypted to a copy key that no opened key backup holds."""

    path: str
    kid: str


@dataclass(eq=False, repr=False)
class NoCopyMade(NskeysError):
    """None of several destinations got a copy: each one's address, and what kept the copy from it."""

    failures: tuple[tuple[str, NskeysError], ...]


@dataclass(eq=False, repr=False)
class NoBackupKnown(NskeysError):
    """`latest` was asked for and the register knows no backup that can be read. `claimed` are addresses in
    rows that nothing vouches for: whoever can write to the database chose them, so no login of this machine
    is used there."""

    claimed: tuple[str, ...] = ()


@dataclass(eq=False, repr=False)
class NothingToRestore(NskeysError):
    """No key backup at `place` can be used; `copies` database copies lie there, and the files `refused` are
    not what nskeys can read."""

    place: str
    copies: int = 0
    refused: tuple[str, ...] = ()


@dataclass(eq=False, repr=False)
class SeveralServers(NskeysError):
    """Archives that more than one server key signed, or of more than one CMDB, lie at `place`."""

    place: str
    server_keys: tuple[str, ...]


@dataclass(eq=False, repr=False)
class NoSuchBackup(NskeysError):
    """The register has no row with this id."""

    reference: str


@dataclass(eq=False, repr=False)
class CmdbUnreachable(NskeysError):
    """The CMDB cannot be opened; `detail` is free text from outside."""

    cmdb: str
    problem: AnyProblem
    detail: str = ""


class CmdbForbids(CmdbUnreachable):
    """The server does not let this role do what is needed."""


class CmdbFull(CmdbUnreachable):
    """The server has no connection free just now."""


@dataclass(eq=False, repr=False)
class CmdbBusy(NskeysError):
    """Another program holds the CMDB's own lock."""

    cmdb: str


@dataclass(eq=False, repr=False)
class CmdbAltered(NskeysError):
    """The database has something among its tables that nskeys did not make and that could change what is
    read or written; `objects` as `trigger t on register`."""

    cmdb: str
    objects: tuple[str, ...]


@dataclass(eq=False, repr=False)
class CmdbNotEmpty(NskeysError):
    """The CMDB at `address` holds rows, `credentials` of them credentials, so no copy takes its place."""

    address: str
    credentials: int


@dataclass(eq=False, repr=False)
class ProvesNothing(NskeysError):
    """The database that was named at `address` proves nothing of a backup; `detail` is what it is about."""

    address: str
    reason: NoProof
    detail: str = ""


@dataclass(eq=False, repr=False)
class OtherDatabaseUnreachable(NskeysError):
    """The database that was named at `address` cannot be opened; `detail` is free text from outside."""

    address: str
    problem: AnyProblem
    detail: str = ""


@dataclass(eq=False, repr=False)
class AlreadyDeclared(NskeysError):
    """A backup of this name is declared already."""

    text: str


@dataclass(eq=False, repr=False)
class NotDeclared(NskeysError):
    """No backup of this name is declared; `known` are those that are. An empty `text`: none was named, and
    not exactly one is declared."""

    text: str
    known: tuple[str, ...]


@dataclass(eq=False, repr=False)
class MoveRefused(NskeysError):
    """The CMDB is not moved to `address`; it stays where it is, as it is."""

    address: str
    problem: MoveProblem
    detail: str = ""


class MoveWaits(MoveRefused):
    """It is not moved before the rows here are what they must be; `detail` names the keys."""


@dataclass(eq=False, repr=False)
class CmdbDamaged(NskeysError):
    """A row of the CMDB is not what nskeys writes; `table` and `problem` say where and what."""

    table: str
    problem: Problem
    rows: tuple[str, ...] = field(default=())


@dataclass(eq=False, repr=False)
class FieldInvalid(NskeysError):
    """A credential's field is not valid; `limit` is its bound where it has one."""

    field: str
    problem: FieldProblem
    limit: int = 0


@dataclass(eq=False, repr=False)
class NameTaken(NskeysError):
    """A credential of this kind and name exists."""

    kind: str
    name: str


@dataclass(eq=False, repr=False)
class NoSuchCredential(NskeysError):
    """No credential has this id, prefix or `kind/name`."""

    reference: str


@dataclass(eq=False, repr=False)
class AmbiguousCredential(NskeysError):
    """Several credentials match this reference."""

    reference: str
    matches: tuple[str, ...]


@dataclass(eq=False, repr=False)
class SealDoesNotOpen(NskeysError):
    """A sealed secret does not open."""

    credential: str
    kind: str
    name: str
    reason: SealProblem


@dataclass(eq=False, repr=False)
class CredentialWaits(NskeysError):
    """A credential whose key is here does not open: it is neither changed nor removed before a person
    accepts it as it is."""

    credential: str
    kind: str
    name: str


class BadRow(NamedTuple):
    """One row of an import that cannot be taken: where, and why (as in FieldInvalid)."""

    row: int
    title: str
    field: str
    problem: FieldProblem


@dataclass(eq=False, repr=False)
class ImportRefused(NskeysError):
    """An import holds bad rows; nothing was imported."""

    source: str
    bad: tuple[BadRow, ...]


@dataclass(eq=False, repr=False)
class ImportUnreadable(NskeysError):
    """A file is none of the known exports; `line` is where that was seen (0: none)."""

    source: str
    problem: ImportProblem | Problem
    line: int = 0


@dataclass(eq=False, repr=False)
class KeyStoreDamaged(NskeysError):
    """A file of the key store is not what was written."""

    path: str
    problem: Problem


@dataclass(eq=False, repr=False)
class KeyStoreElsewhere(NskeysError):
    """The KEK cannot be unwrapped here: it is bound to another machine (protector `protector`)."""

    protector: str


@dataclass(eq=False, repr=False)
class KeyStoreOfAnotherCmdb(NskeysError):
    """The key store belongs to another CMDB than the one configured."""

    store_cmdb_id: str
    cmdb_id: str


@dataclass(eq=False, repr=False)
class ProtectorUnavailable(NskeysError):
    """A protector cannot be used on this machine."""

    protector: str
    reason: ProtectorProblem


class KeyStoreUnreached(ProtectorUnavailable):
    """What the KEK is bound to cannot be asked: it is away for now, or this is another machine."""


class NoProvenBackup(NskeysError):
    """No proven backup elsewhere holds every key, and the operation puts all of them at stake."""


@dataclass(eq=False, repr=False)
class NoSuchKey(NskeysError):
    """No key has this id or prefix."""

    prefix: str


@dataclass(eq=False, repr=False)
class AmbiguousKey(NskeysError):
    """Several keys begin with this prefix."""

    prefix: str
    matches: tuple[str, ...]


@dataclass(eq=False, repr=False)
class KeyIsActive(NskeysError):
    """The key seals new secrets, so it cannot be marked as compromised before a rotation."""

    kid: str


@dataclass(eq=False, repr=False)
class KeyUsedUp(NskeysError):
    """The key sealed 2^32 secrets; it must be rotated before it seals another."""

    kid: str


class KeyNotUsable(NskeysError):
    """No key is active, so nothing can be sealed."""


class RotationNotOpen(NskeysError):
    """`resume` was asked for and no rotation is open."""


@dataclass(eq=False, repr=False)
class DestinationInvalid(NskeysError):
    """A destination cannot be understood. `instead` is how to write what was meant; `there`: a file or
    folder of exactly this name is in the present folder."""

    destination: str
    problem: Problem
    instead: str = ""
    there: bool = False


@dataclass(eq=False, repr=False)
class DestinationUnreachable(NskeysError):
    """A destination cannot be reached or is gone. `left` is the address of a temporary file that could not
    be removed there any more. `said` is the server's own message, unchanged."""

    destination: str
    problem: AnyProblem
    left: str = ""
    said: str = ""


@dataclass(eq=False, repr=False)
class CannotCreate(NskeysError):
    """A file cannot be written at `path`; `said` is what a server said, in its words."""

    path: str
    problem: AnyProblem
    said: str = ""


@dataclass(eq=False, repr=False)
class CannotRemove(NskeysError):
    """The file at `path` cannot be removed."""

    path: str
    problem: AnyProblem


@dataclass(eq=False, repr=False)
class FileUnreadable(NskeysError):
    """A file that was named cannot be read."""

    path: str
    problem: AnyProblem


@dataclass(eq=False, repr=False)
class RecipientRefused(NskeysError):
    """Nothing can be encrypted to this recipient, which is empty where it is a secret, the file that names
    none, or how many there are where they are too many."""

    recipient: str
    problem: RecipientProblem


@dataclass(eq=False, repr=False)
class IdentityUnusable(NskeysError):
    """The file `name` is no identity that can be used."""

    name: str
    problem: IdentityProblem


@dataclass(eq=False, repr=False)
class IdentityNotRecipient(NskeysError):
    """The identity is none of the recipients of the backup at `path`."""

    path: str


@dataclass(eq=False, repr=False)
class IdentityNotProven(NskeysError):
    """A new identity, meant for `path`, did not open a test file with its password; nothing was changed."""

    path: str


@dataclass(eq=False, repr=False)
class RecoveryDamaged(NskeysError):
    """What the home keeps of a recovery identity is not what was written."""

    path: str
    problem: RecoveryProblem


class _SetUp(NskeysError):
    """The home is not as a command needs it."""


@dataclass(eq=False, repr=False)
class NotSetUp(_SetUp):
    """There is no installation in this home; `credentials` rows wait in its CMDB (0: none)."""

    home: str
    credentials: int = 0


@dataclass(eq=False, repr=False)
class AlreadySetUp(_SetUp):
    """`init` was asked for a home that already has keys."""

    home: str


@dataclass(eq=False, repr=False)
class HomeUnreadable(_SetUp):
    """The home exists, but this user may not read it."""

    home: str


@dataclass(eq=False, repr=False)
class HomeUnreachable(_SetUp):
    """The home cannot be opened because of its disk or its name."""

    home: str
    problem: AnyProblem


@dataclass(eq=False, repr=False)
class HomeNotSafe(_SetUp):
    """Another user may change `path`, which is the home, lies in it or above it (`above`); `owner` is the
    name of another owner, `user` who runs this."""

    home: str
    path: str
    problem: OwnershipProblem
    owner: str
    user: str
    above: bool = False


@dataclass(eq=False, repr=False)
class NewerVersion(_SetUp):
    """Something was written by a newer nskeys; `found` and `known` are versions of its format."""

    what: Versioned
    found: int
    known: int


@dataclass(eq=False, repr=False)
class ConfigurationInvalid(_SetUp):
    """`config.toml` or another file of the home cannot be used."""

    path: str
    problem: Problem
    detail: str = ""


@dataclass(eq=False, repr=False)
class CredentialsWithoutKeys(_SetUp):
    """A first key was asked for while the CMDB holds credentials sealed under unknown keys."""

    credentials: int


@dataclass(eq=False, repr=False)
class LossCountWrong(_SetUp):
    """`--accept-loss` named another number than the credentials that would be lost."""

    given: int
    actual: int


@dataclass(eq=False, repr=False)
class Locked(NskeysError):
    """Somebody else is changing this installation right now."""

    holder: str
    pid: int
    doing: str
    since: str


@dataclass(eq=False, repr=False)
class PlanOutdated(NskeysError):
    """What the plan saw no longer holds."""

    what: Operation


class Mismatch(NamedTuple):
    """One part that contradicts the checkpoint, in short words: what it says and what is there."""

    what: MismatchKind
    expected: str = ""
    found: str = ""


@dataclass(eq=False, repr=False)
class ChangeWaits(NskeysError):
    """CMDB or home contradict the checkpoint; nothing is signed before a person accepts that."""

    mismatches: tuple[Mismatch, ...]


class NothingToAccept(NskeysError):
    """Everything fits the checkpoint."""


@dataclass(eq=False, repr=False)
class Cancelled(NskeysError):
    """A person stopped the operation, between two steps that each leave everything whole."""

    what: Operation | None = None


@dataclass(eq=False, repr=False)
class NotPermitted(NskeysError):
    """The operating system refused access to `path`."""

    path: str


@dataclass(eq=False, repr=False)
class ScheduleRefused(NskeysError):
    """The jobs cannot run by themselves here; `path` is one that a unit cannot hold."""

    reason: ScheduleProblem
    path: str = ""


@dataclass(eq=False, repr=False)
class UnitNotOurs(NskeysError):
    """Another file lies where a unit belongs."""

    path: str
    problem: UnitProblem


@dataclass(eq=False, repr=False)
class ScheduleNotStarted(NskeysError):
    """systemd refused a command; the units are written. `command` is what was tried."""

    command: str


@dataclass(eq=False, repr=False)
class WrongPassword(NskeysError):
    """A password or passphrase did not open it; `name` says which one where there are several."""

    what: Opens
    name: str = ""


@dataclass(eq=False, repr=False)
class PasswordRefused(NskeysError):
    """A new password cannot be used; `score` is that of a weak one."""

    reason: PasswordProblem
    score: int = 0


@dataclass(eq=False, repr=False)
class HintRefused(NskeysError):
    """A hint cannot be used."""

    reason: HintProblem


@dataclass(eq=False, repr=False)
class NotEnoughMemory(NskeysError):
    """Deriving a key from a password needs this much memory, and the machine did not give it."""

    needed_mib: int


@dataclass(eq=False, repr=False)
class SecretUnavailable(NskeysError):
    """A secret is needed and nobody can give it; `detail` is a SecretProblem, or a name."""

    wanted: Wanted
    detail: str = ""


@dataclass(eq=False, repr=False)
class HostKeyUnknown(NskeysError):
    """A server that nobody trusted yet. `key_type` and `public_key` are as a known_hosts line has them,
    `fingerprint` is `SHA256:...` as ssh shows it."""

    host: str
    port: int
    key_type: str
    fingerprint: str
    public_key: str


@dataclass(eq=False, repr=False)
class HostKeyChanged(NskeysError):
    """A server shows another host key than the known one. `known` has the fingerprints that were expected,
    `file` says where they stand."""

    host: str
    port: int
    key_type: str
    fingerprint: str
    known: tuple[str, ...]
    file: str


@dataclass(eq=False, repr=False)
class HostKeyRevoked(NskeysError):
    """A server shows a host key, or a certificate by an authority's key, that was revoked in a line of a
    file. `fingerprint` is empty where the key was in a certificate, and `line` 0 where several lines may
    be the one."""

    host: str
    port: int
    fingerprint: str
    file: str
    line: int


@dataclass(eq=False, repr=False)
class ServerSecretWanted(NskeysError):
    """A server lets nobody in without a secret that was not given yet, or was given wrongly (`refused`);
    `subject` names the login or the key file."""

    wanted: Wanted
    subject: str
    refused: bool = False


@dataclass(eq=False, repr=False)
class FingerprintDiffers(NskeysError):
    """A server shows another host key than the one that a person wants to trust."""

    host: str
    port: int
    fingerprint: str
    wanted: str


@dataclass(eq=False, repr=False)
class ShareRefused(NskeysError):
    """A share cannot be taken. `word` counts the words from 1, or is how many there are (COUNT); `share` is
    its number in its set, where that is known; `line` that of its file."""

    reason: ShareProblem
    word: int = 0
    share: int = 0
    line: int = 0


@dataclass(eq=False, repr=False)
class SharesIncomplete(NskeysError):
    """`given` shares were given, `needed` are needed, and no more can be had."""

    given: int
    needed: int


@dataclass(eq=False, repr=False)
class SharesDisagree(NskeysError):
    """Shares that are whole, each by itself, and of one set by their names, give no secret together: one
    was altered, or comes from another set. `suspects`: the numbers of those that the others do not
    confirm; empty where that cannot be told."""

    suspects: tuple[int, ...] = ()


@dataclass(eq=False, repr=False)
class SplitRefused(NskeysError):
    """No split of a secret has these numbers: 2 <= `threshold` <= `shares` <= 16."""

    shares: int
    threshold: int


@dataclass(eq=False, repr=False)
class SheetsRefused(NskeysError):
    """Sheets are not written into this folder."""

    folder: str
    reason: SheetsProblem


@dataclass(eq=False, repr=False)
class NotForCustodians(NskeysError):
    """Shares were to open the backup at `path`, and no custodians' identity lies in it."""

    path: str


class NoCustodians(NskeysError):
    """No secret was split here: there is nothing to check."""
