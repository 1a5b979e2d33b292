"""The textual header of an age v1 file, strictly by its grammar (C2SP, age.md, "Header").

Nothing here derives a key or decrypts: the whole header is parsed before any work is done for it.
Everything that is not exactly the grammar is refused, so a header has one spelling.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nskeys.archive.age.limits import STANZAS_LIMIT
from nskeys.crypto.kdf import hkdf_sha256
from nskeys.reasons import Problem

FAMILY = b"age-encryption.org/"
_V1 = FAMILY + b"v1\n"
_ARGUMENTS = re.compile(rb"-> ([\x21-\x7e]+(?: [\x21-\x7e]+)*)")
_MAC = re.compile(rb"--- ([A-Za-z0-9+/]{43})")
_COLUMNS = 64
_MAC_MARK = len(b"---")


class HeaderInvalid(ValueError):
    """This is not an age v1 header; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient's copy of the file key: its type, its arguments, its body."""

    kind: str
    arguments: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """A header that follows the grammar. `covered` are the bytes under `mac`; `size` is its whole
    length."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    mac: bytes
    size: int

    def authentic(self, file_key: bytes) -> bool:
        """Return whether the MAC was made with this file key."""
        return hmac.compare_digest(_mac(file_key, self.covered), self.mac)


def parse_header(data: bytes) -> Header:
    """Return the header at the start of `data`. Raises HeaderInvalid."""
    if not data.startswith(_V1):
        raise HeaderInvalid(Problem.AGE_VERSION if data.startswith(FAMILY) else Problem.NOT_AGE)
    stanzas: list[Stanza] = []
    at = len(_V1)
    line, after = _line(data, at)
    while line.startswith(b"-> "):
        if len(stanzas) == STANZAS_LIMIT:
            raise HeaderInvalid(Problem.STANZAS)
        stanza, at = _stanza(data, line, after)
        stanzas.append(stanza)
        line, after = _line(data, at)
    match = _MAC.fullmatch(line)
    if match is None or not stanzas:
        raise HeaderInvalid(Problem.HEADER)
    return Header(tuple(stanzas), data[: at + _MAC_MARK], from_base64(match[1]), after)


def format_header(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """Return a header with these stanzas, in this order, and its MAC."""
    covered = _V1 + b"".join(_format_stanza(stanza) for stanza in stanzas) + b"---"
    return covered + b" " + to_base64(_mac(file_key, covered)) + b"\n"


def to_base64(data: bytes) -> bytes:
    """Return standard base64 without padding, the only base64 of the format."""
    return base64.b64encode(data).rstrip(b"=")


def from_base64(spelled: bytes) -> bytes:
    """Return the bytes of their one spelling. Raises HeaderInvalid for any other."""
    try:
        data = base64.b64decode(spelled + b"=" * (-len(spelled) % 4), validate=True)
    except binascii.Error:
        raise HeaderInvalid(Problem.HEADER) from None
    if to_base64(data) != spelled:
        raise HeaderInvalid(Problem.HEADER)
    return data


def _format_stanza(stanza: Stanza) -> bytes:
    body = to_base64(stanza.body)
    lines = [body[at : at + _COLUMNS] for at in range(0, len(body) + 1, _COLUMNS)]
    words = (stanza.kind, *stanza.arguments)
    return f"-> {' '.join(words)}\n".encode("ascii") + b"\n".join(lines) + b"\n"


def _stanza(data: bytes, line: bytes, at: int) -> tuple[Stanza, int]:
    """Return the stanza whose argument line is `line` and whose body begins at `at`, and where it ends."""
    match = _ARGUMENTS.fullmatch(line)
    if match is None:
        raise HeaderInvalid(Problem.HEADER)
    words = match[1].decode("ascii").split(" ")
    body = []
    while True:
        part, at = _line(data, at)
        body.append(part)
        if len(part) < _COLUMNS:
            break
        if len(part) > _COLUMNS:
            raise HeaderInvalid(Problem.HEADER)
    return Stanza(words[0], tuple(words[1:]), from_base64(b"".join(body))), at


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the line that begins at `at`, without its line feed, and where the next one begins."""
    end = data.find(b"\n", at)
    if end < 0:
        raise HeaderInvalid(Problem.TRUNCATED)
    return data[at:end], end + 1


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.digest(hkdf_sha256(file_key, b"", b"header"), covered, hashlib.sha256)
