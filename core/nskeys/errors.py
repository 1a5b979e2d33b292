"""Floor 0: everything that can go wrong, as data.

An error here says what happened through its fields. It gives no advice, no exit code and prints
nothing: sentences live in `nskeys.wording`, exit codes in `nskeys.cli`. Fields never hold a secret.
Tokens (reasons, fields) are short lower-case words that `wording` turns into sentences.
"""

from dataclasses import dataclass, field


@dataclass(eq=False)
class NskeysError(Exception):
    """The root. Every subclass is one thing that happened, with the facts that describe it."""

    def __str__(self) -> str:
        return type(self).__name__


class _SetUp(NskeysError):
    """The home is not as a command needs it."""


@dataclass(eq=False)
class NotSetUp(_SetUp):
    """There is no installation in this home; `credentials` rows wait in its CMDB (0: none)."""

    home: str
    credentials: int = 0


@dataclass(eq=False)
class AlreadySetUp(_SetUp):
    """`init` was asked for a home that already has keys."""

    home: str


@dataclass(eq=False)
class HomeUnreadable(_SetUp):
    """The home exists, but this user may not read it."""

    home: str


@dataclass(eq=False)
class NewerVersion(_SetUp):
    """Something was written by a newer nskeys; `what` is `cmdb`, `store`, `config` or `backup`."""

    what: str
    found: int
    known: int


@dataclass(eq=False)
class ConfigurationInvalid(_SetUp):
    """`config.toml` or another file of the home cannot be used; `problem` is a token."""

    path: str
    problem: str
    detail: str = ""


@dataclass(eq=False)
class CredentialsWithoutKeys(_SetUp):
    """A first key was asked for while the CMDB holds credentials sealed under unknown keys."""

    credentials: int


@dataclass(eq=False)
class LossCountWrong(_SetUp):
    """`--accept-loss` named another number than the credentials that would be lost."""

    given: int
    actual: int


@dataclass(eq=False)
class Locked(NskeysError):
    """Somebody else is changing this installation right now."""

    holder: str
    pid: int
    doing: str
    since: str


@dataclass(eq=False)
class PlanOutdated(NskeysError):
    """What the plan saw no longer holds; `what` is the operation."""

    what: str


@dataclass(eq=False)
class Cancelled(NskeysError):
    """A person stopped the operation, between two steps that each leave everything whole."""

    what: str = ""


@dataclass(eq=False)
class NotPermitted(NskeysError):
    """The operating system refused access to `path`."""

    path: str


# --- secrets -----------------------------------------------------------------------------------


@dataclass(eq=False)
class WrongPassword(NskeysError):
    """A password or passphrase did not open `what` (`backup`, `key store`, `identity`)."""

    what: str
    name: str = ""


@dataclass(eq=False)
class PasswordRefused(NskeysError):
    """A new password cannot be used; `reason`: `empty`, `differs`, `opens_key_store`, `too_long`,
    `not_text` (no UTF-8)."""

    reason: str


@dataclass(eq=False)
class HintRefused(NskeysError):
    """A hint cannot be used; `reason`: `contains_password`, `too_long`, `control_characters`."""

    reason: str


@dataclass(eq=False)
class NotEnoughMemory(NskeysError):
    """Deriving a key from a password needs this much memory, and the machine did not give it."""

    needed_mib: int


@dataclass(eq=False)
class SecretUnavailable(NskeysError):
    """A secret is needed and nobody can give it; `wanted` is the request's purpose token."""

    wanted: str
    detail: str = ""


# --- keys and the key store --------------------------------------------------------------------


@dataclass(eq=False)
class KeyStoreDamaged(NskeysError):
    """A file of the key store is not what was written."""

    path: str
    problem: str


@dataclass(eq=False)
class KeyStoreElsewhere(NskeysError):
    """The KEK cannot be unwrapped here: it is bound to another machine (protector `protector`)."""

    protector: str


@dataclass(eq=False)
class KeyStoreOfAnotherCmdb(NskeysError):
    """The key store belongs to another CMDB than the one configured."""

    store_cmdb_id: str
    cmdb_id: str


@dataclass(eq=False)
class ProtectorUnavailable(NskeysError):
    """A protector cannot be used on this machine; `reason` is a token."""

    protector: str
    reason: str


@dataclass(eq=False)
class NoSuchKey(NskeysError):
    """No key has this id or prefix."""

    prefix: str


@dataclass(eq=False)
class AmbiguousKey(NskeysError):
    """Several keys begin with this prefix."""

    prefix: str
    matches: tuple[str, ...]


@dataclass(eq=False)
class KeyUsedUp(NskeysError):
    """The key sealed 2^32 secrets; it must be rotated before it seals another."""

    kid: str


@dataclass(eq=False)
class KeyNotUsable(NskeysError):
    """There is no active key to seal with, or the key is in `state`, which forbids it."""

    state: str


@dataclass(eq=False)
class RotationNotOpen(NskeysError):
    """`resume` was asked for and no rotation is open."""


# --- credentials -------------------------------------------------------------------------------


@dataclass(eq=False)
class FieldInvalid(NskeysError):
    """A credential's field is not valid; `problem` is a token, `limit` its bound where it has one."""

    field: str
    problem: str
    limit: int = 0


@dataclass(eq=False)
class NameTaken(NskeysError):
    """A credential of this kind and name exists."""

    kind: str
    name: str


@dataclass(eq=False)
class NoSuchCredential(NskeysError):
    """No credential has this id, prefix or `kind/name`."""

    reference: str


@dataclass(eq=False)
class AmbiguousCredential(NskeysError):
    """Several credentials match this reference."""

    reference: str
    matches: tuple[str, ...]


@dataclass(eq=False)
class SealDoesNotOpen(NskeysError):
    """A sealed secret does not open; `reason`: `key_missing`, `key_inactive`, `tampered`."""

    credential: str
    kind: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row of an import that cannot be taken: where, and why (tokens as in FieldInvalid)."""

    row: int
    title: str
    field: str
    problem: str


@dataclass(eq=False)
class ImportRefused(NskeysError):
    """An import holds bad rows; nothing was imported."""

    source: str
    bad: tuple[BadRow, ...]


@dataclass(eq=False)
class ImportUnreadable(NskeysError):
    """A file is none of the known exports; `problem` is a token, `line` where it was seen (0: none)."""

    source: str
    problem: str
    line: int = 0


# --- backups -----------------------------------------------------------------------------------


@dataclass(eq=False)
class NotABackup(NskeysError):
    """The file is neither a backup archive nor a `.kms` file."""

    path: str
    problem: str = ""


@dataclass(eq=False)
class BackupDamaged(NskeysError):
    """A backup is not what was written; `part` names the member or field, `problem` is a token."""

    path: str
    part: str
    problem: str


@dataclass(eq=False)
class BackupForged(NskeysError):
    """A companion of the `.kms` is not the one that nskeys writes: somebody changed `part`."""

    path: str
    part: str


@dataclass(eq=False)
class BackupForeign(NskeysError):
    """A backup needs a plain confirmation first; `reasons`: `unsigned`, `other_signer`,
    `other_cmdb`."""

    path: str
    reasons: tuple[str, ...]


@dataclass(eq=False)
class BackupNotProven(NskeysError):
    """A backup was written, but reading it back did not give what was written."""

    address: str
    problem: str


@dataclass(eq=False)
class NoBackupKnown(NskeysError):
    """`latest` was asked for and the register knows no backup that can be read."""


@dataclass(eq=False)
class NoSuchBackup(NskeysError):
    """The register has no row with this id."""

    reference: str


# --- destinations and files --------------------------------------------------------------------


@dataclass(eq=False)
class DestinationInvalid(NskeysError):
    """A destination cannot be understood; `problem` is a token."""

    destination: str
    problem: str


@dataclass(eq=False)
class DestinationUnreachable(NskeysError):
    """A destination cannot be reached or is gone; `problem` is a token."""

    destination: str
    problem: str


@dataclass(eq=False)
class CannotCreate(NskeysError):
    """A file cannot be written at `path`; `problem`: `no_space`, `not_permitted`, `read_only`, ..."""

    path: str
    problem: str


@dataclass(eq=False)
class FileUnreadable(NskeysError):
    """A file that was named cannot be read; `problem`: `missing`, `not_permitted`, `not_a_file`,
    `too_large`, ..."""

    path: str
    problem: str


# --- the CMDB ----------------------------------------------------------------------------------


@dataclass(eq=False)
class CmdbUnreachable(NskeysError):
    """The CMDB cannot be opened; `problem` is a token, `detail` free text from outside."""

    cmdb: str
    problem: str
    detail: str = ""


@dataclass(eq=False)
class CmdbBusy(NskeysError):
    """Another program holds the CMDB's own lock."""

    cmdb: str


@dataclass(eq=False)
class CmdbDamaged(NskeysError):
    """A row of the CMDB is not what nskeys writes; `table` and `problem` say where and what."""

    table: str
    problem: str
    rows: tuple[str, ...] = field(default=())
