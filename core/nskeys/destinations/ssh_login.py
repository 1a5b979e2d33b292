"""Logging in at an SSH server: who it is, and what it is shown of us. Everything here is bounded in time.

The server's host key is judged before anything is sent that only it should get. Then come the keys of an
agent and of key files, and a password only where one was given for exactly this login.
"""

import asyncio
import base64
import getpass
import logging
import socket
from collections.abc import Sequence

import asyncssh

from nskeys.destinations.known_hosts import HostKey, Known
from nskeys.destinations.lookups import looked_up
from nskeys.destinations.sftp_address import SftpAddress
from nskeys.destinations.ssh_keys import PASSPHRASE, PASSWORD, Credentials, Keys
from nskeys.destinations.ssh_limits import SftpLimits
from nskeys.errors import DestinationUnreachable, HostKeyChanged, HostKeyUnknown, ServerSecretWanted

logging.getLogger("asyncssh").addHandler(logging.NullHandler())
logging.getLogger("asyncssh").propagate = False  # its words would stand in the middle of a screen

_ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Key types, and the signatures that are taken of each; SHA-1 is none of them."""
_CERTIFICATE = "-cert-v01@openssh.com"


class _Client(asyncssh.SSHClient):
    """Answers what the server shows and asks, and remembers what it was."""

    def __init__(self, password: str | None) -> None:
        self.shown: HostKey | None = None
        self.wants_password = False
        self.tried_password = False
        self._password = password

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """A key that is not known is kept, to be told, and never taken."""
        del host, addr, port
        self.shown = HostKey(key.get_algorithm(), key.public_data)
        return False

    def password_auth_requested(self) -> str | None:
        """The password, once: a second try would count against the login."""
        self.wants_password = True
        if self._password is None or self.tried_password:
            return None
        self.tried_password = True
        return self._password

    def kbdint_auth_requested(self) -> str | None:
        """Servers that ask through PAM mean the password too."""
        self.wants_password = True
        return None if self._password is None or self.tried_password else ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        """One hidden question is the password's; anything else nobody here can answer."""
        del name, instructions, lang
        if not prompts:
            return []
        hidden = len(prompts) == 1 and not prompts[0][1]
        if not hidden or self.tried_password or self._password is None:
            return None
        self.tried_password = True
        return [self._password]


async def log_in(
    address: SftpAddress, known: Known, credentials: Credentials, limits: SftpLimits
) -> asyncssh.SSHClientConnection:
    """A connection to the right server, let in. HostKeyUnknown, HostKeyChanged, ServerSecretWanted,
    DestinationUnreachable, and whatever asyncssh and the system raise where the network fails."""
    client = _Client(credentials.given(PASSWORD, address.login))
    keys = Keys(credentials)
    sock = await _connected(address, limits.connect)
    try:
        async with asyncio.timeout(limits.login), keys.with_agent() as shown:
            return await asyncssh.connect(
                sock=sock,
                config=None,
                host_key_alias=address.host,
                client_factory=lambda: client,
                username=address.user or getpass.getuser(),
                known_hosts=lambda *_: tuple(map(_loaded, (known.keys, known.authorities, known.revoked))),
                server_host_key_algs=_algorithms(known),
                client_keys=shown or None,
                agent_path=None,  # its keys are among those shown, as far as they are for this place
                preferred_auth=("publickey", "keyboard-interactive", "password"),
                gss_auth=False,
                gss_kex=False,
                host_based_auth=False,
                agent_forwarding=False,
                x509_trusted_certs=None,
                login_timeout=limits.login,
                keepalive_interval=limits.keepalive,
            )
    except asyncssh.HostKeyNotVerifiable:
        sock.close()
        raise _not_the_one(address, known, client.shown) from None
    except asyncssh.DisconnectError as error:
        sock.close()
        if isinstance(error, asyncssh.PermissionDenied) or "authentication" in error.reason:
            raise _not_let_in(address, client, keys) from None
        raise
    except BaseException:
        sock.close()
        raise


def _not_the_one(
    address: SftpAddress, known: Known, shown: HostKey | None
) -> HostKeyUnknown | HostKeyChanged | DestinationUnreachable:
    problem = known.judge(address.host, address.port, shown) if shown is not None else None
    return problem or DestinationUnreachable(str(address), "host_certificate")


def _not_let_in(
    address: SftpAddress, client: _Client, keys: Keys
) -> ServerSecretWanted | DestinationUnreachable:
    """What a person could give to be let in: the passphrase of the key that was named for this place, the
    password, or the passphrase of a usual key, in this order."""
    if keys.locked and keys.named:
        return ServerSecretWanted(PASSPHRASE, keys.locked, refused=keys.refused)
    if client.wants_password:
        return ServerSecretWanted(PASSWORD, address.login, refused=client.tried_password)
    if keys.locked:
        return ServerSecretWanted(PASSPHRASE, keys.locked, refused=keys.refused)
    return DestinationUnreachable(str(address), "login")


async def _connected(address: SftpAddress, seconds: float) -> socket.socket:
    """A socket that is connected to the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.wrap_future(looked_up(address.host, address.port))
    except socket.gaierror:
        raise DestinationUnreachable(str(address), "unknown_host") from None
    problem: OSError = OSError()
    for family, kind, protocol, _, place in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(0)
            async with asyncio.timeout(seconds / len(found)):
                await loop.sock_connect(sock, place)
        except OSError as error:  # a TimeoutError is one too
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem


def _loaded(keys: Sequence[HostKey]) -> list[asyncssh.SSHKey]:
    found = []
    for key in keys:
        try:
            found.append(
                asyncssh.import_public_key(f"{key.key_type} {base64.b64encode(key.blob).decode()}")
            )
        except asyncssh.KeyImportError:
            continue  # a kind that we do not know cannot be taken either
    return found


def _algorithms(known: Known) -> list[str]:
    """What the server may sign with, the kinds that are known of it first: a server that has several keys
    then shows the known one, and one that has it no longer shows another, which is told."""
    first = [key.key_type for key in known.keys]
    kinds = sorted(_ALGORITHMS, key=lambda kind: kind not in first)
    plain = [name for kind in kinds for name in _ALGORITHMS[kind]]
    if not known.authorities:
        return plain
    return [f"{name}{_CERTIFICATE}" for name in plain] + plain
