"""An age v1 file: its header, then its payload, which is STREAM over ChaCha20-Poly1305 (C2SP, age.md)."""

import re
from collections.abc import Iterator

from nskeys.archive.age.header import Header, HeaderInvalid, Stanza, from_base64, parse_header
from nskeys.crypto.age_primitives import TAG_SIZE, ChaCha
from nskeys.crypto.kdf import hkdf_sha256
from nskeys.errors import BackupDamaged, NotABackup
from nskeys.model.backup import KMS_NAME
from nskeys.reasons import Problem

FILE_KEY_SIZE = 16
BODY_SIZE = 32
"""Bytes of a file key under ChaCha20-Poly1305, as in every stanza but ssh-rsa's."""
SCRYPT = "scrypt"

# A wrap key is made for one stanza and never again, so one nonce serves it (age.md).
_BODY_NONCE = bytes(12)
_TEXT = re.compile(r"[A-Za-z0-9+/]+")


def parse_file(data: bytes, path: str) -> Header:
    """Return the header of a file that also has room for a payload. Raises NotABackup, BackupDamaged."""
    try:
        header = parse_header(data)
    except HeaderInvalid as error:
        if error.problem in (Problem.NOT_AGE, Problem.AGE_VERSION):
            raise NotABackup(path, error.problem) from None
        raise BackupDamaged(path, KMS_NAME, error.problem) from None
    if len(data) < header.size + NONCE_SIZE:
        raise BackupDamaged(path, KMS_NAME, Problem.TRUNCATED)
    return header


def open_payload(data: bytes, header: Header, file_key: bytes, path: str) -> bytes:
    """Return the plaintext. The MAC is checked before any of the payload is read. Raises BackupDamaged."""
    if not header.authentic(file_key):
        raise BackupDamaged(path, KMS_NAME, Problem.HEADER_MAC)
    plain = decrypt_payload(file_key, data[header.size :])
    if plain is None:
        raise BackupDamaged(path, KMS_NAME, Problem.PAYLOAD)
    return plain


def wrap_file_key(wrap_key: bytes, file_key: bytes) -> bytes:
    """Return the body of a stanza."""
    return ChaCha(wrap_key).encrypt(_BODY_NONCE, file_key)


def unwrap_file_key(wrap_key: bytes, body: bytes) -> bytes | None:
    """Return the file key; None where the body was wrapped for another key."""
    return ChaCha(wrap_key).decrypt(_BODY_NONCE, body)


def sized_argument(stanza: Stanza, at: int, count: int, size: int) -> bytes:
    """Return the bytes of argument `at`, decoded. Raises HeaderInvalid unless there are `size` of them, and
    `count` arguments."""
    if len(stanza.arguments) != count or not _TEXT.fullmatch(stanza.arguments[at]):
        raise HeaderInvalid(Problem.STANZA)
    data = from_base64(stanza.arguments[at].encode("ascii"))
    if len(data) != size:
        raise HeaderInvalid(Problem.STANZA)
    return data


NONCE_SIZE = 16
_CHUNK = 65_536


def encrypt_payload(file_key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """Return the payload, beginning with its 16-byte `nonce`, which is never used again."""
    cipher = _cipher(file_key, nonce)
    chunks = (cipher.encrypt(counted, chunk) for counted, chunk in _counted(plain, _CHUNK))
    return nonce + b"".join(chunks)


def decrypt_payload(file_key: bytes, payload: bytes) -> bytes | None:
    """Return the whole plaintext; None where any byte of the payload was changed."""
    cipher = _cipher(file_key, payload[:NONCE_SIZE])
    plain: list[bytes] = []
    for counted, chunk in _counted(payload[NONCE_SIZE:], _CHUNK + TAG_SIZE):
        opened = cipher.decrypt(counted, chunk)
        # An empty last chunk has one meaning only: that the whole payload is empty.
        if opened is None or (not opened and plain):
            return None
        plain.append(opened)
    return b"".join(plain)


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha:
    return ChaCha(hkdf_sha256(file_key, nonce, b"payload"))


def _counted(data: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk with its nonce; empty `data` gives one empty, last chunk."""
    last = max(0, (len(data) - 1) // size)
    for number in range(last + 1):
        counter = number.to_bytes(11, "big") + (b"\x01" if number == last else b"\x00")
        yield counter, data[number * size : (number + 1) * size]
