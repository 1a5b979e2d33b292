"""Proves that somebody else's backup brings the CMDB back, by a database that was restored from it.

A check first makes a change here. A database that shows it is this one, or follows it, and is no backup.
What its server says of itself (a standby, a subscription) ends the check before that. Everything else is
read in one snapshot: the checkpoint under this server's key or one before it, that the audit trail is the
beginning of the one here, everything that the checkpoint hashes, every credential of the inventory, and
whether it opens with the keys that are here. Its readers need no right but to SELECT.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

from nskeys.errors import NewerVersion, ProvesNothing
from nskeys.model.audit import Action, AuditHead
from nskeys.model.checkpoint import Checkpoint, SignedCheckpoint, from_text
from nskeys.model.database_plans import DatabaseCheckPlan, DatabaseCheckReport
from nskeys.model.database_register import CopyIdentity
from nskeys.model.declared_backups import SOURCE_LIMIT, BackupCheck
from nskeys.model.plain_text import as_text
from nskeys.model.plans import ProofReport
from nskeys.model.register import Proof
from nskeys.model.signed_json import Malformed
from nskeys.ports import (
    CmdbView,
    OpenKeyStore,
    OtherDatabase,
    Progress,
    SecretProvider,
    SilentProgress,
    Stage,
)
from nskeys.reasons import MismatchKind, NoProof
from nskeys.services.credentials.verify import keys_in, prove
from nskeys.services.database.declared import chosen, standing
from nskeys.services.installation import Installation
from nskeys.services.register.earlier_keys import Signature, signature_of
from nskeys.services.register.signed_rows import record_declared
from nskeys.services.settling import contradicting, home_of, unlocked
from nskeys.services.trail import followed
from nskeys.services.transaction import changes_with, require_settled

_DOING = "checking a database backup"
_LAG = 3.0
_PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class _Mark:
    """The change that a check made here."""

    number: int
    audit: AuditHead


class DatabaseCheckService:
    """Checks what was restored from a declared backup. `lag` is for how many seconds a database that is as
    new as this one is watched: one that follows is seldom further behind."""

    def __init__(self, installation: Installation, lag: float = _LAG) -> None:
        self._installation, self._lag = installation, lag

    def plan(self, named: str, of: str = "") -> DatabaseCheckPlan:
        """Return what a database says of itself, and of which declared backup it would be a proof: the only
        one where `of` is empty. Changes nothing. Raises NotDeclared, ProvesNothing,
        OtherDatabaseUnreachable, FileUnreadable, ConfigurationInvalid."""
        installation = self._installation
        installation.require()
        with installation.cmdb.reading() as view:
            backup = chosen(standing(installation, view), of)
        with self._apart(named) as other:
            with other.reading() as view:
                _, checkpoint = self._checkpoint(other, view)
                rows = sum(tally.rows for tally in view.tallies().values())
            return DatabaseCheckPlan(
                backup=backup,
                named=named,
                address=other.address(),
                engine=other.describe(),
                number=checkpoint.number,
                created=checkpoint.moment,
                credentials=rows,
            )

    def execute(
        self, plan: DatabaseCheckPlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> DatabaseCheckReport:
        """Prove it, and write down up to which change. Can be stopped at any time; then nothing counts that
        did not count before. Raises what `plan` raises."""
        installation, progress = self._installation, progress or SilentProgress()
        require_settled(installation, _DOING)
        progress.stage(Stage.UNLOCKING)
        with unlocked(installation, secrets) as keys:
            with self._apart(plan.named):
                pass  # a mark is made only where something could be proven
            mark = self._mark(plan, keys)
            with self._apart(plan.named) as other, other.reading() as view:
                state, proof = self._proven(other, view, mark, keys, progress)
            progress.stage(Stage.RECORDING)
            self._require_not_following(plan.named, mark, state.number)
            return self._record(plan, keys, state, proof)

    @contextmanager
    def _apart(self, named: str) -> Iterator[OtherDatabase]:
        """Open it anew: a file with a journal is read as it was when it was opened. Require a database that
        follows no other, is of this CMDB, and was not it before the last move."""
        with self._installation.other_databases(named) as other:
            self._require_not_left(other.address())
            if (follows := other.follows()) is not None:
                raise ProvesNothing(other.address(), follows)
            with other.reading() as view:
                if view.cmdb_id != self._installation.cmdb.cmdb_id():
                    raise ProvesNothing(other.address(), NoProof.OTHER_CMDB, view.cmdb_id[:8])
            yield other

    def _require_not_left(self, address: str) -> None:
        home, url = home_of(self._installation), self._installation.cmdb.at(address).url()
        if home is not None and home.moved is not None and home.moved.names(url):
            raise ProvesNothing(address, NoProof.LEFT)

    def _mark(self, plan: DatabaseCheckPlan, keys: OpenKeyStore) -> _Mark:
        installation = self._installation
        event = installation.event(
            Action.DATABASE_CHECK_BEGAN, plan.backup.text, source=_source(plan.address)
        )
        with changes_with(installation, keys, _DOING) as changes, changes.signed(event) as change:
            return _Mark(change.number, change.audit_head())

    def _checkpoint(self, other: OtherDatabase, view: CmdbView) -> tuple[SignedCheckpoint, Checkpoint]:
        """Return the checkpoint in it, signed by this server or by one before it."""
        stored, address = view.checkpoint(), other.address()
        if stored is None:
            raise ProvesNothing(address, NoProof.NO_CHECKPOINT)
        try:
            checkpoint = from_text(stored.text)
        except NewerVersion as error:
            raise ProvesNothing(address, NoProof.NEWER, f"{error.found}, {error.known}") from None
        except Malformed:
            raise ProvesNothing(address, NoProof.NOT_SIGNED) from None
        if checkpoint.cmdb_id != self._installation.cmdb.cmdb_id():
            raise ProvesNothing(address, NoProof.NOT_SIGNED)
        if reason := _REFUSED.get(signature_of(self._installation, stored, checkpoint)):
            raise ProvesNothing(address, reason, checkpoint.server_key[:8])
        return stored, checkpoint

    def _proven(
        self,
        other: OtherDatabase,
        view: CmdbView,
        mark: _Mark,
        keys: OpenKeyStore,
        progress: Progress,
    ) -> tuple[CopyIdentity, ProofReport]:
        address = other.address()
        stored, checkpoint = self._checkpoint(other, view)
        self._require_earlier(address, view, checkpoint, mark)
        if checkpoint.unexplained:
            raise ProvesNothing(address, NoProof.UNEXPLAINED, checkpoint.unexplained[0].what)
        if parts := contradicting(view, checkpoint):
            raise ProvesNothing(address, NoProof.CONTRADICTS, parts[0].value)
        if self._is_broken(view):
            raise ProvesNothing(address, NoProof.CONTRADICTS, MismatchKind.AUDIT.value)
        proof = prove(_Snapshot(view), checkpoint.cmdb_id, keys_in(keys), progress)
        if proof.differences:
            changed = (difference.kid[:8] for difference in proof.differences)
            raise ProvesNothing(address, NoProof.ROWS_CHANGED, ", ".join(changed))
        state = CopyIdentity(
            sha256=stored.sha256,
            server=self._installation.settings.read().server_name,
            cmdb_id=checkpoint.cmdb_id,
            server_key=checkpoint.server_key,
            created=checkpoint.moment,
            number=checkpoint.number,
            copy_kid="",
            keys=tuple(
                (one.kid, sum(tally.rows for tally in one.kinds.values()))
                for _, one in view.inventory()
                if one is not None
            ),
            uncovered=(),
            covers_nothing=False,
        )
        return state, proof

    def _require_earlier(self, address: str, view: CmdbView, checkpoint: Checkpoint, mark: _Mark) -> None:
        """Require a state that this CMDB had before the check began."""
        if _shows(view, mark):
            raise ProvesNothing(address, NoProof.SHOWS_THE_CHANGE, str(mark.number))
        if checkpoint.number >= mark.number:
            raise ProvesNothing(address, NoProof.AHEAD, str(checkpoint.number))
        public = self._installation.server_public()
        with self._installation.cmdb.reading() as here:
            known = followed(here, public)
        if not known.holds(checkpoint.audit):
            raise ProvesNothing(address, NoProof.OTHER_HISTORY, str(checkpoint.number))

    def _is_broken(self, view: CmdbView) -> bool:
        """Return whether the lines of its audit trail do not lead to its end."""
        public = self._installation.server_public()
        # What was accepted is signed here by the key of today, and there perhaps by one before it.
        with self._installation.cmdb.reading() as here:
            return followed(view, public, stated=here).broken_at is not None

    def _require_not_following(self, named: str, mark: _Mark, number: int) -> None:
        """Look once more for the change that the check made, for what follows this CMDB is a little behind;
        what is as new as it was before that change is watched for a while."""
        until = time.monotonic() + (self._lag if number == mark.number - 1 else 0)
        while True:
            with self._apart(named) as other, other.reading() as view:
                if _shows(view, mark) or view.number >= mark.number:
                    raise ProvesNothing(other.address(), NoProof.SHOWS_THE_CHANGE, str(mark.number))
            if time.monotonic() >= until:
                return
            time.sleep(_PAUSE)

    def _record(
        self, plan: DatabaseCheckPlan, keys: OpenKeyStore, state: CopyIdentity, proof: ProofReport
    ) -> DatabaseCheckReport:
        installation = self._installation
        check = BackupCheck(
            state=state,
            moment=installation.clock.now().replace(microsecond=0),
            proof=Proof.CREDENTIALS_OPEN if proof.whole else Proof.KEYS_MATCH,
            source=_source(plan.address),
        )
        event = installation.event(
            Action.DATABASE_CHECKED,
            plan.backup.text,
            number=state.number,
            opened=proof.opened,
            reached=check.proof.value,
            source=check.source,
        )
        with changes_with(installation, keys, _DOING) as changes, changes.signed(event) as change:
            known = chosen(standing(installation, change), plan.backup.text)
            before = known.highest
            backup = replace(known.with_check(check), signed=True)
            record_declared(change, backup, changes.server_key)
        later = before is not None and before.state.number > state.number
        return DatabaseCheckReport(backup, check, proof, before if later else None)


_REFUSED = {
    Signature.OTHER: NoProof.NOT_SIGNED,
    Signature.UNKNOWN: NoProof.SIGNER_UNKNOWN,
    Signature.ABANDONED: NoProof.ABANDONED,
}


class _Snapshot:
    """One view that is read again and again."""

    def __init__(self, view: CmdbView) -> None:
        self._view = view

    def reading(self) -> AbstractContextManager[CmdbView]:
        return nullcontext(self._view)


def _shows(view: CmdbView, mark: _Mark) -> bool:
    return _digest_at(view, mark.audit.count) == mark.audit.digest


def _digest_at(view: CmdbView, number: int) -> bytes | None:
    """Return the hash of the audit line with this number; None where there is none."""
    for entry in view.audit_entries(number - 1, 1):
        if entry.number == number:
            return entry.digest
    return None


def _source(address: str) -> str:
    return as_text(address)[:SOURCE_LIMIT]
