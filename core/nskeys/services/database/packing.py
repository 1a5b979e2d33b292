"""Packing the rows of a CMDB: from a state that is kept apart to encrypted parts in scratch files of the
home.

The lock is held only until the state is kept apart; the rows are written, and held against the inventory,
while others change the CMDB, and nothing of the database is held while a destination is written to.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import BinaryIO

from nskeys.archive.age.x25519 import X25519Identity, X25519Recipient
from nskeys.archive.database_copy.writing import FULL, PartSize, RowsWriter, WrittenRows
from nskeys.crypto.age_primitives import x25519_public
from nskeys.errors import CmdbUnreachable, Mismatch
from nskeys.model.audit import AuditHead
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.copy_keys import CopyKey, HeldCopyKey, chosen
from nskeys.model.database_copy import CopyHeader
from nskeys.model.database_tables import COPIED_TABLES
from nskeys.model.inventory import KeyDifference
from nskeys.ports import CmdbView, OpenKeyStore, Progress, Stage
from nskeys.reasons import Problem
from nskeys.services.copy_keys import ensure_copy_key
from nskeys.services.installation import Installation
from nskeys.services.inventory import InventoryCheck
from nskeys.services.register.signed_rows import verified_copies
from nskeys.services.transaction import changes_with

DOING = "copying the database"


class Part:
    """The ciphertext of one part, in a file without a name."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def contents(self) -> bytes:
        """Return all of it."""
        self._file.seek(0)
        return self._file.read()


@dataclass(frozen=True, slots=True)
class PackedRows:
    """The rows of one state of the CMDB, packed, and what is known of that state."""

    parts: tuple[Part, ...]
    written: WrittenRows
    number: int
    checkpoint: SignedCheckpoint | None
    audit: AuditHead
    copy_key: HeldCopyKey
    differences: tuple[KeyDifference, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def explained(self) -> bool:
        """Whether the rows are those that the checkpoint says."""
        return not (self.differences or self.mismatches)

    @property
    def identity(self) -> X25519Identity:
        """The copy key as an identity, which opens the parts."""
        return X25519Identity(self.copy_key.secret)


def pack(
    installation: Installation,
    keys: OpenKeyStore,
    progress: Progress,
    scratch: ExitStack,
    size: PartSize = FULL,
) -> PackedRows:
    """Pack the rows as they are now. The parts stay until `scratch` is closed. Raises Cancelled between two
    batches, CannotCreate where the home has no room, CmdbUnreachable (`standby`)."""
    with ExitStack() as kept:
        with changes_with(installation, keys, DOING) as changes:
            progress.stage(Stage.KEEPING_APART)
            ensure_copy_key(installation, keys)
            view = kept.enter_context(
                installation.cmdb.kept_apart(installation.home.path, progress.checkpoint)
            )
            require_no_standby(installation, view)
            found = changes.mismatches(view)
        copy_key = keys.copy_key(_key_for(installation, view).kid)
        packed = _packed(installation, view, copy_key, progress, scratch, size)
        return replace(packed, mismatches=found)


def require_no_standby(installation: Installation, view: CmdbView) -> None:
    """Raise CmdbUnreachable (`standby`) where the rows are those of a standby: it may lack the last
    changes, and takes no row for the register, so what was sent would lie there unknown."""
    if view.is_standby:
        raise CmdbUnreachable(installation.cmdb.address(), Problem.STANDBY)


def _packed(
    installation: Installation,
    view: CmdbView,
    copy_key: HeldCopyKey,
    progress: Progress,
    scratch: ExitStack,
    size: PartSize,
) -> PackedRows:
    files: list[BinaryIO] = []

    def begin(_: int) -> BinaryIO:
        files.append(scratch.enter_context(installation.home.scratch()))
        return files[-1]

    counts = view.table_counts()
    progress.stage(Stage.COPYING_ROWS, sum(count for _, count in counts))
    recipient = X25519Recipient(x25519_public(copy_key.secret))
    checkpoint = view.checkpoint()
    header = CopyHeader(view.cmdb_id, 1, checkpoint, counts)
    writer = RowsWriter(header, recipient, begin, size=size)
    for table in COPIED_TABLES:
        for rows in view.table_rows(table):
            progress.checkpoint()
            writer.add(table, rows)
            progress.advance(len(rows))
    written = writer.finish()
    parts = tuple(map(Part, files))
    differences = _differences(view, progress)
    return PackedRows(
        parts, written, view.number, checkpoint, view.audit_head(), copy_key, differences, mismatches=()
    )


def _differences(view: CmdbView, progress: Progress) -> tuple[KeyDifference, ...]:
    """Return the keys whose rows are not those of the inventory, after each row was looked at."""
    check = InventoryCheck(view)
    progress.stage(Stage.COMPARING_ROWS, sum(use.credentials for use in view.counts()))
    for kid, rows in view.stream_rows(lambda _: None):
        progress.checkpoint()
        check.add(kid, rows)
        progress.advance(len(rows))
    return check.differences()


def _key_for(installation: Installation, view: CmdbView) -> CopyKey:
    """Return the copy key that the next copy goes to: one that somebody can get from a key backup."""
    held = [copy for copy in verified_copies(view, installation.server_public()) if copy.signed]
    elsewhere = {kid for copy in held if copy.counts for kid in copy.backup.copy_kids}
    anywhere = {kid for copy in held if copy.retired is None for kid in copy.backup.copy_kids}
    key = chosen(installation.key_store.copy_keys(), elsewhere, anywhere)
    if key is None:  # one was made before
        raise ValueError("there is no copy key")
    return key
