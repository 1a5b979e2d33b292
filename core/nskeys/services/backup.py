"""Back up the keys: plan, confirm, execute, verify.

A backup counts only after it was read back from where it was put and a second, independent reader
opened it. Until then no register row and no registry value says that there is one.
"""

import re
from collections.abc import Sequence

from nskeys.archive.bounds import ARCHIVE_LIMIT
from nskeys.archive.inspection import inspect
from nskeys.archive.second_reader import confirm
from nskeys.archive.writing import WrittenArchive, write
from nskeys.crypto.signing import public_of
from nskeys.crypto.thumbprint import server_thumbprint
from nskeys.errors import BackupNotProven, DestinationUnreachable, FileUnreadable, NskeysError
from nskeys.model.audit import Action
from nskeys.model.backup import BackedUpKey, Facts, Inspected, KeyFact, Protection
from nskeys.model.credentials import CredentialKind
from nskeys.model.keys import KeyUse
from nskeys.model.operations import BackupPlan, BackupReport, RegistryValues
from nskeys.model.recoverability import DueReason
from nskeys.model.register import BackupCopy, Proof, Sight
from nskeys.model.secret import SecretBytes
from nskeys.model.times import to_stamp
from nskeys.ports import (
    CmdbView,
    Destination,
    OpenKeyStore,
    Progress,
    SecretProvider,
    SilentProgress,
    Stage,
)
from nskeys.services.installation import Installation, sign_off, unlocked
from nskeys.services.passwords import ask_new_password, check_hint
from nskeys.services.recoverability import RecoverabilityService
from nskeys.services.vouching import identity, record, vouched

_NAME_LIMIT = 100


class BackupService:
    """Makes backups, and says when one is due."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def due(self, destination: str | None = None) -> tuple[DueReason, ...]:
        """Why a new backup is due; empty when none is. A `destination` elsewhere needs a good copy of
        every key elsewhere; without one, the answer is the one that the first screen gives."""
        info = self._installation.configured(destination) if destination else None
        return RecoverabilityService(self._installation).overview(destination=info).recoverability.due

    def plan(self, destination: str | None = None, hint: str = "") -> BackupPlan:
        """What would be written and where. Checks the destination; leaves nothing there."""
        installation = self._installation
        installation.require()
        check_hint(hint)
        info = installation.configured(destination) if destination else installation.default_destination()
        place = installation.destinations.at(info)
        place.check()
        with installation.cmdb.reading() as view:
            credentials = sum(use.credentials for use in view.counts())
            generation = self._next_generation(view)[0]
        return BackupPlan(
            destination=info,
            where=place.where(),
            archive_name=self._name(),
            generation=generation,
            keys=installation.key_store.keys(),
            credentials=credentials,
            hint=hint,
            fingerprint=installation.fingerprint(),
        )

    def execute(
        self, plan: BackupPlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> BackupReport:
        """Write it, read it back, open it twice, record it. Stops cleanly until it is written."""
        installation, told = self._installation, progress or SilentProgress()
        password = ask_new_password(plan.destination.address, plan.hint, installation.key_store, secrets)
        with password:
            told.stage(Stage.UNLOCKING)
            with unlocked(installation, secrets) as keys, installation.changing("making a backup"):
                installation.unchanged("backup", plan.fingerprint)
                return self._execute(plan, password, keys, told)

    def _execute(
        self, plan: BackupPlan, password: SecretBytes, keys: OpenKeyStore, told: Progress
    ) -> BackupReport:
        installation = self._installation
        place = installation.destinations.at(plan.destination)
        place.sweep()
        told.stage(Stage.COLLECTING)
        facts = self._facts(plan, keys)
        told.checkpoint()
        told.stage(Stage.ENCRYPTING)
        backed_up = [BackedUpKey(key.info, keys.key(key.info.kid)) for key in facts.keys]
        archive = write(facts, backed_up, keys.server_key(), password, installation.scrypt_log_n)
        told.checkpoint()
        told.stage(Stage.WRITING)
        name = place.publish(plan.archive_name, archive.data)
        try:
            inspected = self._prove(place, name, archive, password, told)
        except NskeysError as error:
            self._give_up(place.address_of(name), keys)
            raise BackupNotProven(place.address_of(name), _problem(error)) from None
        told.stage(Stage.RECORDING)
        return self._record(plan, archive.facts, inspected, place, name, keys)

    def _facts(self, plan: BackupPlan, keys: OpenKeyStore) -> Facts:
        installation = self._installation
        with installation.cmdb.reading() as view:
            uses = view.counts()
            generation, previous = self._next_generation(view)
            head = view.audit_head()
        return Facts(
            server=installation.settings.read().server_name,
            cmdb_id=installation.cmdb.cmdb_id(),
            server_key=server_thumbprint(public_of(keys.server_key())),
            created=installation.clock.now(),
            generation=generation,
            previous=previous,
            keys=tuple(
                KeyFact(info, sum(use.credentials for use in uses if use.kid == info.kid))
                for info in installation.key_store.keys()
            ),
            kinds=_per_kind(uses),
            audit=head,
            protection=Protection.PASSWORD,
            hint=plan.hint,
        )

    def _prove(
        self, place: Destination, name: str, archive: WrittenArchive, password: SecretBytes, told: Progress
    ) -> Inspected:
        """Read back what lies there now, compare every byte, and open it with both readers."""
        told.stage(Stage.READING_BACK)
        data = place.read(name, ARCHIVE_LIMIT)
        if data != archive.data:
            raise BackupNotProven(place.address_of(name), "differs")
        inspected = inspect(place.address_of(name), data)
        told.stage(Stage.OPENING)
        # The second reader derives its key from the password and the bytes that were read back; equal
        # plaintext there, and equal bytes here, is what "opened" means.
        confirm(inspected.kms, password, archive.payload_sha256)
        return inspected

    def _record(
        self,
        plan: BackupPlan,
        facts: Facts,
        inspected: Inspected,
        place: Destination,
        name: str,
        keys: OpenKeyStore,
    ) -> BackupReport:
        installation = self._installation
        now = installation.clock.now()
        copy = BackupCopy(
            backup=identity(facts, inspected, name),
            destination=plan.destination.address,
            address=place.address_of(name),
            where=place.where(),
            proofs=(),
            sight=Sight.GOOD,
            look_moment=now,
            good_moment=now,
            signed=True,
        ).with_proof(Proof.OPENED, now)
        event = installation.event(
            Action.BACKED_UP, copy.address, generation=facts.generation, kms_sha256=inspected.kms_sha256
        )
        with installation.cmdb.changing(event) as change:
            record(change, copy, keys.server_key())
            sign_off(change, facts.cmdb_id, keys.server_key())
        # Last, and only now: the register is the record, these two values are its echo.
        installation.registry.write(RegistryValues(plan.destination.address, facts.created))
        return BackupReport(copy, sum(key.credentials for key in facts.keys))

    def _give_up(self, address: str, keys: OpenKeyStore) -> None:
        """Say in the audit trail that a file lies there which is no backup."""
        installation = self._installation
        with installation.cmdb.changing(installation.event(Action.BACKUP_FAILED, address)) as change:
            sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())

    def _next_generation(self, view: CmdbView) -> tuple[int, str | None]:
        """One more than this CMDB's newest vouched backup, and that one's hash. Neither a row that nobody
        signed nor another CMDB's backup, which a restore registered, may push the count."""
        cmdb_id = self._installation.cmdb.cmdb_id()
        newest = max(
            (
                copy.backup
                for copy in vouched(view, self._installation.server_public())
                if copy.signed and copy.backup.cmdb_id == cmdb_id
            ),
            key=lambda backup: (backup.generation, backup.created, backup.kms_sha256),
            default=None,
        )
        return (1, None) if newest is None else (newest.generation + 1, newest.kms_sha256)

    def _name(self) -> str:
        """`<server>-<first 8 of CMDB id>-<UTC stamp>.zip`."""
        installation = self._installation
        server = re.sub(r"[^A-Za-z0-9.-]", "-", installation.settings.read().server_name)
        server = server.strip(".-")[:_NAME_LIMIT] or "server"
        return f"{server}-{installation.cmdb.cmdb_id()[:8]}-{to_stamp(installation.clock.now())}.zip"


def _problem(error: NskeysError) -> str:
    """Why what lies there is no backup."""
    if isinstance(error, BackupNotProven | FileUnreadable | DestinationUnreachable):
        return error.problem
    return "does_not_open"


def _per_kind(uses: Sequence[KeyUse]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (kind.value, sum(use.credentials for use in uses if use.kind == kind.value))
        for kind in CredentialKind
    )
