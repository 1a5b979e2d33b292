"""Writing a backup: from facts and keys to the bytes of an archive. Nothing touches a disk here."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nskeys.archive.age.recipients import (
    Recipient,
    RecipientsRandomness,
    encrypt_to_with,
    listed,
    parse_recipient,
)
from nskeys.archive.age.scrypt import LOG_N, FileRandomness, encrypt_with
from nskeys.archive.canonical_zip import build
from nskeys.archive.facts_json import facts_from_json, facts_to_json
from nskeys.archive.inspection import inspect
from nskeys.archive.limits import check_hint, check_server, check_source
from nskeys.archive.manifest import manifest_bytes, signed_manifest
from nskeys.archive.payload import payload_bytes, signed_document
from nskeys.archive.reader import reader_bytes
from nskeys.archive.restore_text import restore_text
from nskeys.crypto.keys import thumbprint
from nskeys.crypto.signing import public_of, sign
from nskeys.errors import HintRefused
from nskeys.model.backup import (
    KMS_NAME,
    MANIFEST_NAME,
    READER_NAME,
    RESTORE_NAME,
    BackedUpKey,
    BackupFacts,
    KmsContents,
    Manifest,
    MemberFact,
)
from nskeys.model.copy_keys import HeldCopyKey
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes
from nskeys.reasons import HintProblem

ArchivedKey: TypeAlias = BackedUpKey | HeldCopyKey
"""What a `.kms` holds; both in the order of the facts."""


@dataclass(frozen=True, slots=True)
class WrittenArchive:
    """A whole archive in memory, and the hashes that must be found again after it was stored."""

    data: bytes = field(repr=False)
    manifest: Manifest
    kms: bytes = field(repr=False)
    kms_sha256: str
    archive_sha256: str
    payload_sha256: str
    """SHA-256 of the plaintext of the `.kms`, which a second reader has to find."""
    facts: BackupFacts
    """The signed facts: the given ones, completed."""


def write(
    facts: BackupFacts,
    keys: Sequence[ArchivedKey],
    server_key: SecretBytes,
    password: SecretBytes,
    log_n: int = LOG_N,
) -> WrittenArchive:
    """Return the archive of these keys under `password`. `facts.members` is filled in here, and fractions
    of a second are dropped. Raises PasswordRefused, HintRefused (also for a hint that reveals the
    password), FieldInvalid for a server name or `source` that a backup cannot carry, NotEnoughMemory."""
    return write_with(FileRandomness.fresh(), facts, keys, server_key, password, log_n)


def write_with(
    randomness: FileRandomness,
    facts: BackupFacts,
    keys: Sequence[ArchivedKey],
    server_key: SecretBytes,
    password: SecretBytes,
    log_n: int = LOG_N,
) -> WrittenArchive:
    """Return what `write` does, with the given randomness: for test vectors only."""
    _check(facts, keys, server_key)
    if password.contained_in(facts.hint):
        raise HintRefused(HintProblem.CONTAINS_PASSWORD)
    if facts.protection is not Protection.PASSWORD or facts.recipients or facts.identities:
        raise ValueError("a backup under a password has no recipients")
    return _laid_out(
        facts, keys, server_key, {}, lambda plain: encrypt_with(randomness, plain, password, log_n)
    )


def write_to(
    facts: BackupFacts,
    keys: Sequence[ArchivedKey],
    server_key: SecretBytes,
    files: Mapping[str, bytes],
    once: Recipient,
) -> WrittenArchive:
    """Return the archive of these keys to `facts.recipients` and to `once`, a temporary identity that the
    caller keeps in memory until it has opened what was read back. `files` are those of `facts.identities`,
    by their members' names. Raises RecipientRefused, and as `write`."""
    return write_to_with(
        RecipientsRandomness.fresh(len(facts.recipients) + 1), facts, keys, server_key, files, once
    )


def write_to_with(
    randomness: RecipientsRandomness,
    facts: BackupFacts,
    keys: Sequence[ArchivedKey],
    server_key: SecretBytes,
    files: Mapping[str, bytes],
    once: Recipient,
) -> WrittenArchive:
    """Return what `write_to` does, with the given randomness: for test vectors only."""
    _check(facts, keys, server_key)
    recipients = listed([parse_recipient(text) for text in facts.recipients])
    if facts.protection is not Protection.RECIPIENTS or len(recipients) != len(facts.recipients):
        raise ValueError("a backup to recipients has each of them once")
    if [(identity.member, identity.sha256) for identity in facts.identities] != [
        (name, _fact(data).sha256) for name, data in files.items()
    ]:
        raise ValueError("the facts name other identities than were given")
    return _laid_out(
        facts,
        keys,
        server_key,
        files,
        lambda plain: encrypt_to_with(randomness, [*recipients, once], plain),
    )


def _laid_out(
    facts: BackupFacts,
    keys: Sequence[ArchivedKey],
    server_key: SecretBytes,
    files: Mapping[str, bytes],
    encrypt: Callable[[bytes], bytes],
) -> WrittenArchive:
    reader = reader_bytes()
    text = restore_text(facts)
    companions = {RESTORE_NAME: text, READER_NAME: reader, **files}
    members = tuple((name, _fact(data)) for name, data in companions.items())
    # Through JSON and back, so that what is signed is exactly what a reader will find.
    facts = facts_from_json(facts_to_json(replace(facts, members=members)))
    signature = sign(server_key, "facts", signed_document(facts))
    backed_up, copy_keys = _apart(keys)
    payload = payload_bytes(KmsContents(facts, signature, backed_up, copy_keys))
    kms = encrypt(payload)
    manifest = signed_manifest(facts, _fact(kms), server_key)
    data = build(
        (
            (RESTORE_NAME, text),
            (READER_NAME, reader),
            (MANIFEST_NAME, manifest_bytes(manifest)),
            *files.items(),
            (KMS_NAME, kms),
        )
    )
    # Costs milliseconds and no key derivation: what leaves here is what a reader accepts.
    inspected = inspect("", data)
    return WrittenArchive(
        data=data,
        manifest=manifest,
        kms=kms,
        kms_sha256=inspected.kms_sha256,
        archive_sha256=inspected.file_sha256,
        payload_sha256=hashlib.sha256(payload).hexdigest(),
        facts=facts,
    )


def _check(facts: BackupFacts, keys: Sequence[ArchivedKey], server_key: SecretBytes) -> None:
    check_server(facts.server)
    check_source(facts.source)
    check_hint(facts.hint)
    backed_up, copy_keys = _apart(keys)
    if [key.info for key in backed_up] != [fact.info for fact in facts.keys]:
        raise ValueError("the facts name other keys than were given")
    if tuple(held.key for held in copy_keys) != facts.copy_keys:
        raise ValueError("the facts name other copy keys than were given")
    if any(thumbprint(key.material) != key.info.kid for key in backed_up):
        raise ValueError("a key is not the one that its kid names")
    if public_of(server_key) != facts.server_public:
        raise ValueError("the facts name another server key")


def _apart(keys: Sequence[ArchivedKey]) -> tuple[tuple[BackedUpKey, ...], tuple[HeldCopyKey, ...]]:
    backed_up = tuple(key for key in keys if isinstance(key, BackedUpKey))
    return backed_up, tuple(key for key in keys if isinstance(key, HeldCopyKey))


def _fact(data: bytes) -> MemberFact:
    return MemberFact(hashlib.sha256(data).hexdigest(), len(data))
