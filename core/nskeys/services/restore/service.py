"""Restore: a plan you see first, then all or nothing, then a proof credential by credential.

The same operation fills an empty home, joins a copied database with its keys, takes the place of keys that
are bound to another machine, and adds keys to a server that has some. A key that opens here is never
replaced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from nskeys.archive.limits import check_server
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.errors import BackupForeign, Cancelled, KeyStoreUnreached, NskeysError, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.keys import Kid
from nskeys.model.plain_text import is_text
from nskeys.model.plans import KeyFate, ProofReport, RegistryValues, RestorePlan, RestoreReport
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import OpenKeyStore, Progress, SecretProvider, Settings, SilentProgress, Stage
from nskeys.reasons import ForeignReason, Operation, ProtectorProblem
from nskeys.services.credentials.verify import prove_here
from nskeys.services.drill.service import reached_by, record_proof
from nskeys.services.installation import Installation, shorts
from nskeys.services.keys.protector import Binding, binding, refuse_password_of
from nskeys.services.open_backup import OpenSource
from nskeys.services.passwords.providers import RememberedPassphrase, prefetch_secret, weak_passphrase
from nskeys.services.recovery.identities import bring_back
from nskeys.services.register.former_server import former_server
from nskeys.services.register.signed_rows import identity_of, record, registered_copy, verified_copies
from nskeys.services.restore.key_plan import new_keys, new_states, plan_keys, stranded
from nskeys.services.transaction import (
    SignedChanges,
    changes_with,
    first_changes,
    keys_fingerprint,
    signed_changes,
)


@dataclass(frozen=True, slots=True)
class RestoreTarget:
    """What is here before a backup is opened."""

    sets_up: bool
    """Whether the home is set up by it: no keys are here, or none that open on this machine."""
    protector: str
    """What binds the keys that are here; empty where none are."""
    unreached: ProtectorProblem | None
    """As in `Binding`: why the TPM that binds them cannot be asked; None where it can."""


@dataclass(frozen=True, slots=True)
class RestoreChoices:
    """What a person decided. `settings` and `protector` matter only where the home is set up."""

    settings: Settings
    protector: str
    accept_foreign: bool = False
    other_machine: bool = False
    """The TPM that binds the keys here is gone, and not only away."""


class RestoreService:
    """Plans and carries out a restore from an opened backup (`sources.opened`)."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def target(self) -> RestoreTarget:
        """Return what is here without asking a person for anything. Raises KeyStoreDamaged,
        ProtectorUnavailable."""
        store = self._installation.key_store
        bound = binding(store)
        there = store.exists()
        return RestoreTarget(
            sets_up=bound.replaceable or not there,
            protector=store.info().protector if there else "",
            unreached=bound.unreached,
        )

    def plan(self, source: OpenSource) -> RestorePlan:
        """Return each key's fate and how many credentials will open. Changes nothing. Raises
        CmdbUnreachable, KeyStoreOfAnotherCmdb where keys are here and their CMDB is not."""
        installation, facts = self._installation, source.facts
        there = installation.key_store.exists()
        if there:
            installation.require()
        bound_to = binding(installation.key_store)
        sets_up = bound_to.replaceable or not there
        # Key ids and states can be read without opening the keys, whatever machine they are bound to.
        recorded = installation.key_store.keys() if there else ()
        here, bound = ((), recorded) if bound_to.replaceable else (recorded, ())
        brought = [key.info for key in source.contents.keys]
        missing_at = stranded(brought, bound)
        uses = self._uses()
        known = {key.kid for key in here}
        after = known | set(facts.kids)
        return RestorePlan(
            inspected=source.source.inspected,
            facts=facts,
            foreign=(*source.foreign, *((ForeignReason.LACKS_KEYS,) if missing_at else ())),
            keys=plan_keys(brought, here, uses, bound),
            opens_before=sum(count for kid, count in uses.items() if kid in known),
            opens_after=sum(count for kid, count in uses.items() if kid in after),
            total=sum(uses.values()),
            newer_known=self._newer(source),
            sets_up=sets_up,
            fingerprint=keys_fingerprint(installation),
            elsewhere=bound_to.elsewhere,
            stranded=missing_at,
            unreached=bound_to.unreached,
            protector_here="" if sets_up else installation.key_store.info().protector,
            protector_before=former_server(installation).protector if sets_up else "",
        )

    def execute(
        self,
        plan: RestorePlan,
        source: OpenSource,
        secrets: SecretProvider,
        choices: RestoreChoices,
        progress: Progress | None = None,
    ) -> RestoreReport:
        """Store the keys, record where they came from, open every credential. Raises KeyStoreUnreached for
        an `unreached` plan, unless a person says that this is an `other_machine`; Cancelled (`proof`) once
        the keys are stored and only trying the credentials is left."""
        if plan.foreign and not choices.accept_foreign:
            raise BackupForeign(source.source.address, plan.foreign)
        if plan.unreached and not choices.other_machine:
            raise KeyStoreUnreached(self._installation.key_store.info().protector, plan.unreached)
        progress = progress or SilentProgress()
        progress.checkpoint()
        before = self._installation.key_store.info().generation if plan.stranded else 0
        weak = None
        with RememberedPassphrase(secrets) as known:
            if plan.sets_up:
                weak = self._set_up(plan, source, known, choices, progress)
            else:
                self._add(plan, source, known, progress)
            with self._installation.key_store.unlock(known) as keys:
                began = self._installation.clock.now()
                try:
                    proof = prove_here(self._installation, keys, progress)
                except Cancelled:
                    raise Cancelled(Operation.PROOF) from None
                problem = self._record_proof(source, proof, keys, began)
        return RestoreReport(
            added=tuple(key.info.kid for key in plan.added),
            present=tuple(key.info.kid for key in plan.keys if key.fate is KeyFate.PRESENT),
            proof=proof,
            rotation_advised=plan.sets_up,
            stranded=plan.stranded,
            kept_generation=before,
            protector=self._installation.key_store.info().protector,
            protector_before=plan.protector_before,
            not_recorded=problem,
            weak=weak,
        )

    def _set_up(
        self,
        plan: RestorePlan,
        source: OpenSource,
        secrets: SecretProvider,
        choices: RestoreChoices,
        progress: Progress,
    ) -> int | None:
        """Set the home up and return the score of the new passphrase where a person insisted on a weak
        one."""
        installation = self._installation
        check_server(choices.settings.server_name)
        chosen = installation.protectors(choices.protector)
        chosen.require()
        installation.home.prepare()
        refuse = partial(refuse_password_of, source.source.inspected)
        with (
            _server_key(source) as server_key,
            prefetch_secret(chosen, secrets, refuse, installation.least_score) as known,
            first_changes(installation, server_key, "restoring") as changes,
        ):
            changes.require_unchanged(Operation.RESTORE, plan.fingerprint)
            bound = Binding(plan.elsewhere, plan.unreached)
            if bound.replaceable and binding(installation.key_store) != bound:
                raise PlanOutdated(Operation.RESTORE)  # the keys may open again, with the TPM back
            progress.stage(Stage.STORING_KEYS)
            installation.settings.write(choices.settings)
            if not installation.cmdb.exists():
                installation.cmdb.create(source.facts.cmdb_id)
            name = choices.settings.server_name
            self._record(plan, source, changes, server=name, protector=chosen.name)
            self._set_registry(source)
            if not source.foreign:
                bring_back(installation, source.source.inspected, server_key)
            # All keys become one store generation, and its `current` is written last: before
            # that no key is here, after that all are.
            keys = new_keys(plan.keys, source.contents.keys, installation.clock.now())
            store, cmdb_id = installation.key_store, installation.cmdb.cmdb_id()
            if bound.replaceable:
                store.replace(cmdb_id, chosen, known, keys, server_key, gone=bool(bound.unreached))
            else:
                store.create(cmdb_id, chosen, known, keys, server_key)
            return weak_passphrase(known)

    def _add(
        self, plan: RestorePlan, source: OpenSource, secrets: SecretProvider, progress: Progress
    ) -> None:
        installation = self._installation
        with signed_changes(installation, secrets, "restoring") as changes:
            changes.require_unchanged(Operation.RESTORE, plan.fingerprint)
            progress.stage(Stage.STORING_KEYS)
            now = installation.clock.now()
            added = new_keys(plan.keys, source.contents.keys, now)
            states = new_states(plan.keys, installation.key_store.keys(), now)
            if added or states or not self._knows(source):
                # The audit line first: killed in between, it stands without its change, never the reverse.
                self._record(plan, source, changes)
            if added or states:
                changes.keys.change(add=added, states=states)
            self._set_registry(source)

    def _record(self, plan: RestorePlan, source: OpenSource, changes: SignedChanges, **set_up: str) -> None:
        """Write the audit line, what the home was `set_up` as, and the source's register row."""
        installation, facts = self._installation, source.facts
        event = installation.event(
            Action.RESTORED,
            source.source.address,
            added=shorts([key.info.kid for key in plan.added]),
            foreign=" ".join(plan.foreign),
            **set_up,
        )
        copy = self._copy(source, public_of(changes.server_key)) if source.source.recordable else None
        with changes.signed(event) as change:
            change.know_keys(facts.kids)
            if copy is not None:
                record(change, copy, changes.server_key)

    def _set_registry(self, source: OpenSource) -> None:
        """Set the registry values, unless they name a newer backup or the source is another server's."""
        registry, created = self._installation.registry, source.facts.created
        last = registry.read().backup_date
        named = is_text(source.source.destination)
        if named and not source.foreign and (last is None or last < created):
            registry.write(RegistryValues(source.source.destination, created))

    def _record_proof(
        self, source: OpenSource, proof: ProofReport, keys: OpenKeyStore, began: datetime
    ) -> NskeysError | None:
        """Record in the register that the restore proved its backup as a drill does, where that is more
        than it says already. An error is returned for the report and not raised, since the keys are
        stored."""
        installation = self._installation
        try:
            known = self._known(source, installation.server_public())
            if known is None or source.foreign:
                return None
            more = known.proof.rank < reached_by(proof, source.facts.kids).rank
            typed = source.typed and known.typed != began
            if more or typed or known.drilled_upto != proof.upto:
                with changes_with(installation, keys, "recording a restore") as changes:
                    record_proof(installation, source, proof, changes, began)
        except NskeysError as error:
            return error
        return None

    def _copy(self, source: OpenSource, public: bytes) -> BackupCopy:
        now, place = self._installation.clock.now(), source.source
        _, name = self._installation.destinations.split(place.address)
        fresh = BackupCopy(
            backup=identity_of(source.facts, place.inspected, name),
            destination=place.destination,
            address=place.address,
            where=place.where,
            proofs=(),
            status=CopyStatus.GOOD,
            look_moment=now,
            good_moment=now,
        )
        known = self._known(source, public)
        return replace(known or fresh, where=place.where).with_proof(Proof.OPENED, now)

    def _knows(self, source: OpenSource) -> bool:
        return (
            not source.source.recordable
            or self._known(source, self._installation.server_public()) is not None
        )

    def _known(self, source: OpenSource, public: bytes | None) -> BackupCopy | None:
        place = source.source
        with self._installation.cmdb.reading() as view:
            return registered_copy(view, public, place.inspected, place.address)

    def _uses(self) -> dict[Kid, int]:
        if not self._installation.cmdb.exists():
            return {}
        uses: dict[Kid, int] = {}
        with self._installation.cmdb.reading() as view:
            for use in view.counts():
                uses[use.kid] = uses.get(use.kid, 0) + use.credentials
        return uses

    def _newer(self, source: OpenSource) -> BackupCopy | None:
        """Return a newer backup of the same CMDB that the register knows, by generation and hash."""
        installation, facts = self._installation, source.facts
        if not installation.cmdb.exists():
            return None
        with installation.cmdb.reading() as view:
            copies = verified_copies(view, installation.server_public())
        for copy in copies:
            same_cmdb = copy.backup.cmdb_id == facts.cmdb_id
            if same_cmdb and copy.retired is None and copy.backup.generation > facts.generation:
                return copy
        return None


@contextmanager
def _server_key(source: OpenSource) -> Iterator[SecretBytes]:
    """Give the server key of a home that this restore sets up: the backup's own where nothing about it is
    foreign, else a new one. It is a copy, so that an outdated plan leaves the source whole."""
    own = source.contents.server_key
    taken = new_server_seed() if source.foreign or own is None else SecretBytes(own.reveal())
    with taken:
        yield taken
