"""An age v1 file: its header, then its payload, which is STREAM over ChaCha20-Poly1305 (C2SP, age.md)."""

import re
from collections.abc import Iterator

from nskeys.archive.age.header import Header, HeaderInvalid, Stanza, from_base64, parse_header
from nskeys.archive.age.stream import NONCE_SIZE, PayloadInvalid, PayloadWriter, opened_chunks
from nskeys.crypto.age_primitives import ChaCha
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
    return b"".join(payload_chunks(data, header, file_key, path))


def payload_chunks(data: bytes, header: Header, file_key: bytes, path: str) -> Iterator[bytes]:
    """Yield the plaintext chunk by chunk; raises what `open_payload` does."""
    if not header.authentic(file_key):
        raise BackupDamaged(path, KMS_NAME, Problem.HEADER_MAC)
    try:
        yield from opened_chunks(file_key, memoryview(data)[header.size :])
    except PayloadInvalid:
        raise BackupDamaged(path, KMS_NAME, Problem.PAYLOAD) from None


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


def encrypt_payload(file_key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """Return the payload, beginning with its 16-byte `nonce`, which is never used again."""
    written: list[bytes] = []
    writer = PayloadWriter(file_key, nonce, written.append)
    writer.write(plain)
    writer.finish()
    return b"".join(written)


def decrypt_payload(file_key: bytes, payload: bytes) -> bytes | None:
    """Return the whole plaintext; None where any byte of the payload was changed."""
    try:
        return b"".join(opened_chunks(file_key, memoryview(payload)))
    except PayloadInvalid:
        return None
