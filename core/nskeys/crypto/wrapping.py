"""Wrapping keys under the key store's KEK, and the KEK under a passphrase (core/FORMAT.md, "Key store").

    wrapped = 0x01 | nonce(12) | AES-256-GCM ciphertext(32) | tag(16)          61 bytes
    AAD     = "nskeys/wrap/1" 0x00 | store_id(16) | kid(32) | created           a key
    AAD     = "nskeys/kek/1" 0x00 | store_id(16)                                the KEK

A wrapped key cannot be passed off as another key of the store, as a key of another store, nor as an older
or newer one: `created` is the moment as its file spells it. The server key has none.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nskeys.crypto.keys import KEY_SIZE
from nskeys.crypto.nonces import NONCE_SIZE
from nskeys.errors import KeyStoreDamaged, WrongPassword
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Opens, Problem

WRAPPED_SIZE = 1 + NONCE_SIZE + KEY_SIZE + 16

_KEY = b"nskeys/wrap/1\x00"
_KEK = b"nskeys/kek/1\x00"


def wrap_key(
    kek: SecretBytes, store_id: str, label: str, material: SecretBytes, created: str = ""
) -> bytes:
    """Return a key wrapped under the KEK. `label` is its thumbprint, 64 hex digits; `store_id` 32;
    `created` the moment in its file."""
    return seal_key(os.urandom(NONCE_SIZE), kek, _key_aad(store_id, label, created), material)


def unwrap_key(kek: SecretBytes, store_id: str, label: str, blob: bytes, created: str = "") -> SecretBytes:
    """Return the unwrapped key. Raises KeyStoreDamaged (`does_not_open`), which names `label`. The caller
    still compares the key's thumbprint with `label`."""
    material = _open(kek, _key_aad(store_id, label, created), blob)
    if material is None:
        raise KeyStoreDamaged(label, Problem.DOES_NOT_OPEN)
    return material


def wrap_kek(kdf_output: SecretBytes, store_id: str, kek: SecretBytes) -> bytes:
    """Return the KEK wrapped under a key derived from a passphrase."""
    return seal_key(os.urandom(NONCE_SIZE), kdf_output, _kek_aad(store_id), kek)


def unwrap_kek(kdf_output: SecretBytes, store_id: str, blob: bytes) -> SecretBytes:
    """Return the unwrapped KEK. Raises WrongPassword where the derived key does not open it."""
    kek = _open(kdf_output, _kek_aad(store_id), blob)
    if kek is None:
        raise WrongPassword(Opens.KEY_STORE)
    return kek


def seal_key(nonce: bytes, key: SecretBytes, aad: bytes, material: SecretBytes) -> bytes:
    """Return a 32-byte key sealed under another, with a nonce that was not used before."""
    if len(material) != KEY_SIZE:
        raise ValueError("keys are 32 bytes")
    return b"\x01" + nonce + AESGCM(key.reveal()).encrypt(nonce, material.reveal(), aad)


def _open(key: SecretBytes, aad: bytes, blob: bytes) -> SecretBytes | None:
    if len(blob) != WRAPPED_SIZE or blob[0] != 1:
        return None
    try:
        nonce, sealed = blob[1 : 1 + NONCE_SIZE], blob[1 + NONCE_SIZE :]
        return SecretBytes(AESGCM(key.reveal()).decrypt(nonce, sealed, aad))
    except InvalidTag:
        return None


def _key_aad(store_id: str, label: str, created: str) -> bytes:
    return _KEY + _sized(store_id, 16) + _sized(label, 32) + created.encode("ascii")


def _kek_aad(store_id: str) -> bytes:
    return _KEK + _sized(store_id, 16)


def _sized(text: str, size: int) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != size:
        raise ValueError(f"an id of {size} bytes is {2 * size} hex digits")
    return data
