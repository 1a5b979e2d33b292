"""Exit codes: one table from what happened to a number (after BSD's sysexits.h).

 0 done                                          69 destination or CMDB unreachable
 1 done, but some credentials do not open,       70 a bug
   a backup is due, a destination got no         73 cannot create
   copy, or what was done could not be           75 locked by someone, or not just now
   recorded or cleared away
64 usage                                         77 not permitted or wrong password
65 bad data or damaged backup                    78 not set up
                                                130 interrupted

`nskeys status` alone, in every form: 0 all recoverable, 1 some at risk or another warning (a drill is
overdue, a row cannot be read, an earlier key store could not be removed, somebody changed the recovery
identity), 2 some lost, 3 cannot tell (every failure).
"""

from collections.abc import Iterable
from enum import IntEnum
from types import MappingProxyType

from nskeys import errors
from nskeys.errors import NskeysError
from nskeys.model.findings import Finding, Severity, worst


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    INCOMPLETE = 1
    USAGE = 64
    BAD_DATA = 65
    UNREACHABLE = 69
    BUG = 70
    CANNOT_CREATE = 73
    LOCKED = 75
    NOT_PERMITTED = 77
    NOT_SET_UP = 78
    INTERRUPTED = 130


class StatusExit(IntEnum):
    """How `nskeys status` ended, with the numbers that monitoring plugins use."""

    RECOVERABLE = 0
    AT_RISK = 1
    LOST = 2
    CANNOT_TELL = 3


EXITS: MappingProxyType[type[NskeysError], Exit] = MappingProxyType(
    {
        errors.NotSetUp: Exit.NOT_SET_UP,
        errors.AlreadySetUp: Exit.CANNOT_CREATE,
        errors.HomeUnreadable: Exit.NOT_PERMITTED,
        errors.HomeUnreachable: Exit.UNREACHABLE,
        errors.HomeNotSafe: Exit.NOT_PERMITTED,
        errors.NewerVersion: Exit.BAD_DATA,
        errors.ConfigurationInvalid: Exit.NOT_SET_UP,
        errors.CredentialsWithoutKeys: Exit.NOT_SET_UP,
        errors.LossCountWrong: Exit.USAGE,
        errors.Locked: Exit.LOCKED,
        errors.PlanOutdated: Exit.LOCKED,
        errors.ChangeWaits: Exit.NOT_PERMITTED,
        errors.NothingToAccept: Exit.BAD_DATA,
        errors.Cancelled: Exit.INTERRUPTED,
        errors.NotPermitted: Exit.NOT_PERMITTED,
        errors.WrongPassword: Exit.NOT_PERMITTED,
        errors.PasswordRefused: Exit.BAD_DATA,
        errors.HintRefused: Exit.USAGE,
        errors.NotEnoughMemory: Exit.LOCKED,
        errors.SecretUnavailable: Exit.NOT_PERMITTED,
        errors.ShareRefused: Exit.BAD_DATA,
        errors.SharesIncomplete: Exit.NOT_PERMITTED,
        errors.SharesDisagree: Exit.BAD_DATA,
        errors.SplitRefused: Exit.USAGE,
        errors.SheetsRefused: Exit.CANNOT_CREATE,
        errors.NoCustodians: Exit.NOT_SET_UP,
        errors.NotForCustodians: Exit.NOT_PERMITTED,
        errors.KeyStoreDamaged: Exit.BAD_DATA,
        errors.KeyStoreElsewhere: Exit.NOT_PERMITTED,
        errors.KeyStoreOfAnotherCmdb: Exit.NOT_SET_UP,
        errors.KeyStoreUnreached: Exit.UNREACHABLE,
        errors.ProtectorUnavailable: Exit.UNREACHABLE,
        errors.NoProvenBackup: Exit.NOT_PERMITTED,
        errors.NoSuchKey: Exit.BAD_DATA,
        errors.AmbiguousKey: Exit.BAD_DATA,
        errors.KeyIsActive: Exit.CANNOT_CREATE,
        errors.KeyUsedUp: Exit.CANNOT_CREATE,
        errors.KeyNotUsable: Exit.CANNOT_CREATE,
        errors.RotationNotOpen: Exit.BAD_DATA,
        errors.FieldInvalid: Exit.BAD_DATA,
        errors.NameTaken: Exit.CANNOT_CREATE,
        errors.NoSuchCredential: Exit.BAD_DATA,
        errors.AmbiguousCredential: Exit.BAD_DATA,
        errors.SealDoesNotOpen: Exit.BAD_DATA,
        errors.CredentialWaits: Exit.NOT_PERMITTED,
        errors.ImportRefused: Exit.BAD_DATA,
        errors.ImportUnreadable: Exit.BAD_DATA,
        errors.NotABackup: Exit.BAD_DATA,
        errors.BackupDamaged: Exit.BAD_DATA,
        errors.BackupForged: Exit.BAD_DATA,
        errors.BackupForeign: Exit.NOT_PERMITTED,
        errors.BackupNotProven: Exit.CANNOT_CREATE,
        errors.ScheduleRefused: Exit.NOT_SET_UP,
        errors.UnitNotOurs: Exit.CANNOT_CREATE,
        errors.ScheduleNotStarted: Exit.UNREACHABLE,
        errors.NoCopyMade: Exit.UNREACHABLE,
        errors.PartsMissing: Exit.BAD_DATA,
        errors.PartsMixed: Exit.BAD_DATA,
        errors.CopyKeyMissing: Exit.NOT_PERMITTED,
        errors.NoBackupKnown: Exit.UNREACHABLE,
        errors.NoSuchBackup: Exit.BAD_DATA,
        errors.NothingToRestore: Exit.BAD_DATA,
        errors.SeveralServers: Exit.NOT_PERMITTED,
        errors.RecipientRefused: Exit.USAGE,
        errors.IdentityUnusable: Exit.BAD_DATA,
        errors.IdentityNotRecipient: Exit.NOT_PERMITTED,
        errors.IdentityNotProven: Exit.CANNOT_CREATE,
        errors.RecoveryDamaged: Exit.BAD_DATA,
        errors.DestinationInvalid: Exit.USAGE,
        errors.DestinationUnreachable: Exit.UNREACHABLE,
        errors.HostKeyUnknown: Exit.NOT_PERMITTED,
        errors.HostKeyChanged: Exit.NOT_PERMITTED,
        errors.HostKeyRevoked: Exit.NOT_PERMITTED,
        errors.FingerprintDiffers: Exit.NOT_PERMITTED,
        errors.ServerSecretWanted: Exit.NOT_PERMITTED,
        errors.CannotCreate: Exit.CANNOT_CREATE,
        errors.CannotRemove: Exit.NOT_PERMITTED,
        errors.FileUnreadable: Exit.BAD_DATA,
        errors.CmdbUnreachable: Exit.UNREACHABLE,
        errors.CmdbForbids: Exit.NOT_PERMITTED,
        errors.CmdbFull: Exit.LOCKED,
        errors.CmdbBusy: Exit.LOCKED,
        errors.CmdbDamaged: Exit.BAD_DATA,
        errors.CmdbAltered: Exit.BAD_DATA,
        errors.CmdbNotEmpty: Exit.CANNOT_CREATE,
        errors.ProvesNothing: Exit.BAD_DATA,
        errors.OtherDatabaseUnreachable: Exit.UNREACHABLE,
        errors.AlreadyDeclared: Exit.CANNOT_CREATE,
        errors.NotDeclared: Exit.USAGE,
        errors.MoveRefused: Exit.CANNOT_CREATE,
        errors.MoveWaits: Exit.NOT_PERMITTED,
    }
)


def exit_for(error: NskeysError) -> Exit:
    """Return the exit code of an error; a class without its own takes that of the nearest class above
    it."""
    for known in type(error).__mro__:
        if known in EXITS:
            return EXITS[known]
    return Exit.BUG


_OF_STATUS: MappingProxyType[Severity, StatusExit] = MappingProxyType(
    {
        Severity.NOTE: StatusExit.RECOVERABLE,
        Severity.WARNING: StatusExit.AT_RISK,
        Severity.CRITICAL: StatusExit.LOST,
    }
)


def exit_for_findings(findings: Iterable[Finding]) -> StatusExit:
    """Return how `status` ends in each of its forms, by the worst finding."""
    return _OF_STATUS[worst(findings)]
