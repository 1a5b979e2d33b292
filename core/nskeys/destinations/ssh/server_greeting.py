"""What an SSH server offers before encryption starts (RFC 4253, sections 4.2 and 7.1).

It is read after a failed handshake: a server without an acceptable host key hangs up, and the SSH library
does not report what it offered.
"""

import asyncio
import socket

_HELLO = b"SSH-2.0-nskeys\r\n"
_MOST_LINES, _LONGEST_LINE, _LARGEST_PACKET = 32, 255, 35_000
_KEXINIT = 20
_COOKIE = 16
_HOST_KEYS = 1
"""Index of the name-list with host keys in the packet; the first is for the key exchange."""


async def host_keys_offered(sock: socket.socket) -> tuple[str, ...]:
    """Return the host key algorithms of the server at a new connection; none where it does not speak SSH 2.
    Raises OSError, EOFError."""
    loop = asyncio.get_running_loop()
    for _ in range(_MOST_LINES):  # others may stand before the one with its version
        if (await _line(sock)).startswith(b"SSH-2.0-"):
            break
    else:
        return ()
    await loop.sock_sendall(sock, _HELLO)
    size = int.from_bytes(await _exactly(sock, 4), "big")
    if not 0 < size <= _LARGEST_PACKET:
        return ()
    packet = await _exactly(sock, size)
    return _names(packet[1:]) if packet[1:2] == bytes([_KEXINIT]) else ()


def _names(message: bytes) -> tuple[str, ...]:
    """Return the second list of a KEXINIT message."""
    offset, names = 1 + _COOKIE, b""
    for _ in range(_HOST_KEYS + 1):
        end = offset + 4 + int.from_bytes(message[offset : offset + 4], "big")
        names, offset = message[offset + 4 : end], end
    return tuple(names.decode("ascii", "replace").split(",")) if names else ()


async def _line(sock: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
        line += await _exactly(sock, 1)
    return line


async def _exactly(sock: socket.socket, size: int) -> bytes:
    loop, read = asyncio.get_running_loop(), bytearray()
    while len(read) < size:
        piece = await loop.sock_recv(sock, size - len(read))
        if not piece:
            raise EOFError
        read += piece
    return bytes(read)
