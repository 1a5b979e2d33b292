"""Names for keys: RFC 7638 thumbprints with SHA-256, as 64 lower-case hex digits.

A thumbprint is the hash of a key's required JWK members in RFC 8785 form. It commits to the key, so it
is recomputed and compared whenever a key is loaded.
"""

import hashlib

from nskeys.model.base64url import to_base64url
from nskeys.model.canonical import canonical_json
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes


def thumbprint(material: SecretBytes) -> Kid:
    """The `kid` of a symmetric key (RFC 7638, section 3.2: members `k`, `kty`)."""
    return Kid(_digest({"k": to_base64url(material.reveal()), "kty": "oct"}))


def server_thumbprint(public: bytes) -> str:
    """The thumbprint of an Ed25519 public key, 32 bytes (RFC 8037, section 2: `crv`, `kty`, `x`)."""
    return _digest({"crv": "Ed25519", "kty": "OKP", "x": to_base64url(public)})


def _digest(members: dict[str, str]) -> str:
    return hashlib.sha256(canonical_json(members)).hexdigest()
