"""Checking a part of a database copy without any key: layout, hashes, instructions and signature.

Who the signer is, is not checked here: the facts carry the public half of the key that signed them, and the
caller compares its thumbprint.
"""

import hashlib
from collections.abc import Iterable

from nskeys.archive.age.file import parse_file
from nskeys.archive.age.header import Header
from nskeys.archive.age.x25519 import X25519, X25519Recipient
from nskeys.archive.canonical_zip import LOCAL_MARK, ZipInvalid, first_name, split
from nskeys.archive.database_copy.facts_json import manifest_format, parse_manifest, signed_facts
from nskeys.archive.database_copy.limits import PART_LIMIT
from nskeys.archive.database_copy.restore_text import restore_text
from nskeys.archive.layout import Layout
from nskeys.crypto.keys import copy_thumbprint, server_thumbprint
from nskeys.crypto.signing import verify
from nskeys.errors import (
    BackupDamaged,
    BackupForged,
    NotABackup,
    PartsMissing,
    PartsMixed,
    RecipientRefused,
)
from nskeys.model.backup import KMS_NAME, MANIFEST_NAME, RESTORE_NAME, MemberFact
from nskeys.model.database_copy import CMDB_NAME, COPY_FORMAT, CopyFacts, CopyManifest, InspectedPart
from nskeys.model.signed_json import Malformed
from nskeys.reasons import Problem, Versioned

_LAYOUT = Layout(
    order=(RESTORE_NAME, MANIFEST_NAME, CMDB_NAME),
    optional=(),
    foreign=KMS_NAME,
    foreign_kind=Problem.KEY_BACKUP,
    kind=Versioned.DATABASE_COPY,
    format=COPY_FORMAT,
    format_of=manifest_format,
)


def inspect_part(path: str, data: bytes) -> InspectedPart:
    """Return what a part says about itself; `path` is only named in errors. Raises NotABackup (`key_backup`
    where it is one), BackupDamaged, BackupForged, NewerVersion."""
    if len(data) > PART_LIMIT:
        raise NotABackup(path, Problem.TOO_LARGE)
    if not data.startswith(LOCAL_MARK):
        raise NotABackup(path, Problem.NOT_ZIP)
    members = _LAYOUT.members(path, data)
    manifest = _manifest(path, members[MANIFEST_NAME])
    facts, cmdb = manifest.facts, members[CMDB_NAME]
    kept = facts.parts[manifest.part - 1].member
    if _fact(cmdb) != kept:
        raise BackupDamaged(path, CMDB_NAME, Problem.HASH)
    if members[RESTORE_NAME] != restore_text(facts, manifest.part):
        raise BackupForged(path, RESTORE_NAME)
    if dict(manifest.members) != {RESTORE_NAME: _fact(members[RESTORE_NAME]), CMDB_NAME: kept}:
        raise BackupForged(path, MANIFEST_NAME)
    if not is_signed_copy(manifest):
        raise BackupForged(path, "signature")
    if not _addressed(path, facts, cmdb):
        raise BackupForged(path, MANIFEST_NAME)
    return InspectedPart(path, manifest, cmdb, hashlib.sha256(data).hexdigest(), len(data))


def is_part(data: bytes) -> bool:
    """Return whether this is a part of a database copy, whole or not, by the names of its members."""
    return data.startswith(LOCAL_MARK) and first_name(data) == RESTORE_NAME and CMDB_NAME in _names(data)


def require_all(manifests: Iterable[tuple[str, CopyManifest]]) -> tuple[int, ...]:
    """Return for each part number which of these (path, manifest) is it. Raises PartsMixed where two are of
    different copies, PartsMissing where one is not there."""
    listed = list(manifests)
    (first_path, first), *others = listed
    for path, other in others:
        if (other.facts, other.signature) != (first.facts, first.signature):
            raise PartsMixed(first_path, path)
    places = {manifest.part: place for place, (_, manifest) in enumerate(listed)}
    count = len(first.facts.parts)
    missing = tuple(part for part in range(1, count + 1) if part not in places)
    if missing:
        raise PartsMissing(first_path, missing, count)
    return tuple(places[part] for part in range(1, count + 1))


def _names(data: bytes) -> tuple[str, ...]:
    try:
        return tuple(name for name, _ in split(data))
    except ZipInvalid:
        # What is cut after its manifest is still one or the other.
        return (CMDB_NAME,) if CMDB_NAME.encode() in data[: 1 << 16] else ()


def _manifest(path: str, data: bytes) -> CopyManifest:
    try:
        return parse_manifest(data)
    except Malformed as error:
        raise BackupDamaged(path, MANIFEST_NAME, error.problem) from None


def is_signed_copy(manifest: CopyManifest) -> bool:
    """Return whether the server key that the facts name signed them."""
    facts = manifest.facts
    return server_thumbprint(facts.server_public) == facts.server_key and verify(
        facts.server_public, "copy", signed_facts(facts), manifest.signature
    )


def _addressed(path: str, facts: CopyFacts, cmdb: bytes) -> bool:
    """Return whether the copy key is the one that is named, and the file has one stanza for such a key."""
    try:
        recipient = X25519Recipient.parse(facts.copy_key.recipient)
    except RecipientRefused:
        return False
    named = copy_thumbprint(recipient.public) == facts.copy_key.kid
    return named and recipient.text == facts.copy_key.recipient and _for_one(_header(path, cmdb))


def _header(path: str, cmdb: bytes) -> Header:
    try:
        return parse_file(cmdb, path)
    except NotABackup as error:
        raise BackupDamaged(path, CMDB_NAME, error.problem or Problem.NOT_AGE) from None
    except BackupDamaged as error:
        raise BackupDamaged(path, CMDB_NAME, error.problem) from None


def _for_one(header: Header) -> bool:
    return [stanza.kind for stanza in header.stanzas] == [X25519]


def _fact(data: bytes) -> MemberFact:
    return MemberFact(hashlib.sha256(data).hexdigest(), len(data))
