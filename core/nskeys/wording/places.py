"""Where a backup lies, in words: does it survive this machine, and why we think so."""

from types import MappingProxyType

from nskeys.model.destinations import DestinationInfo, Location, LocationReason, Whereabouts
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import fit, safe, shown

SAME_DISK = "This backup lies on this machine: the disk that dies takes both."

_LOCATIONS = MappingProxyType(
    {Location.HERE: "here", Location.ELSEWHERE: "elsewhere", Location.UNKNOWN: "unknown"}
)
_REASONS = MappingProxyType(
    {
        LocationReason.LOCAL_DISK: "this machine's own disk",
        LocationReason.MEMORY: "in memory, gone at the next restart",
        LocationReason.NETWORK_MOUNT: "a network mount",
        LocationReason.NETWORK_MOUNT_OF_THIS_MACHINE: "a network mount of this machine itself",
        LocationReason.REMOTE_SERVER: "another server",
        LocationReason.REMOTE_IS_THIS_MACHINE: "that address is this machine",
        LocationReason.DECLARED: "declared",
        LocationReason.FOREIGN_FILESYSTEM: "a file system that may lie anywhere",
        LocationReason.NOT_MOUNTED: "not mounted",
        LocationReason.NOT_LOOKED_AT: "not looked at yet",
        LocationReason.UNREACHED: "could not be reached",
        LocationReason.UNTOLD: "could not be told",
    }
)
_DETAIL_SAYS_IT = frozenset({LocationReason.NETWORK_MOUNT, LocationReason.REMOTE_SERVER})
"""Reasons whose detail (a mount source, a host) says more than the reason's own words."""
_DETAIL_ADDS = frozenset(
    {
        LocationReason.DECLARED,
        LocationReason.FOREIGN_FILESYSTEM,
        LocationReason.NOT_MOUNTED,
        LocationReason.UNTOLD,
    }
)
_DETAIL_CELLS = 120


def location_word(location: Location) -> str:
    """`here`, `elsewhere`, `unknown`."""
    return _LOCATIONS[location]


def reason_words(where: Whereabouts) -> str:
    """Why: `nfs4 vault02:/backups`, `declared: tape to the safe`."""
    detail = fit(safe(where.detail), _DETAIL_CELLS)
    if detail and where.reason in _DETAIL_SAYS_IT:
        return detail
    if detail and where.reason in _DETAIL_ADDS:
        return f"{_REASONS[where.reason]}: {detail}"
    return _REASONS[where.reason]


def location_name(where: Whereabouts) -> str:
    """Both: `elsewhere (nfs4 vault02:/backups)`, `here (this machine's own disk)`."""
    return f"{location_word(where.location)} ({reason_words(where)})"


def location_sentence(where: Whereabouts) -> str:
    """What the place means for a backup there, where that is not simply good; else empty."""
    if where.location is Location.HERE:
        return SAME_DISK
    if where.location is Location.UNKNOWN:
        return "Whether this place outlives this machine is not known, so a backup there does not count."
    return ""


def odd_names(address: str, files: int) -> str:
    """Files at a destination that were left out for their names."""
    has, their = ("has a name", "it is") if files == 1 else ("have names", "they are")
    return (
        f"{count(files, 'file')} at {shown(address)} {has} that nskeys never writes, so {their} left alone."
    )


def destination_name(destination: DestinationInfo) -> str:
    """A destination's address, and what was declared of it."""
    address = safe(destination.address)
    if not destination.declared_elsewhere:
        return address
    return f"{address} (declared: {fit(safe(destination.declared_elsewhere), _DETAIL_CELLS)})"
