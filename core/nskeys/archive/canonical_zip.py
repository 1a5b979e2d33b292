"""The one layout of zip files that nskeys writes (core/FORMAT.md, "Archive"; PKWARE APPNOTE 6.3, section
4.3).

Members are stored, in a fixed order, without flags, extra fields, comments or dates. A reader takes the
members, builds the file again and compares byte for byte: a zip with a second meaning (a member twice, data
between or behind, sizes that differ) never equals its own reconstruction.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from nskeys.reasons import Problem

Members: TypeAlias = Sequence[tuple[str, bytes]]

LOCAL_MARK = b"PK\x03\x04"
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_NEEDED = 10
_MADE_BY = 3 << 8 | 20
"""Unix, so that the mode below is honoured."""
_MODE = 0o100600 << 16
"""A regular file that only its owner reads: one of the members is `keys.kms`."""
_DATE = 1 << 5 | 1
"""1 January 1980, the earliest a zip can say; `created` stands in the manifest."""
_MEMBERS_LIMIT = 8


class ZipInvalid(ValueError):
    """This is not a zip that nskeys laid out; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def build(members: Members) -> bytes:
    """Return the only bytes that hold these members in this order."""
    return b"".join(_pieces(members))


def is_canonical(members: Members, data: bytes) -> bool:
    """Return whether `data` is what `build` makes of these members, without making it."""
    view, at = memoryview(data), 0
    for piece in _pieces(members):
        if view[at : at + len(piece)] != piece:
            return False
        at += len(piece)
    return at == len(data)


def _pieces(members: Members) -> Iterator[bytes]:
    central, at = [], 0
    for name, data in members:
        file_name, size = name.encode("ascii"), len(data)
        shared = (_NEEDED, 0, 0, 0, _DATE, zlib.crc32(data), size, size, len(file_name), 0)
        local = _LOCAL.pack(LOCAL_MARK, *shared) + file_name
        yield local
        yield data
        central.append(_CENTRAL.pack(b"PK\x01\x02", _MADE_BY, *shared, 0, 0, 0, _MODE, at) + file_name)
        at += len(local) + size
    directory = b"".join(central)
    count = len(central)
    yield directory + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), at, 0)


def first_name(data: bytes) -> str:
    """Return the name of the first member, which tells the kind of zip before anything in it is checked."""
    size = int.from_bytes(data[26:28], "little")
    return data[_LOCAL.size : _LOCAL.size + size].decode("ascii", "replace")


def split(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return the members by their local headers. Raises ZipInvalid. Nothing is unpacked: a wrong size runs
    into the next header or past the end, and only members that are there in full are returned. The caller
    asks `is_canonical` before trusting it."""
    members, whole = _members(data)
    if not whole:
        raise ZipInvalid(Problem.TRUNCATED)
    return members


def leading(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return the members that are whole in the first bytes of a file. Raises ZipInvalid."""
    return _members(data)[0]


def _members(data: bytes) -> tuple[tuple[tuple[str, bytes], ...], bool]:
    """Return the members by their local headers, and whether the last one is there in full."""
    members: list[tuple[str, bytes]] = []
    at = 0
    while data[at : at + 4] == LOCAL_MARK and len(members) < _MEMBERS_LIMIT:
        begin = at + _LOCAL.size
        if len(data) < begin:
            return tuple(members), False
        *_, crc, packed, size, name_size, extra_size = _LOCAL.unpack_from(data, at)
        content = begin + name_size + extra_size
        at = content + size
        if packed != size or len(data) < at:
            return tuple(members), False
        try:
            name = data[begin : begin + name_size].decode("ascii")
        except UnicodeDecodeError:
            raise ZipInvalid(Problem.NOT_CANONICAL) from None
        member = data[content:at]
        if zlib.crc32(member) != crc:
            raise ZipInvalid(Problem.CHECKSUM)
        members.append((name, member))
    return tuple(members), True
