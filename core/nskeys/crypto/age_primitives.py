"""The primitives of an age file: X25519 (RFC 7748) and ChaCha20-Poly1305 (RFC 8439)."""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from nskeys.model.secret import SecretBytes

X25519_SIZE = 32

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


def new_x25519() -> SecretBytes:
    """Return a new private key, from the operating system's random number generator."""
    return SecretBytes(os.urandom(X25519_SIZE))


def x25519_public(secret: SecretBytes) -> bytes:
    """Return the public half (32 bytes) of a 32-byte private key."""
    return X25519PrivateKey.from_private_bytes(secret.reveal()).public_key().public_bytes_raw()


def x25519_shared(secret: SecretBytes, public: bytes) -> bytes | None:
    """Return the shared secret (32 bytes); None where `public` is a point of low order, which gives the
    same secret to everybody."""
    try:
        other = X25519PublicKey.from_public_bytes(public)
        return X25519PrivateKey.from_private_bytes(secret.reveal()).exchange(other)
    except ValueError:
        return None


def ed25519_to_x25519(public: bytes) -> bytes | None:
    """Return the X25519 public key of an Ed25519 one (RFC 7748, section 4.1: u = (1+y)/(1-y)); None where
    the 32 bytes are not a point of the curve, or one without a counterpart."""
    y = int.from_bytes(public, "little") & ~(1 << 255)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if y >= _P or y == 1 or pow(square, (_P - 1) // 2, _P) != 1:
        return None
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(X25519_SIZE, "little")


def ed25519_seed_to_x25519(seed: SecretBytes) -> SecretBytes:
    """Return the X25519 private key that belongs to a 32-byte Ed25519 one (RFC 8032, section 5.1.5)."""
    return SecretBytes(hashlib.sha512(seed.reveal()).digest()[:X25519_SIZE])


TAG_SIZE = 16


class ChaCha:
    """ChaCha20-Poly1305 under one 32-byte key. Nonces are 12 bytes; age uses each key once and counts its
    chunks."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)

    def encrypt(self, nonce: bytes, plain: bytes) -> bytes:
        """Return ciphertext and 16-byte tag."""
        return self._cipher.encrypt(nonce, plain, None)

    def decrypt(self, nonce: bytes, sealed: bytes) -> bytes | None:
        """Return the plaintext; None where the tag does not fit."""
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            return None
