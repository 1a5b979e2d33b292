"""Restore: a plan you see first, then all or nothing, then a proof credential by credential.

The same operation fills an empty home, joins a copied database with its keys, and adds keys to a
server that has some. A key that is here is never replaced.
"""

from collections.abc import Sequence
from dataclasses import replace

from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.errors import BackupForeign
from nskeys.model.audit import Action
from nskeys.model.backup import BackedUpKey
from nskeys.model.keys import KeyInfo, KeyState, Kid, stricter
from nskeys.model.operations import (
    KeyFate,
    PlannedKey,
    ProofReport,
    RegistryValues,
    RestorePlan,
    RestoreReport,
)
from nskeys.model.register import BackupCopy, Proof, Sight
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey, OpenKeyStore, Progress, SecretProvider, Settings, SilentProgress, Stage
from nskeys.services.drill import reached_by, record_proof
from nskeys.services.installation import Installation, shorts, sign_off, unlocked
from nskeys.services.register import identity, known_copy, record, vouched
from nskeys.services.remembering import asked_before
from nskeys.services.sources import OpenSource
from nskeys.services.verifying import prove_here


class RestoreService:
    """Plans and carries out a restore from a backup that was opened (`sources.opened`)."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def plan(self, source: OpenSource) -> RestorePlan:
        """Each key's fate and how many credentials will open. Changes nothing."""
        installation, facts = self._installation, source.facts
        here = self._here()
        uses = self._uses()
        planned = _plan_keys([key.info for key in source.contents.keys], here, uses)
        known = {key.kid for key in here}
        after = known | set(facts.kids)
        return RestorePlan(
            inspected=source.source.inspected,
            facts=facts,
            foreign=source.foreign,
            keys=planned,
            opens_before=sum(count for kid, count in uses.items() if kid in known),
            opens_after=sum(count for kid, count in uses.items() if kid in after),
            total=sum(uses.values()),
            newer_known=self._newer(source),
            sets_up=not installation.key_store.exists(),
            fingerprint=installation.fingerprint(),
        )

    def execute(
        self,
        plan: RestorePlan,
        source: OpenSource,
        secrets: SecretProvider,
        settings: Settings,
        protector: str,
        accept_foreign: bool = False,
        progress: Progress | None = None,
    ) -> RestoreReport:
        """Store the keys, record where they came from, open every credential.

        `settings` and `protector` matter only where the home is set up by this restore."""
        if plan.foreign and not accept_foreign:
            raise BackupForeign(source.source.address, plan.foreign)
        told = progress or SilentProgress()
        told.checkpoint()
        if plan.sets_up:
            self._set_up(plan, source, secrets, settings, protector, told)
            changed = True
        else:
            changed = self._add(plan, source, secrets, told)
        with unlocked(self._installation, secrets) as keys:
            proof = prove_here(self._installation, keys, told)
            if changed:
                self._record_proof(source, proof, keys)
        return RestoreReport(
            added=tuple(key.info.kid for key in plan.added),
            present=tuple(key.info.kid for key in plan.keys if key.fate is KeyFate.PRESENT),
            proof=proof,
            rotation_advised=plan.sets_up,
        )

    def _set_up(
        self,
        plan: RestorePlan,
        source: OpenSource,
        secrets: SecretProvider,
        settings: Settings,
        protector: str,
        told: Progress,
    ) -> None:
        installation = self._installation
        chosen = installation.protectors(protector)
        installation.home.prepare()
        own = source.contents.server_key if not plan.foreign else None
        with (
            own if own is not None else new_server_seed() as server_key,
            asked_before(chosen, secrets) as known,
            installation.changing("restoring"),
        ):
            installation.unchanged("restore", plan.fingerprint)
            told.stage(Stage.STORING_KEYS)
            installation.settings.write(settings)
            if not installation.cmdb.exists():
                installation.cmdb.create(source.facts.cmdb_id)
            self._record(plan, source, server_key)
            # All keys become one store generation, and its `current` is written last: before
            # that no key is here, after that all are.
            installation.key_store.create(
                installation.cmdb.cmdb_id(), chosen, known, _new(plan, source), server_key
            )

    def _add(self, plan: RestorePlan, source: OpenSource, secrets: SecretProvider, told: Progress) -> bool:
        installation = self._installation
        with unlocked(installation, secrets) as keys, installation.changing("restoring"):
            installation.unchanged("restore", plan.fingerprint)
            told.stage(Stage.STORING_KEYS)
            here = {key.kid: key for key in installation.key_store.keys()}
            now = installation.clock.now()
            states = [
                here[key.info.kid].in_state(key.state_after, now)
                for key in plan.keys
                if key.fate is KeyFate.PRESENT and here[key.info.kid].state is not key.state_after
            ]
            added = _new(plan, source)
            if added or states:
                keys.change(add=added, states=states)
            public = installation.key_store.server_public()
            changed = bool(added or states) or not self._knows(source, public)
            if changed:
                self._record(plan, source, keys.server_key())
        return changed

    def _record(self, plan: RestorePlan, source: OpenSource, server_key: SecretBytes) -> None:
        """The audit line, the source's register row, and the registry values."""
        installation, facts = self._installation, source.facts
        event = installation.event(
            Action.RESTORED,
            source.source.address,
            added=shorts([key.info.kid for key in plan.added]),
            foreign=" ".join(plan.foreign),
        )
        copy = None if source.source.inspected.bare else self._copy(source, public_of(server_key))
        with installation.cmdb.changing(event) as change:
            change.know_keys(facts.kids)
            # A bare `.kms` is no archive: there is no file that a later look could compare.
            if copy is not None:
                record(change, copy, server_key)
            sign_off(change, installation.cmdb.cmdb_id(), server_key)
        last = installation.registry.read().backup_date
        if not plan.foreign and (last is None or last < facts.created):
            installation.registry.write(RegistryValues(source.source.destination, facts.created))

    def _record_proof(self, source: OpenSource, proof: ProofReport, keys: OpenKeyStore) -> None:
        """A restore proves its backup as a drill does; the register says so."""
        installation, place = self._installation, source.source
        public = installation.key_store.server_public()
        copy = known_copy(installation, place.inspected, place.address, public)
        if copy is not None and not source.foreign:
            with installation.changing("recording a restore"):
                record_proof(installation, copy, reached_by(proof), proof.opened, keys)

    def _copy(self, source: OpenSource, public: bytes) -> BackupCopy:
        now, place = self._installation.clock.now(), source.source
        known = known_copy(self._installation, place.inspected, place.address, public)
        fresh = BackupCopy(
            backup=identity(source.facts, place.inspected, place.address.rsplit("/", 1)[-1]),
            destination=place.destination,
            address=place.address,
            where=place.where,
            proofs=(),
            sight=Sight.GOOD,
            look_moment=now,
            good_moment=now,
        )
        return replace(known or fresh, where=place.where).with_proof(Proof.OPENED, now)

    def _knows(self, source: OpenSource, public: bytes | None) -> bool:
        place = source.source
        return place.inspected.bare or (
            known_copy(self._installation, place.inspected, place.address, public) is not None
        )

    def _here(self) -> tuple[KeyInfo, ...]:
        store = self._installation.key_store
        return store.keys() if store.exists() else ()

    def _uses(self) -> dict[Kid, int]:
        if not self._installation.cmdb.exists():
            return {}
        uses: dict[Kid, int] = {}
        with self._installation.cmdb.reading() as view:
            for use in view.counts():
                uses[use.kid] = uses.get(use.kid, 0) + use.credentials
        return uses

    def _newer(self, source: OpenSource) -> BackupCopy | None:
        """A newer backup of the same CMDB that the register remembers, by generation and hash."""
        installation, facts = self._installation, source.facts
        if not installation.cmdb.exists():
            return None
        with installation.cmdb.reading() as view:
            copies = vouched(view, installation.key_store.server_public())
        for copy in copies:
            same_cmdb = copy.backup.cmdb_id == facts.cmdb_id
            if same_cmdb and copy.retired is None and copy.backup.generation > facts.generation:
                return copy
        return None


def _plan_keys(
    backed_up: Sequence[KeyInfo], here: Sequence[KeyInfo], uses: dict[Kid, int]
) -> tuple[PlannedKey, ...]:
    present = {key.kid: key for key in here}
    heir = _newest_active(backed_up) if not here else None
    planned = []
    for key in backed_up:
        mine = present.get(key.kid)
        if mine is None:
            fate, state = KeyFate.NEW, _arriving(key, heir, first=not here)
        else:
            fate, state = KeyFate.PRESENT, _merged(mine.state, key.state)
        planned.append(PlannedKey(key, fate, state, uses.get(key.kid, 0)))
    return tuple(planned)


def _newest_active(keys: Sequence[KeyInfo]) -> Kid | None:
    active = [key for key in keys if key.state is KeyState.ACTIVE]
    newest = max(active, key=lambda key: (key.created, key.kid), default=None)
    return newest.kid if newest else None


def _arriving(key: KeyInfo, heir: Kid | None, first: bool) -> KeyState:
    """A restored key arrives deactivated; on an empty store the newest active one stays active, and
    one that waits for its rotation goes on waiting."""
    if key.kid == heir:
        return KeyState.ACTIVE
    if first and key.state is KeyState.PRE_ACTIVE:
        return KeyState.PRE_ACTIVE
    return stricter(key.state, KeyState.DEACTIVATED)


def _merged(mine: KeyState, theirs: KeyState) -> KeyState:
    """The stricter state; but the key that seals here goes on sealing unless it is compromised."""
    if mine is KeyState.ACTIVE and theirs is not KeyState.COMPROMISED:
        return mine
    if mine is KeyState.PRE_ACTIVE and theirs is KeyState.ACTIVE:
        return mine
    return stricter(mine, theirs)


def _new(plan: RestorePlan, source: OpenSource) -> list[NewKey]:
    material = {key.info.kid: key for key in source.contents.keys}
    return [
        NewKey(_info(item, material[item.info.kid]), material[item.info.kid].material)
        for item in plan.added
    ]


def _info(planned: PlannedKey, key: BackedUpKey) -> KeyInfo:
    return replace(key.info, state=planned.state_after)
