"""An age v1 file as a whole: header first, then the payload under the file key that a stanza gave."""

import re

from nskeys.archive.age.header import Header, HeaderInvalid, Stanza, from_base64, parse_header
from nskeys.archive.age.stream import NONCE_SIZE, decrypt_payload
from nskeys.crypto.chacha import ChaCha
from nskeys.errors import BackupDamaged, NotABackup
from nskeys.model.backup import KMS_NAME

FILE_KEY_SIZE = 16
BODY_SIZE = 32
"""Bytes of a file key under ChaCha20-Poly1305: every stanza but ssh-rsa's carries it so."""
SCRYPT = "scrypt"

# A wrap key is made for one stanza and never again, so one nonce serves it (age.md).
_BODY_NONCE = bytes(12)
_TEXT = re.compile(r"[A-Za-z0-9+/]+")


def parse_file(data: bytes, path: str) -> Header:
    """The header of a file that also has room for a payload; NotABackup, BackupDamaged."""
    try:
        header = parse_header(data)
    except HeaderInvalid as error:
        if error.problem in ("not_age", "age_version"):
            raise NotABackup(path, error.problem) from None
        raise BackupDamaged(path, KMS_NAME, error.problem) from None
    if len(data) < header.size + NONCE_SIZE:
        raise BackupDamaged(path, KMS_NAME, "truncated")
    return header


def open_payload(data: bytes, header: Header, file_key: bytes, path: str) -> bytes:
    """The plaintext; BackupDamaged. The MAC is checked before a byte of the payload is looked at."""
    if not header.authentic(file_key):
        raise BackupDamaged(path, KMS_NAME, "header_mac")
    plain = decrypt_payload(file_key, data[header.size :])
    if plain is None:
        raise BackupDamaged(path, KMS_NAME, "payload")
    return plain


def wrap_file_key(wrap_key: bytes, file_key: bytes) -> bytes:
    """The body of a stanza."""
    return ChaCha(wrap_key).encrypt(_BODY_NONCE, file_key)


def unwrap_file_key(wrap_key: bytes, body: bytes) -> bytes | None:
    """The file key; None where the body was made under another key."""
    return ChaCha(wrap_key).decrypt(_BODY_NONCE, body)


def sized_argument(stanza: Stanza, at: int, count: int, size: int) -> bytes:
    """The bytes of one of exactly `count` arguments; HeaderInvalid unless there are `size` of them."""
    if len(stanza.arguments) != count or not _TEXT.fullmatch(stanza.arguments[at]):
        raise HeaderInvalid("stanza")
    data = from_base64(stanza.arguments[at].encode("ascii"))
    if len(data) != size:
        raise HeaderInvalid("stanza")
    return data
