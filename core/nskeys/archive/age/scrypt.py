"""A `.kms` under a password: an age v1 file with exactly one scrypt stanza (C2SP, age.md, "The scrypt
recipient type"), with a work factor of this program's choice.

The header is parsed whole, and its work factor bounded, before any key is derived: a hostile file must not
choose how much memory this machine spends.
"""

import os
import re
from dataclasses import dataclass, field

from nskeys.archive.age.file import (
    BODY_SIZE,
    FILE_KEY_SIZE,
    SCRYPT,
    encrypt_payload,
    open_payload,
    parse_file,
    unwrap_file_key,
    wrap_file_key,
)
from nskeys.archive.age.header import (
    Header,
    HeaderInvalid,
    Stanza,
    format_header,
    from_base64,
    to_base64,
)
from nskeys.archive.age.limits import PASSWORD_LIMIT
from nskeys.archive.age.stream import NONCE_SIZE
from nskeys.crypto.kdf import SALT_SIZE, scrypt
from nskeys.errors import BackupDamaged, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.backup import KMS_NAME
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Opens, PasswordProblem, Problem, Wanted

LOG_N = 18
"""What nskeys writes, as `age -p` does: 256 MiB and about a second."""
HIGHEST_LOG_N = 20
"""The highest that is read: 1 GiB."""

_SALT_LABEL = b"age-encryption.org/v1/scrypt"


@dataclass(frozen=True, slots=True)
class FileRandomness:
    """All randomness of one file. Using it twice would reveal both files."""

    file_key: bytes = field(repr=False)
    salt: bytes
    nonce: bytes

    @classmethod
    def fresh(cls) -> "FileRandomness":
        """Return new randomness of the operating system, for one file."""
        return cls(os.urandom(FILE_KEY_SIZE), os.urandom(SALT_SIZE), os.urandom(NONCE_SIZE))


def encrypt(plaintext: bytes, password: SecretBytes, log_n: int = LOG_N) -> bytes:
    """Return the file. Raises PasswordRefused (`empty`, `too_long`, `not_text`)."""
    return encrypt_with(FileRandomness.fresh(), plaintext, password, log_n)


def encrypt_with(
    randomness: FileRandomness, plaintext: bytes, password: SecretBytes, log_n: int = LOG_N
) -> bytes:
    """Return what `encrypt` does, with the given randomness: for test vectors only."""
    normal = _normal(password)
    if not 1 <= log_n <= HIGHEST_LOG_N:
        raise ValueError("a work factor that would not be read back")
    with normal, scrypt(normal, _SALT_LABEL + randomness.salt, log_n) as wrap_key:
        body = wrap_file_key(wrap_key.reveal(), randomness.file_key)
    stanza = Stanza(SCRYPT, (to_base64(randomness.salt).decode("ascii"), str(log_n)), body)
    header = format_header([stanza], randomness.file_key)
    return header + encrypt_payload(randomness.file_key, randomness.nonce, plaintext)


def decrypt(data: bytes, password: SecretBytes, path: str = "") -> bytes:
    """Return the plaintext. Raises NotABackup, BackupDamaged, WrongPassword. Raises SecretUnavailable
    (`identity`) where the file is for recipients. `path` is only named in errors."""
    header = parse_file(data, path)
    salt, log_n, body = _scrypt_stanza(header, path)
    try:
        normal = _normal(password)
    except PasswordRefused:  # one that no backup was ever written with
        raise WrongPassword(Opens.BACKUP, path) from None
    with normal, scrypt(normal, _SALT_LABEL + salt, log_n) as wrap_key:
        file_key = unwrap_file_key(wrap_key.reveal(), body)
    if file_key is None:
        raise WrongPassword(Opens.BACKUP, path)
    return open_payload(data, header, file_key, path)


def protection_of(data: bytes, path: str = "") -> Protection:
    """Return what opens the file, from its header alone. Raises NotABackup, BackupDamaged."""
    header = parse_file(data, path)
    if all(stanza.kind != SCRYPT for stanza in header.stanzas):
        return Protection.RECIPIENTS
    _scrypt_stanza(header, path)
    return Protection.PASSWORD


def _scrypt_stanza(header: Header, path: str) -> tuple[bytes, int, bytes]:
    """Return salt, log2 N and body of the only stanza, each exactly as the specification wants it."""
    stanza = next((item for item in header.stanzas if item.kind == SCRYPT), None)
    if stanza is None:
        raise SecretUnavailable(Wanted.IDENTITY, path)
    damaged = BackupDamaged(path, KMS_NAME, Problem.SCRYPT_STANZA)
    if len(header.stanzas) != 1 or len(stanza.arguments) != 2 or len(stanza.body) != BODY_SIZE:
        raise damaged
    salt, factor = stanza.arguments
    try:
        salt_bytes = from_base64(salt.encode("ascii"))
    except HeaderInvalid:
        raise damaged from None
    if len(salt_bytes) != SALT_SIZE or not re.fullmatch(r"[1-9][0-9]*", factor):
        raise damaged
    if len(factor) > 2 or int(factor) > HIGHEST_LOG_N:
        raise BackupDamaged(path, KMS_NAME, Problem.WORK_FACTOR)
    return salt_bytes, int(factor), stanza.body


def _normal(password: SecretBytes) -> SecretBytes:
    """Return the password in NFC, so that two keyboards that spell it differently give one key."""
    if not password:
        raise PasswordRefused(PasswordProblem.EMPTY)
    if len(password) > PASSWORD_LIMIT:
        raise PasswordRefused(PasswordProblem.TOO_LONG)
    try:
        return SecretBytes.from_text(password.text())
    except UnicodeDecodeError:  # which holds the password
        raise PasswordRefused(PasswordProblem.NOT_TEXT) from None
