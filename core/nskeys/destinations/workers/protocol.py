"""What the program and its worker process say to each other over two pipes.

A message is a head (JSON, ASCII) and a body (bytes): both lengths as u32 big-endian, then head and body.
Both ends are this program, in one version; what does not fit the form means that the other end broke.
"""

import json
import struct
from dataclasses import dataclass
from typing import Any

_LENGTHS = struct.Struct(">II")
_HEAD_LIMIT = 64 * 1024 * 1024
_BODY_LIMIT = 64 * 1024 * 1024
"""Bytes; the largest archive has 16 MiB."""


@dataclass(frozen=True, slots=True)
class Message:
    """A question or an answer. `head` is anything that JSON can carry."""

    head: Any
    body: bytes = b""


class ProtocolError(Exception):
    """Bytes that are no message."""


def pack(message: Message) -> bytes:
    """Return a message as it goes through a pipe."""
    head = json.dumps(message.head, ensure_ascii=True).encode("ascii")
    return _LENGTHS.pack(len(head), len(message.body)) + head + message.body


def wanted(received: bytes | bytearray) -> int:
    """Return how many more bytes the message needs that begins with these; Broken."""
    if len(received) < _LENGTHS.size:
        return _LENGTHS.size - len(received)
    head, body = _LENGTHS.unpack_from(received)
    if head > _HEAD_LIMIT or body > _BODY_LIMIT:
        raise ProtocolError
    return max(0, _LENGTHS.size + int(head) + int(body) - len(received))


def unpack(received: bytes | bytearray) -> Message:
    """Return the message that these bytes are, whole (`wanted` is 0); Broken."""
    head, _ = _LENGTHS.unpack_from(received)
    end = _LENGTHS.size + head
    try:
        return Message(json.loads(bytes(received[_LENGTHS.size : end])), bytes(received[end:]))
    except ValueError:
        raise ProtocolError from None
