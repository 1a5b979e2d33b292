"""Notification Servers for tests of the services: the same machine in memory, or of the real parts.

A `Site` is a world with several machines in it and a vault that all of them reach; a `Server` is one
machine with its disk. New hardware is another server of the same site: it keeps nothing but what a test
carries over.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from nskeys.bootstrap import Services
from nskeys.crypto.kdf import Argon2Cost
from nskeys.errors import Locked
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind, check_fields
from nskeys.model.database_register_json import is_database_row
from nskeys.model.destinations import DestinationInfo
from nskeys.model.keys import KeyInfo, KeyState, Kid, active_key
from nskeys.model.plans import (
    BackupReport,
    DrillReport,
    RestorePlan,
    RestoreReport,
    RotationReport,
    SetUpReport,
)
from nskeys.model.recovery import IdentityKind
from nskeys.model.recovery_plans import RecoveryReport
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import BY_ITS_OWN, Unlock
from nskeys.ports import Progress, Protector, Purpose, SecretProvider, Settings, SilentProgress, StoreInfo
from nskeys.protectors.catalogue import protector
from nskeys.services.installation import Installation
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.fakes.fixed import Answers, FixedClock, NobodyToAsk

NAME = "ns01.example.net"
IDENTITY_PASSWORD = "five tin soldiers at noon"
PASSWORD = "a password for the vault"
PASSPHRASE = "a passphrase for the keys"
NOBODY = NobodyToAsk()
SCRYPT_LOG_N = 1
_ARGON2 = Argon2Cost(memory_kib=8, iterations=1, lanes=1)


def run_as(name: str, target: str = "finance-*", account: str = "CORP\\svc-deploy") -> CredentialFields:
    """The fields of a run-as credential."""
    return check_fields(CredentialKind.RUN_AS, name, target, account)


def protector_named(name: str) -> Protector:
    """The real protectors, as cheap as they can be."""
    return protector(name, _ARGON2)


def _named(plan: RestorePlan, confirmed: bool | str) -> str:
    """The server key that a person confirms."""
    return confirmed if isinstance(confirmed, str) else plan.facts.server_key if confirmed else ""


@dataclass(frozen=True)
class RawRegisterRow:
    """A register row as whoever can write to the database sees it."""

    kms_sha256: str
    address: str
    body: str
    signature: bytes | None


class Server(ABC):
    """One machine. What a test does to it through the services is below; what happens to it behind
    their back is in the abstract methods."""

    def __init__(self, installation: Installation, clock: FixedClock, vault: DestinationInfo) -> None:
        self.installation = installation
        self.services: Services = Services(installation)
        self.clock = clock
        self._vault = vault

    @property
    def vault(self) -> str:
        """A destination elsewhere, where backups go unless told otherwise."""
        return self._vault.address

    # --- behind the services' back ---

    @property
    @abstractmethod
    def local(self) -> str:
        """A destination on this machine's own disk."""

    @abstractmethod
    def lose(self, address: str) -> None:
        """A backup file is gone."""

    @abstractmethod
    def corrupt(self, address: str) -> None:
        """One bit of a backup file flips."""

    @abstractmethod
    def carry(self, address: str, destination: str) -> str:
        """Somebody copies a backup file to another destination; the copy's address."""

    @abstractmethod
    def cut_off(self, destination: str) -> AbstractContextManager[None]:
        """The destination cannot be reached meanwhile."""

    @abstractmethod
    def register_rows(self) -> list[RawRegisterRow]:
        """The register as it lies in the database."""

    @abstractmethod
    def forge_register(self, rows: Sequence[RawRegisterRow]) -> None:
        """Somebody writes the register into the database."""

    def backup_rows(self) -> list[RawRegisterRow]:
        """The rows of key backups among them."""
        return [row for row in self.register_rows() if not is_database_row(row.body)]

    def forge_backups(self, rows: Sequence[RawRegisterRow]) -> None:
        """Somebody writes these in the place of the rows of key backups; new ones follow all others."""
        wanted, written = list(rows), []
        for row in self.register_rows():
            places = [(one.kms_sha256, one.address) for one in wanted]
            if is_database_row(row.body):
                written.append(row)
            elif (row.kms_sha256, row.address) in places:
                written.append(wanted.pop(places.index((row.kms_sha256, row.address))))
        self.forge_register([*written, *wanted])

    @abstractmethod
    def restored_elsewhere(self) -> str:
        """Somebody backs the database up as it is now and restores it; the address of what is there."""

    @abstractmethod
    def forge_credential(self, credential_id: str, **fields: str) -> None:
        """Somebody changes a credential's fields in the database."""

    @abstractmethod
    def restarted(self) -> "Server":
        """The same machine, in a new process."""

    # --- set-up and credentials ---

    def set_up(self, protector: str = "file", secrets: SecretProvider = NOBODY) -> SetUpReport:
        """A new installation."""
        return self.services.set_up.execute(protector, secrets, self.settings())

    def settings(self) -> Settings:
        """What a set-up on this machine would write."""
        settings = self.installation.settings.read()
        others = tuple(info for info in settings.destinations if info.address != self.vault)
        return replace(settings, server_name=NAME, destinations=(self._vault, *others))

    def add(self, name: str, secret: str = "secret", fields: CredentialFields | None = None) -> Credential:
        """A credential, of kind run-as unless its fields say otherwise."""
        with SecretBytes.from_text(secret) as given:
            return self.services.credentials.add(fields or run_as(name), given, NOBODY)

    def secrets(self) -> dict[str, str]:
        """Every credential that opens here, by its reference."""
        found = {}
        with self.installation.cmdb.reading() as view:
            credentials = [row.credential for row in view.sealed()]
        failed = {item.credential.credential_id for item in self.services.verify.execute(NOBODY).failures}
        for credential in credentials:
            if credential.credential_id not in failed:
                with self.services.credentials.reveal(credential, NOBODY) as secret:
                    found[credential.reference] = secret.text()
        return found

    # --- backups ---

    def back_up(
        self,
        destination: str | None = None,
        password: str = PASSWORD,
        hint: str = "",
        progress: Progress | None = None,
    ) -> BackupReport:
        """A backup of both halves, to the vault unless told otherwise; of the keys in any case."""
        report = self.back_up_keys(destination, password, hint, progress)
        self.copy_database(destination)
        return report

    def back_up_keys(
        self,
        destination: str | None = None,
        password: str = PASSWORD,
        hint: str = "",
        progress: Progress | None = None,
    ) -> BackupReport:
        """A key backup, to the vault unless told otherwise."""
        plan = self.services.backup.plan(destination or self.vault, hint)
        return self.services.backup.execute(
            plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [password]}), progress
        )

    def copy_database(self, destination: str | None = None) -> None:
        """A database copy, to the vault unless told otherwise, where it is needed."""
        need = self.services.database.need([destination or self.vault])
        if need.missing_at:
            self.services.database.execute(self.services.database.plan(need.missing_at), NOBODY)

    def restore(
        self,
        address: str,
        password: str = PASSWORD,
        protector: str = "file",
        confirmed: bool | str = True,
        progress: Progress | None = None,
        other_machine: bool = False,
        typed: bool = False,
    ) -> RestoreReport:
        """Restore from a file, plan and all; a person says yes to its server key where one is asked for, or
        names the server key of the runbook."""
        secrets = {Purpose.BACKUP_PASSWORD: [password], Purpose.NEW_PASSPHRASE: [PASSPHRASE]}
        answers = Answers(secrets, typed=typed)
        source = find_source(self.installation, address)
        with opened(self.installation, source, answers, progress or SilentProgress()) as open_source:
            plan = self.services.restore.plan(open_source)
            return self.services.restore.execute(
                plan,
                open_source,
                answers,
                RestoreChoices(self.settings(), protector, _named(plan, confirmed), other_machine),
                progress,
            )

    def protect_anew(self, protector: str = "file") -> StoreInfo:
        """Another wrapping of the keys, although no backup may hold them."""
        return self.services.protection.change(protector, NOBODY, NOBODY, without_backup=True)

    def drill(self, address: str, password: str = PASSWORD) -> DrillReport:
        """A drill with a file."""
        source = find_source(self.installation, address)
        return self.services.drill.execute(source, Answers({Purpose.BACKUP_PASSWORD: [password]}))

    def make_identity(
        self,
        password: str = IDENTITY_PASSWORD,
        kind: IdentityKind = IdentityKind.PERSON,
        shares: int = 0,
        threshold: int = 0,
    ) -> RecoveryReport:
        """A recovery identity, or another one in its place."""
        plan = self.services.recovery.plan(kind, shares, threshold)
        answers = Answers({Purpose.NEW_IDENTITY_PASSWORD: [password]})
        return self.services.recovery.execute(plan, answers)

    def back_up_to(self, *recipients: str, destination: str | None = None) -> BackupReport:
        """A backup to the recovery identities and to `recipients`; nobody is asked for anything."""
        plan = self.services.backup.plan(destination or self.vault, recipients=recipients)
        assert not plan.wants_password
        report = self.services.backup.execute(plan, NOBODY)
        self.copy_database(destination)
        return report

    def drill_by(
        self, address: str, password: str = IDENTITY_PASSWORD, opening: Unlock = BY_ITS_OWN
    ) -> DrillReport:
        """A drill with a file that recipients open."""
        source = find_source(self.installation, address)
        answers = Answers({Purpose.IDENTITY_PASSWORD: [password]})
        return self.services.drill.execute(source, answers, opening=opening)

    def restore_by(
        self,
        address: str,
        password: str = IDENTITY_PASSWORD,
        opening: Unlock = BY_ITS_OWN,
        confirmed: bool | str = True,
    ) -> RestoreReport:
        """Restore from a file that recipients open, as `restore`."""
        answers = Answers({Purpose.IDENTITY_PASSWORD: [password]})
        source = find_source(self.installation, address)
        progress = SilentProgress()
        with opened(self.installation, source, answers, progress, opening) as open_source:
            plan = self.services.restore.plan(open_source)
            choices = RestoreChoices(self.settings(), "file", _named(plan, confirmed))
            return self.services.restore.execute(plan, open_source, answers, choices)

    def rotate(self, without_backup: bool = False, progress: Progress | None = None) -> RotationReport:
        """The next step of a rotation."""
        plan = self.services.rotation.plan()
        return self.services.rotation.execute(plan, NOBODY, without_backup, progress)

    def accept(self, take_back: bool = False) -> None:
        """A person accepts what does not fit the checkpoint."""
        seen = self.services.checkpoint.show()
        self.services.checkpoint.accept(seen, "as the story wants it", NOBODY, take_back)

    # --- what is to be seen ---

    def keys(self) -> tuple[KeyInfo, ...]:
        """Every key here."""
        return self.installation.keys()

    def active(self) -> Kid:
        """The key that seals."""
        active = active_key(self.keys())
        assert active is not None
        return active.kid

    def states(self) -> dict[Kid, KeyState]:
        """Each key's state."""
        return {key.kid: key.state for key in self.keys()}

    def audit(self) -> list[str]:
        """Every line of the audit trail."""
        return [entry.line for entry in self.services.audit.entries()]

    def counts(self) -> tuple[int, int, int]:
        """Credentials that are recoverable, at risk, lost."""
        totals = self.services.recoverability.assess().totals
        return totals.recoverable, totals.at_risk, totals.lost

    def lock_is_free(self) -> bool:
        """Whether somebody could take the lock now."""
        try:
            with self.installation.lock.hold("looking whether it is free"):
                return True
        except Locked:
            return False

    def everything(self) -> object:
        """All that is stored on this machine and in its CMDB, to be compared."""
        installation = self.installation
        with installation.cmdb.reading() as view:
            rows = (view.sealed(), view.rotation(), view.audit_head(), view.checkpoint())
            kept = (view.keys(), view.recovery_row())
        return (
            rows,
            self.register_rows(),
            installation.registry.read(),
            installation.settings.read(),
            kept,
            installation.key_store.keys(),
            installation.key_store.info(),
        )


class Site(ABC):
    """The machines of a test, and the vault that all of them reach."""

    @abstractmethod
    def server(self) -> Server:
        """A machine with nothing on it."""

    @abstractmethod
    def with_database_of(self, other: Server) -> Server:
        """A new machine that holds a copy of another one's database, and nothing else."""
