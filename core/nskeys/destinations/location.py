"""Where a folder lies: on this machine, on another one, or unknown.

A copy is `elsewhere` only where the mount says that another machine holds it, or a person declared it. In
doubt it is `here` or `unknown`: a backup that dies with the machine must never count.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from nskeys.destinations.declared_mount import mounted_at
from nskeys.destinations.mount_table import Mount, mount_of
from nskeys.errors import FileUnreadable
from nskeys.files import read_bounded
from nskeys.model.destinations import LocatedAt, Location, LocationReason, Mounted
from nskeys.model.plain_text import as_text
from nskeys.threads import in_a_thread

if TYPE_CHECKING:
    from concurrent.futures import Future

# fmt: off
_NETWORK = frozenset((
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "lustre", "beegfs", "afs", "orangefs",
    "davfs", "sshfs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.davfs",
    "fuse.davfs2", "fuse.lizardfs", "fuse.mfs", "fuse.moosefs", "fuse.smbnetfs",
))
# rclone, juicefs, s3fs and their like are none of these: their mounts name a remote or a bucket and no
# machine, and what lies behind that may be a folder or a service of this one.
DISKS = frozenset((
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "nilfs2", "vfat",
    "exfat", "msdos", "ntfs", "ntfs3", "hfsplus", "iso9660", "udf", "squashfs", "erofs", "ubifs", "overlay",
    "aufs", "fuseblk", "rootfs",
))
# fmt: on
MEMORY = frozenset(("tmpfs", "ramfs", "devtmpfs"))
_HOSTS, _HOSTS_LIMIT = Path("/etc/hosts"), 1 << 24
_LOOKUP_TIMEOUT_S = 2.0
"""Seconds for the name of a mount's server."""
_OWN_NAMES = ("localhost", "ip6-localhost", "localhost.localdomain")


class Machine(NamedTuple):
    """The identity of this machine: its names, a test for its IP addresses, and a look-up of a name's
    addresses."""

    names: frozenset[str]
    owns: Callable[[str], bool]
    hosts: Callable[[str], Iterable[str]] = lambda _: ()

    def is_called(self, host: str) -> bool:
        """Return whether a mount's server, a name or an address, is this machine."""
        host = host.strip("[]").lower().rstrip(".")
        if self._is_own(host) or host.endswith(".localhost"):
            return True
        return any(_same_host(host, name) for name in self.names) or any(
            map(self._is_own, self.hosts(host))
        )

    def _is_own(self, address: str) -> bool:
        import ipaddress  # here and below: a folder of this machine needs no addresses

        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return parsed.is_loopback or parsed.is_unspecified or self.owns(address)


def this_machine() -> Machine:
    """Return the machine that this runs on."""
    names = frozenset((os.uname().nodename.lower(), *_OWN_NAMES))
    return Machine(names, _is_own_address, _known_addresses)


def is_loopback(host: str) -> bool:
    """Return whether a host, a name or an address, is loopback by its spelling."""
    host = host.strip("[]").lower().rstrip(".")
    if host in _OWN_NAMES or host.endswith(".localhost"):
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def addresses_in(hosts: str, host: str) -> tuple[str, ...]:
    """Return the addresses of a lower-case name in the text of a hosts file (hosts(5))."""
    lines = (line.partition("#")[0].lower().split() for line in hosts.splitlines())
    return tuple(words[0] for words in lines if host in (name.rstrip(".") for name in words[1:]))


def where_is(path: str, declared_elsewhere: str = "", mounted: Mounted | None = None) -> LocatedAt:
    """Return where a folder lies now. A declaration holds as long as the folder lies on the file system
    that held it then (`mounted`; None: nothing was stored)."""
    if declared_elsewhere:
        now = mounted_at(path) if mounted is not None else None
        return judge_declared(declared_elsewhere, mounted, now)
    return judge(mount_of(path), this_machine())


def judge_declared(words: str, then: Mounted | None, now: Mounted | None) -> LocatedAt:
    """Return the location of a declared folder that lay on `then` and lies on `now`. Whatever has replaced
    `then` may be anything, so it counts as this machine's."""
    holds = then is None or then.is_still(now)
    if then is None or holds:
        return LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, words)
    if holds is None:
        return LocatedAt(Location.UNKNOWN, LocationReason.UNTOLD, f"{then.kind} {then.source}")
    return LocatedAt(Location.HERE, LocationReason.NOT_MOUNTED, f"{then.kind} {then.source}")


def judge(mount: Mount | None, machine: Machine) -> LocatedAt:
    """Return what a mount says about where its files are."""
    if mount is None:
        return LocatedAt(Location.UNKNOWN, LocationReason.UNTOLD)
    detail = as_text(f"{mount.kind} {mount.source}")
    if _is_network(mount):
        if any(machine.is_called(host) for host in _servers(mount)):
            return LocatedAt(Location.HERE, LocationReason.NETWORK_MOUNT_OF_THIS_MACHINE, detail)
        return LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, detail)
    if mount.kind in MEMORY:
        return LocatedAt(Location.HERE, LocationReason.MEMORY, detail)
    is_fuse = mount.kind.startswith("fuse.")
    if mount.kind in DISKS or (mount.source.startswith("/dev/") and not is_fuse):
        return LocatedAt(Location.HERE, LocationReason.LOCAL_DISK, detail)
    return LocatedAt(Location.UNKNOWN, LocationReason.FOREIGN_FILESYSTEM, detail)


def judge_peer(host: str, address: str, machine: Machine) -> LocatedAt:
    """Return the location of a server by the address that it answers from. A tunnel ends at this machine,
    so a server behind one cannot be told from this machine."""
    plain = plain_address(address)
    detail = host if plain == host else f"{host} ({plain})"
    if not plain:
        return LocatedAt(Location.UNKNOWN, LocationReason.UNTOLD)
    if machine.is_called(plain):
        return LocatedAt(Location.HERE, LocationReason.REMOTE_IS_THIS_MACHINE, detail)
    return LocatedAt(Location.ELSEWHERE, LocationReason.REMOTE_SERVER, f"server {detail}")


def plain_address(address: str) -> str:
    """Return an IP address in its usual form, with an IPv4-mapped IPv6 address as IPv4; empty for anything
    else."""
    import ipaddress

    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def _is_network(mount: Mount) -> bool:
    if mount.kind == "9p":  # over virtio it is a folder of the host that this virtual machine runs on
        return bool({"trans=tcp", "trans=rdma"} & set(mount.options.split(",")))
    if mount.kind == "fuse" and mount.source.startswith(("http://", "https://")):
        return True  # davfs2 calls itself so
    return mount.kind in _NETWORK


def _servers(mount: Mount) -> Iterator[str]:
    """Yield every host that a network mount names, as a name or an address."""
    for option in mount.options.split(","):
        name, _, value = option.partition("=")
        if name == "addr":
            yield value
    source = mount.source.removeprefix("mfs#")
    if "://" in source:
        try:
            yield urlsplit(source).hostname or ""
        except ValueError:
            return
    elif source.startswith("//"):
        yield source.split("/")[2]
    else:
        front, colon, _ = source.rpartition(":/")
        hosts = front if colon else source.partition(":")[0]
        for host in hosts.rpartition("@")[2].split(","):
            yield host
            yield host.rpartition(":")[0]  # without a port


def _known_addresses(host: str) -> Iterator[str]:
    """Return the addresses of a name from the hosts file and from the network, with a short timeout: while
    the network is down a look-up can take minutes."""
    yield from addresses_in(_hosts_file(), host)
    if host and not host.startswith("-"):
        yield from addresses_of(host, _LOOKUP_TIMEOUT_S)


def _hosts_file() -> str:
    try:
        return read_bounded(_HOSTS, _HOSTS_LIMIT).decode("utf-8", "replace")
    except FileUnreadable:
        return ""


def _same_host(one: str, other: str) -> bool:
    """Return whether two names are one host's: a name without a domain is compared without one."""
    if "." in one and "." in other:
        return one == other
    return one.partition(".")[0] == other.partition(".")[0]


def _is_own_address(address: str) -> bool:
    """Return whether the kernel would use this address as its own source. Connecting a datagram socket
    selects the route and sends nothing."""
    import socket  # here, for most runs ask no network

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            own = str(probe.getsockname()[0])
    except OSError:
        return False
    import ipaddress

    return ipaddress.ip_address(own) == ipaddress.ip_address(address)


_KEPT = 60.0
"""Seconds for which `addresses_of` keeps an answer, or a failure."""
_answers: dict[str, tuple[float, tuple[str, ...]]] = {}


def look_up(host: str, port: int = 0) -> "Future[list[Any]]":
    """Return what `socket.getaddrinfo` gives for stream sockets, or raises."""
    import socket

    return in_a_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def addresses_of(host: str, seconds: float) -> tuple[str, ...]:
    """Return the addresses of a name; none where the look-up fails or takes too long."""
    moment, addresses = _answers.get(host, (-_KEPT, ()))
    if time.monotonic() - moment < _KEPT:
        return addresses
    try:
        addresses = tuple(str(sockaddr[0]) for *_, sockaddr in look_up(host).result(seconds))
    except (OSError, UnicodeError):  # a TimeoutError is an OSError
        addresses = ()
    _answers[host] = (time.monotonic(), addresses)
    return addresses
