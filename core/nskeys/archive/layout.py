"""The layout of both kinds of archives: which members there are, in which order, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from nskeys.archive.canonical_zip import ZipInvalid, first_name, is_canonical, split
from nskeys.errors import BackupDamaged, NewerVersion, NotABackup
from nskeys.model.backup import MANIFEST_NAME, RESTORE_NAME
from nskeys.model.signed_json import Malformed
from nskeys.reasons import Problem, Versioned


@dataclass(frozen=True, slots=True)
class Layout:
    """What one kind of archive looks like, and how the other kind is told from it."""

    order: tuple[str, ...]
    optional: tuple[str, ...]
    """Members of `order` that may be missing."""
    foreign: str
    """A member that only the other kind has."""
    foreign_kind: Problem
    kind: Versioned
    format: int
    """The newest format that is read."""
    format_of: Callable[[bytes], int]
    """Returns the format number in a manifest. Raises Malformed."""

    def members(self, path: str, data: bytes) -> dict[str, bytes]:
        """Return the members by name; `path` is only named in errors. Raises NotABackup, BackupDamaged,
        NewerVersion."""
        if first_name(data) != RESTORE_NAME:
            raise NotABackup(path, Problem.OTHER_ZIP)
        try:
            members = split(data)
        except ZipInvalid as error:
            raise BackupDamaged(path, "archive", error.problem) from None
        names = tuple(name for name, _ in members)
        if self.foreign in names:
            raise NotABackup(path, self.foreign_kind)
        self._refuse_newer(dict(members).get(MANIFEST_NAME, b""))
        if names != tuple(name for name in self.order if name in names or name not in self.optional):
            raise BackupDamaged(path, "archive", Problem.MEMBERS)
        if not is_canonical(members, data):
            raise BackupDamaged(path, "archive", Problem.NOT_CANONICAL)
        return dict(members)

    def _refuse_newer(self, manifest: bytes) -> None:
        """Raise NewerVersion before anything else is checked, because a newer format may be laid out in
        another way. A number that cannot be read is left to the checks that follow."""
        try:
            found = self.format_of(manifest)
        except Malformed:
            return
        if found > self.format:
            raise NewerVersion(self.kind, found, self.format)
