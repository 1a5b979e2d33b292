"""Rotation: a record in the CMDB, a gate, and batches; killed anywhere, the next run goes on.

First step: a pre-active key and a record, then stop: a backup is due. Second step, once a proven backup
elsewhere holds that key: it becomes active, and every credential is sealed under it, batch by batch. The
same gate stands before what is left of it, for each credential that moves under a key that no backup holds
is at risk from then on.
A key is on disk before any record or row names it, and its state changes in the transaction that writes
the record: so a killed process leaves the step done or not done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nskeys.crypto.keys import new_material, thumbprint
from nskeys.crypto.row_fields import bound_of
from nskeys.crypto.sealing import Resealed, Sealer
from nskeys.errors import KeyUsedUp, NoSuchKey, PlanOutdated
from nskeys.model.audit import Action, AuditEvent
from nskeys.model.keys import SEALS_LIMIT, KeyInfo, KeyState, Kid, Rotation, RotationStage
from nskeys.model.plans import CredentialProof, RotationPlan, RotationReport
from nskeys.model.recoverability import KeyCoverage
from nskeys.model.register import BackupCopy, holds_without_counting
from nskeys.ports import CmdbView, NewKey, OpenKeyStore, Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import FailureReason, Operation
from nskeys.services.copy_keys import make_copy_key
from nskeys.services.credentials.verify import sealed_by
from nskeys.services.installation import Installation
from nskeys.services.status.overview import Overview, RecoverabilityService
from nskeys.services.transaction import KeyedChanges, keys_fingerprint, signed_changes

BATCH = 10_000
"""Credentials re-sealed in one transaction: a fifth of a second, of which a commit is the smaller part."""


@dataclass
class ResealReport:
    """What was re-sealed so far."""

    resealed: int = 0
    left: list[CredentialProof] = field(default_factory=list)
    """Credentials that do not open."""


def reseal_all(
    installation: Installation, kid: Kid, changes: KeyedChanges, progress: Progress
) -> ResealReport:
    """Seal everything under `kid`; needs the lock. Raises KeyUsedUp; Cancelled between two batches."""
    work = _Work(installation, kid, changes, progress)
    with installation.cmdb.reading() as view:
        uses = [use for use in view.counts() if use.kid != kid]
    progress.stage(Stage.RESEALING, sum(use.credentials for use in uses))
    for old in sorted({use.kid for use in uses}):
        work.key(old)
    work.leave_unreadable()
    return work.outcome


class _Work:
    def __init__(
        self, installation: Installation, kid: Kid, changes: KeyedChanges, progress: Progress
    ) -> None:
        self.outcome = ResealReport()
        self._installation = installation
        self._cmdb_id = installation.cmdb.cmdb_id()
        self._changes = changes
        self._progress = progress
        self._new_kid = kid
        self._new = Sealer(self._cmdb_id, kid, changes.keys.key(kid))

    def key(self, kid: Kid) -> None:
        """Re-seal all rows of one old key, in the order of their ids."""
        try:
            old = Sealer(self._cmdb_id, kid, self._changes.keys.key(kid))
        except NoSuchKey:
            self._leave_all(kid)
            return
        after = ""
        while True:
            # Stopped between transactions only, each of which is committed whole or rolled back.
            self._progress.checkpoint()
            with self._installation.cmdb.reading() as view:
                rows = view.sealed_rows(kid, after, BATCH)
                self._check_limit(view, len(rows))
            if not rows:
                return
            after = rows[-1][0]
            bound = bound_of(rows)
            fresh, failed = self._new.resealed(old, rows, bound)
            self._write(kid, fresh, None if failed else bound)
            self._leave(failed)
            self._progress.advance(len(rows))

    def _leave_all(self, kid: Kid) -> None:
        """Report all rows of a key that is not here as left."""
        for credential in sealed_by(self._installation.cmdb, kid):
            self.outcome.left.append(CredentialProof(credential, FailureReason.KEY_MISSING))
            self._progress.advance()

    def leave_unreadable(self) -> None:
        """Report unreadable rows of other keys, or of none, as left: their seals are not touched."""
        with self._installation.cmdb.reading() as view:
            ill = [row.credential for row in view.unreadable()]
        self.outcome.left.extend(
            CredentialProof(row, FailureReason.UNREADABLE)
            for row in ill
            if row is not None and row.key != self._new_kid
        )

    def _leave(self, ids: Sequence[str]) -> None:
        """Report rows as left that are not what was sealed."""
        if not ids:
            return
        with self._installation.cmdb.reading() as view:
            found = [view.credential(credential_id) for credential_id in ids]
        proofs = (
            CredentialProof(row.credential, FailureReason.TAMPERED) for row in found if row is not None
        )
        self.outcome.left.extend(proofs)

    def _write(self, old: Kid, fresh: Sequence[Resealed], bound: Sequence[bytes] | None) -> None:
        if not fresh:
            return
        event = self._installation.event(Action.ROTATION_RESEALED, self._new.kid, credentials=len(fresh))
        with self._changes.signed(event) as change:
            change.reseal(old, fresh, self._new.kid, bound)
        self.outcome.resealed += len(fresh)

    def _check_limit(self, view: CmdbView, more: int) -> None:
        if view.seals(self._new.kid) + more > SEALS_LIMIT:
            raise KeyUsedUp(self._new.kid)


class RotationService:
    """Creates, activates and re-seals; each call does the next step that is allowed."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def plan(self) -> RotationPlan:
        """Return what the next `execute` would do."""
        installation = self._installation
        overview = RecoverabilityService(installation).overview()
        waiting = self._waiting()
        kid = overview.rotation.kid if overview.rotation else waiting.kid if waiting else None
        activated = kid is not None and self._is_active(kid)
        moved = _moved(overview, kid)
        gate = _Gate(overview, kid, activated) if kid is not None else None
        return RotationPlan(
            creates=kid is None,
            activates=kid is not None and not activated,
            kid=kid,
            to_reseal=sum(key.credentials for key in moved),
            gate_open=gate is not None and gate.open,
            exposes=gate.exposes if gate else 0,
            held_by=gate.held_by if gate else None,
            fingerprint=keys_fingerprint(installation),
        )

    def execute(
        self,
        plan: RotationPlan,
        secrets: SecretProvider,
        without_backup: bool = False,
        progress: Progress | None = None,
    ) -> RotationReport:
        """Do the next step. Where the gate is closed and not skipped, a pre-active key is made at most."""
        installation, progress = self._installation, progress or SilentProgress()
        progress.stage(Stage.UNLOCKING)
        with signed_changes(installation, secrets, "rotating the key") as changes:
            changes.require_unchanged(Operation.ROTATION, plan.fingerprint)
            rotation, outcome = self._begin(changes), ResealReport()
            waits = not (without_backup or self._gate(rotation.kid).open)
            if not waits:
                rotation = self._activate(rotation, changes)
                outcome = reseal_all(installation, rotation.kid, changes, progress)
                self._finish(rotation, changes, outcome.resealed)
        return self._report(rotation.kid, outcome, waits)

    def _begin(self, changes: KeyedChanges) -> Rotation:
        """Return the open rotation; else begin one, for the pre-active key that is here or a new key."""
        installation = self._installation
        with installation.cmdb.reading() as view:
            rotation = view.rotation()
        if rotation is not None:
            if rotation.goes_on(installation.keys()):
                return rotation
            # The CMDB and the restored keys are of different times, so this record matches no key here.
            self._abandon(rotation, changes)
        key = self._waiting() or self._create(changes.keys)
        now = installation.clock.now()
        fresh = Rotation(0, key.kid, RotationStage.WAITING, begun=now, changed=now)
        with changes.signed(installation.event(Action.KEY_CREATED, key.kid)) as change:
            change.set_keys([key])
            return change.set_rotation(fresh)

    def _waiting(self) -> KeyInfo | None:
        """Return the newest pre-active key, as a restore brings one of a rotation that was under way; None
        without one."""
        waiting = [key for key in self._installation.keys() if key.state is KeyState.PRE_ACTIVE]
        return waiting[-1] if waiting else None

    def _create(self, keys: OpenKeyStore) -> KeyInfo:
        with new_material() as material:
            now = self._installation.clock.now()
            info = KeyInfo(thumbprint(material), now, KeyState.PRE_ACTIVE, now)
            make_copy_key(self._installation, keys)
            keys.add([NewKey(info, material)])
        return info

    def _gate(self, kid: Kid) -> "_Gate":
        overview = RecoverabilityService(self._installation).overview()
        return _Gate(overview, kid, self._is_active(kid))

    def _is_active(self, kid: Kid) -> bool:
        """Return whether the key was activated. Its state decides this and not the record."""
        keys = self._installation.keys()
        return any(key.kid == kid and key.state is KeyState.ACTIVE for key in keys)

    def _activate(self, rotation: Rotation, changes: KeyedChanges) -> Rotation:
        """Make the key active and say so in the record, in one transaction."""
        installation = self._installation
        now = installation.clock.now()
        if self._is_active(rotation.kid) and rotation.stage is RotationStage.RESEALING:
            return rotation
        skipped = not _held_elsewhere(RecoverabilityService(installation).overview(), rotation.kid)
        active = rotation._replace(stage=RotationStage.RESEALING, changed=now, gate_skipped=skipped)
        event = installation.event(
            Action.ROTATION_ACTIVATED, rotation.kid, backup="skipped" if skipped else "proven"
        )
        with changes.signed(event) as change:
            change.set_keys(self._states(rotation.kid, change))
            change.set_rotation(active)
        return active

    def _states(self, kid: Kid, view: CmdbView) -> list[KeyInfo]:
        """Return the states after activation: this key active, those that seal or wait deactivated at the
        same moment."""
        now, states = self._installation.clock.now(), []
        for key in view.keys():
            if key.kid == kid:
                states.append(key.in_state(KeyState.ACTIVE, now))
            elif key.state in (KeyState.ACTIVE, KeyState.PRE_ACTIVE):
                states.append(key.in_state(KeyState.DEACTIVATED, now))
        return states

    def _abandon(self, rotation: Rotation, changes: KeyedChanges) -> None:
        ended = rotation._replace(stage=RotationStage.FINISHED, changed=self._installation.clock.now())
        event = self._installation.event(Action.ROTATION_FINISHED, rotation.kid, resealed=0, key="missing")
        self._write(ended, event, changes)

    def _finish(self, rotation: Rotation, changes: KeyedChanges, resealed: int) -> None:
        done = rotation._replace(stage=RotationStage.FINISHED, changed=self._installation.clock.now())
        event = self._installation.event(Action.ROTATION_FINISHED, rotation.kid, resealed=resealed)
        self._write(done, event, changes)

    def _write(self, rotation: Rotation, event: AuditEvent, changes: KeyedChanges) -> None:
        with changes.signed(event) as change:
            change.set_rotation(rotation)

    def _report(self, kid: Kid, outcome: ResealReport, waits: bool) -> RotationReport:
        overview = RecoverabilityService(self._installation).overview()
        for key in self._installation.keys():
            if key.kid == kid:
                gate = _Gate(overview, kid, key.state is KeyState.ACTIVE)
                return RotationReport(
                    kid,
                    key.state,
                    outcome.resealed,
                    tuple(outcome.left),
                    overview.recoverability.due,
                    gate.held_by if waits else None,
                    waits,
                    gate.exposes if waits else 0,
                )
        raise PlanOutdated(Operation.ROTATION)


def _moved(overview: Overview, kid: Kid | None) -> list[KeyCoverage]:
    """Return the keys whose credentials a rotation to `kid` seals anew."""
    return [key for key in overview.recoverability.keys if key.kid != kid and key.here]


@dataclass(frozen=True, slots=True)
class _Gate:
    """What stands before re-sealing under a key: a backup elsewhere that counts has to hold it first."""

    overview: Overview
    kid: Kid
    active: bool

    @property
    def open(self) -> bool:
        """Whether a backup holds the key, or it is active and no credential would move under it."""
        idle = self.active and not any(key.credentials for key in _moved(self.overview, self.kid))
        return idle or _held_elsewhere(self.overview, self.kid)

    @property
    def exposes(self) -> int:
        """How many credentials would come back now and, once re-sealed, would not."""
        return 0 if self.open else sum(key.recoverable for key in _moved(self.overview, self.kid))

    @property
    def held_by(self) -> BackupCopy | None:
        """Where it is closed, a copy that holds the key and does not count."""
        return None if self.open else holds_without_counting(self.overview.copies, self.kid)


def _held_elsewhere(overview: Overview, kid: Kid) -> bool:
    """Return whether a copy that counts (elsewhere, opened, good when just looked at) holds the key."""
    return any(kid in copy.backup.kids for copy in overview.copies if copy.counts)
