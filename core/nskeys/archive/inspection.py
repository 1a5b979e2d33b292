"""Checking a backup without its password, so that a bad one is refused before a person types it.

An archive that passes has the layout that nskeys writes, carries the known reader and the instructions that
belong to its facts, and its `.kms` is the one in the manifest. Who wrote it is not checked here, but by the
thumbprint of the server key: that this key signed is checked here, whose it is cannot be.
"""

import hashlib
from dataclasses import replace

from nskeys.archive.age.header import FAMILY
from nskeys.archive.age.limits import IDENTITY_LIMIT
from nskeys.archive.age.recipients import addressed_to, parse_recipient
from nskeys.archive.age.scrypt import protection_of
from nskeys.archive.canonical_zip import LOCAL_MARK
from nskeys.archive.layout import Layout
from nskeys.archive.limits import ARCHIVE_LIMIT
from nskeys.archive.manifest import is_signed, manifest_format, parse_manifest
from nskeys.archive.reader import READER_SHA256
from nskeys.archive.restore_text import restore_text
from nskeys.errors import (
    BackupDamaged,
    BackupForged,
    NotABackup,
    NskeysError,
    RecipientRefused,
)
from nskeys.model.backup import (
    FORMAT,
    KMS_NAME,
    MANIFEST_NAME,
    READER_NAME,
    RESTORE_NAME,
    BackupFacts,
    Inspected,
    Manifest,
    MemberFact,
)
from nskeys.model.database_copy import CMDB_NAME
from nskeys.model.recovery import IDENTITY_MEMBERS
from nskeys.model.register import Protection
from nskeys.model.signed_json import Malformed
from nskeys.reasons import Problem, Versioned

_LAYOUT = Layout(
    order=(RESTORE_NAME, READER_NAME, MANIFEST_NAME, *IDENTITY_MEMBERS, KMS_NAME),
    optional=IDENTITY_MEMBERS,
    foreign=CMDB_NAME,
    foreign_kind=Problem.DATABASE_COPY,
    kind=Versioned.BACKUP,
    format=FORMAT,
    format_of=manifest_format,
)


def inspect(path: str, data: bytes) -> Inspected:
    """Return what a backup says about itself. `data` is an archive or a bare `.kms`; `path` is only named
    in errors. Raises NotABackup, BackupDamaged, BackupForged, NewerVersion."""
    if len(data) > ARCHIVE_LIMIT:
        raise NotABackup(path, Problem.TOO_LARGE)
    if data.startswith(LOCAL_MARK):
        return _inspect_archive(path, data)
    if data.startswith(FAMILY):
        return _inspected(path, data, data, None, protection_of(data, path))
    raise NotABackup(path, Problem.NEITHER_ZIP_NOR_AGE)


def _inspect_archive(path: str, data: bytes) -> Inspected:
    members = _LAYOUT.members(path, data)
    kms = members[KMS_NAME]
    manifest = _manifest(path, members)
    hashes = dict(manifest.members)
    if hashes[KMS_NAME] != _fact(kms):
        # Told apart from a wrong password here, before one is asked for.
        raise BackupDamaged(path, KMS_NAME, Problem.HASH)
    if _fact(members[READER_NAME]).sha256 != READER_SHA256:
        raise BackupForged(path, READER_NAME)
    if members[RESTORE_NAME] != restore_text(manifest.facts):
        raise BackupForged(path, RESTORE_NAME)
    companions = {name: _fact(member) for name, member in members.items() if name != MANIFEST_NAME}
    if hashes != companions or dict(manifest.facts.members) != _without_kms(companions):
        raise BackupForged(path, MANIFEST_NAME)
    protection = protection_of(kms, path)
    if manifest.facts.protection is not protection:
        raise BackupForged(path, MANIFEST_NAME)
    if not _addressed(manifest.facts, kms):
        raise BackupForged(path, MANIFEST_NAME)
    identities = {name: members[name] for name in IDENTITY_MEMBERS if name in members}
    for name, member in identities.items():
        if not _under_password(member):
            raise BackupForged(path, name)
    if not is_signed(manifest):
        raise BackupForged(path, "signature")
    return replace(_inspected(path, data, kms, manifest, protection), identities=tuple(identities.items()))


def _addressed(facts: BackupFacts, kms: bytes) -> bool:
    """Return whether the header is for the recipients that the facts name, as far as it tells."""
    if not facts.recipients:
        return True
    try:
        recipients = [parse_recipient(text) for text in facts.recipients]
    except RecipientRefused:
        return False
    spelled = tuple(recipient.text for recipient in recipients)
    return spelled == facts.recipients and addressed_to(kms, recipients)


def _under_password(member: bytes) -> bool:
    """Return whether an identity file is under a password and nothing else."""
    try:
        return len(member) <= IDENTITY_LIMIT and protection_of(member) is Protection.PASSWORD
    except NskeysError:
        return False


def _manifest(path: str, members: dict[str, bytes]) -> Manifest:
    try:
        return parse_manifest(members[MANIFEST_NAME])
    except Malformed as error:
        raise BackupDamaged(path, MANIFEST_NAME, error.problem) from None


def _inspected(
    path: str, data: bytes, kms: bytes, manifest: Manifest | None, protection: Protection
) -> Inspected:
    return Inspected(
        path=path,
        kms=kms,
        kms_sha256=hashlib.sha256(kms).hexdigest(),
        file_sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        manifest=manifest,
        protection=protection,
    )


def _without_kms(members: dict[str, MemberFact]) -> dict[str, MemberFact]:
    return {name: fact for name, fact in members.items() if name != KMS_NAME}


def _fact(data: bytes) -> MemberFact:
    return MemberFact(hashlib.sha256(data).hexdigest(), len(data))
