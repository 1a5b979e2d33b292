"""Keys: made from the operating system's random numbers, and named by their RFC 7638 thumbprints."""

import hashlib
import os

from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, to_base64url

KEY_SIZE = 32


def new_material() -> SecretBytes:
    """Return a new 256-bit AES key: for sealing, or to be the key store's KEK."""
    return SecretBytes(os.urandom(KEY_SIZE))


def new_server_seed() -> SecretBytes:
    """Return a new Ed25519 private key (RFC 8032, section 5.1.5: 32 random bytes)."""
    return SecretBytes(os.urandom(KEY_SIZE))


def thumbprint(material: SecretBytes) -> Kid:
    """Return the `kid` of a symmetric key (RFC 7638, section 3.2: members `k`, `kty`)."""
    return Kid(_digest({"k": to_base64url(material.reveal()), "kty": "oct"}))


def server_thumbprint(public: bytes) -> str:
    """Return the thumbprint of an Ed25519 public key, 32 bytes (RFC 8037, section 2: `crv`, `kty`, `x`)."""
    return _digest({"crv": "Ed25519", "kty": "OKP", "x": to_base64url(public)})


def copy_thumbprint(public: bytes) -> str:
    """Return the thumbprint of an X25519 public key, 32 bytes (RFC 8037, section 2)."""
    return _digest({"crv": "X25519", "kty": "OKP", "x": to_base64url(public)})


def _digest(members: dict[str, str]) -> str:
    return hashlib.sha256(canonical_json(members)).hexdigest()
