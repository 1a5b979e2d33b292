"""Translating errors of the SSH library and the network to ours."""

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
    """Translate whatever keeps a server from answering, and refusals without a better error, to
    DestinationUnreachable. The library's texts are dropped, because they may repeat what was typed."""
    try:
        yield
    except (asyncssh.Error, OSError, EOFError) as error:
        raise DestinationUnreachable(address, problem_of(error)) from None


def problem_of(error: Exception) -> Problem:
    """Return the token for a connection error or a refusal."""
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
