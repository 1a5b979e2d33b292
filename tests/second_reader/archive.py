"""The canonical zip file (section 6, "Layout"; the same for parts of a database copy)."""

import hashlib
import struct
import zlib
from dataclasses import dataclass

from tests.second_reader.refusal import refuse_unless

LOCAL = struct.Struct("<4s5H3I2H")
ENTRY = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
LOCAL_SIGNATURE = b"PK\x03\x04"
DATE = 0x0021
MOST_MEMBERS = 8


@dataclass(frozen=True)
class Member:
    """One member as its local header tells it; `whole` says whether it is there and fits its sums."""

    name: bytes
    data: bytes
    whole: bool


def take_members(data: bytes) -> list[Member]:
    """Take the members by their local headers, from the first byte on."""
    members: list[Member] = []
    place = 0
    while data.startswith(LOCAL_SIGNATURE, place) and len(members) < MOST_MEMBERS:
        if len(data) < place + LOCAL.size:
            members.append(Member(b"", b"", whole=False))
            break
        *_, crc, packed, size, name_length, extra_length = LOCAL.unpack_from(data, place)
        name = data[place + LOCAL.size : place + LOCAL.size + name_length]
        start = place + LOCAL.size + name_length + extra_length
        content = data[start : start + packed]
        whole = packed == size == len(content) and zlib.crc32(content) == crc
        members.append(Member(name, content, whole))
        place = start + packed
    return members


def lay_out(members: list[Member]) -> bytes:
    """Lay members out again in the one way there is."""
    body, directory = b"", b""
    for member in members:
        size, name = len(member.data), member.name
        crc = zlib.crc32(member.data)
        directory += ENTRY.pack(
            b"PK\x01\x02",
            0x0314,
            10,
            0,
            0,
            0,
            DATE,
            crc,
            size,
            size,
            len(name),
            0,
            0,
            0,
            0,
            0x81800000,
            len(body),
        )
        directory += name
        body += (
            LOCAL.pack(LOCAL_SIGNATURE, 10, 0, 0, 0, DATE, crc, size, size, len(name), 0)
            + name
            + member.data
        )
    count = len(members)
    return body + directory + END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)


def check_begin(data: bytes, most: int, bound_rule: str, rule: str) -> None:
    """Check the size, the first bytes and the first member's name."""
    refuse_unless(len(data) <= most, "no backup", bound_rule, f"more than {most} bytes")
    refuse_unless(data.startswith(LOCAL_SIGNATURE), "no backup", rule, "no zip file")
    members = take_members(data)
    refuse_unless(
        members[0].name == b"RESTORE.txt", "no backup", rule, "the first member is not RESTORE.txt"
    )


def check_whole(members: list[Member], rule: str) -> None:
    """Check that every member is there in full and fits its sums."""
    for member in members:
        refuse_unless(member.whole, "damaged", rule, f"member {member.name!r}")


def check_layout(
    data: bytes, members: list[Member], allowed: list[list[bytes]], rule: str
) -> dict[str, bytes]:
    """Check names, order and layout, and give the members by name."""
    names = [member.name for member in members]
    refuse_unless(names in allowed, "not canonical", rule, f"members {names}")
    refuse_unless(lay_out(members) == data, "not canonical", rule, "another layout")
    return {member.name.decode(): member.data for member in members}


def sum_of(data: bytes) -> dict[str, str | int]:
    """Give hash and size of a member as `members` has them."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
