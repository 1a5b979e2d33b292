"""Writing a backup: from facts and keys to the bytes of an archive. Nothing touches a disk here."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nskeys.archive.age_password import LOG_N, FileRandomness, encrypt_with
from nskeys.archive.canonical_zip import build
from nskeys.archive.facts_json import facts_from_json, facts_to_json
from nskeys.archive.inspection import inspect
from nskeys.archive.manifest import manifest_bytes, manifest_for
from nskeys.archive.outside_text import check_hint, check_server
from nskeys.archive.payload import payload_bytes, signed_document
from nskeys.archive.reader import reader_bytes
from nskeys.archive.restore_text import restore_text
from nskeys.crypto.signing import public_of, sign
from nskeys.crypto.thumbprint import server_thumbprint, thumbprint
from nskeys.errors import HintRefused
from nskeys.model.backup import (
    KMS_NAME,
    MANIFEST_NAME,
    READER_NAME,
    RESTORE_NAME,
    BackedUpKey,
    Facts,
    KmsContents,
    Manifest,
    MemberFact,
    Protection,
)
from nskeys.model.secret import SecretBytes


@dataclass(frozen=True, slots=True)
class WrittenArchive:
    """A whole archive in memory, and what must be found again when it was put somewhere."""

    data: bytes = field(repr=False)
    manifest: Manifest
    kms: bytes = field(repr=False)
    kms_sha256: str
    archive_sha256: str
    payload_sha256: str
    """SHA-256 of the plaintext of the `.kms`: what a second reader has to find."""
    facts: Facts
    """As signed: the given ones, completed."""


def write(
    facts: Facts,
    keys: Sequence[BackedUpKey],
    server_key: SecretBytes,
    password: SecretBytes,
    log_n: int = LOG_N,
) -> WrittenArchive:
    """The archive of these keys under `password`. `facts.members` is filled here, times lose what is
    below a second. PasswordRefused, HintRefused (also for a hint that gives the password away),
    FieldInvalid for a server name that a backup cannot carry, NotEnoughMemory."""
    return write_with(FileRandomness.fresh(), facts, keys, server_key, password, log_n)


def write_with(
    randomness: FileRandomness,
    facts: Facts,
    keys: Sequence[BackedUpKey],
    server_key: SecretBytes,
    password: SecretBytes,
    log_n: int = LOG_N,
) -> WrittenArchive:
    """`write` with randomness that the caller vouches for: for test vectors only."""
    _check(facts, keys, server_key, password)
    reader = reader_bytes()
    text = restore_text(facts)
    members = ((RESTORE_NAME, _fact(text)), (READER_NAME, _fact(reader)))
    # Through JSON and back, so that what is signed is exactly what a reader will find.
    facts = facts_from_json(facts_to_json(replace(facts, members=members)))
    signature = sign(server_key, "facts", signed_document(facts))
    payload = payload_bytes(KmsContents(facts, signature, tuple(keys), server_key))
    kms = encrypt_with(randomness, payload, password, log_n)
    manifest = manifest_for(facts, signature, _fact(kms))
    data = build(
        (
            (RESTORE_NAME, text),
            (READER_NAME, reader),
            (MANIFEST_NAME, manifest_bytes(manifest)),
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


def _check(
    facts: Facts, keys: Sequence[BackedUpKey], server_key: SecretBytes, password: SecretBytes
) -> None:
    check_server(facts.server)
    check_hint(facts.hint)
    if password.contained_in(facts.hint):
        raise HintRefused("contains_password")
    if facts.protection is not Protection.PASSWORD or facts.recipients:
        raise ValueError("a backup under a password has no recipients")
    if [key.info for key in keys] != [fact.info for fact in facts.keys]:
        raise ValueError("the facts name other keys than were given")
    if any(thumbprint(key.material) != key.info.kid for key in keys):
        raise ValueError("a key is not the one that its kid names")
    if server_thumbprint(public_of(server_key)) != facts.server_key:
        raise ValueError("the facts name another server key")


def _fact(data: bytes) -> MemberFact:
    return MemberFact(hashlib.sha256(data).hexdigest(), len(data))
