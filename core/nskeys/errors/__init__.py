"""Floor 0: everything that can go wrong, as data.

An error here says what happened through its fields. It gives no advice, no exit code and prints
nothing: sentences live in `nskeys.wording`, exit codes in `nskeys.cli`. Fields never hold a secret.
Tokens (reasons, fields) are short lower-case words that `wording` turns into sentences.
"""

from nskeys.errors.backups import (
    BackupDamaged as BackupDamaged,
)
from nskeys.errors.backups import (
    BackupForeign as BackupForeign,
)
from nskeys.errors.backups import (
    BackupForged as BackupForged,
)
from nskeys.errors.backups import (
    BackupNotProven as BackupNotProven,
)
from nskeys.errors.backups import (
    NoBackupKnown as NoBackupKnown,
)
from nskeys.errors.backups import (
    NoCopyMade as NoCopyMade,
)
from nskeys.errors.backups import (
    NoSuchBackup as NoSuchBackup,
)
from nskeys.errors.backups import (
    NotABackup as NotABackup,
)
from nskeys.errors.cmdb import (
    CmdbAltered as CmdbAltered,
)
from nskeys.errors.cmdb import (
    CmdbBusy as CmdbBusy,
)
from nskeys.errors.cmdb import (
    CmdbDamaged as CmdbDamaged,
)
from nskeys.errors.cmdb import (
    CmdbForbids as CmdbForbids,
)
from nskeys.errors.cmdb import (
    CmdbFull as CmdbFull,
)
from nskeys.errors.cmdb import (
    CmdbUnreachable as CmdbUnreachable,
)
from nskeys.errors.credentials import (
    AmbiguousCredential as AmbiguousCredential,
)
from nskeys.errors.credentials import (
    BadRow as BadRow,
)
from nskeys.errors.credentials import (
    FieldInvalid as FieldInvalid,
)
from nskeys.errors.credentials import (
    ImportRefused as ImportRefused,
)
from nskeys.errors.credentials import (
    ImportUnreadable as ImportUnreadable,
)
from nskeys.errors.credentials import (
    NameTaken as NameTaken,
)
from nskeys.errors.credentials import (
    NoSuchCredential as NoSuchCredential,
)
from nskeys.errors.credentials import (
    SealDoesNotOpen as SealDoesNotOpen,
)
from nskeys.errors.keys import (
    AmbiguousKey as AmbiguousKey,
)
from nskeys.errors.keys import (
    KeyNotUsable as KeyNotUsable,
)
from nskeys.errors.keys import (
    KeyStoreDamaged as KeyStoreDamaged,
)
from nskeys.errors.keys import (
    KeyStoreElsewhere as KeyStoreElsewhere,
)
from nskeys.errors.keys import (
    KeyStoreOfAnotherCmdb as KeyStoreOfAnotherCmdb,
)
from nskeys.errors.keys import (
    KeyStoreUnreached as KeyStoreUnreached,
)
from nskeys.errors.keys import (
    KeyUsedUp as KeyUsedUp,
)
from nskeys.errors.keys import (
    NoProvenBackup as NoProvenBackup,
)
from nskeys.errors.keys import (
    NoSuchKey as NoSuchKey,
)
from nskeys.errors.keys import (
    ProtectorUnavailable as ProtectorUnavailable,
)
from nskeys.errors.keys import (
    RotationNotOpen as RotationNotOpen,
)
from nskeys.errors.places import (
    CannotCreate as CannotCreate,
)
from nskeys.errors.places import (
    CannotRemove as CannotRemove,
)
from nskeys.errors.places import (
    DestinationInvalid as DestinationInvalid,
)
from nskeys.errors.places import (
    DestinationUnreachable as DestinationUnreachable,
)
from nskeys.errors.places import (
    FileUnreadable as FileUnreadable,
)
from nskeys.errors.recovery import (
    IdentityNotProven as IdentityNotProven,
)
from nskeys.errors.recovery import (
    IdentityNotRecipient as IdentityNotRecipient,
)
from nskeys.errors.recovery import (
    IdentityUnusable as IdentityUnusable,
)
from nskeys.errors.recovery import (
    RecipientRefused as RecipientRefused,
)
from nskeys.errors.recovery import (
    RecoveryDamaged as RecoveryDamaged,
)
from nskeys.errors.root import (
    NskeysError as NskeysError,
)
from nskeys.errors.running import (
    AlreadySetUp as AlreadySetUp,
)
from nskeys.errors.running import (
    Cancelled as Cancelled,
)
from nskeys.errors.running import (
    ConfigurationInvalid as ConfigurationInvalid,
)
from nskeys.errors.running import (
    CredentialsWithoutKeys as CredentialsWithoutKeys,
)
from nskeys.errors.running import (
    HomeNotSafe as HomeNotSafe,
)
from nskeys.errors.running import (
    HomeUnreachable as HomeUnreachable,
)
from nskeys.errors.running import (
    HomeUnreadable as HomeUnreadable,
)
from nskeys.errors.running import (
    Locked as Locked,
)
from nskeys.errors.running import (
    LossCountWrong as LossCountWrong,
)
from nskeys.errors.running import (
    NewerVersion as NewerVersion,
)
from nskeys.errors.running import (
    NotPermitted as NotPermitted,
)
from nskeys.errors.running import (
    NotSetUp as NotSetUp,
)
from nskeys.errors.running import (
    PlanOutdated as PlanOutdated,
)
from nskeys.errors.schedule import (
    ScheduleNotStarted as ScheduleNotStarted,
)
from nskeys.errors.schedule import (
    ScheduleRefused as ScheduleRefused,
)
from nskeys.errors.schedule import (
    UnitNotOurs as UnitNotOurs,
)
from nskeys.errors.secrets import (
    HintRefused as HintRefused,
)
from nskeys.errors.secrets import (
    NotEnoughMemory as NotEnoughMemory,
)
from nskeys.errors.secrets import (
    PasswordRefused as PasswordRefused,
)
from nskeys.errors.secrets import (
    SecretUnavailable as SecretUnavailable,
)
from nskeys.errors.secrets import (
    WrongPassword as WrongPassword,
)
from nskeys.errors.servers import (
    FingerprintDiffers as FingerprintDiffers,
)
from nskeys.errors.servers import (
    HostKeyChanged as HostKeyChanged,
)
from nskeys.errors.servers import (
    HostKeyRevoked as HostKeyRevoked,
)
from nskeys.errors.servers import (
    HostKeyUnknown as HostKeyUnknown,
)
from nskeys.errors.servers import (
    ServerSecretWanted as ServerSecretWanted,
)
from nskeys.errors.shares import (
    NoCustodians as NoCustodians,
)
from nskeys.errors.shares import (
    NotForCustodians as NotForCustodians,
)
from nskeys.errors.shares import (
    ShareRefused as ShareRefused,
)
from nskeys.errors.shares import (
    SharesDisagree as SharesDisagree,
)
from nskeys.errors.shares import (
    SharesIncomplete as SharesIncomplete,
)
from nskeys.errors.shares import (
    SheetsRefused as SheetsRefused,
)
from nskeys.errors.shares import (
    SplitRefused as SplitRefused,
)
