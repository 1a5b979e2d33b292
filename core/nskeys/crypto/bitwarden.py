"""The encryption of Bitwarden's exports under a password.

key  = PBKDF2-HMAC-SHA256(password, salt) or Argon2id(password, SHA-256(salt)), 32 bytes
keys = HKDF-Expand-SHA256(key, "enc") for AES-256-CBC, HKDF-Expand-SHA256(key, "mac") for HMAC-SHA256
text = "2." base64(iv) "|" base64(ciphertext) "|" base64(HMAC(iv | ciphertext))
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.padding import PKCS7

from nskeys.crypto.kdf import Argon2Cost, argon2id, pbkdf2
from nskeys.model.secret import SecretBytes

_KIND = "2."
_KEY_SIZE, _BLOCK = 32, 16


@dataclass(frozen=True, slots=True)
class ExportKeys:
    """What opens the texts of one export."""

    encryption: bytes = field(repr=False)
    authentication: bytes = field(repr=False)


def keys_by_pbkdf2(password: SecretBytes, salt: str, iterations: int) -> ExportKeys:
    """Return the keys of an export of `kdfType` 0. The caller bounds the iterations."""
    with pbkdf2(password, salt.encode("utf-8"), iterations) as key:
        return _stretched(key.reveal())


def keys_by_argon2id(password: SecretBytes, salt: str, cost: Argon2Cost) -> ExportKeys:
    """Return the keys of an export of `kdfType` 1. The caller bounds the cost. Raises NotEnoughMemory."""
    with argon2id(password, hashlib.sha256(salt.encode("utf-8")).digest(), cost) as key:
        return _stretched(key.reveal())


def _stretched(key: bytes) -> ExportKeys:
    halves = (HKDFExpand(SHA256(), _KEY_SIZE, info).derive(key) for info in (b"enc", b"mac"))
    return ExportKeys(*halves)


def well_formed(text: str) -> bool:
    """Return whether this is a text of the one kind that exports have."""
    return _parts(text) is not None


def open_text(keys: ExportKeys, text: str) -> bytes | None:
    """Return the plaintext; None where the text is not of these keys, or was changed."""
    parts = _parts(text)
    if parts is None:
        return None
    iv, sealed, tag = parts
    expected = hmac.digest(keys.authentication, iv + sealed, "sha256")
    if not hmac.compare_digest(expected, tag):
        return None
    decryptor = Cipher(AES(keys.encryption), CBC(iv)).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    unpadder = PKCS7(8 * _BLOCK).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:  # a holder of the keys wrote it so
        return None


def _parts(text: str) -> tuple[bytes, bytes, bytes] | None:
    """Return nonce, ciphertext and tag."""
    pieces = text.removeprefix(_KIND).split("|")
    if not text.startswith(_KIND) or len(pieces) != 3:
        return None
    try:
        iv, sealed, tag = (base64.b64decode(piece, validate=True) for piece in pieces)
    except (binascii.Error, ValueError):
        return None
    return (iv, sealed, tag) if len(iv) == _BLOCK and sealed and not len(sealed) % _BLOCK else None
