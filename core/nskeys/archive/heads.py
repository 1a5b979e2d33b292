"""What an archive says of itself at its beginning, so that choosing among many needs not all of each.

The manifest stands before what is encrypted. Its signature is checked; whether the rest of the file is what
the manifest says is not, so an archive that is chosen is inspected whole.
"""

from typing import TypeAlias

from nskeys.archive.canonical_zip import LOCAL_MARK, ZipInvalid, first_name, leading
from nskeys.archive.database_copy import facts_json
from nskeys.archive.database_copy.inspection import is_signed_copy
from nskeys.archive.limits import MANIFEST_LIMIT
from nskeys.archive.manifest import is_signed, manifest_format, parse_manifest
from nskeys.errors import BackupDamaged, BackupForged, NewerVersion, NotABackup
from nskeys.model.backup import FORMAT, MANIFEST_NAME, READER_NAME, RESTORE_NAME, Manifest
from nskeys.model.database_copy import COPY_FORMAT, CopyManifest
from nskeys.model.signed_json import Malformed
from nskeys.reasons import Problem, Versioned

HEAD = 1 << 16
"""Bytes within which the manifest of an ordinary archive ends."""
LONGEST_HEAD = MANIFEST_LIMIT + (1 << 20)
"""Bytes within which every manifest ends."""

Head: TypeAlias = Manifest | CopyManifest


def head_of(path: str, data: bytes) -> Head | None:
    """Return the manifest in the first bytes of an archive, a key backup's or that of a part of a database
    copy; None where more bytes are needed. Raises NotABackup, BackupDamaged, BackupForged, NewerVersion."""
    if not data.startswith(LOCAL_MARK):
        raise NotABackup(path, Problem.NOT_ZIP)
    if first_name(data) != RESTORE_NAME:
        raise NotABackup(path, Problem.OTHER_ZIP)
    try:
        members = leading(data)
    except ZipInvalid as error:
        raise BackupDamaged(path, "archive", error.problem) from None
    names = [name for name, _ in members]
    manifest = dict(members).get(MANIFEST_NAME)
    if manifest is None:
        if len(data) >= LONGEST_HEAD or len(names) > 2:
            raise BackupDamaged(path, "archive", Problem.MEMBERS)
        return None
    try:
        return _backup(path, manifest) if READER_NAME in names else _part(path, manifest)
    except Malformed as error:
        raise BackupDamaged(path, MANIFEST_NAME, error.problem) from None


def _backup(path: str, data: bytes) -> Manifest:
    if (found := manifest_format(data)) > FORMAT:
        raise NewerVersion(Versioned.BACKUP, found, FORMAT)
    manifest = parse_manifest(data)
    if not is_signed(manifest):
        raise BackupForged(path, "signature")
    return manifest


def _part(path: str, data: bytes) -> CopyManifest:
    if (found := facts_json.manifest_format(data)) > COPY_FORMAT:
        raise NewerVersion(Versioned.DATABASE_COPY, found, COPY_FORMAT)
    manifest = facts_json.parse_manifest(data)
    if not is_signed_copy(manifest):
        raise BackupForged(path, "signature")
    return manifest
