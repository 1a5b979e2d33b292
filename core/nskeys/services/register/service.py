"""The register: which backups there are, signed by the server key, and looked at now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nskeys.archive.limits import ARCHIVE_LIMIT
from nskeys.errors import (
    BackupForeign,
    NoBackupKnown,
    NoSuchBackup,
    NotABackup,
    NskeysError,
    PlanOutdated,
)
from nskeys.model.audit import Action
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.model.credentials import Credential
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.destinations import DestinationInfo, LocatedAt
from nskeys.model.keys import KeyUse, Kid
from nskeys.model.register import BackupCopy, CopyStatus, Proof, Signer
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import ForeignReason, Operation, Problem
from nskeys.services.installation import Installation
from nskeys.services.parallel import in_parallel
from nskeys.services.register.database_probe import check_database_copies
from nskeys.services.register.predecessors import server_keys
from nskeys.services.register.probe import check_copies, check_copy, login_required
from nskeys.services.register.signed_rows import (
    SignedRegister,
    copy_key,
    identity_of,
    read_register,
    record,
    record_database,
    record_unsigned,
    registered_copy,
    reread,
    strip_claims,
)
from nskeys.services.settling import unlocked

if TYPE_CHECKING:
    from nskeys.model.backup import BackupFacts, Inspected
    from nskeys.services.transaction import Extras, KeyedChanges

_EXAMPLES = 4
_NOT_OURS = {
    Signer.OTHER_SERVER: ForeignReason.OTHER_SIGNER,
    Signer.REPLACED: ForeignReason.REPLACED_SIGNER,
}


class RetirePlan(NamedTuple):
    """What retiring a copy means: the keys whose last good copy it is, and their credentials."""

    copy: BackupCopy
    loses: tuple[Kid, ...]
    credentials: int
    fingerprint: str = ""
    """The register that the plan saw."""
    kinds: tuple[tuple[str, int], ...] = ()
    """These credentials by kind."""
    examples: tuple[Credential, ...] = ()
    """The first few of them."""


class RegisterService:
    """Lists, looks at, adds and retires backups."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def copies(self, look: bool = True) -> tuple[BackupCopy, ...]:
        """Return every copy. With `look`, each copy on this machine or in what is mounted here is read now,
        and one on another server is as its last check found it. Changes nothing: what is seen counts for
        this answer only. An unsigned row is listed without what it claims and never looked at, since
        anybody may have written its address."""
        return self.listed(self.register(), look)

    def register(self) -> SignedRegister:
        """Return the stored register; empty without a CMDB."""
        installation = self._installation
        if not installation.cmdb.exists():
            return SignedRegister((), (), 0, "")
        with installation.cmdb.reading() as view:
            return read_register(view, installation.server_public())

    def listed(self, register: SignedRegister, look: bool = True) -> tuple[BackupCopy, ...]:
        """Return the copies of a register that was just read, as `copies` does."""
        copies = tuple(copy if copy.signed else strip_claims(copy) for copy in register.copies)
        if not look:
            return copies
        return check_copies(self._installation, copies, SilentProgress(), everywhere=False)

    def look(self, copy: BackupCopy) -> BackupCopy:
        """Return the copy as it is now. A failed look never counts as good."""
        return check_copy(self._installation, copy)

    def check(
        self,
        secrets: SecretProvider,
        progress: Progress | None = None,
        findings: Callable[[], Callable[[], Extras]] | None = None,
    ) -> tuple[BackupCopy, ...]:
        """Look at every copy, of keys and of the database, and write the results into the register; with
        `findings`, which look without the lock and then tell under it, what else was found goes into the
        checkpoint with them. Returns the backups; `register` has the database copies."""
        from nskeys.services.transaction import changes_with  # here, for most runs change nothing

        installation, progress = self._installation, progress or SilentProgress()
        installation.require()
        with unlocked(installation, secrets) as keys:
            register = self.register()
            before = self.listed(register, look=False)
            progress.stage(Stage.LOOKING, len(before) + len(register.databases))
            progress.checkpoint()
            looked = check_copies(installation, before, progress, everywhere=True)
            databases = check_database_copies(installation, register.databases, progress)
            found = None if findings is None else findings()
            # A look can take long, so the lock is taken only to write.
            with changes_with(installation, keys, "checking the register") as changes:
                seen = dict(zip(register.databases, databases, strict=True))
                self._write_down(before, looked, seen, changes, None if found is None else found())
        return looked

    def _write_down(
        self,
        before: Sequence[BackupCopy],
        looked: Sequence[BackupCopy],
        databases: Mapping[DatabaseCopy, DatabaseCopy],
        changes: KeyedChanges,
        extras: Extras | None,
    ) -> None:
        installation = self._installation
        # An unsigned row stays unsigned: signing it here would confirm claims that nobody proved.
        seen = {old: new for old, new in zip(before, looked, strict=True) if old.signed and not old.retired}
        event = installation.event(Action.REGISTER_CHECKED, "register", copies=len(seen))
        with changes.signed(event, extras) as change:
            now = read_register(change, installation.server_public())
            for database in now.databases:
                if database.signed and database.retired is None and database in databases:
                    record_database(change, databases[database], changes.server_key)
            for copy in now.copies:
                # A row that was drilled or retired meanwhile is newer than what was seen.
                if copy.signed and copy in seen:
                    record(change, seen[copy], changes.server_key)

    def add(self, address: str, secrets: SecretProvider) -> BackupCopy:
        """Add a backup that lies elsewhere, or was found again, as `intact`. Raises BackupForeign for one
        of another server or CMDB, which only a restore takes."""
        installation = self._installation
        installation.require()
        inspected, where, folder, full = self.read(address)
        installation.destinations.normal(folder)  # raises for a name that could not be stored
        facts = self._own_facts(inspected)
        now = installation.clock.now()
        fresh = BackupCopy(
            backup=identity_of(facts, inspected, installation.destinations.split(full)[1]),
            destination=folder,
            address=full,
            where=where,
            proofs=(),
            status=CopyStatus.GOOD,
            look_moment=now,
            good_moment=now,
        )
        event = installation.event(Action.REGISTER_ADDED, full, generation=facts.generation)
        from nskeys.services.transaction import signed_changes  # here, for most runs change nothing

        with (
            signed_changes(installation, secrets, "adding to the register", goes_on=True) as changes,
            changes.signed(event) as change,
        ):
            known = registered_copy(change, installation.server_public(), inspected, full)
            found = replace(known or fresh, where=where, retired=None).with_proof(Proof.INTACT, now)
            record(change, found, changes.server_key)
        return replace(found, signed=True)

    def _own_facts(self, inspected: Inspected) -> BackupFacts:

        manifest = inspected.manifest
        if manifest is None:
            raise NotABackup(inspected.path, Problem.BARE)
        signer = server_keys(self._installation).signer(manifest.facts)
        reasons = [_NOT_OURS[signer]] if signer in _NOT_OURS else []
        if manifest.facts.cmdb_id != self._installation.cmdb.cmdb_id():
            reasons.append(ForeignReason.OTHER_CMDB)
        if reasons:
            raise BackupForeign(inspected.path, tuple(reasons), manifest.facts.server_key)
        return manifest.facts

    def read(self, address: str, most: bool = False) -> tuple[Inspected, LocatedAt, str, str]:
        """Return a backup file inspected without its password, where it lies, its destination's address and
        its own full address. `latest` is the newest that the register can reach; with `most`, the newest of
        those whose keys open most credentials."""
        from nskeys.archive.inspection import inspect  # here: a look at the register opens no archive

        destinations = self._installation.destinations
        if address == "latest":
            address = self._latest(most)
        destination, name = destinations.source(address)
        full = destination.address_of(name)
        data = destination.read(name, ARCHIVE_LIMIT)
        folder, _ = destinations.split(full)
        return inspect(full, data), destination.where(), folder, full

    def _latest(self, most: bool) -> str:
        """Return the newest one that is there and whole. Where nothing vouches for a row, as on new
        hardware, only a folder of this machine is looked into: no login of this machine is used at an
        address that anybody may have written. Raises NoBackupKnown with such addresses."""
        nobody_vouches = self._installation.server_public() is None
        kept = [copy for copy in self.register().copies if copy.retired is None]
        counted = [copy for copy in kept if copy.signed or (nobody_vouches and self._is_here(copy))]
        if most:
            counted.sort(key=self._opens(), reverse=True)
        for copy in counted:
            if self.look(copy).status is CopyStatus.GOOD:
                return copy.address
        for error in login_required(self._installation, [copy.destination for copy in counted]):
            raise error  # with that secret given, there may be a backup
        claimed = [copy.address for copy in kept if copy not in counted] if nobody_vouches else []
        raise NoBackupKnown(tuple(claimed))

    def _is_here(self, copy: BackupCopy) -> bool:
        """Return whether its place is a folder of this machine or mounted here. Asks nobody."""
        try:
            return self._installation.destinations.source(copy.address)[0].live
        except NskeysError:
            return False

    def _opens(self) -> Callable[[BackupCopy], int]:
        """Return a function that counts the credentials which the keys of a copy open."""
        with self._installation.cmdb.reading() as view:
            uses = view.counts()
        return lambda copy: sum(use.credentials for use in uses if use.kid in copy.backup.kids)

    def unregistered(self) -> tuple[str, ...]:
        """List the addresses as `unregistered_backups` does."""
        return unregistered_backups(self._installation)

    def login_required(self) -> tuple[NskeysError, ...]:
        """Return what servers with copies ask of a person before these can be looked at."""
        register = self.register()
        listed = self.listed(register, look=False)
        kept = [copy.destination for copy in listed if copy.signed and copy.retired is None]
        kept += [copy.destination for copy in register.databases if copy.signed and copy.retired is None]
        return login_required(self._installation, kept)

    def find(self, reference: str) -> BackupCopy:
        """Return the one copy whose `.kms` hash begins with `reference`, or whose address or name it is.
        Raises NoSuchBackup."""
        return _the_one(self.copies(look=False), reference)

    def plan_retire(self, wanted: str | BackupCopy) -> RetirePlan:
        """Return what would be lost if this copy, or the one that `find` returns, did not count any
        more."""
        register = self.register()
        listed = self.listed(register, look=False)
        if isinstance(wanted, BackupCopy):
            listed = tuple(copy for copy in listed if copy_key(copy) == copy_key(wanted))
            wanted = wanted.address
        copy = _the_one(listed, wanted)
        others = [
            other for other in self.listed(register) if copy_key(other) != copy_key(copy) and other.counts
        ]
        held = {kid for other in others for kid in other.backup.kids}
        # An unsigned row never counted, so nothing is lost with it.
        loses = tuple(kid for kid in copy.backup.kids if kid not in held) if copy.signed else ()
        uses, examples = self._sealed_by(loses)
        return RetirePlan(
            copy=copy,
            loses=loses,
            credentials=sum(use.credentials for use in uses),
            fingerprint=register.fingerprint,
            kinds=_per_kind(uses),
            examples=examples,
        )

    def _sealed_by(self, kids: Collection[Kid]) -> tuple[Sequence[KeyUse], tuple[Credential, ...]]:
        """Return what these keys are used for, and the first few of the credentials."""
        with self._installation.cmdb.reading() as view:
            uses = [use for use in view.counts() if use.kid in kids and use.credentials]
            theirs = CredentialFilter(kids=frozenset(use.kid for use in uses))
            page = view.page(theirs, CredentialOrder(), _EXAMPLES) if uses else ()
        return uses, tuple(placed.credential for placed in page)

    def retire(self, plan: RetirePlan, secrets: SecretProvider) -> BackupCopy:
        """Stop counting the copy; the file stays where it is. Raises PlanOutdated where the register is not
        the one that the plan saw."""
        from nskeys.services.transaction import signed_changes  # here, for most runs change nothing

        installation = self._installation
        installation.require()
        event = installation.event(Action.REGISTER_RETIRED, plan.copy.address)
        gone = replace(plan.copy, retired=installation.clock.now())
        with (
            signed_changes(installation, secrets, "retiring a backup", goes_on=True) as changes,
            changes.signed(event) as change,
        ):
            now = read_register(change, installation.server_public())
            if plan.fingerprint != now.fingerprint:
                raise PlanOutdated(Operation.RETIREMENT)
            if reread(change, installation.server_public(), gone):
                record(change, gone, changes.server_key)
            else:
                record_unsigned(change, gone)
        return gone


def _per_kind(uses: Sequence[KeyUse]) -> tuple[tuple[str, int], ...]:
    kinds = Counter[str]()
    for use in uses:
        kinds[use.kind] += use.credentials
    return tuple(sorted(kinds.items()))


def _the_one(copies: Sequence[BackupCopy], reference: str) -> BackupCopy:
    matches = [
        copy
        for copy in copies
        if reference in (copy.address, copy.backup.archive_name)
        or (len(reference) >= 4 and copy.backup.kms_sha256.startswith(reference.lower()))
    ]
    if len(matches) != 1:
        raise NoSuchBackup(reference)
    return matches[0]


def unregistered_backups(installation: Installation) -> tuple[str, ...]:
    """Return the addresses of backups that the register does not know, judged by file name; destinations
    are asked at the same time. One that does not answer adds none: its own copies are reported as out of
    reach."""
    known = {copy.address for copy in RegisterService(installation).register().copies}
    infos = installation.settings.read().destinations or (installation.default_destination(),)
    mark = f"-{installation.cmdb.cmdb_id()[:8]}-"
    found = in_parallel([partial(_at, installation, info, mark, known) for info in infos])
    return tuple(sorted({address for addresses in found for address in addresses}))


def _at(installation: Installation, info: DestinationInfo, mark: str, known: Collection[str]) -> list[str]:
    from nskeys.model.database_copy import is_part_name  # here, for most runs look for nothing

    try:
        place = installation.destinations.at(info)
        listed = [item.name for item in place.listing() if not is_part_name(item.name)]
        names = [name for name in listed if mark in name and name.endswith(".zip")]
        return [address for name in names if (address := place.address_of(name)) not in known]
    except NskeysError:
        return []
