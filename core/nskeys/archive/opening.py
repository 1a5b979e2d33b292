"""Opening a backup with its password or an identity. Nothing in it is trusted before it was recomputed and
compared."""

from collections.abc import Sequence

from nskeys.archive.age.identity_files import read_identity
from nskeys.archive.age.recipients import FileIdentity, decrypt_by
from nskeys.archive.age.scrypt import decrypt
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.manifest import manifest_for
from nskeys.archive.payload import payload_contents, signed_document
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, verify
from nskeys.errors import BackupDamaged, BackupForged, IdentityUnusable
from nskeys.model.backup import (
    KMS_NAME,
    MANIFEST_NAME,
    BackupFacts,
    Inspected,
    KmsContents,
    MemberFact,
    Signer,
)
from nskeys.model.recovery import RecoveryIdentity
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Malformed
from nskeys.reasons import Problem


def open_backup(inspected: Inspected, password: SecretBytes) -> KmsContents:
    """Return keys and facts; the caller wipes them. Raises WrongPassword, BackupDamaged, NewerVersion,
    BackupForged where the manifest is not the one that belongs to the payload, SecretUnavailable
    (`identity`) for a backup to recipients, NotEnoughMemory."""
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


def signature_holds(contents: KmsContents) -> bool:
    """Return whether the server key that the facts name, and that is inside, signed them."""
    return signer_inside(contents) is Signer.THIS_SERVER


def signed_by(facts: BackupFacts, signature: bytes | None, public: bytes) -> bool:
    """Return whether the owner of `public` (32 bytes), whom the facts name, signed them."""
    return signer_of(facts, signature, public) is Signer.THIS_SERVER


def signer_inside(contents: KmsContents) -> Signer:
    """Return who signed the facts, by the server key inside: THIS_SERVER is the server that made the
    backup."""
    server_key = contents.server_key
    public = None if server_key is None else public_of(server_key)
    return signer_of(contents.facts, contents.signature, public)


def signer_of(facts: BackupFacts, signature: bytes | None, public: bytes | None) -> Signer:
    """Return who signed the facts, as far as the server key at hand (32 bytes; None: there is none) can
    tell."""
    if signature is None:
        return Signer.NOBODY
    if public is None:
        return Signer.CLAIMED
    if server_thumbprint(public) != facts.server_key:
        return Signer.OTHER_SERVER
    holds = verify(public, "facts", signed_document(facts), signature)
    return Signer.THIS_SERVER if holds else Signer.BROKEN


def _contradiction(inspected: Inspected, contents: KmsContents) -> BackupDamaged | BackupForged | None:
    if contents.facts.protection is not inspected.protection:
        return BackupDamaged(inspected.path, KMS_NAME, Problem.PROTECTION)
    if inspected.manifest is None:
        return None
    kms = MemberFact(inspected.kms_sha256, len(inspected.kms))
    if manifest_for(contents.facts, contents.signature, kms) != inspected.manifest:
        return BackupForged(inspected.path, MANIFEST_NAME)
    return None
