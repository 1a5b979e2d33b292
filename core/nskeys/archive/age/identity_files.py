"""Identity files: age's own, in the clear or under a password, and OpenSSH's private keys.

The recovery identity is such a file: what `age-keygen` writes, encrypted under a password as `age -p` does
it, so that `age -d -i identity.age` of any distribution opens what was encrypted to it.
"""

from datetime import datetime

from nskeys.archive.age.header import FAMILY
from nskeys.archive.age.limits import IDENTITY_LIMIT
from nskeys.archive.age.recipients import FileIdentity
from nskeys.archive.age.scrypt import LOG_N, FileRandomness, decrypt, encrypt_with
from nskeys.archive.age.ssh import SshIdentity, unusable
from nskeys.archive.age.x25519 import IDENTITY_PREFIX, X25519Identity
from nskeys.crypto.ssh_keys import SshKeyLocked, SshKeyRefused, read_private
from nskeys.errors import BackupDamaged, IdentityUnusable, NotABackup, SecretUnavailable, WrongPassword
from nskeys.model.secret import SecretBytes
from nskeys.model.times import to_rfc3339
from nskeys.reasons import IdentityProblem, Opens, Wanted

_SSH_MARK = b"-----BEGIN OPENSSH PRIVATE KEY-----"


def write_identity(
    identity: X25519Identity, created: datetime, password: SecretBytes, log_n: int = LOG_N
) -> bytes:
    """Return the file of an identity under a password. Raises PasswordRefused, NotEnoughMemory."""
    return write_identity_with(FileRandomness.fresh(), identity, created, password, log_n)


def write_identity_with(
    randomness: FileRandomness,
    identity: X25519Identity,
    created: datetime,
    password: SecretBytes,
    log_n: int = LOG_N,
) -> bytes:
    """Return what `write_identity` does, with the given randomness: for test vectors only."""
    head = f"# created: {to_rfc3339(created)}\n# public key: {identity.recipient}\n".encode("ascii")
    with identity.spelled() as line:
        return encrypt_with(randomness, head + line.reveal() + b"\n", password, log_n)


def read_identity(data: bytes, password: SecretBytes, name: str) -> X25519Identity:
    """Return the one identity in a file under a password; the caller wipes it. Raises WrongPassword
    (`identity`), IdentityUnusable."""
    found = read_identities(data, name, password)
    if len(found) == 1 and isinstance(found[0], X25519Identity):
        return found[0]
    for identity in found:
        identity.wipe()
    raise IdentityUnusable(name, IdentityProblem.NOT_IDENTITY)


def under_password(data: bytes) -> bool:
    """Return whether a file is read with a password only."""
    if data.startswith(FAMILY):
        return True
    if not data.lstrip().startswith(_SSH_MARK):
        return False
    try:
        read_private(data, None)
    except SshKeyLocked:
        return True
    except SshKeyRefused:
        return False
    return False


def read_identities(
    data: bytes, name: str, password: SecretBytes | None = None
) -> tuple[FileIdentity, ...]:
    """Return every identity in a file; the caller wipes them. Raises SecretUnavailable
    (`identity_password`) where it is under a password and none was given, WrongPassword (`identity`),
    IdentityUnusable."""
    if len(data) > IDENTITY_LIMIT:
        raise IdentityUnusable(name, IdentityProblem.NOT_IDENTITY)
    if data.startswith(FAMILY):
        data = _decrypted(data, name, password)
    if data.lstrip().startswith(_SSH_MARK):
        return (_ssh(data, name, password),)
    return _lines(data, name)


def _decrypted(data: bytes, name: str, password: SecretBytes | None) -> bytes:
    if password is None:
        raise SecretUnavailable(Wanted.IDENTITY_PASSWORD, name)
    try:
        return decrypt(data, password, name)
    except WrongPassword:
        raise WrongPassword(Opens.IDENTITY, name) from None
    except (BackupDamaged, NotABackup):
        raise IdentityUnusable(name, IdentityProblem.DAMAGED) from None
    except SecretUnavailable:  # encrypted to another identity
        raise IdentityUnusable(name, IdentityProblem.UNSUPPORTED) from None


def _ssh(data: bytes, name: str, password: SecretBytes | None) -> SshIdentity:
    try:
        return SshIdentity(read_private(data, password))
    except SshKeyLocked:
        if password is None:
            raise SecretUnavailable(Wanted.IDENTITY_PASSWORD, name) from None
        raise WrongPassword(Opens.IDENTITY, name) from None
    except SshKeyRefused as error:
        raise unusable(error, name) from None


def _lines(data: bytes, name: str) -> tuple[FileIdentity, ...]:
    """Return what `age-keygen` writes: comments, and an identity a line."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:  # which holds the data
        raise IdentityUnusable(name, IdentityProblem.NOT_IDENTITY) from None
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    kept = [line for line in lines if line and not line.startswith("#")]
    if not kept:
        raise IdentityUnusable(name, IdentityProblem.NOT_IDENTITY)
    for line in kept:
        if line.startswith(IDENTITY_PREFIX + "1"):
            continue
        if line.startswith(("age1", "ssh-")):
            raise IdentityUnusable(name, IdentityProblem.RECIPIENT)
        other = line.startswith("AGE-")
        raise IdentityUnusable(name, IdentityProblem.UNSUPPORTED if other else IdentityProblem.NOT_IDENTITY)
    return tuple(X25519Identity.parse(line, name) for line in kept)
