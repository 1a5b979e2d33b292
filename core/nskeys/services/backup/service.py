"""Back up the keys: plan, confirm, execute, verify. One archive, written once, to one place or several.

A copy counts only after it was read back from where it was put and a second, independent reader opened it.
Until then no register row and no registry value says that there is one. Each copy is recorded by itself as
soon as it is proven, so a destination that fails or hangs does not undo the others.
"""

from collections.abc import Sequence

from nskeys.archive.inspection import inspect
from nskeys.model.audit import Action
from nskeys.model.backup import BackedUpKey, BackupFacts, Inspected
from nskeys.model.destinations import DestinationInfo
from nskeys.model.plans import BackupPlan, BackupReport, CopyFailure, best_of
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import SecretBytes
from nskeys.ports import OpenKeyStore, Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import Operation
from nskeys.services.backup.due import DueDestinations, due_destinations
from nskeys.services.backup.encryption import Encryption, encryption_for, recipients_for, recovery_of
from nskeys.services.backup.facts import collect_facts, keys_named, next_generation
from nskeys.services.checkpoint.witnesses import Heard, contradicted, hear_newest
from nskeys.services.copy_keys import ensure_copy_key, make_copy_key
from nskeys.services.installation import Installation
from nskeys.services.passwords.new_password import AcceptedPassword, accept_new_password, check_hint
from nskeys.services.places import archive_stem, look_at_each, none_made, wanted
from nskeys.services.register.signed_rows import identity_of, record, reread, verified_copies
from nskeys.services.settling import unlocked
from nskeys.services.status.overview import RecoverabilityService
from nskeys.services.transaction import Extras, KeyedChanges, changes_with, keys_fingerprint
from nskeys.services.upload import Failed, Stored, upload_to_all

_DOING = "making a backup"


class BackupService:
    """Makes backups, and says when one is due."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def due(self, destination: str | None = None) -> tuple[DueReason, ...]:
        """Return why a new backup is due; empty when none is. A `destination` elsewhere needs a good copy
        of every key elsewhere; without one, the answer is the one that the first screen gives."""
        info = self._installation.destinations.configured(destination) if destination else None
        return RecoverabilityService(self._installation).overview(destination=info).recoverability.due

    def everywhere(self) -> tuple[str, ...]:
        """Return every configured destination's address; the default one's where none is configured."""
        installation = self._installation
        configured = installation.settings.read().destinations
        return tuple(info.address for info in configured or (installation.default_destination(),))

    def need(self, to: Sequence[str] = ()) -> DueDestinations:
        """Return which of these destinations lack a good copy of a key, each asked now; where none is
        named, whether a backup is due at all."""
        if to:
            return due_destinations(self._installation, wanted(self._installation, to))
        answer = RecoverabilityService(self._installation).assess()
        if answer.last is None or answer.due:
            return DueDestinations((self._installation.default_destination().address,), ())
        return DueDestinations((), (answer.last,))

    def plan(
        self,
        to: str | Sequence[str] | None = None,
        hint: str = "",
        recipients: Sequence[str] = (),
        password: bool = False,
    ) -> BackupPlan:
        """Return what would be written and where: to one address, several, or the default destination
        (None). Checks the destinations at the same time and leaves nothing there.

        The backup goes to the recovery identities, where there are any, and to `recipients`; otherwise, or
        where a `password` is wanted, it is for a password that is asked for. A destination that cannot be
        written to is one of the plan's failures. Raises that destination's error, or NoCopyMade with all of
        them, where none can be written to; RecoveryDamaged; RecipientRefused.
        """
        installation = self._installation
        installation.require()
        check_hint(hint)
        addressed = recipients_for(installation, recipients, password)
        planned, failures = look_at_each(installation, to)
        with installation.cmdb.reading() as view:
            credentials = sum(use.credentials for use in view.counts())
            generation, keys = next_generation(installation, view)[0], keys_named(installation, view)
        return BackupPlan(
            destinations=planned,
            failures=failures,
            archive_name=f"{archive_stem(installation)}.zip",
            generation=generation,
            keys=keys,
            credentials=credentials,
            hint=hint,
            fingerprint=keys_fingerprint(installation),
            recipients=addressed.recipients,
            identities=addressed.recovery.identities,
        )

    def accept_password(self, password: SecretBytes, hint: str) -> AcceptedPassword:
        """Judge a new password for a backup with this hint once, so that `execute` takes it as it is. Wipes
        `password` in any case. Raises PasswordRefused, HintRefused, NotEnoughMemory."""
        installation = self._installation
        return accept_new_password(password, hint, installation.key_store, installation.least_score)

    def execute(
        self, plan: BackupPlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> BackupReport:
        """Write the backup, read it back, open it twice and record it. Can be stopped until it is written;
        a destination that does not answer can be given up at any time. Raises the destination's error, or
        NoCopyMade with all of them, where none got its copy."""
        installation, progress = self._installation, progress or SilentProgress()
        with encryption_for(installation, plan, secrets) as closed_by:
            progress.stage(Stage.UNLOCKING)
            with unlocked(installation, secrets) as keys:
                return self._execute(plan, closed_by, keys, progress)

    def _execute(
        self, plan: BackupPlan, closed_by: Encryption, keys: OpenKeyStore, progress: Progress
    ) -> BackupReport:
        """Collect under the lock, send without it, and take it again to write down each copy: a slow place
        keeps nobody else waiting."""
        installation = self._installation
        infos = [planned.info for planned in plan.destinations]
        progress.stage(Stage.COLLECTING)
        heard = hear_newest(installation, infos)
        progress.checkpoint()
        with changes_with(installation, keys, _DOING) as changes:
            changes.require_unchanged(Operation.BACKUP, plan.fingerprint)
            recovery = recovery_of(installation, plan)
            if plan.wants_password:
                make_copy_key(installation, keys)
            else:
                ensure_copy_key(installation, keys)
            place = self._reserve(changes, heard)
            facts = collect_facts(installation, plan.hint, keys, place, plan.recipients, recovery)
        progress.stage(Stage.ENCRYPTING)
        backed_up = [BackedUpKey(key.info, keys.key(key.info.kid)) for key in facts.keys]
        copy_keys = [keys.copy_key(key.kid) for key in facts.copy_keys]
        archive = closed_by.close(facts, [*backed_up, *copy_keys], keys.server_key())
        progress.checkpoint()

        def proves(address: str, data: bytes) -> Inspected:
            inspected = inspect(address, data)
            closed_by.opens(inspected.kms, archive.payload_sha256)
            return inspected

        made: dict[int, BackupCopy] = {}
        failed: dict[int, CopyFailure] = {}
        unflushed: list[str] = []
        for number, outcome in upload_to_all(
            installation.destinations, infos, plan.archive_name, archive.data, proves, progress
        ):
            match outcome:
                case Stored():
                    if len(infos) == 1:
                        progress.stage(Stage.RECORDING)
                    proven = self._proven(infos[number], archive.facts, outcome, closed_by)
                    made[number] = proven
                    made[number] = self._record(proven, self._echo(made), keys)
                    unflushed += [] if outcome.flushed else [outcome.address]
                case Failed(error, left):
                    failed[number] = CopyFailure(infos[number], error)
                    if left:
                        self._give_up(left, keys)
        failures = (*plan.failures, *(failed[number] for number in sorted(failed)))
        if not made:
            raise none_made(failures)
        copies = tuple(made[number] for number in sorted(made))
        return self._reported(copies, facts, failures, tuple(sorted(unflushed)))

    def _reserve(self, changes: KeyedChanges, heard: Heard) -> tuple[int, str | None]:
        """Reserve the number of this backup in a change of its own, before anything is sent, so that it is
        never given to another one; what an archive there contradicts is written down with it. Return it
        with the hash of the backup before."""
        installation = self._installation
        with installation.cmdb.reading() as view:
            number, before = next_generation(installation, view)
        number = max(number, heard.generation + 1)
        event = installation.event(Action.BACKUP_BEGAN, installation.home.path, generation=number)
        changes.tell(event, Extras(generation=number, witnessed=contradicted(installation, heard)))
        return number, before

    def _reported(
        self,
        copies: tuple[BackupCopy, ...],
        facts: BackupFacts,
        failures: tuple[CopyFailure, ...],
        unflushed: tuple[str, ...],
    ) -> BackupReport:
        """Return the report, with what the backup does not bring back: rows of missing keys, and rows that
        cannot be read."""
        installation = self._installation
        with installation.cmdb.reading() as view:
            missing_at = [use for use in view.counts() if use.credentials and use.kid not in facts.kids]
            known = verified_copies(view, installation.server_public()) if missing_at else ()
            unreadable = view.unreadable()
        kids = {use.kid for use in missing_at}
        kept = [copy for copy in known if copy.retired is None and kids & set(copy.backup.kids)]
        return BackupReport(
            copies,
            sum(key.credentials for key in facts.keys),
            failures,
            unflushed,
            unopened=sum(use.credentials for use in missing_at),
            missing_at=tuple(sorted(kids)),
            held_by=max(kept, key=lambda copy: (copy.counts, copy.backup.generation), default=None),
            unreadable=unreadable,
        )

    def _proven(
        self, info: DestinationInfo, facts: BackupFacts, sent: Stored[Inspected], closed_by: Encryption
    ) -> BackupCopy:
        """Return this one copy as it is known now."""
        now = self._installation.clock.now()
        return BackupCopy(
            backup=identity_of(facts, sent.found, sent.name),
            destination=info.address,
            address=sent.address,
            where=sent.where,
            proofs=(),
            status=CopyStatus.GOOD,
            look_moment=now,
            good_moment=now,
            typed=now if closed_by.typed else None,
            weak=closed_by.weak,
            signed=True,
        ).with_proof(Proof.OPENED, now)

    def _record(self, copy: BackupCopy, values: RegistryValues, keys: OpenKeyStore) -> BackupCopy:
        """Write the row of this one copy, and the registry values, in a change of its own. Killed before
        it, the register claims nothing; killed after it, the copy is known."""
        installation, backup = self._installation, copy.backup
        event = installation.event(
            Action.BACKED_UP, copy.address, generation=backup.generation, kms_sha256=backup.kms_sha256
        )
        with (
            changes_with(installation, keys, _DOING) as changes,
            changes.signed(event, Extras(registry=values)) as change,
        ):
            record(change, copy, changes.server_key)
            known = reread(change, installation.server_public(), copy)
        # As the register reads it: other rows tell whether a person proved these recipients.
        return known or copy

    def _echo(self, made: dict[int, BackupCopy]) -> RegistryValues:
        """Return `KMSBackupPath` and `KMSBackupDate` from the first copy elsewhere, in the order in which
        the destinations were named, or else from the first copy. The register stays the record; these two
        values repeat it."""
        best = best_of([made[number] for number in sorted(made)])
        return RegistryValues(best.destination, best.backup.created)

    def _give_up(self, address: str, keys: OpenKeyStore) -> None:
        """Note in the audit trail that a file lies there which is no backup."""
        with changes_with(self._installation, keys, _DOING) as changes:
            changes.tell(self._installation.event(Action.BACKUP_FAILED, address))
