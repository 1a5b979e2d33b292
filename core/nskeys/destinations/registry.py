"""The kinds of address that are no folder, by the name before `://`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nskeys.destinations.s3.destination import Buckets
from nskeys.destinations.scheme import Scheme
from nskeys.destinations.ssh.destination import Sftp
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.destinations.ssh.pool import SshServers


def remote_schemes(servers: SshServers | None = None) -> Mapping[str, Scheme[Any]]:
    """Every kind, made for one run of the program; `servers` is who SSH servers are asked through."""
    return {"s3": Buckets(), "sftp": Sftp(servers or SshServers(KnownHosts(Path("/dev/null"))))}
