"""Opening a backup with its password or an identity. Nothing in it is trusted before it was recomputed and
compared."""

from collections.abc import Sequence

from nskeys.archive.age.identity_files import read_identity
from nskeys.archive.age.recipients import FileIdentity, decrypt_by
from nskeys.archive.age.scrypt import decrypt
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.payload import facts_are_signed, payload_contents
from nskeys.errors import BackupDamaged, BackupForged, IdentityUnusable
from nskeys.model.backup import (
    KMS_NAME,
    MANIFEST_NAME,
    Inspected,
    KmsContents,
)
from nskeys.model.recovery import RecoveryIdentity
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Malformed
from nskeys.reasons import Problem


def open_backup(inspected: Inspected, password: SecretBytes) -> KmsContents:
    """Return keys and facts; the caller wipes them. Raises WrongPassword, BackupDamaged, NewerVersion,
    BackupForged where the manifest does not belong to the payload or the facts are not signed by the server
    key that they carry, SecretUnavailable (`identity`) for a backup to recipients, NotEnoughMemory."""
    return _contents(inspected, decrypt(inspected.kms, password, inspected.path))


def open_backup_by(inspected: Inspected, identities: Sequence[FileIdentity]) -> KmsContents:
    """Return keys and facts of a backup to recipients. Raises IdentityNotRecipient, SecretUnavailable
    (`backup_password`) for one under a password."""
    return _contents(inspected, decrypt_by(inspected.kms, identities, inspected.path))


def open_identity(
    inspected: Inspected, identity: RecoveryIdentity, password: SecretBytes
) -> X25519Identity:
    """Return the private half of a recovery identity, from its file in the archive; the caller wipes it.
    Raises WrongPassword (`identity`), BackupForged where the file holds another identity than the facts
    name."""
    file = dict(inspected.identities).get(identity.member)
    if file is None:
        raise BackupForged(inspected.path, identity.member)
    try:
        found = read_identity(file, password, inspected.path)
    except IdentityUnusable:
        raise BackupForged(inspected.path, identity.member) from None
    if found.recipient != identity.recipient:
        found.wipe()
        raise BackupForged(inspected.path, identity.member)
    return found


def _contents(inspected: Inspected, plain: bytes) -> KmsContents:
    path = inspected.path
    try:
        contents = payload_contents(plain)
    except Malformed as error:
        raise BackupDamaged(path, KMS_NAME, error.problem) from None
    problem = _contradiction(inspected, contents)
    if problem is not None:
        contents.wipe()
        raise problem
    return contents


def _contradiction(inspected: Inspected, contents: KmsContents) -> BackupDamaged | BackupForged | None:
    if contents.facts.protection is not inspected.protection:
        return BackupDamaged(inspected.path, KMS_NAME, Problem.PROTECTION)
    if not facts_are_signed(contents.facts, contents.signature):
        return BackupForged(inspected.path, "signature")
    outside = inspected.manifest
    if outside is not None and (contents.facts, contents.signature) != (outside.facts, outside.signature):
        return BackupForged(inspected.path, MANIFEST_NAME)
    return None
