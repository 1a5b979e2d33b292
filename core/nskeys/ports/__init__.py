"""Floor 2: what services need from the world, as Protocols. No I/O happens here.

Adapters translate foreign exceptions into `nskeys.errors` once, at their edge; every method here may
raise errors of that tree. All times are aware and in UTC, all ids lower-case hex.
"""

from nskeys.ports.cmdb import (
    Cmdb as Cmdb,
    CmdbChange as CmdbChange,
    CmdbView as CmdbView,
    DrillRow as DrillRow,
    RegisterRow as RegisterRow,
)
from nskeys.ports.destinations import (
    Destination as Destination,
    Destinations as Destinations,
    Listed as Listed,
    Listing as Listing,
)
from nskeys.ports.home import (
    Home as Home,
    Identity as Identity,
    ImportReader as ImportReader,
    RecoveryStore as RecoveryStore,
    Registry as Registry,
    Settings as Settings,
    SettingsFile as SettingsFile,
)
from nskeys.ports.interaction import (
    Clock as Clock,
    Lock as Lock,
    Progress as Progress,
    Purpose as Purpose,
    SealedRow as SealedRow,
    SecretProvider as SecretProvider,
    SecretRequest as SecretRequest,
    ShareRequest as ShareRequest,
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
    nothing as nothing,
)
from nskeys.ports.schedule import (
    ServiceManager as ServiceManager,
)
