"""A connection to a server's SFTP service: an open one, and whether it still is."""

import asyncio
from typing import TYPE_CHECKING, Self

import asyncssh

from nskeys.destinations.ssh_keys import Credentials
from nskeys.destinations.ssh_login import log_in
from nskeys.errors import Cancelled, DestinationUnreachable, NskeysError

if TYPE_CHECKING:
    from nskeys.destinations.ssh_servers import Login, SshServers

_LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)


class SftpConnection:
    """An SSH connection with an SFTP session. All of it belongs to one event loop."""

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
        """Seconds that the server has for each question."""

    @classmethod
    async def open(cls, servers: "SshServers", login: "Login") -> Self:
        """Connect and log in; as `log_in`, and DestinationUnreachable (`no_sftp`)."""
        address, limits = login.address, servers.limits
        known = servers.known_hosts.about(address.host, address.port)
        credentials = Credentials(login.key_file, servers.usual_keys, servers.given)
        connection = await log_in(address, known, credentials, limits)
        try:
            async with asyncio.timeout(limits.answer):
                sftp = await connection.start_sftp_client()
        except (asyncssh.ChannelOpenError, asyncssh.SFTPError, asyncssh.ProcessError):
            connection.abort()
            raise DestinationUnreachable(str(address), "no_sftp") from None
        except BaseException:
            connection.abort()
            raise
        return cls(connection, sftp, str(connection.get_extra_info("peername")[0]), limits.answer)

    async def greet(self) -> None:
        """Raise where nobody answers any more."""
        await self.sftp.realpath(".")

    def survives(self, error: BaseException) -> bool:
        """Whether an error was an answer of the server's, after which it takes more questions."""
        if isinstance(error, NskeysError):
            return not isinstance(error, Cancelled | DestinationUnreachable)
        return isinstance(error, asyncssh.SFTPError) and not isinstance(error, _LOST)

    def abort(self) -> None:
        """Drop the connection, without a farewell that might hang."""
        self._connection.abort()
