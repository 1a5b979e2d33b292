"""Rotation: a record in the CMDB, a gate, and batches; killed anywhere, the next run goes on.

First step: a pre-active key and a record, then stop: a backup is due. Second step, once a proven backup
elsewhere holds that key: it becomes active, and every credential is sealed under it, batch by batch.
The order of the two stores is what makes each step safe to repeat: keys are on disk before any record
or row names them.
"""

from dataclasses import replace

from nskeys.crypto.keys import new_material
from nskeys.crypto.sealing import Sealer
from nskeys.crypto.thumbprint import thumbprint
from nskeys.errors import KeyUsedUp, NoSuchKey, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.keys import SEALS_LIMIT, KeyInfo, KeyState, Kid
from nskeys.model.operations import CredentialProof, FailureReason, RotationPlan, RotationReport
from nskeys.model.rotation import Rotation, RotationStage
from nskeys.ports import (
    CmdbView,
    NewKey,
    OpenKeyStore,
    Progress,
    SecretProvider,
    SilentProgress,
    Stage,
)
from nskeys.services.installation import Installation, sign_off, unlocked
from nskeys.services.recoverability import Overview, RecoverabilityService

BATCH = 5_000
"""Credentials re-sealed in one transaction."""


class RotationService:
    """Creates, activates and re-seals; each call does the next step that may be done."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def plan(self) -> RotationPlan:
        """What the next `execute` would do."""
        installation = self._installation
        overview = RecoverabilityService(installation).overview()
        kid = self._kid(overview.rotation)
        resealing = overview.rotation is not None and overview.rotation.stage is RotationStage.RESEALING
        return RotationPlan(
            creates=kid is None,
            activates=kid is not None and not resealing,
            kid=kid,
            to_reseal=sum(
                key.credentials for key in overview.recoverability.keys if key.kid != kid and key.here
            ),
            gate_open=resealing or (kid is not None and _held_elsewhere(overview, kid)),
            fingerprint=installation.fingerprint(),
        )

    def execute(
        self,
        plan: RotationPlan,
        secrets: SecretProvider,
        without_backup: bool = False,
        progress: Progress | None = None,
    ) -> RotationReport:
        """Do it. Where the gate is closed and not skipped, nothing but the waiting key is made."""
        installation, told = self._installation, progress or SilentProgress()
        told.stage(Stage.UNLOCKING)
        with unlocked(installation, secrets) as keys, installation.changing("rotating the key"):
            installation.unchanged("rotation", plan.fingerprint)
            rotation = self._begin(keys)
            if rotation.stage is RotationStage.WAITING:
                gate = _held_elsewhere(RecoverabilityService(installation).overview(), rotation.kid)
                if not gate and not without_backup:
                    return self._report(rotation.kid, 0, ())
                rotation = self._activate(rotation, keys, gate_skipped=not gate)
            resealed, left = self._reseal(rotation, keys, told)
            self._finish(rotation, keys, resealed)
        return self._report(rotation.kid, resealed, left)

    def _kid(self, rotation: Rotation | None) -> Kid | None:
        if rotation is not None:
            return rotation.kid
        waiting = [key for key in self._installation.key_store.keys() if key.state is KeyState.PRE_ACTIVE]
        return waiting[-1].kid if waiting else None

    def _begin(self, keys: OpenKeyStore) -> Rotation:
        """The open rotation; or a new one, for the pre-active key that is here or a new key."""
        installation = self._installation
        with installation.cmdb.reading() as view:
            rotation = view.rotation()
        if rotation is not None:
            if rotation.kid in {key.kid for key in installation.key_store.keys()}:
                return rotation
            # The CMDB is newer than the restored keys: this record's key can never be activated.
            self._abandon(rotation, keys)
        kid = self._kid(None) or self._create(keys)
        now = installation.clock.now()
        fresh = Rotation(0, kid, RotationStage.WAITING, begun=now, changed=now)
        with installation.cmdb.changing(installation.event(Action.KEY_CREATED, kid)) as change:
            change.know_keys([kid])
            fresh = change.set_rotation(fresh)
            sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
        return fresh

    def _abandon(self, rotation: Rotation, keys: OpenKeyStore) -> None:
        installation = self._installation
        ended = replace(rotation, stage=RotationStage.FINISHED, changed=installation.clock.now())
        event = installation.event(Action.ROTATION_FINISHED, rotation.kid, resealed=0, key="missing")
        with installation.cmdb.changing(event) as change:
            change.set_rotation(ended)
            sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())

    def _create(self, keys: OpenKeyStore) -> Kid:
        with new_material() as material:
            now = self._installation.clock.now()
            info = KeyInfo(thumbprint(material), now, KeyState.PRE_ACTIVE, now)
            keys.change(add=[NewKey(info, material)])
        return info.kid

    def _activate(self, rotation: Rotation, keys: OpenKeyStore, gate_skipped: bool) -> Rotation:
        """The key store changes first, in one step. Killed before the record follows, the next run
        finds an active key whose record still waits, and comes through here again."""
        installation = self._installation
        now = installation.clock.now()
        states = []
        for key in installation.key_store.keys():
            if key.kid == rotation.kid:
                states.append(key.in_state(KeyState.ACTIVE, now))
            elif key.state in (KeyState.ACTIVE, KeyState.PRE_ACTIVE):
                states.append(key.in_state(KeyState.DEACTIVATED, now))
        keys.change(states=states)
        active = replace(rotation, stage=RotationStage.RESEALING, changed=now, gate_skipped=gate_skipped)
        event = installation.event(
            Action.ROTATION_ACTIVATED, rotation.kid, backup="skipped" if gate_skipped else "proven"
        )
        with installation.cmdb.changing(event) as change:
            active = change.set_rotation(active)
            sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
        return active

    def _reseal(
        self, rotation: Rotation, keys: OpenKeyStore, told: Progress
    ) -> tuple[int, tuple[CredentialProof, ...]]:
        """Every credential of another key, in batches; one that does not open stays as it is."""
        installation = self._installation
        cmdb_id = installation.cmdb.cmdb_id()
        with installation.cmdb.reading() as view:
            uses = {use.kid: 0 for use in view.counts() if use.kid != rotation.kid}
            for use in view.counts():
                if use.kid in uses:
                    uses[use.kid] += use.credentials
        told.stage(Stage.RESEALING, sum(uses.values()))
        new = Sealer(cmdb_id, rotation.kid, keys.key(rotation.kid))
        resealed, left = 0, list[CredentialProof]()
        for kid in uses:
            try:
                old = Sealer(cmdb_id, kid, keys.key(kid))
            except NoSuchKey:
                left.extend(self._missing(kid))
                continue
            done, failed = self._reseal_key(old, new, keys, told)
            resealed += done
            left.extend(failed)
        return resealed, tuple(left)

    def _reseal_key(
        self, old: Sealer, new: Sealer, keys: OpenKeyStore, told: Progress
    ) -> tuple[int, list[CredentialProof]]:
        installation = self._installation
        resealed, left, after = 0, list[CredentialProof](), ""
        while True:
            # Between transactions only: what is committed is whole, what is not never happened.
            told.checkpoint()
            with installation.cmdb.reading() as view:
                rows = view.sealed(old.kid, after, BATCH)
                self._check_limit(view, new.kid, len(rows))
            if not rows:
                return resealed, left
            after = rows[-1].credential.credential_id
            fresh = []
            for row in rows:
                credential = row.credential
                if not old.opens(credential.credential_id, credential.fields, row.blob):
                    left.append(CredentialProof(credential, FailureReason.TAMPERED))
                    continue
                with old.open(credential.credential_id, credential.fields, row.blob) as secret:
                    blob = new.seal(credential.credential_id, credential.fields, secret)
                fresh.append((credential.credential_id, blob))
            event = installation.event(Action.ROTATION_RESEALED, new.kid, credentials=len(fresh))
            with installation.cmdb.changing(event) as change:
                change.reseal(fresh, new.kid, installation.clock.now())
                sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
            resealed += len(fresh)
            told.advance(len(rows))

    @staticmethod
    def _check_limit(view: CmdbView, kid: Kid, more: int) -> None:
        if view.seals(kid) + more > SEALS_LIMIT:
            raise KeyUsedUp(kid)

    def _missing(self, kid: Kid) -> list[CredentialProof]:
        found, after = list[CredentialProof](), ""
        while True:
            with self._installation.cmdb.reading() as view:
                rows = view.sealed(kid, after, BATCH)
            if not rows:
                return found
            after = rows[-1].credential.credential_id
            found += [CredentialProof(row.credential, FailureReason.KEY_MISSING) for row in rows]

    def _finish(self, rotation: Rotation, keys: OpenKeyStore, resealed: int) -> None:
        installation = self._installation
        done = replace(rotation, stage=RotationStage.FINISHED, changed=installation.clock.now())
        event = installation.event(Action.ROTATION_FINISHED, rotation.kid, resealed=resealed)
        with installation.cmdb.changing(event) as change:
            change.set_rotation(done)
            sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())

    def _report(self, kid: Kid, resealed: int, left: tuple[CredentialProof, ...]) -> RotationReport:
        overview = RecoverabilityService(self._installation).overview()
        for key in self._installation.key_store.keys():
            if key.kid == kid:
                return RotationReport(kid, key.state, resealed, left, overview.recoverability.due)
        raise PlanOutdated("rotation")


def _held_elsewhere(overview: Overview, kid: Kid) -> bool:
    """The gate: a copy that counts (elsewhere, opened, good when just looked at) holds the key."""
    return any(kid in copy.backup.kids for copy in overview.copies if copy.counts)
