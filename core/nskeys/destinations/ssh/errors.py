"""Translating errors of the SSH library and the network to ours."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh

from nskeys.errors import DestinationUnreachable

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


def problem_of(error: Exception) -> str:
    """Return the token for a connection error or a refusal."""
    if isinstance(error, asyncssh.SFTPError) and not isinstance(error, _GONE):
        return "not_permitted" if isinstance(error, asyncssh.SFTPPermissionDenied) else "read_failed"
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return "no_agreement"
    if isinstance(error, _NO_SSH):
        return "not_ssh"
    if isinstance(error, (*_GONE, asyncssh.Error)):
        return "lost"
    return "no_route"
