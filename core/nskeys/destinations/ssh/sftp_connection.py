"""A connection to a server's SFTP service, and whether it is still usable."""

import asyncio
from contextlib import suppress
from typing import Self

import asyncssh

from nskeys.destinations.ssh.address import Login
from nskeys.destinations.ssh.context import LoginContext
from nskeys.destinations.ssh.keys import Credentials
from nskeys.destinations.ssh.login import log_in
from nskeys.errors import Cancelled, DestinationUnreachable, NskeysError
from nskeys.reasons import Problem

_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
_MOST_SAID = 1_024


class SftpConnection:
    """An SSH connection with an SFTP session. It belongs to one event loop."""

    def __init__(
        self,
        connection: asyncssh.SSHClientConnection,
        sftp: asyncssh.SFTPClient,
        peer: str,
        answer: float,
    ) -> None:
        self._connection = connection
        self.sftp = sftp
        self.peer = peer
        """The address that the server answers from."""
        self.answer = answer
        """Seconds that the server has for each call."""

    @classmethod
    async def open(cls, context: LoginContext, login: Login) -> Self:
        """Connect and log in. Raises the errors of `log_in`, and DestinationUnreachable (`no_sftp`, or
        `greeting` with the text that was sent in the place of SFTP)."""
        address, limits = login.address, context.limits
        known_keys = context.known_hosts.about(address.host, address.port)
        credentials = Credentials(login.key_file, context.usual_keys, context.given)
        connection = await log_in(address, known_keys, credentials, limits)
        try:
            async with asyncio.timeout(limits.answer):
                sftp = await connection.start_sftp_client()
        except (asyncssh.ChannelOpenError, asyncssh.SFTPError, asyncssh.ProcessError, EOFError):
            if connection.is_closed():
                raise
            greeting = await _said_instead(connection, limits.greeting)
            connection.abort()
            problem = Problem.GREETING if greeting else Problem.NO_SFTP
            raise DestinationUnreachable(str(address), problem, said=greeting) from None
        except BaseException:
            connection.abort()
            raise
        return cls(connection, sftp, str(connection.get_extra_info("peername")[0]), limits.answer)

    async def greet(self) -> None:
        """Raise where nobody answers any more."""
        await self.sftp.realpath(".")

    def is_reusable_after(self, error: BaseException) -> bool:
        """Whether an error was an answer of the server's, after which it takes more questions."""
        if isinstance(error, NskeysError):
            return not isinstance(error, Cancelled | DestinationUnreachable)
        return isinstance(error, asyncssh.SFTPError) and not isinstance(error, _LOST)

    def abort(self) -> None:
        """Drop the connection without a goodbye that might hang."""
        self._connection.abort()


async def _said_instead(connection: asyncssh.SSHClientConnection, seconds: float) -> str:
    """Return the text that a shell prints where SFTP should begin: an SFTP server does not send first."""
    text = b""
    with suppress(asyncssh.Error, OSError, EOFError):
        async with asyncio.timeout(seconds):
            _, out, _ = await connection.open_session(subsystem="sftp", encoding=None)
            text = await out.read(_MOST_SAID)
    return " ".join(text.decode("utf-8", "replace").split())
