"""A connection to an SSH server's port."""

import asyncio
import socket

from nskeys.destinations.location import look_up
from nskeys.destinations.ssh.address import SftpAddress
from nskeys.errors import DestinationUnreachable
from nskeys.reasons import Problem


async def connected(address: SftpAddress, seconds: float) -> socket.socket:
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
