"""Where a backup lies, seen from this machine, and how that was found out."""

from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Location(StrEnum):
    """Does a copy survive this machine?"""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class LocationReason(StrEnum):
    """Why a destination counts as here, elsewhere or unknown."""

    LOCAL_DISK = "local_disk"
    MEMORY = "memory"
    NETWORK_MOUNT = "network_mount"
    NETWORK_MOUNT_OF_THIS_MACHINE = "network_mount_of_this_machine"
    REMOTE_SERVER = "remote_server"
    REMOTE_IS_THIS_MACHINE = "remote_is_this_machine"
    DECLARED = "declared"
    FOREIGN_FILESYSTEM = "foreign_filesystem"
    NOT_MOUNTED = "not_mounted"
    """It was declared to lie elsewhere, and something else is mounted there now."""
    NOT_LOOKED_AT = "not_looked_at"
    UNREACHED = "unreached"
    """It was checked and did not answer."""
    UNTOLD = "untold"
    """It was checked, and the result is inconclusive."""


class LocatedAt(NamedTuple):
    """A location, its reason, and a detail to name: a mount source, or the words of a declaration."""

    location: Location
    reason: LocationReason
    detail: str = ""


_SAME_KIND = MappingProxyType({"nfs4": "nfs", "smb3": "cifs", "smbfs": "cifs"})
"""Types that the same share may be mounted with, depending on what server and client negotiate."""


class Mounted(NamedTuple):
    """The file system that holds a folder: its mount point, type, source (of a network mount the server
    and its export), UUID (empty where the system gives none), and the folder's path inside it.

    It holds no device number, because that changes at every start.
    """

    point: str
    kind: str
    source: str
    uuid: str = ""
    inside: str = "/"

    def is_still(self, now: "Mounted | None") -> bool | None:
        """Return whether `now` is the same folder of the same file system; None where that cannot be
        told.

        The mount point does not count, because a service may see its folders mounted onto themselves. The
        UUID tells a stick that comes back under another device name.
        """
        if now is None or (self.uuid and not now.uuid and self._named_as(now)):
            return None
        same = self.uuid == now.uuid if self.uuid and now.uuid else self._named_as(now)
        return same and self.inside == now.inside

    def _named_as(self, now: "Mounted") -> bool:
        kinds = {_SAME_KIND.get(kind, kind) for kind in (self.kind, now.kind)}
        return len(kinds) == 1 and self.source.rstrip("/") == now.source.rstrip("/")


class DestinationInfo(NamedTuple):
    """A configured destination: its address, what a person declared about it (empty: nothing), the file
    with the key that its server is shown (empty: the usual ones), and the file system its folder was on
    when that was declared (None: nothing was declared, or it is not a folder)."""

    address: str
    declared_elsewhere: str = ""
    key_file: str = ""
    mounted: Mounted | None = None
