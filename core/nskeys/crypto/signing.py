"""What the server key signs: Ed25519 (RFC 8032) over a domain, a zero byte and a document.

The signed bytes are `"nskeys/<what>/1" 0x00 | document`, so a signature over one kind of document never
stands for another. The document is RFC 8785 JSON, exactly as stored.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from nskeys.model.secret import SecretBytes

SIGNATURE_SIZE = 64
PUBLIC_SIZE = 32


def public_of(seed: SecretBytes) -> bytes:
    """Return the public half (32 bytes) of a 32-byte private key."""
    return _private(seed).public_key().public_bytes_raw()


def sign(seed: SecretBytes, what: str, document: bytes) -> bytes:
    """Return a signature (64 bytes) over a document of the kind `what`: `register`, `drill`, `facts`,
    ..."""
    return _private(seed).sign(_message(what, document))


def verify(public: bytes, what: str, document: bytes, signature: bytes) -> bool:
    """Return whether the owner of `public` signed this document as `what`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _message(what, document))
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(seed: SecretBytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed.reveal())


def _message(what: str, document: bytes) -> bytes:
    return b"nskeys/" + what.encode("ascii") + b"/1\x00" + document
