"""Keys of ssh as recipients and identities (section 4; R-6.11)."""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from tests.second_reader.names import is_low_order
from tests.second_reader.refusal import Refused

SshPrivateKey = Ed25519PrivateKey | RSAPrivateKey

FIELD = 2**255 - 19
FEWEST_BITS, MOST_BITS = 2048, 8192


def name_wire(wire: bytes) -> bytes:
    """Give the tag of a key: four bytes of the hash of what ssh sends."""
    return hashlib.sha256(wire).digest()[:4]


def montgomery_point(public: bytes) -> bytes:
    """Give an Ed25519 public key as a point of the Montgomery curve: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(public, "little") & (2**255 - 1)
    return ((1 + y) * pow(1 - y, -1, FIELD) % FIELD).to_bytes(32, "little")


def split_wire(wire: bytes) -> list[bytes] | None:
    """Split what ssh sends into its fields (RFC 4253); None where it does not end with one."""
    fields = []
    while wire:
        size = int.from_bytes(wire[:4], "big")
        if len(wire) < 4 + size:
            return None
        fields.append(wire[4 : 4 + size])
        wire = wire[4 + size :]
    return fields


def read_ssh_recipient(text: str) -> tuple[str, bytes] | None:
    """Give type and wire of `ssh-... BASE64`; None where it is no key or in another spelling."""
    kind, _, signs = text.partition(" ")
    try:
        wire = base64.b64decode(signs, validate=True)
    except (binascii.Error, ValueError):
        return None
    if base64.b64encode(wire).decode() != signs:
        return None
    fields = split_wire(wire)
    if not fields or fields[0] != kind.encode():
        return None
    fits = (kind == "ssh-ed25519" and is_ed25519(fields)) or (kind == "ssh-rsa" and is_rsa(fields))
    return (kind, wire) if fits else None


def is_ed25519(fields: list[bytes]) -> bool:
    """Say whether the fields are those of an ssh-ed25519 key."""
    if len(fields) != 2 or len(fields[1]) != 32:
        return False
    y = int.from_bytes(fields[1], "little") & (2**255 - 1)
    return y < FIELD and y != 1 and not is_low_order(montgomery_point(fields[1]))


def is_rsa(fields: list[bytes]) -> bool:
    """Say whether the fields are those of an ssh-rsa key, each number in its one spelling."""
    if len(fields) != 3:
        return False
    exponent, modulus = fields[1], fields[2]
    for spelled in (exponent, modulus):
        value = int.from_bytes(spelled, "big")
        if value == 0 or spelled != value.to_bytes(value.bit_length() // 8 + 1, "big"):
            return False
    return FEWEST_BITS <= int.from_bytes(modulus, "big").bit_length() <= MOST_BITS


def load_ssh_identity(data: bytes) -> tuple[SshPrivateKey, bytes]:
    """Load a private key file of ssh that is not under a passphrase, with its wire."""
    private = load_ssh_private_key(data, password=None)
    if not isinstance(private, Ed25519PrivateKey | RSAPrivateKey):
        raise Refused("other identity", "R-4.7", "a key of another type")
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return private, base64.b64decode(line.split(b" ")[1])
