"""What a restore makes of a CMDB whose server key is gone with its machine.

The new server key signs anew what holds under the key of the confirmed backup, and states whose successor
it is: which backup, up to which change that key counts here, and the highest number that was known of it.
"""

from dataclasses import dataclass

from nskeys.model.backup import BackupFacts
from nskeys.model.checkpoint import Checkpoint, Predecessor
from nskeys.model.pairs import PlannedDatabase
from nskeys.model.secret import SecretBytes
from nskeys.model.statements import Statement, StatementKind
from nskeys.ports import CmdbChange
from nskeys.services.installation import Installation
from nskeys.services.register.history import sign_history_again
from nskeys.services.register.predecessors import checkpoint_by, state, thumbprint_of
from nskeys.services.register.signed_rows import copy_identity


@dataclass(frozen=True, slots=True)
class Succession:
    """Whose successor a new server key is. `confirmed` are the facts of the backup whose server key a
    person confirmed; None where nobody knows whose rows these are, and none counts."""

    confirmed: BackupFacts | None
    checkpoint: Checkpoint | None
    """The CMDB's, where that key signed it."""
    kms_sha256: str | None = None
    copy_sha256: str | None = None
    """Of the database copy that the CMDB was made from; None where it came otherwise."""
    seen: int = 0
    """The highest number that other archives say."""

    @property
    def highest(self) -> int:
        """The highest number that is known under that key."""
        known = 0 if self.checkpoint is None else self.checkpoint.number
        return max(known, self.seen, 0 if self.confirmed is None else self.confirmed.number)

    @property
    def upto(self) -> int:
        """The number of the last change here that the key before signed."""
        return 0 if self.checkpoint is None else self.checkpoint.number

    @property
    def predecessors(self) -> tuple[Predecessor, ...]:
        """Every server key before the new one, the oldest first, as a checkpoint names them."""
        if self.confirmed is None:
            return ()
        earlier = () if self.checkpoint is None else self.checkpoint.predecessors
        return (*earlier, Predecessor(self.confirmed.server_key, self.upto))


def succession(
    installation: Installation,
    confirmed: BackupFacts | None,
    kms_sha256: str | None = None,
    database: PlannedDatabase | None = None,
) -> Succession:
    """Return what a restore goes on from, as the CMDB is now."""
    checkpoint = None
    if confirmed is not None and installation.cmdb.exists():
        with installation.cmdb.reading() as view:
            checkpoint = checkpoint_by(view, confirmed.server_public)
    if confirmed is None or database is None:
        return Succession(confirmed, checkpoint, kms_sha256)
    made_from = copy_identity(database.copy.facts).sha256
    return Succession(confirmed, checkpoint, kms_sha256, made_from, database.highest)


def take_over(
    installation: Installation, change: CmdbChange, server_key: SecretBytes, heir: Succession
) -> None:
    """Sign anew what holds, and write the statement `restored`. Before any other row of the change."""
    if heir.confirmed is not None and heir.checkpoint is not None:
        sign_history_again(change, heir.confirmed.server_public, heir.checkpoint, server_key)
    statement = Statement(
        kind=StatementKind.RESTORED,
        cmdb_id=change.cmdb_id,
        moment=installation.clock.now(),
        server_key=thumbprint_of(server_key),
        predecessor=None if heir.confirmed is None else heir.confirmed.server_key,
        upto=heir.upto,
        highest=heir.highest,
        backup=heir.kms_sha256,
        copy=heir.copy_sha256,
    )
    state(change, statement, server_key)
