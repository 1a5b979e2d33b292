"""Where a backup lies, seen from this machine, and why we think so."""

from dataclasses import dataclass
from enum import StrEnum


class Location(StrEnum):
    """Does a copy survive this machine?"""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


class LocationReason(StrEnum):
    """Why a place counts as here, elsewhere or unknown."""

    LOCAL_DISK = "local_disk"
    MEMORY = "memory"
    NETWORK_MOUNT = "network_mount"
    NETWORK_MOUNT_OF_THIS_MACHINE = "network_mount_of_this_machine"
    REMOTE_SERVER = "remote_server"
    REMOTE_IS_THIS_MACHINE = "remote_is_this_machine"
    DECLARED = "declared"
    FOREIGN_FILESYSTEM = "foreign_filesystem"
    NOT_LOOKED_AT = "not_looked_at"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A location, its reason, and a detail to name: a mount source, or the declared words."""

    location: Location
    reason: LocationReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DestinationInfo:
    """A configured destination: its address, what a person declared about it (empty: nothing), and the
    file with the key that its server is shown (empty: the usual ones)."""

    address: str
    declared_elsewhere: str = ""
    key_file: str = ""
