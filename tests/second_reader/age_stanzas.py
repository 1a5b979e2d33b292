"""How each type of stanza gives the file key (section 4: R-4.5 to R-4.7)."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tests.second_reader.age_header import Header, Stanza, decode_base64
from tests.second_reader.names import public_of_seed, public_of_x25519
from tests.second_reader.passwords import normalise_password
from tests.second_reader.refusal import Refused, refuse_unless
from tests.second_reader.ssh_keys import load_ssh_identity, montgomery_point, name_wire

LABEL = b"age-encryption.org/v1/"
ZEROS = bytes(12)


class Opener(Protocol):
    """Something that opens stanzas: a password, or one of the kinds of identity."""

    def find_file_key(self, header: Header) -> bytes:
        """Give the file key, or refuse."""


def derive(material: bytes, salt: bytes, info: bytes) -> bytes:
    """Derive 32 bytes by HKDF-SHA-256."""
    return HKDF(hashes.SHA256(), 32, salt, info).derive(material)


def exchange(private: bytes, public: bytes) -> bytes:
    """Do X25519, and refuse a shared secret of zeros (R-4.6)."""
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError as error:
        raise Refused("damaged", "R-4.6", "a share of low order") from error


def unseal(key: bytes, body: bytes) -> bytes | None:
    """Open the body of a stanza; None where it is not for this key."""
    try:
        return ChaCha20Poly1305(key).decrypt(ZEROS, body, None)
    except InvalidTag:
        return None


def first_file_key(found: list[bytes]) -> bytes:
    """Give the file key that one of the stanzas gave (R-4.7, R-4.6)."""
    refuse_unless(bool(found), "other identity", "R-4.7", "no stanza opens with what is given")
    refuse_unless(len(found[0]) == 16, "damaged", "R-4.6", "a file key of another length")
    return found[0]


@dataclass(frozen=True)
class Password:
    """A password, as it was typed."""

    typed: str

    def find_file_key(self, header: Header) -> bytes:
        """Open the one scrypt stanza, whose shape and cost the header was checked for."""
        secret = normalise_password(self.typed)
        refuse_unless(
            header.under_password, "other identity", "R-4.7", "a password for a file for recipients"
        )
        stanza = header.stanzas[0]
        salt = decode_base64(stanza.arguments[0]) or b""
        key = Scrypt(LABEL + b"scrypt" + salt, 32, 2 ** int(stanza.arguments[1]), 8, 1).derive(secret)
        file_key = unseal(key, stanza.body)
        if file_key is None:
            raise Refused("wrong password", "R-4.5", "the body of the scrypt stanza does not open")
        return file_key


@dataclass(frozen=True)
class X25519Identity:
    """The private half of an identity of age."""

    private: bytes

    def find_file_key(self, header: Header) -> bytes:
        """Try every X25519 stanza."""
        recipient = public_of_x25519(self.private)
        found = []
        for stanza in header.stanzas:
            if stanza.kind != "X25519":
                continue
            share = read_share(stanza, 1)
            key = derive(exchange(self.private, share), share + recipient, LABEL + b"X25519")
            found.append(unseal(key, stanza.body))
        return first_file_key([file_key for file_key in found if file_key is not None])


@dataclass(frozen=True)
class SshEd25519Identity:
    """The seed of an ssh-ed25519 key, and the key as ssh sends it."""

    seed: bytes
    wire: bytes

    def find_file_key(self, header: Header) -> bytes:
        """Try every ssh-ed25519 stanza with the tag of this key."""
        scalar = hashlib.sha512(self.seed).digest()[:32]
        point = montgomery_point(public_of_seed(self.seed))
        tweak = derive(b"", self.wire, LABEL + b"ssh-ed25519")
        found = []
        for stanza in header.stanzas:
            if stanza.kind != "ssh-ed25519":
                continue
            share = read_share(stanza, 2)
            if read_tag(stanza) != name_wire(self.wire):
                continue
            secret = exchange(tweak, exchange(scalar, share))
            found.append(unseal(derive(secret, share + point, LABEL + b"ssh-ed25519"), stanza.body))
        return first_file_key([file_key for file_key in found if file_key is not None])


@dataclass(frozen=True)
class SshRsaIdentity:
    """An RSA key, and its public half as ssh sends it."""

    private: rsa.RSAPrivateKey
    wire: bytes

    def find_file_key(self, header: Header) -> bytes:
        """Try every ssh-rsa stanza with the tag of this key."""
        scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), LABEL + b"ssh-rsa")
        found = []
        for stanza in header.stanzas:
            if stanza.kind != "ssh-rsa":
                continue
            refuse_unless(len(stanza.arguments) == 1, "damaged", "R-4.6", "another number of arguments")
            if read_tag(stanza) != name_wire(self.wire):
                continue
            try:
                found.append(self.private.decrypt(stanza.body, scheme))
            except ValueError:
                continue
        return first_file_key(found)


@dataclass(frozen=True)
class FileKey:
    """A file key that is known already."""

    key: bytes

    def find_file_key(self, header: Header) -> bytes:
        """Give the key."""
        return self.key


def load_ssh_opener(data: bytes) -> SshEd25519Identity | SshRsaIdentity:
    """Make what opens stanzas out of a private key file of ssh."""
    private, wire = load_ssh_identity(data)
    if isinstance(private, rsa.RSAPrivateKey):
        return SshRsaIdentity(private, wire)
    return SshEd25519Identity(private.private_bytes_raw(), wire)


def read_share(stanza: Stanza, arguments: int) -> bytes:
    """Give the share of a stanza, its last argument, and check the stanza's shape (R-4.6)."""
    refuse_unless(len(stanza.arguments) == arguments, "damaged", "R-4.6", "another number of arguments")
    refuse_unless(len(stanza.body) == 32, "damaged", "R-4.6", "a body that is not 32 bytes")
    share = decode_base64(stanza.arguments[-1])
    if share is None or len(share) != 32:
        raise Refused("damaged", "R-4.6", "a share that is not 32 bytes")
    return share


def read_tag(stanza: Stanza) -> bytes:
    """Give the tag of a stanza, its first argument (R-4.6)."""
    tag = decode_base64(stanza.arguments[0])
    if tag is None or len(tag) != 4:
        raise Refused("damaged", "R-4.6", "a tag that is not 4 bytes")
    return tag
