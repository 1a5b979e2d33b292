"""The header of an age file (section 4: R-4.1 to R-4.4, R-10.6)."""

import base64
import binascii
import re
from dataclasses import dataclass

from tests.second_reader.refusal import Refused, refuse_unless

FIRST_LINE = b"age-encryption.org/v1\n"
MOST_STANZAS = 101
MAC_LINE = re.compile(rb"--- ([A-Za-z0-9+/]{43})\n")
ARGUMENTS_LINE = re.compile(rb"-> ([\x21-\x7e]+(?: [\x21-\x7e]+)*)\n")
BODY_LINE = re.compile(rb"([A-Za-z0-9+/]{0,64})\n")


@dataclass(frozen=True)
class Stanza:
    """One stanza: its type, its arguments as they stand, its body."""

    kind: str
    arguments: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class Header:
    """A parsed header; `authenticated` is what the MAC covers, `payload` what stands behind it."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    authenticated: bytes
    payload: bytes

    @property
    def under_password(self) -> bool:
        """Say whether the file is under a password."""
        return any(stanza.kind == "scrypt" for stanza in self.stanzas)


def decode_base64(text: str | bytes) -> bytes | None:
    """Decode base64 without padding; None where it is not in its one spelling."""
    signs = text.encode() if isinstance(text, str) else text
    if re.fullmatch(rb"[A-Za-z0-9+/]*", signs) is None:
        return None
    try:
        data = base64.b64decode(signs + b"=" * (-len(signs) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).rstrip(b"=") == signs else None


def parse_header(data: bytes) -> Header:
    """Parse the whole header, and check the scrypt stanza before anything is derived."""
    refuse_unless(data.startswith(FIRST_LINE), "no backup", "R-4.1", "no age file of version 1")
    place = len(FIRST_LINE)
    stanzas: list[Stanza] = []
    while data.startswith(b"-> ", place):
        refuse_unless(len(stanzas) < MOST_STANZAS, "damaged", "R-10.6", "too many stanzas")
        stanza, place = parse_stanza(data, place)
        stanzas.append(stanza)
    refuse_unless(bool(stanzas), "damaged", "R-4.2", "no stanza")
    found = MAC_LINE.match(data, place)
    if found is None:
        raise Refused("damaged", "R-4.2", "no line of the MAC where it belongs")
    mac = decode_base64(found[1])
    if mac is None:
        raise Refused("damaged", "R-4.2", "the MAC in another spelling")
    payload = data[found.end() :]
    refuse_unless(len(payload) >= 16, "damaged", "R-4.2", "less than 16 bytes behind the header")
    header = Header(tuple(stanzas), mac, data[: place + 3], payload)
    check_scrypt(header)
    return header


def parse_stanza(data: bytes, place: int) -> tuple[Stanza, int]:
    """Parse one stanza, and give it with the place behind it."""
    found = ARGUMENTS_LINE.match(data, place)
    if found is None:
        raise Refused("damaged", "R-4.2", "a line of arguments is not as the grammar")
    kind, *arguments = found[1].decode("ascii").split(" ")
    place = found.end()
    signs = b""
    while True:
        line = BODY_LINE.match(data, place)
        if line is None:
            raise Refused("damaged", "R-4.2", "a line of a body is not as the grammar")
        signs += line[1]
        place = line.end()
        if len(line[1]) < 64:
            break
    body = decode_base64(signs)
    if body is None:
        raise Refused("damaged", "R-4.2", "a body in another spelling")
    return Stanza(kind, tuple(arguments), body), place


def check_scrypt(header: Header) -> None:
    """Check the shape and the cost of a scrypt stanza, if there is one (R-4.3, R-4.4)."""
    if not header.under_password:
        return
    refuse_unless(len(header.stanzas) == 1, "damaged", "R-4.3", "scrypt beside another stanza")
    stanza = header.stanzas[0]
    refuse_unless(len(stanza.arguments) == 2, "damaged", "R-4.3", "another number of arguments")
    salt = decode_base64(stanza.arguments[0])
    refuse_unless(salt is not None and len(salt) == 16, "damaged", "R-4.3", "the salt is not 16 bytes")
    refuse_unless(len(stanza.body) == 32, "damaged", "R-4.3", "the body is not 32 bytes")
    factor = stanza.arguments[1]
    refuse_unless(factor.isascii() and factor.isdigit(), "damaged", "R-4.3", "the work factor is no number")
    refuse_unless(factor[0] != "0" or factor == "0", "damaged", "R-4.3", "a zero before the work factor")
    fits = len(factor) <= 2 and 1 <= int(factor) <= 20
    refuse_unless(fits, "damaged", "R-4.4", f"a work factor of {factor[:20]}")
