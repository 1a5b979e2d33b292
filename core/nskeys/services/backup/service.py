"""Back up the keys: plan, confirm, execute, verify. One archive, written once, to one place or several.

A copy counts only after it was read back from where it was put and a second, independent reader opened it.
Until then no register row and no registry value says that there is one. Each copy is recorded by itself as
soon as it is proven, so a destination that fails or hangs does not undo the others.
"""

from collections.abc import Sequence

from nskeys.errors import (
    Cancelled,
    DestinationInvalid,
    DestinationUnreachable,
    NoCopyMade,
    NskeysError,
)
from nskeys.model.audit import Action
from nskeys.model.backup import BackedUpKey, BackupFacts
from nskeys.model.destinations import DestinationInfo
from nskeys.model.plans import (
    BackupPlan,
    BackupReport,
    CopyFailure,
    PlannedDestination,
    RegistryValues,
    best_of,
)
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import Operation
from nskeys.services.backup.due import DueDestinations, due_destinations
from nskeys.services.backup.encryption import Encryption, encryption_for, recipients_for, recovery_of
from nskeys.services.backup.facts import archive_name, collect_facts, next_generation
from nskeys.services.backup.upload import Failed, Stored, upload_to_all
from nskeys.services.installation import Installation
from nskeys.services.parallel import in_parallel
from nskeys.services.passwords.new_password import AcceptedPassword, accept_new_password, check_hint
from nskeys.services.register.signed_rows import identity_of, record, reread, verified_copies
from nskeys.services.status.overview import RecoverabilityService
from nskeys.services.transaction import KeyedChanges, keys_fingerprint, signed_changes


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
            return due_destinations(self._installation, self._wanted(to))
        last = RecoverabilityService(self._installation).assess().last
        if last is None or self.due():
            return DueDestinations((self._installation.default_destination().address,), ())
        return DueDestinations((), (last,))

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
        looks = [lambda info=info: self._look(info) for info in self._wanted(to)]
        seen = in_parallel(looks)
        planned = tuple(item for item in seen if isinstance(item, PlannedDestination))
        failures = tuple(item for item in seen if isinstance(item, CopyFailure))
        if not planned:
            raise _none_made(failures)
        with installation.cmdb.reading() as view:
            credentials = sum(use.credentials for use in view.counts())
            generation = next_generation(installation, view)[0]
        return BackupPlan(
            destinations=planned,
            failures=failures,
            archive_name=archive_name(installation),
            generation=generation,
            keys=installation.key_store.keys(),
            credentials=credentials,
            hint=hint,
            fingerprint=keys_fingerprint(installation),
            recipients=addressed.recipients,
            identities=addressed.recovery.identities,
        )

    def _wanted(self, to: str | Sequence[str] | None) -> tuple[DestinationInfo, ...]:
        """Return each destination once, in the order in which they were named."""
        installation = self._installation
        addresses = (to,) if isinstance(to, str) else tuple(to or ())
        infos = [self._named(address) for address in addresses if address]
        return tuple(dict.fromkeys(infos)) or (installation.default_destination(),)

    def _named(self, address: str) -> DestinationInfo:
        """Return the destination with this address. An address that cannot be read, such as one configured
        by a newer version, fails by itself and does not keep the others from their copies."""
        try:
            return self._installation.destinations.configured(address)
        except (DestinationInvalid, DestinationUnreachable):
            return DestinationInfo(address)

    def _look(self, info: DestinationInfo) -> PlannedDestination | CopyFailure:
        try:
            place = self._installation.destinations.at(info)
            place.check()
            return PlannedDestination(info, place.where(), place.flushes())
        except NskeysError as error:
            return CopyFailure(info, error)

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
            with signed_changes(installation, secrets, "making a backup") as changes:
                changes.require_unchanged(Operation.BACKUP, plan.fingerprint)
                return self._execute(plan, closed_by, changes, progress)

    def _execute(
        self, plan: BackupPlan, closed_by: Encryption, changes: KeyedChanges, progress: Progress
    ) -> BackupReport:
        installation = self._installation
        progress.stage(Stage.COLLECTING)
        recovery = recovery_of(installation, plan)
        facts = collect_facts(installation, plan.hint, changes.keys, plan.recipients, recovery)
        progress.checkpoint()
        progress.stage(Stage.ENCRYPTING)
        backed_up = [BackedUpKey(key.info, changes.keys.key(key.info.kid)) for key in facts.keys]
        archive = closed_by.close(facts, backed_up, changes.server_key)
        progress.checkpoint()

        def opens(kms: bytes) -> None:
            closed_by.opens(kms, archive.payload_sha256)

        infos = [planned.info for planned in plan.destinations]
        made: dict[int, BackupCopy] = {}
        failed: dict[int, CopyFailure] = {}
        unflushed: list[str] = []
        for number, outcome in upload_to_all(
            installation.destinations, infos, plan.archive_name, archive, opens, progress
        ):
            match outcome:
                case Stored():
                    if len(infos) == 1:
                        progress.stage(Stage.RECORDING)
                    made[number] = self._record(infos[number], archive.facts, outcome, changes, closed_by)
                    self._echo(made)
                    unflushed += [] if outcome.flushed else [outcome.address]
                case Failed(error, left):
                    failed[number] = CopyFailure(infos[number], error)
                    if left:
                        self._give_up(left, changes)
        failures = (*plan.failures, *(failed[number] for number in sorted(failed)))
        if not made:
            raise _none_made(failures)
        copies = tuple(made[number] for number in sorted(made))
        return self._reported(copies, facts, failures, tuple(sorted(unflushed)))

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

    def _record(
        self,
        info: DestinationInfo,
        facts: BackupFacts,
        sent: Stored,
        changes: KeyedChanges,
        closed_by: Encryption,
    ) -> BackupCopy:
        """Write the row of this one copy in its own transaction. Killed before it, the register claims
        nothing; killed after it, the copy is known."""
        installation = self._installation
        now = installation.clock.now()
        copy = BackupCopy(
            backup=identity_of(facts, sent.inspected, sent.name),
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
        event = installation.event(
            Action.BACKED_UP, copy.address, generation=facts.generation, kms_sha256=copy.backup.kms_sha256
        )
        with changes.signed(event) as change:
            record(change, copy, changes.server_key)
            known = reread(change, installation.server_public(), copy)
        # As the register reads it: other rows tell whether a person proved these recipients.
        return known or copy

    def _echo(self, made: dict[int, BackupCopy]) -> None:
        """Set `KMSBackupPath` and `KMSBackupDate` from the first copy elsewhere, in the order in which the
        destinations were named, or else from the first copy. The register stays the record; these two
        values repeat it."""
        best = best_of([made[number] for number in sorted(made)])
        values = RegistryValues(best.destination, best.backup.created)
        if self._installation.registry.read() != values:
            self._installation.registry.write(values)

    def _give_up(self, address: str, changes: KeyedChanges) -> None:
        """Note in the audit trail that a file lies there which is no backup."""
        changes.tell(self._installation.event(Action.BACKUP_FAILED, address))


def _none_made(failures: Sequence[CopyFailure]) -> NskeysError:
    """Return the error to raise where no destination got its copy; Cancelled where a person stopped it."""
    errors = tuple((failure.info.address, failure.error) for failure in failures)
    stopped = next((error for _, error in errors if isinstance(error, Cancelled)), None)
    return stopped or (errors[0][1] if len(errors) == 1 else NoCopyMade(errors))
