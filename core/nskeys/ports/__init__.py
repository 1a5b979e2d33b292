"""Floor 2: what services need from the world, as Protocols. No I/O happens here.

Adapters translate foreign exceptions into `nskeys.errors` once, at their edge; every method here may
raise errors of that tree. All times are aware and in UTC, all ids lower-case hex.
"""

from nskeys.ports.cmdb import (
    CmdbChange as CmdbChange,
    CmdbView as CmdbView,
    DrillRow as DrillRow,
    RecoveryRow as RecoveryRow,
    RegisterRow as RegisterRow,
    SignedStatement as SignedStatement,
)
from nskeys.ports.database import (
    ChangedCmdb as ChangedCmdb,
    Cmdb as Cmdb,
    CmdbFill as CmdbFill,
    OtherDatabase as OtherDatabase,
    OtherDatabases as OtherDatabases,
)
from nskeys.ports.destinations import (
    Destination as Destination,
    Destinations as Destinations,
    Listed as Listed,
    Listing as Listing,
)
from nskeys.ports.home import (
    CheckpointFiles as CheckpointFiles,
    EventList as EventList,
    ExportUnlock as ExportUnlock,
    Home as Home,
    Identity as Identity,
    IdentityFiles as IdentityFiles,
    ImportPreview as ImportPreview,
    ImportReader as ImportReader,
    Registry as Registry,
    Settings as Settings,
    SettingsFile as SettingsFile,
)
from nskeys.ports.interaction import (
    Clock as Clock,
    Lock as Lock,
    Progress as Progress,
    Purpose as Purpose,
    SecretProvider as SecretProvider,
    SecretRequest as SecretRequest,
    SilentProgress as SilentProgress,
    Stage as Stage,
    Waiting as Waiting,
    nobody as nobody,
)
from nskeys.ports.keystore import (
    UNKNOWN_PROTECTOR as UNKNOWN_PROTECTOR,
    KeyStore as KeyStore,
    NewKey as NewKey,
    OpenKeyStore as OpenKeyStore,
    Protector as Protector,
    StoreInfo as StoreInfo,
    Wrapped as Wrapped,
)
from nskeys.ports.machine import (
    ServiceManager as ServiceManager,
    TrailLogs as TrailLogs,
)
