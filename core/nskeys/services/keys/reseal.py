"""Re-sealing: every credential of another key is sealed under the new one, batch by batch.

Each batch is one transaction, so whoever is killed leaves whole batches, and the next run goes on with
the rest. A credential that does not open stays as it is: its secret cannot be had.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nskeys.crypto.sealing import Resealed, Sealer
from nskeys.errors import KeyUsedUp, NoSuchKey
from nskeys.model.audit import Action
from nskeys.model.keys import SEALS_LIMIT, Kid
from nskeys.model.operations import CredentialProof, FailureReason
from nskeys.ports import CmdbView, OpenKeyStore, Progress, Stage
from nskeys.services.credentials.verify import sealed_by
from nskeys.services.installation import Installation, sign_off

BATCH = 10_000
"""Credentials re-sealed in one transaction: a fifth of a second, of which a commit is the smaller part."""


@dataclass
class Outcome:
    """What was done so far."""

    resealed: int = 0
    left: list[CredentialProof] = field(default_factory=list)
    """Credentials that do not open."""


def reseal_all(installation: Installation, kid: Kid, keys: OpenKeyStore, told: Progress) -> Outcome:
    """Under the lock: seal everything under `kid`. KeyUsedUp; Cancelled between two batches."""
    work = _Work(installation, kid, keys, told)
    with installation.cmdb.reading() as view:
        uses = [use for use in view.counts() if use.kid != kid]
    told.stage(Stage.RESEALING, sum(use.credentials for use in uses))
    for old in sorted({use.kid for use in uses}):
        work.key(old)
    work.leave_unreadable()
    return work.outcome


class _Work:
    def __init__(self, installation: Installation, kid: Kid, keys: OpenKeyStore, told: Progress) -> None:
        self.outcome = Outcome()
        self._installation = installation
        self._cmdb_id = installation.cmdb.cmdb_id()
        self._keys = keys
        self._told = told
        self._server_key = keys.server_key()
        self._new_kid = kid
        self._new = Sealer(self._cmdb_id, kid, keys.key(kid))

    def key(self, kid: Kid) -> None:
        """All rows of one old key, in the order of their ids."""
        try:
            old = Sealer(self._cmdb_id, kid, self._keys.key(kid))
        except NoSuchKey:
            self._leave_all(kid)
            return
        after = ""
        while True:
            # Between transactions only: what is committed is whole, what is not never happened.
            self._told.checkpoint()
            with self._installation.cmdb.reading() as view:
                rows = view.sealed_rows(kid, after, BATCH)
                self._check_limit(view, len(rows))
            if not rows:
                return
            after = rows[-1][0]
            fresh, failed = self._new.resealed(old, rows)
            self._write(fresh)
            self._leave(failed)
            self._told.advance(len(rows))

    def _leave_all(self, kid: Kid) -> None:
        """The key is not here."""
        for credential in sealed_by(self._installation.cmdb, kid):
            self.outcome.left.append(CredentialProof(credential, FailureReason.KEY_MISSING))
            self._told.advance()

    def leave_unreadable(self) -> None:
        """Rows of other keys, or of none, that cannot be read: what they seal stays as it is."""
        with self._installation.cmdb.reading() as view:
            ill = [row.credential for row in view.unreadable()]
        self.outcome.left.extend(
            CredentialProof(row, FailureReason.UNREADABLE)
            for row in ill
            if row is not None and row.key != self._new_kid
        )

    def _leave(self, ids: Sequence[str]) -> None:
        """Rows that are not what was sealed."""
        if not ids:
            return
        with self._installation.cmdb.reading() as view:
            found = [view.credential(credential_id) for credential_id in ids]
        proofs = (
            CredentialProof(row.credential, FailureReason.TAMPERED) for row in found if row is not None
        )
        self.outcome.left.extend(proofs)

    def _write(self, fresh: Sequence[Resealed]) -> None:
        if not fresh:
            return
        event = self._installation.event(Action.ROTATION_RESEALED, self._new.kid, credentials=len(fresh))
        with self._installation.cmdb.changing(event) as change:
            change.reseal(fresh, self._new.kid, event.moment)
            sign_off(change, self._cmdb_id, self._server_key)
        self.outcome.resealed += len(fresh)

    def _check_limit(self, view: CmdbView, more: int) -> None:
        if view.seals(self._new.kid) + more > SEALS_LIMIT:
            raise KeyUsedUp(self._new.kid)
