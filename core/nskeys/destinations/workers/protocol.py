"""The messages between the program and its worker process, over two pipes.

A message is a head (JSON, ASCII) and a body (bytes): both lengths as u32 big-endian, then head and body.
Both ends are this program, in one version; a malformed message means that the other end broke.
"""

import json
import struct
from typing import Any, NamedTuple

_LENGTHS = struct.Struct(">II")
_HEAD_LIMIT = 64 * 1024 * 1024
_BODY_LIMIT = 64 * 1024 * 1024
"""Bytes; the largest archive has 16 MiB."""


class Message(NamedTuple):
    """A request or an answer. `head` is anything that JSON can carry."""

    head: Any
    body: bytes = b""


class ProtocolError(Exception):
    """Bytes that are not a message."""


def pack(message: Message) -> bytes:
    """Return a message as bytes for a pipe."""
    head = json.dumps(message.head, ensure_ascii=True).encode("ascii")
    return _LENGTHS.pack(len(head), len(message.body)) + head + message.body


def wanted(received: bytes | bytearray) -> int:
    """Return how many more bytes are needed for the message that begins with these. Raises
    ProtocolError."""
    if len(received) < _LENGTHS.size:
        return _LENGTHS.size - len(received)
    head, body = _LENGTHS.unpack_from(received)
    if head > _HEAD_LIMIT or body > _BODY_LIMIT:
        raise ProtocolError
    return max(0, _LENGTHS.size + int(head) + int(body) - len(received))


def unpack(received: bytes | bytearray) -> Message:
    """Return the message in these bytes, whole (`wanted` is 0). Raises ProtocolError."""
    head, _ = _LENGTHS.unpack_from(received)
    end = _LENGTHS.size + head
    try:
        return Message(json.loads(bytes(received[_LENGTHS.size : end])), bytes(received[end:]))
    except ValueError:
        raise ProtocolError from None
