"""Floor 0: everything that can go wrong, as data.

An error here says what happened through its fields. It gives no advice, no exit code and prints
nothing: sentences live in `nskeys.wording`, exit codes in `nskeys.cli`. Fields never hold a secret.
Tokens (reasons, fields) are short lower-case words that `wording` turns into sentences.
"""

from nskeys.errors.backups import (
    BackupDamaged as BackupDamaged,
    BackupForeign as BackupForeign,
    BackupForged as BackupForged,
    BackupNotProven as BackupNotProven,
    NoBackupKnown as NoBackupKnown,
    NoCopyMade as NoCopyMade,
    NoSuchBackup as NoSuchBackup,
    NotABackup as NotABackup,
)
from nskeys.errors.cmdb import (
    CmdbAltered as CmdbAltered,
    CmdbBusy as CmdbBusy,
    CmdbDamaged as CmdbDamaged,
    CmdbForbids as CmdbForbids,
    CmdbFull as CmdbFull,
    CmdbUnreachable as CmdbUnreachable,
)
from nskeys.errors.credentials import (
    AmbiguousCredential as AmbiguousCredential,
    BadRow as BadRow,
    FieldInvalid as FieldInvalid,
    ImportRefused as ImportRefused,
    ImportUnreadable as ImportUnreadable,
    NameTaken as NameTaken,
    NoSuchCredential as NoSuchCredential,
    SealDoesNotOpen as SealDoesNotOpen,
)
from nskeys.errors.keys import (
    AmbiguousKey as AmbiguousKey,
    KeyNotUsable as KeyNotUsable,
    KeyStoreDamaged as KeyStoreDamaged,
    KeyStoreElsewhere as KeyStoreElsewhere,
    KeyStoreOfAnotherCmdb as KeyStoreOfAnotherCmdb,
    KeyStoreUnreached as KeyStoreUnreached,
    KeyUsedUp as KeyUsedUp,
    NoProvenBackup as NoProvenBackup,
    NoSuchKey as NoSuchKey,
    ProtectorUnavailable as ProtectorUnavailable,
    RotationNotOpen as RotationNotOpen,
)
from nskeys.errors.places import (
    CannotCreate as CannotCreate,
    CannotRemove as CannotRemove,
    DestinationInvalid as DestinationInvalid,
    DestinationUnreachable as DestinationUnreachable,
    FileUnreadable as FileUnreadable,
)
from nskeys.errors.recovery import (
    IdentityNotProven as IdentityNotProven,
    IdentityNotRecipient as IdentityNotRecipient,
    IdentityUnusable as IdentityUnusable,
    RecipientRefused as RecipientRefused,
    RecoveryDamaged as RecoveryDamaged,
)
from nskeys.errors.root import (
    NskeysError as NskeysError,
)
from nskeys.errors.running import (
    AlreadySetUp as AlreadySetUp,
    Cancelled as Cancelled,
    ConfigurationInvalid as ConfigurationInvalid,
    CredentialsWithoutKeys as CredentialsWithoutKeys,
    HomeNotSafe as HomeNotSafe,
    HomeUnreachable as HomeUnreachable,
    HomeUnreadable as HomeUnreadable,
    Locked as Locked,
    LossCountWrong as LossCountWrong,
    NewerVersion as NewerVersion,
    NotPermitted as NotPermitted,
    NotSetUp as NotSetUp,
    PlanOutdated as PlanOutdated,
)
from nskeys.errors.schedule import (
    ScheduleNotStarted as ScheduleNotStarted,
    ScheduleRefused as ScheduleRefused,
    UnitNotOurs as UnitNotOurs,
)
from nskeys.errors.secrets import (
    HintRefused as HintRefused,
    NotEnoughMemory as NotEnoughMemory,
    PasswordRefused as PasswordRefused,
    SecretUnavailable as SecretUnavailable,
    WrongPassword as WrongPassword,
)
from nskeys.errors.servers import (
    FingerprintDiffers as FingerprintDiffers,
    HostKeyChanged as HostKeyChanged,
    HostKeyRevoked as HostKeyRevoked,
    HostKeyUnknown as HostKeyUnknown,
    ServerSecretWanted as ServerSecretWanted,
)
from nskeys.errors.shares import (
    NoCustodians as NoCustodians,
    NotForCustodians as NotForCustodians,
    ShareRefused as ShareRefused,
    SharesDisagree as SharesDisagree,
    SharesIncomplete as SharesIncomplete,
    SheetsRefused as SheetsRefused,
    SplitRefused as SplitRefused,
)
