"""Makes the CMDB from a database copy: all of it, once everything in it fits, or nothing.

Each row comes before the end of the copy was seen. So the rows go into a CMDB that nobody sees, and that
is given its name, or committed, only after the last chunk, the end of gzip, the last line and the counts of
every part were read, and what came out is what the signed checkpoint says: keys, register, diary, trail,
recovery identities, and every credential.
"""

from collections.abc import Sequence

from nskeys.errors import BackupDamaged, BackupForged, CmdbDamaged
from nskeys.model.copy_keys import HeldCopyKey
from nskeys.model.database_copy import CMDB_NAME
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.pairs import PlannedDatabase
from nskeys.ports import Progress, Stage
from nskeys.reasons import Problem
from nskeys.services.database.copied_rows import CopiedRows, signed_checkpoint, vouched
from nskeys.services.database.sources import OpenCopy
from nskeys.services.installation import Installation


def fill(
    installation: Installation, planned: PlannedDatabase, keys: Sequence[HeldCopyKey], progress: Progress
) -> DatabaseCopy:
    """Make the CMDB, and return the register row of the copy. Needs the lock. Raises CopyKeyMissing,
    PartsMissing, PartsMixed, BackupDamaged, BackupForged, CmdbNotEmpty, Cancelled, and the errors of the
    place and of the database; then nothing is left."""
    copy = planned.copy
    path, facts = copy.address, copy.facts
    source, seen = OpenCopy(installation, copy, keys), CopiedRows(facts)
    try:
        with installation.cmdb.filling() as new:
            progress.stage(Stage.FILLING, facts.rows)
            for table, rows in source.rows(progress.checkpoint):
                progress.checkpoint()
                new.add(table, rows)
                seen.take(table, rows)
                progress.advance(len(rows))
            view = new.finish(source.checkpoint)
            if not seen.marked or (view.cmdb_id, view.number) != (facts.cmdb_id, facts.number):
                raise BackupDamaged(path, CMDB_NAME, Problem.ROWS_AND_FACTS)
            if vouched(facts):
                require_fit(path, source, seen)
    except CmdbDamaged:
        # Of rows that were signed as a CMDB's: what they are not is the copy's fault, not that of a CMDB.
        raise BackupDamaged(path, CMDB_NAME, Problem.ROWS_AND_FACTS) from None
    return source.register_row()


def require_fit(path: str, source: OpenCopy, seen: CopiedRows) -> None:
    """Raise BackupForged where the server key of the copy did not sign its checkpoint, BackupDamaged where
    the rows are others."""
    checkpoint = signed_checkpoint(source.facts, source.checkpoint)
    if checkpoint is None:
        raise BackupForged(path, CMDB_NAME)
    if not seen.fits(checkpoint) or seen.differences():
        raise BackupDamaged(path, CMDB_NAME, Problem.ROWS_AND_CHECKPOINT)
