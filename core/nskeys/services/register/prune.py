"""Prune old copies: plan, confirm, execute, verify. A file is deleted only where its bytes, read now, are
those that a signed register row of this CMDB names, and no recoverable credential is lost with it
(`model.retention`).

Each file takes three steps, and a kill between any two of them leaves no false claim: its row stops
counting and says that nobody looked, the file is deleted, the row says that it was removed. The next run,
or a check of the register, finishes what was begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nskeys.errors import (
    Cancelled,
    CannotRemove,
    DestinationUnreachable,
    FileUnreadable,
    NskeysError,
    PlanOutdated,
)
from nskeys.model.audit import Action
from nskeys.model.database_copy import is_part_name
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.destinations import DestinationInfo
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.model.retention import Decision, Fate, FateReason, Retention, decide
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import Operation, Problem
from nskeys.services.installation import Installation
from nskeys.services.register.probe import check_copies, check_copy
from nskeys.services.register.prune_copies import begun, remove_copy, surplus
from nskeys.services.register.signed_rows import (
    SignedRegister,
    read_register,
    record,
    reread,
    strip_claims,
)
from nskeys.services.transaction import KeyedChanges, signed_changes


@dataclass(frozen=True, slots=True)
class SkippedDestination:
    """A destination where nothing is deleted now, and why."""

    address: str
    error: NskeysError


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What pruning would do with every file that can be seen."""

    retention: Retention
    decisions: tuple[Decision, ...]
    skipped: tuple[SkippedDestination, ...]
    fingerprint: str
    """The register that the plan saw."""
    odd: tuple[tuple[str, int], ...] = ()
    """Destinations with files whose names nskeys never writes, and how many: nothing is done with them."""
    copies: tuple[DatabaseCopy, ...] = ()
    """Database copies to delete, oldest first."""
    copies_kept: int = 0
    """How many database copies of the register stay."""

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.deleted or self.settled or self.copies)

    @property
    def deleted(self) -> tuple[Decision, ...]:
        """The files to delete, oldest first."""
        return tuple(one for one in self.decisions if one.fate is Fate.DELETE)

    @property
    def settled(self) -> tuple[Decision, ...]:
        """The rows whose files are gone already."""
        return tuple(one for one in self.decisions if one.fate is Fate.SETTLE)

    @property
    def kept(self) -> tuple[Decision, ...]:
        """The files that stay."""
        return tuple(one for one in self.decisions if one.fate is Fate.KEEP)


@dataclass(frozen=True, slots=True)
class PruneFailure:
    """A file that was to be deleted and may still be there, and why."""

    copy: BackupCopy
    error: NskeysError


@dataclass(frozen=True, slots=True)
class PruneReport:
    plan: PrunePlan
    deleted: tuple[BackupCopy, ...]
    failures: tuple[PruneFailure, ...]
    deleted_copies: tuple[DatabaseCopy, ...] = ()
    copy_failures: tuple[tuple[DatabaseCopy, NskeysError], ...] = ()
    """Database copies that were to be deleted and may still be there, and why."""


class PruningService:
    """Plans and carries out the retention of `config.toml`, or of a command."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def retention(self) -> Retention:
        """Return the configured retention."""
        return self._installation.settings.read().retention

    def plan(self, retention: Retention | None = None, progress: Progress | None = None) -> PrunePlan:
        """Look at every copy, wherever it lies, and return what would be deleted. Changes nothing."""
        self._installation.require()
        return self._plan(retention or self.retention(), progress or SilentProgress())

    def execute(
        self, plan: PrunePlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> PruneReport:
        """Delete file by file; stops cleanly between two of them. Raises PlanOutdated where anything would
        be decided otherwise now."""
        installation, progress = self._installation, progress or SilentProgress()
        installation.require()
        progress.stage(Stage.UNLOCKING)
        with signed_changes(installation, secrets, "pruning old backups") as changes:
            now = self._plan(plan.retention, progress)
            if now.fingerprint != plan.fingerprint or _fates(now) != _fates(plan):
                raise PlanOutdated(Operation.PRUNE)
            return self._execute(now, changes, progress)

    def _plan(self, retention: Retention, progress: Progress) -> PrunePlan:
        installation = self._installation
        with installation.cmdb.reading() as view:
            register = read_register(view, installation.server_public())
            used = {use.kid for use in view.counts() if use.credentials}
            needed: set[str] = {*used, *(key.kid for key in installation.keys_in(view))}
            # What a database copy is encrypted to is in a key backup as long as the copy is there.
            needed |= {one.copy.copy_kid for one in register.databases if one.retired is None}
        progress.stage(Stage.LOOKING, len(register.copies))
        progress.checkpoint()
        there = [copy for copy in register.copies if not (copy.signed and copy.pruned)]
        known = tuple(copy if copy.signed else strip_claims(copy) for copy in there)
        looked = check_copies(installation, known, progress, everywhere=True)
        others, skipped, odd = self._others(register)
        silent = {one.address for one in skipped}
        reached = [_unreached(copy) if copy.destination in silent else copy for copy in looked]
        decisions = decide(reached, needed, installation.cmdb.cmdb_id(), retention, _begun(known, looked))
        fates = tuple(_oldest_first(decisions)) + others
        copies = surplus(installation, register, reached, retention, progress)
        going = tuple(one for one in (*begun(register), *copies) if one.destination not in silent)
        known_copies = sum(one.signed and one.retired is None for one in register.databases)
        staying = known_copies - len(going)
        return PrunePlan(retention, fates, skipped, register.fingerprint, odd, going, staying)

    def _others(
        self, register: SignedRegister
    ) -> tuple[tuple[Decision, ...], tuple[SkippedDestination, ...], tuple[tuple[str, int], ...]]:
        """Return files that no row names, where backups go or went; the destinations that do not answer;
        and where files have odd names."""
        installation = self._installation
        known = {copy.address for copy in register.copies}
        found: list[Decision] = []
        skipped: list[SkippedDestination] = []
        odd: list[tuple[str, int]] = []
        for info in self._places(register):
            try:
                there = installation.destinations.at(info)
                listing = there.listing()
                addresses = [
                    there.address_of(listed.name) for listed in listing if not is_part_name(listed.name)
                ]
            except Cancelled:
                raise
            except NskeysError as error:
                skipped.append(SkippedDestination(info.address, error))
                continue
            odd += [(info.address, listing.left_out)] if listing.left_out else []
            found += [
                Decision(address, info.address, Fate.KEEP, FateReason.UNKNOWN)
                for address in addresses
                if address not in known
            ]
        return tuple(found), tuple(skipped), tuple(odd)

    def _places(self, register: SignedRegister) -> list[DestinationInfo]:
        """Return the destinations where backups go, or went."""
        infos = {info.address: info for info in self._installation.settings.read().destinations}
        for copy in register.copies:
            if copy.signed and copy.retired is None:
                infos.setdefault(copy.destination, DestinationInfo(copy.destination))
        return list(infos.values())

    def _execute(self, plan: PrunePlan, changes: KeyedChanges, progress: Progress) -> PruneReport:
        deleted: list[BackupCopy] = []
        failures: list[PruneFailure] = []
        silent: set[str] = set()
        work = [one for one in plan.decisions if one.copy is not None and one.fate is not Fate.KEEP]
        progress.stage(Stage.REMOVING, len(work) + len(plan.copies))
        for one in work:
            progress.checkpoint()
            copy = one.copy
            if copy is not None and one.destination not in silent:
                error = self._remove(copy, changes) if one.fate is Fate.DELETE else self._finish(copy)
                if error is None:
                    self._settle(copy, changes)
                    deleted.append(copy)
                else:
                    failures.append(PruneFailure(copy, error))
                if isinstance(error, DestinationUnreachable):
                    silent.add(one.destination)
            progress.advance()
        gone: list[DatabaseCopy] = []
        left: list[tuple[DatabaseCopy, NskeysError]] = []
        for database in plan.copies:
            progress.checkpoint()
            error = remove_copy(self._installation, database, changes)
            if error is None:
                gone.append(database)
            else:
                left.append((database, error))
            progress.advance()
        return PruneReport(plan, tuple(deleted), tuple(failures), tuple(gone), tuple(left))

    def _remove(self, copy: BackupCopy, changes: KeyedChanges) -> NskeysError | None:
        """Delete one file, so that its row has only to say so. Return None, or what kept it there."""
        installation = self._installation
        seen = check_copy(installation, copy)
        if seen.status is CopyStatus.UNREACHABLE:
            return DestinationUnreachable(copy.destination, Problem.NO_ANSWER)
        if seen.status is not CopyStatus.GOOD:
            return FileUnreadable(copy.address, Problem.DIFFERS)
        self._write(replace(seen, status=CopyStatus.NOT_LOOKED), Action.PRUNE_BEGAN, changes)
        error = self._away(copy)
        now = check_copy(installation, seen)
        if now.status is CopyStatus.GOOD:
            # The file is unchanged, so its row counts again.
            self._write(now, Action.PRUNE_FAILED, changes)
            return error or CannotRemove(copy.address, Problem.STILL_THERE)
        if error is None and now.status is CopyStatus.CHANGED:
            return FileUnreadable(copy.address, Problem.DIFFERS)  # another file, put there meanwhile
        if error is None and now.status is not CopyStatus.MISSING:
            return DestinationUnreachable(copy.destination, Problem.NO_ANSWER)
        return error  # it may be gone: it does not count until the next look

    def _finish(self, copy: BackupCopy) -> NskeysError | None:
        """Make sure durably that a file whose removal was broken off is gone. A file that somebody put in
        its place meanwhile is left alone."""
        now = check_copy(self._installation, replace(copy, status=CopyStatus.NOT_LOOKED, retired=None))
        if now.status is CopyStatus.UNREACHABLE:
            return DestinationUnreachable(copy.destination, Problem.NO_ANSWER)
        return (
            self._away(copy)
            if now.status is CopyStatus.MISSING
            else FileUnreadable(copy.address, Problem.DIFFERS)
        )

    def _away(self, copy: BackupCopy) -> NskeysError | None:
        """Make the file's absence durable. Return None, or what is in the way."""
        try:
            destination, name = self._installation.destinations.source(copy.address)
            destination.remove(name)
        except Cancelled:
            raise
        except FileUnreadable as error:
            return None if error.problem is Problem.MISSING else error
        except NskeysError as error:
            return error
        return None

    def _settle(self, copy: BackupCopy, changes: KeyedChanges) -> None:
        """Mark the row of a file that is gone."""
        moment = self._installation.clock.now()
        gone = replace(copy.seen(CopyStatus.MISSING, moment), retired=moment)
        self._write(gone, Action.PRUNED, changes)

    def _write(self, copy: BackupCopy, action: Action, changes: KeyedChanges) -> None:
        installation = self._installation
        event = installation.event(
            action, copy.address, generation=copy.backup.generation, kms_sha256=copy.backup.kms_sha256
        )
        with changes.signed(event) as change:
            # Read under the lock: a row whose signature is gone is not signed again.
            if reread(change, installation.server_public(), copy) is None:
                raise PlanOutdated(Operation.PRUNE)
            record(change, copy, changes.server_key)


def _begun(known: Sequence[BackupCopy], looked: Sequence[BackupCopy]) -> list[BackupCopy]:
    """Return copies whose removal was begun and whose file is gone."""
    return [
        now
        for before, now in zip(known, looked, strict=True)
        if before.signed and before.retired is None and now.retired is not None
    ]


def _unreached(copy: BackupCopy) -> BackupCopy:
    """Return a copy whose destination no longer answers; an unsigned row is not described."""
    return replace(copy, status=CopyStatus.UNREACHABLE) if copy.signed else copy


def _fates(plan: PrunePlan) -> list[tuple[str, str]]:
    copies = [(f"{one.destination} {one.copy.sha256}", "copy") for one in plan.copies]
    return sorted([*((one.address, one.fate.value) for one in plan.decisions), *copies])


def _oldest_first(decisions: Sequence[Decision]) -> list[Decision]:
    return sorted(decisions, key=lambda one: (one.copy.backup.generation if one.copy else 0, one.address))
