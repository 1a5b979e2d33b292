"""Logging in at an SSH server. Every step has a time limit.

The server's host key is checked before anything secret is sent. Then the keys of an agent and of key files
are offered, and a password only where one was given for exactly this login.
"""

import asyncio
import getpass
import logging
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import asyncssh

from nskeys.destinations.location import look_up
from nskeys.destinations.ssh.address import SftpAddress
from nskeys.destinations.ssh.context import PASSPHRASE, PASSWORD, SftpLimits
from nskeys.destinations.ssh.host_keys import (
    accepted_algorithms,
    is_accepted,
    loaded_keys,
    revoked_in_certificates,
)
from nskeys.destinations.ssh.keys import Credentials, KeySource
from nskeys.destinations.ssh.known_hosts import HostKey, KnownKeys
from nskeys.destinations.ssh.server_greeting import host_keys_offered
from nskeys.errors import (
    DestinationInvalid,
    DestinationUnreachable,
    HostKeyChanged,
    HostKeyRevoked,
    HostKeyUnknown,
    ServerSecretWanted,
)
from nskeys.reasons import Problem

logging.getLogger("asyncssh").addHandler(logging.NullHandler())
logging.getLogger("asyncssh").propagate = False  # its words would stand in the middle of a screen

_HungUp = asyncssh.DisconnectError | OSError | EOFError


def _own_name() -> str:
    """Return the user's name as ssh would use it; empty for a number without a line in passwd, as in a
    container.

    The library looks up the name and a home even where it uses neither, and fails where there is none. Such
    a process gets what login(1) gives: its number as the name, and `/` as the home.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = "/"
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = str(os.getuid())
        return ""


_USER = _own_name()


class _Client(asyncssh.SSHClient):
    """Answers the server's requests during a login, and records them."""

    def __init__(self, password: str | None, keys: Sequence[asyncssh.SSHKeyPair]) -> None:
        self.shown: HostKey | None = None
        self.authority: HostKey | None = None
        """The authority of a certificate that was refused."""
        self.met = False
        """Whether the host key was accepted."""
        self.left = list(keys)
        """Keys that were not offered to the server yet."""
        self.offered = 0
        self.wants_password = False
        self.tried_password = False
        self._password = password

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Record an unknown key, to be reported, and refuse it."""
        del host, addr, port
        self.shown = HostKey(key.get_algorithm(), key.public_data)
        return False

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Record an unknown authority, and refuse it."""
        del host, addr, port
        self.authority = HostKey(key.get_algorithm(), key.public_data)
        return False

    def begin_auth(self, username: str) -> None:
        """Record that the host key was accepted."""
        del username
        self.met = True

    def public_key_auth_requested(self) -> list[asyncssh.SSHKeyPair] | None:
        if not self.left:
            return None
        self.offered += 1
        return [self.left.pop(0)]

    def password_auth_requested(self) -> str | None:
        """Return the password once: a second try would count against the login."""
        self.wants_password = True
        if self._password is None or self.tried_password:
            return None
        self.tried_password = True
        return self._password

    def kbdint_auth_requested(self) -> str | None:
        """Offer keyboard-interactive, which servers that use PAM ask for the password with."""
        self.wants_password = True
        return None if self._password is None or self.tried_password else ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        """Answer a single hidden prompt with the password; nothing else can be answered here."""
        del name, instructions, lang
        if not prompts:
            return []
        hidden = len(prompts) == 1 and not prompts[0][1]
        if not hidden or self.tried_password or self._password is None:
            return None
        self.tried_password = True
        return [self._password]


async def log_in(
    address: SftpAddress, known: KnownKeys, credentials: Credentials, limits: SftpLimits
) -> asyncssh.SSHClientConnection:
    """Return a connection to the right server, logged in. Raises HostKeyUnknown, HostKeyChanged,
    HostKeyRevoked, ServerSecretWanted, DestinationInvalid (`no_user`), DestinationUnreachable, and whatever
    asyncssh and the system raise where the network fails."""
    user = address.user or _USER
    if not user:
        raise DestinationInvalid(str(address), Problem.NO_USER)
    keys, again = KeySource(credentials), False
    # Before an agent is asked: what is wrong with a server that is not there is no matter of keys.
    sock = await _connected(address, limits.connect)
    async with keys.with_agent(limits.agent) as shown:
        while True:
            client = _Client(credentials.given(PASSWORD, address.login), shown)
            try:
                return await _let_in(sock, address.host, user, known, client, limits)
            except asyncssh.HostKeyNotVerifiable as error:
                vouched = client.authority is not None and not known.revoked_in(client.authority)
                if not known.authorities or not vouched:
                    raise _not_the_one(address, known, client, str(error)) from None
                known = replace(known, authorities=())  # as ssh: the plain key may be known
            except (asyncssh.DisconnectError, OSError, EOFError) as error:
                if again or not client.offered or not client.left or isinstance(error, TimeoutError):
                    raise await _cause(address, client, keys, error, limits) from None
                # It takes no more tries over one connection; over another one it may know those that are
                # left. Once, for some servers count them all, and those in files first.
                again, shown = True, sorted(client.left, key=_is_agents)
            sock = await _connected(address, limits.connect)


async def _let_in(
    sock: socket.socket, host: str, user: str, known: KnownKeys, client: _Client, limits: SftpLimits
) -> asyncssh.SSHClientConnection:
    """Try once over a socket, which is closed on failure."""
    kinds = (known.good(known.keys), known.good(known.authorities), revoked_in_certificates(known))
    try:
        async with asyncio.timeout(limits.login):
            return await asyncssh.connect(
                sock=sock,
                config=None,
                host_key_alias=host,
                client_factory=lambda: client,
                username=user,
                known_hosts=lambda *_: tuple(map(loaded_keys, kinds)),
                server_host_key_algs=accepted_algorithms(known),
                client_keys=None,  # the client gives them one by one, so that it knows which were tried
                agent_path=None,  # its keys are among those shown, as far as they are for this place
                preferred_auth=("publickey", "keyboard-interactive", "password"),
                gss_auth=False,
                gss_kex=False,
                host_based_auth=False,
                agent_forwarding=False,
                x509_trusted_certs=None,
                x509_trusted_cert_paths=[],
                login_timeout=limits.login,
                keepalive_interval=limits.keepalive,
            )
    except BaseException:
        sock.close()
        raise


def _not_the_one(
    address: SftpAddress, known: KnownKeys, client: _Client, told: str
) -> HostKeyUnknown | HostKeyChanged | HostKeyRevoked | DestinationUnreachable:
    problem = known.judge(address.host, address.port, client.shown) if client.shown is not None else None
    if client.authority is not None and (revoked := known.revoked_in(client.authority)):
        return HostKeyRevoked(address.host, address.port, client.authority.fingerprint, *revoked)
    if problem is None and known.revoked and "revoked" in told:
        # In a certificate, which the library keeps to itself: one of these lines is about it.
        files = ", ".join(dict.fromkeys(file for _, file, _ in known.revoked))
        line = known.revoked[0][2] if len(known.revoked) == 1 else 0
        return HostKeyRevoked(address.host, address.port, "", files, line)
    return problem or DestinationUnreachable(str(address), Problem.HOST_CERTIFICATE)


async def _cause(
    address: SftpAddress, client: _Client, keys: KeySource, error: _HungUp, limits: SftpLimits
) -> Exception:
    """Return why a server with the right host key, as far as that was seen, refused the login."""
    if isinstance(error, TimeoutError):
        return DestinationUnreachable(str(address), Problem.SILENT_AGENT) if keys.silent else error
    if not client.met:
        return await _no_handshake(address, error, limits)
    refused = isinstance(error, asyncssh.PermissionDenied)
    if refused or client.offered > 1 or "authentication" in str(error):
        return _not_let_in(address, client, keys, hung_up=not refused)
    return error


def _not_let_in(
    address: SftpAddress, client: _Client, keys: KeySource, *, hung_up: bool
) -> ServerSecretWanted | DestinationUnreachable:
    """Return what a person could give to be let in: the passphrase of the configured key, the password, or
    the passphrase of a usual key, in this order; else why no key was accepted."""
    if keys.locked and keys.named:
        return ServerSecretWanted(PASSPHRASE, keys.locked, refused=keys.refused)
    if client.wants_password:
        return ServerSecretWanted(PASSWORD, address.login, refused=client.tried_password)
    if keys.locked:
        return ServerSecretWanted(PASSPHRASE, keys.locked, refused=keys.refused)
    several = hung_up and client.offered + len(client.left) > 1
    problem = Problem.SILENT_AGENT if keys.silent else Problem.TOO_MANY_KEYS if several else Problem.LOGIN
    return DestinationUnreachable(str(address), problem)


async def _no_handshake(address: SftpAddress, error: _HungUp, limits: SftpLimits) -> Exception:
    """Return why a server hung up before it showed a host key: it may have none of an accepted
    algorithm."""
    offered: tuple[str, ...] = ()
    if isinstance(error, asyncssh.ProtocolError | asyncssh.ProtocolNotSupported):
        return error
    with suppress(OSError, EOFError, DestinationUnreachable):
        async with asyncio.timeout(limits.greeting):
            with await _connected(address, limits.connect) as sock:
                offered = await host_keys_offered(sock)
    if offered and not any(map(is_accepted, offered)):
        return DestinationUnreachable(str(address), Problem.OLD_HOST_KEY, said=", ".join(offered))
    return error


def _is_agents(pair: asyncssh.SSHKeyPair) -> bool:
    return isinstance(pair, asyncssh.SSHAgentKeyPair)


async def _connected(address: SftpAddress, seconds: float) -> socket.socket:
    """Return a socket connected to the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.wrap_future(look_up(address.host, address.port))
    except socket.gaierror:
        raise DestinationUnreachable(str(address), Problem.UNKNOWN_HOST) from None
    problem: OSError = OSError()
    for family, kind, protocol, _, sockaddr in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(0)
            async with asyncio.timeout(seconds / len(found)):
                await loop.sock_connect(sock, sockaddr)
        except OSError as error:  # a TimeoutError is one too
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise problem
