"""A `.kms` under a password: an age v1 file with exactly one scrypt stanza (C2SP, age.md, "The scrypt
recipient type"), written and read with this program's own cost.

The header is parsed whole, and its work factor bounded, before any key is derived: a hostile file may
not choose how much memory this machine gives it.
"""

import os
import re
from dataclasses import dataclass, field

from nskeys.archive.age_header import (
    Header,
    HeaderInvalid,
    Stanza,
    format_header,
    from_base64,
    parse_header,
    to_base64,
)
from nskeys.archive.age_stream import NONCE_SIZE, decrypt_payload, encrypt_payload
from nskeys.archive.bounds import PASSWORD_LIMIT
from nskeys.crypto.chacha import ChaCha
from nskeys.crypto.kdf import SALT_SIZE, scrypt
from nskeys.errors import BackupDamaged, NotABackup, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.backup import KMS_NAME, Protection
from nskeys.model.secret import SecretBytes

LOG_N = 18
"""What nskeys writes, as `age -p` does: 256 MiB and about a second."""
HIGHEST_LOG_N = 20
"""What it reads at most: 1 GiB."""

_SCRYPT = "scrypt"
_SALT_LABEL = b"age-encryption.org/v1/scrypt"
_FILE_KEY_SIZE = 16
_BODY_SIZE = 32
# The wrap key is made from a salt that is never used again, so one nonce serves it (age.md).
_BODY_NONCE = bytes(12)


@dataclass(frozen=True, slots=True)
class FileRandomness:
    """Everything random in one file. Used twice, it would give both files away."""

    file_key: bytes = field(repr=False)
    salt: bytes
    nonce: bytes

    @classmethod
    def fresh(cls) -> "FileRandomness":
        """From the operating system, for one file."""
        return cls(os.urandom(_FILE_KEY_SIZE), os.urandom(SALT_SIZE), os.urandom(NONCE_SIZE))


def encrypt(plaintext: bytes, password: SecretBytes, log_n: int = LOG_N) -> bytes:
    """The file; PasswordRefused (`empty`, `too_long`, `not_text`)."""
    return encrypt_with(FileRandomness.fresh(), plaintext, password, log_n)


def encrypt_with(
    randomness: FileRandomness, plaintext: bytes, password: SecretBytes, log_n: int = LOG_N
) -> bytes:
    """`encrypt` with randomness that the caller vouches for: for test vectors only."""
    normal = _normal(password)
    if not 1 <= log_n <= HIGHEST_LOG_N:
        raise ValueError("a work factor that would not be read back")
    with normal:
        wrap_key = _wrap_key(normal, randomness.salt, log_n)
    body = wrap_key.encrypt(_BODY_NONCE, randomness.file_key)
    stanza = Stanza(_SCRYPT, (to_base64(randomness.salt).decode("ascii"), str(log_n)), body)
    header = format_header(stanza, randomness.file_key)
    return header + encrypt_payload(randomness.file_key, randomness.nonce, plaintext)


def decrypt(data: bytes, password: SecretBytes, path: str = "") -> bytes:
    """The plaintext. NotABackup, BackupDamaged, WrongPassword; SecretUnavailable (`identity`) where the
    file is for recipients. `path` is only what the errors name."""
    header = _parse(data, path)
    salt, log_n, body = _scrypt_stanza(header, path)
    try:
        normal = _normal(password)
    except PasswordRefused:  # one that no backup was ever written with
        raise WrongPassword("backup", path) from None
    with normal:
        file_key = _wrap_key(normal, salt, log_n).decrypt(_BODY_NONCE, body)
    if file_key is None:
        raise WrongPassword("backup", path)
    if not header.authentic(file_key):
        raise BackupDamaged(path, KMS_NAME, "header_mac")
    plain = decrypt_payload(file_key, data[header.size :])
    if plain is None:
        raise BackupDamaged(path, KMS_NAME, "payload")
    return plain


def protection_of(data: bytes, path: str = "") -> Protection:
    """What opens the file, from its header alone; NotABackup, BackupDamaged."""
    header = _parse(data, path)
    if all(stanza.kind != _SCRYPT for stanza in header.stanzas):
        return Protection.RECIPIENTS
    _scrypt_stanza(header, path)
    return Protection.PASSWORD


def _parse(data: bytes, path: str) -> Header:
    try:
        header = parse_header(data)
    except HeaderInvalid as error:
        if error.problem in ("not_age", "age_version"):
            raise NotABackup(path, error.problem) from None
        raise BackupDamaged(path, KMS_NAME, error.problem) from None
    if len(data) < header.size + NONCE_SIZE:
        raise BackupDamaged(path, KMS_NAME, "truncated")
    return header


def _scrypt_stanza(header: Header, path: str) -> tuple[bytes, int, bytes]:
    """Salt, log2 N and body of the only stanza, each exactly as the specification wants it."""
    stanza = next((item for item in header.stanzas if item.kind == _SCRYPT), None)
    if stanza is None:
        raise SecretUnavailable("identity", path)
    damaged = BackupDamaged(path, KMS_NAME, "scrypt_stanza")
    if len(header.stanzas) != 1 or len(stanza.arguments) != 2 or len(stanza.body) != _BODY_SIZE:
        raise damaged
    salt, factor = stanza.arguments
    try:
        salt_bytes = from_base64(salt.encode("ascii"))
    except HeaderInvalid:
        raise damaged from None
    if len(salt_bytes) != SALT_SIZE or not re.fullmatch(r"[1-9][0-9]*", factor):
        raise damaged
    if len(factor) > 2 or int(factor) > HIGHEST_LOG_N:
        raise BackupDamaged(path, KMS_NAME, "work_factor")
    return salt_bytes, int(factor), stanza.body


def _wrap_key(password: SecretBytes, salt: bytes, log_n: int) -> ChaCha:
    with scrypt(password, _SALT_LABEL + salt, log_n) as key:
        return ChaCha(key.reveal())


def _normal(password: SecretBytes) -> SecretBytes:
    """The password in NFC, so that two keyboards that spell it differently give one key."""
    if not password:
        raise PasswordRefused("empty")
    if len(password) > PASSWORD_LIMIT:
        raise PasswordRefused("too_long")
    try:
        return SecretBytes.from_text(password.text())
    except UnicodeDecodeError:  # which holds the password
        raise PasswordRefused("not_text") from None
