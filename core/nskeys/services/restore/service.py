"""Restore: a plan you see first, then all or nothing, then a proof credential by credential.

The same operation fills an empty home, joins a copied database with its keys, takes the place of keys that
are bound to another machine, and adds keys to a server that has some. A key that opens here is never
replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from nskeys.archive.limits import check_server
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.errors import BackupForeign, Cancelled, KeyStoreUnreached, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.backup import BackupFacts
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.keys import KeyFate, KeyInfo, Kid
from nskeys.model.plans import RestorePlan, RestoreReport
from nskeys.model.recovery import NO_RECOVERY, Recovery
from nskeys.model.register import BackupCopy
from nskeys.ports import Progress, SecretProvider, Settings, SilentProgress, Stage
from nskeys.reasons import ForeignReason, Operation, ProtectorProblem
from nskeys.services.credentials.verify import prove_here
from nskeys.services.database.pairs import Pair, PairService, is_empty
from nskeys.services.installation import Installation, shorts
from nskeys.services.keys.protector import Binding, binding, refuse_password_of
from nskeys.services.open_backup import OpenSource, foreign_reasons
from nskeys.services.passwords.providers import prefetch_secret, weak_passphrase
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.services.recovery.identities import coming_back, keep_files, set_recovery
from nskeys.services.register.former_server import former_server
from nskeys.services.register.signed_rows import record, record_database
from nskeys.services.register.taking_over import Succession, succession, take_over
from nskeys.services.restore.filling import fill
from nskeys.services.restore.key_plan import new_keys, new_states, plan_keys, stranded
from nskeys.services.restore.source_row import SourceRow
from nskeys.services.transaction import (
    Extras,
    SignedChanges,
    finish_begun,
    first_changes,
    keys_fingerprint,
    signed_changes,
)

_DOING = "restoring"


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
    server_key: str = ""
    """The thumbprint of the server key that a person confirmed; empty where nobody was asked."""
    other_machine: bool = False
    """The TPM that binds the keys here is gone, and not only away."""


class RestoreService:
    """Plans and carries out a restore from an opened backup (`sources.opened`)."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def target(self) -> RestoreTarget:
        """Return what is here without asking a person for anything. Raises KeyStoreDamaged,
        ProtectorUnavailable."""
        finish_begun(self._installation, _DOING)
        store = self._installation.key_store
        bound = binding(store)
        there = store.exists()
        return RestoreTarget(
            sets_up=bound.replaceable or not there,
            protector=store.info().protector if there else "",
            unreached=bound.unreached,
        )

    def plan(self, source: OpenSource, pair: Pair | None = None) -> RestorePlan:
        """Return each key's fate and how many credentials will open; with a `pair` whose key backup this is
        and where no CMDB is here, from its database copy. Changes nothing that was not committed before.
        Raises CmdbUnreachable, KeyStoreOfAnotherCmdb where keys are here and their CMDB is not."""
        installation, facts = self._installation, source.facts
        if finish_begun(installation, _DOING):
            source = replace(source, foreign=foreign_reasons(installation, source.source, facts))
        there = installation.key_store.exists()
        if there:
            installation.require()
        bound_to = binding(installation.key_store)
        sets_up = bound_to.replaceable or not there
        # Key ids and states can be read without opening the keys, whatever machine they are bound to.
        recorded = installation.keys() if there else ()
        here, bound = ((), recorded) if bound_to.replaceable else (recorded, ())
        brought = [key.info for key in source.contents.keys]
        missing_at = stranded(brought, bound)
        database = None if pair is None or not sets_up else PairService(installation).planned(pair, facts)
        filled = database is not None and not database.here
        uses = dict(database.copy.facts.keys) if database is not None and filled else self._uses()
        known = {key.kid for key in here}
        after = known | set(facts.kids)
        return RestorePlan(
            inspected=source.source.inspected,
            facts=facts,
            foreign=_reasons(source, sets_up=sets_up, lacks_keys=bool(missing_at), filled=filled),
            keys=plan_keys(brought, here, uses, bound),
            opens_before=sum(count for kid, count in uses.items() if kid in known),
            opens_after=sum(count for kid, count in uses.items() if kid in after),
            total=sum(uses.values()),
            newer_known=SourceRow(installation, source).newer(sets_up=sets_up),
            sets_up=sets_up,
            fingerprint=keys_fingerprint(installation),
            elsewhere=bound_to.elsewhere,
            stranded=missing_at,
            unreached=bound_to.unreached,
            protector_here="" if sets_up else installation.key_store.info().protector,
            protector_before=former_server(installation).protector if sets_up else "",
            recovery=coming_back(installation, source.source.inspected, facts) if sets_up else NO_RECOVERY,
            database=database,
            without_rows=sets_up and database is None and is_empty(installation),
        )

    def execute(
        self,
        plan: RestorePlan,
        source: OpenSource,
        secrets: SecretProvider,
        choices: RestoreChoices,
        progress: Progress | None = None,
    ) -> RestoreReport:
        """Store the keys, record where they came from, open every credential. Raises BackupForeign unless a
        person confirmed the server key of a backup that nothing here vouches for; KeyStoreUnreached for
        an `unreached` plan, unless a person says that this is an `other_machine`; Cancelled (`proof`) once
        the keys are stored and only trying the credentials is left."""
        require_named(source.source.address, source.facts, choices.server_key)
        if plan.foreign and not choices.server_key:
            raise BackupForeign(source.source.address, plan.foreign, source.facts.server_key)
        if plan.unreached and not choices.other_machine:
            raise KeyStoreUnreached(self._installation.key_store.info().protector, plan.unreached)
        progress = progress or SilentProgress()
        progress.checkpoint()
        before = self._installation.key_store.info().generation if plan.stranded else 0
        came = _Came(None, plan.protector_before)
        with RememberedPassphrase(secrets) as known:
            if plan.sets_up:
                came = self._set_up(plan, source, known, choices, progress)
            else:
                self._add(plan, source, known, progress)
            with self._installation.key_store.unlock(known) as keys:
                began = self._installation.clock.now()
                try:
                    proof = prove_here(self._installation, keys, progress)
                except Cancelled:
                    raise Cancelled(Operation.PROOF) from None
                problem = SourceRow(self._installation, source).record_proof(plan, proof, keys, began)
        return RestoreReport(
            added=tuple(key.info.kid for key in plan.added),
            present=tuple(key.info.kid for key in plan.keys if key.fate is KeyFate.PRESENT),
            proof=proof,
            rotation_advised=plan.sets_up,
            stranded=plan.stranded,
            kept_generation=before,
            protector=self._installation.key_store.info().protector,
            protector_before=came.protector_before,
            not_recorded=problem,
            weak=came.weak,
            database=plan.database,
            newer_known=came.newer_known,
            goes_to=self._installation.default_destination().address if plan.sets_up else "",
        )

    def _set_up(
        self,
        plan: RestorePlan,
        source: OpenSource,
        secrets: SecretProvider,
        choices: RestoreChoices,
        progress: Progress,
    ) -> "_Came":
        """Set the home up: its settings, its CMDB, which is whole before it is there, and its keys, which
        count with the change. Killed between the two, the same restore goes on from the CMDB."""
        installation = self._installation
        check_server(choices.settings.server_name)
        chosen = installation.protectors(choices.protector)
        chosen.require()
        installation.home.prepare()
        refuse = partial(refuse_password_of, source.source.inspected)
        with (
            new_server_seed() as server_key,
            prefetch_secret(chosen, secrets, refuse, installation.least_score) as known,
            first_changes(installation, server_key, _DOING) as changes,
        ):
            changes.require_unchanged(Operation.RESTORE, plan.fingerprint)
            bound = Binding(plan.elsewhere, plan.unreached)
            if bound.replaceable and binding(installation.key_store) != bound:
                raise PlanOutdated(Operation.RESTORE)  # the keys may open again, with the TPM back
            installation.settings.write(choices.settings)
            copy = self._bring_rows(plan, source, progress)
            progress.stage(Stage.STORING_KEYS)
            came = _Came(
                None,
                former_server(installation).protector,
                SourceRow(installation, source).newer(sets_up=True) if copy is not None else None,
            )
            # All keys become one generation, which counts with the change: before that no key is here,
            # after that all are.
            keys = new_keys(plan.keys, source.contents.keys, installation.clock.now())
            store, cmdb_id = installation.key_store, installation.cmdb.cmdb_id()
            copy_keys = source.contents.copy_keys if plan.own else ()
            made = store.prepare(cmdb_id, chosen, known, keys, server_key, copy_keys)
            inspected = source.source.inspected
            recovery = self._in_force(plan, source)
            keep_files(installation, recovery, inspected)
            confirmed = source.facts if plan.own else None
            heir = succession(installation, confirmed, inspected.kms_sha256, plan.database)
            name = choices.settings.server_name
            known_as = _KnownAs(name, chosen.name, recovery, made.store_id, heir, copy)
            self._record(plan, source, changes, [key.info for key in keys], known_as)
            return replace(came, weak=weak_passphrase(known))

    def _bring_rows(self, plan: RestorePlan, source: OpenSource, progress: Progress) -> DatabaseCopy | None:
        """Make the CMDB: from the database copy, whose register row is returned, or an empty one. One that
        is here already stays."""
        installation, planned = self._installation, plan.database
        if planned is not None and not planned.here:
            return fill(installation, planned, source.contents.copy_keys, progress)
        if not installation.cmdb.exists():
            installation.cmdb.create(source.facts.cmdb_id)
        return None

    def _in_force(self, plan: RestorePlan, source: OpenSource) -> Recovery:
        """Return the recovery identities that a person saw, without those that the CMDB says were
        replaced."""
        if not plan.own:
            return NO_RECOVERY
        now = coming_back(self._installation, source.source.inspected, source.facts)
        shown = {one.recipient for one in plan.recovery.identities}
        return now.only([one.recipient for one in now.identities if one.recipient in shown])

    def _add(
        self, plan: RestorePlan, source: OpenSource, secrets: SecretProvider, progress: Progress
    ) -> None:
        installation = self._installation
        with signed_changes(installation, secrets, _DOING) as changes:
            changes.require_unchanged(Operation.RESTORE, plan.fingerprint)
            progress.stage(Stage.STORING_KEYS)
            now = installation.clock.now()
            added = new_keys(plan.keys, source.contents.keys, now)
            states = new_states(plan.keys, installation.keys(), now)
            row = SourceRow(installation, source)
            if added or states or row.registry_values(plan) is not None or not row.knows:
                changes.keys.add(added)
                if plan.own:
                    # Another server's would be chosen for copies that its owner could open.
                    changes.keys.add_copy_keys(source.contents.copy_keys)
                self._record(plan, source, changes, [*(key.info for key in added), *states])

    def _record(
        self,
        plan: RestorePlan,
        source: OpenSource,
        changes: SignedChanges,
        states: Sequence[KeyInfo],
        set_up: "_KnownAs | None" = None,
    ) -> None:
        """Write the audit line, the keys' states, what the home was `set_up` as, and the source's register
        row."""
        installation = self._installation
        event = installation.event(
            Action.RESTORED,
            source.source.address,
            added=shorts([key.info.kid for key in plan.added]),
            foreign=" ".join(plan.foreign),
            **({"server_key": source.facts.server_key} if plan.foreign else {}),
            **({} if set_up is None else {"server": set_up.server, "protector": set_up.protector}),
        )
        public = public_of(changes.server_key) if set_up is None else source.facts.server_public
        row = SourceRow(installation, source)
        copy = row.opened(public) if source.source.recordable else None
        extras = Extras(registry=row.registry_values(plan))
        if set_up is not None:
            heir = set_up.heir
            extras = replace(
                extras,
                store_id=set_up.store_id,
                predecessors=heir.predecessors,
                highest=heir.highest,
                generation=source.facts.generation if plan.own else 0,
            )
        with changes.signed(event, extras) as change:
            if set_up is not None:
                take_over(installation, change, changes.server_key, set_up.heir)
            change.set_keys(states)
            if set_up is not None:
                set_recovery(change, set_up.recovery, changes.server_key)
                # Nothing here vouches for the inventory that came with the database.
                change.count_anew()
            if copy is not None:
                record(change, copy, changes.server_key)
            if set_up is not None and set_up.copy is not None:
                record_database(change, set_up.copy, changes.server_key)

    def _uses(self) -> dict[Kid, int]:
        if not self._installation.cmdb.exists():
            return {}
        uses: dict[Kid, int] = {}
        with self._installation.cmdb.reading() as view:
            for use in view.counts():
                uses[use.kid] = uses.get(use.kid, 0) + use.credentials
        return uses


@dataclass(frozen=True, slots=True)
class _KnownAs:
    """What a restore sets a home up as."""

    server: str
    protector: str
    recovery: Recovery
    """Who can open backups from now on."""
    store_id: str
    """The generation with the restored keys."""
    heir: Succession
    copy: DatabaseCopy | None
    """The register row of the copy that the CMDB was made from."""


@dataclass(frozen=True, slots=True)
class _Came:
    """What a restore found out while it set the home up."""

    weak: int | None
    """The score of the new passphrase, where a person insisted on a weak one."""
    protector_before: str
    newer_known: BackupCopy | None = None


def require_named(address: str, facts: BackupFacts, server_key: str) -> None:
    """Raise BackupForeign (`named_otherwise`) unless the backup is signed by the server key with this
    thumbprint, where a person named one."""
    if server_key and server_key != facts.server_key:
        raise BackupForeign(address, (ForeignReason.NAMED_OTHERWISE,), facts.server_key)


def _reasons(
    source: OpenSource, *, sets_up: bool, lacks_keys: bool, filled: bool
) -> tuple[ForeignReason, ...]:
    """Return why a person is asked. A disk that was copied from another machine vouches for nothing either,
    although its public key came along. An empty CMDB that the copy takes the place of says nothing."""
    reasons = tuple(one for one in source.foreign if not (filled and one is ForeignReason.OTHER_CMDB))
    if sets_up and not set(reasons) - {ForeignReason.OTHER_CMDB}:
        reasons = (ForeignReason.NOT_VOUCHED, *reasons)
    return (*reasons, *((ForeignReason.LACKS_KEYS,) if lacks_keys else ()))
