"""Destinations in words: where they lie, what a declaration means, and the host keys of their servers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from nskeys.errors import HostKeyUnknown
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import fit, safe, shown

if TYPE_CHECKING:
    from nskeys.model.schedule import Schedule

SPACE_MARKS = "Space marks several: each gets a copy of its own. Enter goes on."
ADD_HELP = "a folder, best a mounted share; or sftp://user@host/path, or s3://bucket/path"
DECLARE_ELSEWHERE = (
    "None of these counts as elsewhere. Where something carries a folder's files away, say so: t opens the "
    "destinations, and e declares one."
)
THERE_TITLE = "Backups at a destination"
KEY_FILE = "The private key to log in with. Leave it empty for the keys of an agent and of ~/.ssh."
KEY_FILE_LABEL = "Key file"
KEY_FILE_HELP = "for example: /root/.ssh/nskeys; only its path is stored"
DECLARE_LABEL = "Carried away"
DECLARE_HELP = "for example: tape to the safe, daily"
_READY = {
    Location.ELSEWHERE: "can be written, and count once they were opened there",
    Location.HERE: "can be written, and are lost with this machine",
    Location.UNKNOWN: "can be written; whether they outlive this machine is unknown, so they do not count",
}


def ready_words(where: LocatedAt, *, default: bool) -> str:
    """Return what becomes of backups there: `can be written, and are lost with this machine`."""
    return _READY[where.location] + ("; this is the default" if default else "")


def scheduled_words(schedule: Schedule | None, *, configured: bool) -> str:
    """Return whether the daily backup goes there too: `every day`, `by hand only`."""
    if schedule is None or not schedule.installed:
        return "by hand only: no schedule is installed"
    if not configured:
        return "by hand only: the schedule goes to configured destinations"
    if not schedule.in_force:
        return "not certain: the schedule is not in force, or is older than this entry (m, Schedule)"
    return "every day where a key is not there yet, by the schedule"


def declare_prompt(address: str) -> str:
    """Return the question of how a folder's files are carried away."""
    return (
        f"{safe(address)} may be lost with this machine. If something else carries its files away, say "
        "how: backups there then count as elsewhere. Otherwise leave this empty."
    )


def declared_words(before: DestinationInfo, declared: str) -> str:
    """Return what a changed declaration means."""
    address = safe(before.address)
    if declared:
        return f"{address} is declared elsewhere: {safe(declared)}."
    return f"{address} is no longer declared elsewhere."


def remove_question(destination: DestinationInfo, *, default: bool) -> tuple[str, ...]:
    """Return the question before a destination is removed from the configuration."""
    first = f"Remove the destination {safe(destination.address)}?"
    return (
        first,
        "Its backups and their register entries stay.",
        *(("It is the default: the next backup would go there.",) if default else ()),
    )


TYPE_A_PLACE = "Type a folder or an address, or leave with Esc."
DOES_NOT_COUNT = "a backup there does not count"
SAME_DISK = "This backup is on this machine: if its disk fails, both are lost."

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
    """Return `here`, `elsewhere` or `unknown`."""
    return _LOCATIONS[location]


def reason_words(where: LocatedAt) -> str:
    """Return the reason of a location: `nfs4 vault02:/backups`, `declared: tape to the safe`."""
    detail = fit(safe(where.detail), _DETAIL_CELLS)
    if detail and where.reason in _DETAIL_SAYS_IT:
        return detail
    if detail and where.reason in _DETAIL_ADDS:
        return f"{_REASONS[where.reason]}: {detail}"
    return _REASONS[where.reason]


def location_name(where: LocatedAt) -> str:
    """Return the location with its reason: `elsewhere (nfs4 vault02:/backups)`, `here (this machine's own
    disk)`."""
    return f"{location_word(where.location)} ({reason_words(where)})"


def location_sentence(where: LocatedAt) -> str:
    """Return what the location means for a backup there; empty where it is elsewhere."""
    if where.location is Location.HERE:
        return SAME_DISK
    if where.location is Location.UNKNOWN:
        return "Whether this place outlives this machine is not known, so a backup there does not count."
    return ""


def odd_names(address: str, files: int) -> str:
    """Return the line about files at a destination that were left out for their names."""
    has, their = ("has a name", "it is") if files == 1 else ("have names", "they are")
    return (
        f"{count(files, 'file')} at {shown(address)} {has} that nskeys never writes, so {their} left alone."
    )


def destination_name(destination: DestinationInfo) -> str:
    """Return a destination's address, and what was declared of it."""
    address = safe(destination.address)
    if not destination.declared_elsewhere:
        return address
    return f"{address} (declared: {fit(safe(destination.declared_elsewhere), _DETAIL_CELLS)})"


TRUST_TITLE = "A server that is not known yet"
TRUST_YES = "Yes, the fingerprints agree: trust this server"
TRUST_NO = "No, go back"
_SSH_PORT = 22
_FILES = MappingProxyType({"ssh-ed25519": "ed25519", "ssh-rsa": "rsa"})


def server_name(host: str, port: int) -> str:
    """Return `vault02`, or `vault02:2222` where the port is not the usual one."""
    name = shown(host)
    if port == _SSH_PORT:
        return name
    return f"[{name}]:{port}" if ":" in host else f"{name}:{port}"


def key_name(key_type: str) -> str:
    """Return `ED25519`, `RSA` or `ECDSA`: as ssh names a key's type."""
    return shown(_kind(key_type).upper())


def compare_command(key_type: str) -> str:
    """Return the command that prints the fingerprint on the server itself."""
    return f"ssh-keygen -lf /etc/ssh/ssh_host_{shown(_kind(key_type))}_key.pub"


def trust_question(server: HostKeyUnknown) -> tuple[str, ...]:
    """Return the question before a server is trusted, paragraph by paragraph."""
    name = server_name(server.host, server.port)
    return (
        f"{name} is not known yet. It shows this {key_name(server.key_type)} host key:",
        shown(server.fingerprint),
        "Compare it with what this prints on that server itself (not over this connection):",
        compare_command(server.key_type),
    )


def host_key_facts(server: HostKeyUnknown) -> list[tuple[str, str]]:
    """Return the name and host key that a server shows."""
    return [
        ("server", server_name(server.host, server.port)),
        ("key", key_name(server.key_type)),
        ("fingerprint", shown(server.fingerprint)),
    ]


def server_known(address: str) -> str:
    """Return the sentence that the server is trusted already."""
    return f"The server of {shown(address)} is known already."


def trusted_words(server: HostKeyUnknown) -> str:
    """Return the sentence about a host key that was remembered."""
    name = server_name(server.host, server.port)
    return f"{name} is trusted from now on by its host key {shown(server.fingerprint)}."


def _kind(key_type: str) -> str:
    return _FILES.get(key_type) or key_type.partition("-")[0]
