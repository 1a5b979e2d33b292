"""Names of keys, and signatures of the server key (sections 1 and 2)."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from tests.second_reader.shapes import encode_base64url

LABELS = [
    "facts",
    "manifest",
    "copy",
    "register",
    "drill",
    "recovery",
    "checkpoint",
    "restored",
    "replaced",
    "accepted",
]


def name_key(key: bytes) -> str:
    """Give the `kid` of a key of 32 bytes."""
    document = f'{{"k":"{encode_base64url(key)}","kty":"oct"}}'
    return hashlib.sha256(document.encode()).hexdigest()


def name_public(curve: str, public: bytes) -> str:
    """Give the thumbprint of a public key on `Ed25519` or `X25519`."""
    document = f'{{"crv":"{curve}","kty":"OKP","x":"{encode_base64url(public)}"}}'
    return hashlib.sha256(document.encode()).hexdigest()


def public_of_seed(seed: bytes) -> bytes:
    """Give the public half of an Ed25519 seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def public_of_x25519(private: bytes) -> bytes:
    """Give the public half of an X25519 key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def is_low_order(point: bytes) -> bool:
    """Say whether every key gives a shared secret of zeros with this point."""
    try:
        X25519PrivateKey.from_private_bytes(bytes(range(32))).exchange(
            X25519PublicKey.from_public_bytes(point)
        )
    except ValueError:
        return True
    return False


def signature_holds(label: str, document: bytes, signature: bytes, public: bytes) -> bool:
    """Say whether a signature over a document, under this label, is by this key."""
    if label not in LABELS or len(signature) != 64:
        return False
    signed = b"nskeys/" + label.encode() + b"/1\0" + document
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
