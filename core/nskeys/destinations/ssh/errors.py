"""What the SSH library and the network raise, as errors of ours. Only here."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from nskeys.errors import DestinationUnreachable
from nskeys.reasons import Problem

_GONE = (
    asyncssh.ConnectionLost,
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    ConnectionResetError,
    BrokenPipeError,
    EOFError,
)
_NO_SSH = (asyncssh.ProtocolError, asyncssh.ProtocolNotSupported)


@contextmanager
def reaching(address: str) -> Iterator[None]:
    """DestinationUnreachable for whatever keeps a server from answering, and for refusals that have no
    better words. The library's texts are dropped: they may repeat what was typed."""
    try:
        yield
    except (asyncssh.Error, OSError, EOFError) as error:
        raise DestinationUnreachable(address, problem_of(error)) from None


def problem_of(error: Exception) -> Problem:
    """The token for an error of the way there, or for a refusal."""
    if isinstance(error, asyncssh.SFTPError) and not isinstance(error, _GONE):
        return (
            Problem.NOT_PERMITTED
            if isinstance(error, asyncssh.SFTPPermissionDenied)
            else Problem.READ_FAILED
        )
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return Problem.TIMEOUT
    if isinstance(error, ConnectionRefusedError):
        return Problem.REFUSED
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return Problem.NO_AGREEMENT
    if isinstance(error, _NO_SSH):
        return Problem.NOT_SSH
    if isinstance(error, (*_GONE, asyncssh.Error)):
        return Problem.CONNECTION_LOST
    return Problem.NO_ROUTE
