"""OpenSSH's keys, as far as age takes them for recipients: Ed25519 and RSA.

A key of another type, or one that age refuses, is `None` here or a SshKeyRefused with a token; the caller
knows the name to report.
"""

from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)

from nskeys.model.secret import SecretBytes

RSA_BITS = (2_048, 8_192)
"""Lowest and highest number that is accepted; age refuses smaller ones too."""


class SshKeyProblem(StrEnum):
    """Why an ssh key cannot be used."""

    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    RSA_SIZE = "rsa_size"


class SshKeyRefused(ValueError):
    """This is no ssh key that can be used."""

    def __init__(self, problem: SshKeyProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class SshKeyLocked(ValueError):
    """The private key is under a passphrase, and the given one (if any) does not open it."""


@dataclass(frozen=True, slots=True)
class SshPublic:
    """A public key. `line` is `ssh-ed25519 AAAA...` or `ssh-rsa AAAA...`, without a comment; `point` is
    Ed25519's 32 bytes, empty for RSA."""

    line: str
    point: bytes = b""


@dataclass(frozen=True, slots=True)
class SshPrivate:
    """A private key and its public half. For Ed25519 `seed` holds its 32 bytes."""

    public: SshPublic
    seed: SecretBytes | None = None
    rsa: RSAPrivateKey | None = None


def read_public(kind: str, spelled: str) -> SshPublic:
    """Return the key from its type and base64, in their one spelling. Raises SshKeyRefused."""
    line = f"{kind} {spelled}"
    try:
        key = load_ssh_public_key(line.encode("ascii"))
    except UnsupportedAlgorithm:
        raise SshKeyRefused(SshKeyProblem.UNSUPPORTED) from None
    except ValueError:
        raise SshKeyRefused(SshKeyProblem.UNREADABLE) from None
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise SshKeyRefused(SshKeyProblem.UNSUPPORTED)
    public = _public(key)
    if public.line != line:
        raise SshKeyRefused(SshKeyProblem.UNREADABLE)
    return public


def read_private(data: bytes, passphrase: SecretBytes | None) -> SshPrivate:
    """Return the key in an OpenSSH private key file. Raises SshKeyLocked, SshKeyRefused."""
    try:
        key = load_ssh_private_key(data, passphrase.reveal() if passphrase is not None else None)
    except TypeError:  # it wants a passphrase and got none
        raise SshKeyLocked from None
    except UnsupportedAlgorithm:
        raise SshKeyRefused(SshKeyProblem.UNSUPPORTED) from None
    except ValueError:
        # A wrong passphrase and a damaged file look alike; one that was asked for is the likelier.
        if passphrase is not None:
            raise SshKeyLocked from None
        raise SshKeyRefused(SshKeyProblem.UNREADABLE) from None
    if isinstance(key, Ed25519PrivateKey):
        return SshPrivate(_public(key.public_key()), seed=SecretBytes(key.private_bytes_raw()))
    if isinstance(key, RSAPrivateKey):
        return SshPrivate(_public(key.public_key()), rsa=key)
    raise SshKeyRefused(SshKeyProblem.UNSUPPORTED)


def rsa_encrypt(line: str, label: bytes, plain: bytes) -> bytes:
    """Return the plaintext encrypted with RSAES-OAEP and SHA-256 (RFC 8017) for the key of an
    `SshPublic.line`."""
    key = load_ssh_public_key(line.encode("ascii"))
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    return key.encrypt(plain, _oaep(label))


def rsa_decrypt(key: RSAPrivateKey, label: bytes, sealed: bytes) -> bytes | None:
    """Return the plaintext; None where it was encrypted for another key."""
    try:
        return key.decrypt(sealed, _oaep(label))
    except ValueError:
        return None


def _public(key: Ed25519PublicKey | RSAPublicKey) -> SshPublic:
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")
    if isinstance(key, Ed25519PublicKey):
        return SshPublic(line, key.public_bytes_raw())
    if not RSA_BITS[0] <= key.key_size <= RSA_BITS[1]:
        raise SshKeyRefused(SshKeyProblem.RSA_SIZE)
    return SshPublic(line)


def _oaep(label: bytes) -> OAEP:
    return OAEP(MGF1(SHA256()), SHA256(), label)
