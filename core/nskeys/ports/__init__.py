"""Floor 2: what services need from the world, as Protocols. No I/O happens here.

Adapters translate foreign exceptions into `nskeys.errors` once, at their edge; every method here may
raise errors of that tree. All times are aware and in UTC, all ids lower-case hex.
"""

from nskeys.ports.cmdb import (
    Cmdb as Cmdb,
)
from nskeys.ports.cmdb import (
    CmdbChange as CmdbChange,
)
from nskeys.ports.cmdb import (
    CmdbView as CmdbView,
)
from nskeys.ports.cmdb import (
    DrillRow as DrillRow,
)
from nskeys.ports.cmdb import (
    RegisterRow as RegisterRow,
)
from nskeys.ports.keys import (
    UNKNOWN_PROTECTOR as UNKNOWN_PROTECTOR,
)
from nskeys.ports.keys import (
    KeyStore as KeyStore,
)
from nskeys.ports.keys import (
    Leftover as Leftover,
)
from nskeys.ports.keys import (
    NewKey as NewKey,
)
from nskeys.ports.keys import (
    OpenKeyStore as OpenKeyStore,
)
from nskeys.ports.keys import (
    Protector as Protector,
)
from nskeys.ports.keys import (
    StoreInfo as StoreInfo,
)
from nskeys.ports.keys import (
    Wrapped as Wrapped,
)
from nskeys.ports.keys import (
    nothing as nothing,
)
from nskeys.ports.people import (
    Clock as Clock,
)
from nskeys.ports.people import (
    Lock as Lock,
)
from nskeys.ports.people import (
    Progress as Progress,
)
from nskeys.ports.people import (
    Purpose as Purpose,
)
from nskeys.ports.people import (
    SealedRow as SealedRow,
)
from nskeys.ports.people import (
    SecretProvider as SecretProvider,
)
from nskeys.ports.people import (
    SecretRequest as SecretRequest,
)
from nskeys.ports.people import (
    ShareRequest as ShareRequest,
)
from nskeys.ports.people import (
    SilentProgress as SilentProgress,
)
from nskeys.ports.people import (
    Stage as Stage,
)
from nskeys.ports.people import (
    Waiting as Waiting,
)
from nskeys.ports.people import (
    nobody as nobody,
)
from nskeys.ports.places import (
    Destination as Destination,
)
from nskeys.ports.places import (
    Destinations as Destinations,
)
from nskeys.ports.places import (
    Home as Home,
)
from nskeys.ports.places import (
    Identity as Identity,
)
from nskeys.ports.places import (
    ImportReader as ImportReader,
)
from nskeys.ports.places import (
    Listed as Listed,
)
from nskeys.ports.places import (
    Listing as Listing,
)
from nskeys.ports.places import (
    Registry as Registry,
)
from nskeys.ports.places import (
    Settings as Settings,
)
from nskeys.ports.places import (
    SettingsFile as SettingsFile,
)
from nskeys.ports.recovery import (
    RecoveryStore as RecoveryStore,
)
from nskeys.ports.schedule import (
    ServiceManager as ServiceManager,
)
