"""Folders on a real SSH server, as tests of this folder open them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nskeys.destinations.resolver import AllDestinations, RemoteSchemes
from nskeys.destinations.ssh.pool import SshPool
from nskeys.model.destinations import DestinationInfo
from nskeys.ports import Destination
from tests.fakes.sshd import Sshd


@contextmanager
def place_on(
    sshd: Sshd,
    folder: Path | str,
    servers: SshPool | None = None,
    user: str | None = None,
    key: str = "",
) -> Iterator[Destination]:
    """The folder on that server, for whoever `servers` knows and shows."""
    servers = servers or sshd.servers()
    destinations = AllDestinations(tuple, remote=RemoteSchemes(lambda: servers), servers=lambda: servers)
    try:
        yield destinations.at(DestinationInfo(sshd.address(folder, user), key_file=key))
    finally:
        destinations.close()


def temporary_files(folder: Path) -> list[str]:
    """What a broken off backup left there."""
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".part"))
