"""Floor 5: the only wiring. From a home and an address to services; adapters are named only here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nskeys.destinations.resolver import AllDestinations, RemoteSchemes
from nskeys.model.secret import LEAST_SCORE
from nskeys.ports import Clock, OtherDatabase, Protector, ServiceManager, Waiting
from nskeys.reasons import ProtectorProblem
from nskeys.services.installation import SCRYPT_LOG_N, Installation
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import understand
from nskeys.store.home import HomeFolder, find_home
from nskeys.store.home_files import CheckpointFolder, EventFile, RecoveryFolder, RegistryFile
from nskeys.store.keystore.store import DiskKeyStore
from nskeys.store.lock import FileLock
from nskeys.store.machine import ProcessIdentity, SystemClock, host_name
from nskeys.store.settings import ConfigToml
from nskeys.store.system_logs import SystemLogs

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from nskeys.crypto.kdf import Argon2Cost
    from nskeys.destinations.ssh.known_hosts import KnownHosts
    from nskeys.destinations.ssh.pool import SshPool
    from nskeys.services.backup.both import BothHalvesService
    from nskeys.services.backup.service import BackupService
    from nskeys.services.checkpoint.service import CheckpointService
    from nskeys.services.credentials.export import ExportService
    from nskeys.services.credentials.importer import ImportService
    from nskeys.services.credentials.service import CredentialService
    from nskeys.services.credentials.verify import VerifyService
    from nskeys.services.database.declared import DeclaredBackupService
    from nskeys.services.database.move import DatabaseMoveService
    from nskeys.services.database.pairs import PairService
    from nskeys.services.database.proving import DatabaseCheckService
    from nskeys.services.database.service import DatabaseCopyService
    from nskeys.services.drill.diary import DiaryService
    from nskeys.services.drill.pair import PairDrillService
    from nskeys.services.drill.service import DrillService
    from nskeys.services.keys.compromise import CompromiseService
    from nskeys.services.keys.protector import ProtectionService
    from nskeys.services.keys.rotation import RotationService
    from nskeys.services.keys.server_key import ServerKeyService
    from nskeys.services.open_backup import SourceService
    from nskeys.services.recovery.custodians import CustodiansService
    from nskeys.services.recovery.identities import RecoveryService
    from nskeys.services.register.prune import PruningService
    from nskeys.services.register.service import RegisterService
    from nskeys.services.restore.re_entry import ReEntryService
    from nskeys.services.restore.service import RestoreService
    from nskeys.services.schedule.service import ScheduleService
    from nskeys.services.setup.destinations import DestinationService
    from nskeys.services.setup.first_start import SetUpService
    from nskeys.services.status.about import AboutService
    from nskeys.services.status.audit import AuditService
    from nskeys.services.status.checking import CheckService
    from nskeys.services.status.overview import RecoverabilityService
    from nskeys.services.status.runbook import RunbookService

PATIENCE = 10.0
"""Seconds that a change waits for another one to end, unless told otherwise."""


class Costs(NamedTuple):
    """The cost of deriving a key from a password, and the lowest score of a new one; values, so that tests
    need not wait."""

    scrypt_log_n: int = SCRYPT_LOG_N
    argon2: "Argon2Cost | None" = None
    """Of a passphrase for the keys; None: as `protectors.passphrase` says."""
    least_score: int = LEAST_SCORE


class Services:
    """Every use case of one installation, over its ports. Each is imported and made at first use: a command
    needs two or three of them."""

    def __init__(
        self,
        installation: Installation,
        manager: ServiceManager | None = None,
        closed: tuple[str, ...] = (),
    ) -> None:
        """The schedule is this machine's systemd's unless `manager` is given."""
        self.installation = installation
        self._manager = manager
        self.closed = closed
        """What other users could read in the home, and was closed to them just now."""

    @cached_property
    def about(self) -> "AboutService":
        from nskeys.services.status.about import AboutService

        return AboutService(self.installation)

    @cached_property
    def set_up(self) -> "SetUpService":
        from nskeys.services.setup.first_start import SetUpService

        return SetUpService(self.installation, random_id=lambda: os.urandom(16).hex())

    @cached_property
    def credentials(self) -> "CredentialService":
        from nskeys.services.credentials.service import CredentialService

        return CredentialService(self.installation)

    @cached_property
    def imports(self) -> "ImportService":
        from nskeys.imports.detect import preview, read_export
        from nskeys.services.credentials.importer import ImportService

        return ImportService(self.installation, read_export, preview)

    @cached_property
    def exports(self) -> "ExportService":
        from nskeys.services.credentials.export import ExportService

        return ExportService(self.installation)

    @cached_property
    def recoverability(self) -> "RecoverabilityService":
        from nskeys.services.status.overview import RecoverabilityService

        return RecoverabilityService(self.installation)

    @cached_property
    def register(self) -> "RegisterService":
        from nskeys.services.register.service import RegisterService

        return RegisterService(self.installation)

    @cached_property
    def backup(self) -> "BackupService":
        from nskeys.services.backup.service import BackupService

        return BackupService(self.installation)

    @cached_property
    def sources(self) -> "SourceService":
        from nskeys.services.open_backup import SourceService

        return SourceService(self.installation)

    @cached_property
    def pairs(self) -> "PairService":
        from nskeys.services.database.pairs import PairService

        return PairService(self.installation)

    @cached_property
    def restore(self) -> "RestoreService":
        from nskeys.services.restore.service import RestoreService

        return RestoreService(self.installation)

    @cached_property
    def database(self) -> "DatabaseCopyService":
        from nskeys.services.database.service import DatabaseCopyService

        return DatabaseCopyService(self.installation)

    @cached_property
    def declared_backups(self) -> "DeclaredBackupService":
        from nskeys.services.database.declared import DeclaredBackupService

        return DeclaredBackupService(self.installation)

    @cached_property
    def database_check(self) -> "DatabaseCheckService":
        from nskeys.services.database.proving import DatabaseCheckService

        return DatabaseCheckService(self.installation)

    @cached_property
    def database_move(self) -> "DatabaseMoveService":
        from nskeys.services.database.move import DatabaseMoveService

        return DatabaseMoveService(self.installation)

    @cached_property
    def both_halves(self) -> "BothHalvesService":
        from nskeys.services.backup.both import BothHalvesService

        return BothHalvesService(self.installation, self.backup, self.database)

    @cached_property
    def drill(self) -> "DrillService":
        from nskeys.services.drill.service import DrillService

        return DrillService(self.installation)

    @cached_property
    def pair_drill(self) -> "PairDrillService":
        from nskeys.services.drill.pair import PairDrillService

        return PairDrillService(self.installation)

    @cached_property
    def diary(self) -> "DiaryService":
        from nskeys.services.drill.diary import DiaryService

        return DiaryService(self.installation)

    @cached_property
    def rotation(self) -> "RotationService":
        from nskeys.services.keys.rotation import RotationService

        return RotationService(self.installation)

    @cached_property
    def compromise(self) -> "CompromiseService":
        from nskeys.services.keys.compromise import CompromiseService

        return CompromiseService(self.installation)

    @cached_property
    def server_key(self) -> "ServerKeyService":
        from nskeys.services.keys.server_key import ServerKeyService

        return ServerKeyService(self.installation)

    @cached_property
    def verify(self) -> "VerifyService":
        from nskeys.services.credentials.verify import VerifyService

        return VerifyService(self.installation)

    @cached_property
    def destinations(self) -> "DestinationService":
        from nskeys.services.setup.destinations import DestinationService

        return DestinationService(self.installation)

    @cached_property
    def protection(self) -> "ProtectionService":
        from nskeys.services.keys.protector import ProtectionService

        return ProtectionService(self.installation)

    @cached_property
    def audit(self) -> "AuditService":
        from nskeys.services.status.audit import AuditService

        return AuditService(self.installation)

    @cached_property
    def runbook(self) -> "RunbookService":
        from nskeys.services.status.runbook import RunbookService

        return RunbookService(self.installation)

    @cached_property
    def re_entry(self) -> "ReEntryService":
        from nskeys.services.restore.re_entry import ReEntryService

        return ReEntryService(self.installation)

    @cached_property
    def pruning(self) -> "PruningService":
        from nskeys.services.register.prune import PruningService

        return PruningService(self.installation)

    @cached_property
    def recovery(self) -> "RecoveryService":
        from nskeys.services.recovery.identities import RecoveryService

        return RecoveryService(self.installation)

    @cached_property
    def custodians(self) -> "CustodiansService":
        from nskeys.services.recovery.custodians import CustodiansService

        return CustodiansService(self.installation)

    @cached_property
    def schedule(self) -> "ScheduleService":
        from nskeys.services.schedule.service import ScheduleService
        from nskeys.store.systemd import SystemdUnits

        return ScheduleService(self.installation, self._manager or SystemdUnits())

    @cached_property
    def checkpoint(self) -> "CheckpointService":
        from nskeys.services.checkpoint.service import CheckpointService

        return CheckpointService(self.installation)

    @cached_property
    def check(self) -> "CheckService":
        from nskeys.services.status.checking import CheckService

        return CheckService(self.installation)

    def tell_who_waits(self, waiting: Waiting) -> None:
        """Set what a change calls while it waits for somebody else's change to end."""
        self.installation.lock.waiting = waiting

    def close(self) -> None:
        """Close the CMDB, and give up destinations that do not answer."""
        self.installation.destinations.close()
        self.installation.cmdb.close()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What services use of the machine around them; tests and the demo have some of it made up."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    manager: ServiceManager | None = None
    """What runs the schedule; None: this machine's systemd."""
    clock: Clock = field(default_factory=SystemClock)
    logs: bool = True
    """Whether the logs of this machine get a copy of the audit trail."""


def connect(
    home: str | None = None,
    cmdb: str | None = None,
    costs: Costs | None = None,
    around: Surroundings | None = None,
    wait: float = PATIENCE,
) -> Services:
    """Return the services of the installation in `home` (None: found as core/FORMAT.md says). `cmdb` is the
    URL of the CMDB where none is configured yet; a change waits `wait` seconds for another one to end.

    Opens nothing: what is missing is reported when it is needed. Raises HomeNotSafe, HomeUnreachable,
    HomeUnreadable.
    """
    around = around or Surroundings()
    environ, clock = around.environ, around.clock
    costs = costs or Costs()
    folder = HomeFolder(find_home(home, environ))
    closed = folder.make_safe()
    identity = ProcessIdentity(environ)
    settings = ConfigToml(folder.config, host_name())

    def protector_named(name: str) -> Protector:
        from nskeys.protectors.catalogue import protector

        return protector(name, costs.argon2)

    @cache
    def servers() -> "SshPool":
        from nskeys.destinations.ssh.pool import SshPool

        return SshPool(*_ssh_files(folder.known_hosts))

    def other_database(named: str) -> "AbstractContextManager[OtherDatabase]":
        from nskeys.store.cmdb.other import OtherCmdbs

        return OtherCmdbs(understand(database.url()), folder.cmdb.parent, clock)(named)

    address = (cmdb if cmdb is not None else settings.read().cmdb) or folder.default_cmdb()
    database = SqlCmdb(address, clock, busy_timeout=wait)
    return Services(
        Installation(
            home=folder,
            settings=settings,
            cmdb=database,
            key_store=DiskKeyStore(folder.store, folder.server_pub, protector_named),
            registry=RegistryFile(folder.registry),
            destinations=AllDestinations(
                lambda: settings.read().destinations, remote=RemoteSchemes(servers), servers=servers
            ),
            protectors=protector_named,
            lock=FileLock(folder.lock, identity.actor(), clock, wait),
            clock=clock,
            identity=identity,
            identity_files=RecoveryFolder(folder.recovery),
            checkpoint=CheckpointFolder(folder.checkpoint, folder.next_checkpoint),
            events=EventFile(folder.events),
            other_databases=other_database,
            logs=_logs(folder, environ) if around.logs else None,
            scrypt_log_n=costs.scrypt_log_n,
            least_score=costs.least_score,
        ),
        around.manager,
        closed,
    )


def _logs(folder: HomeFolder, environ: Mapping[str, str]) -> SystemLogs:
    """Return this machine's logs; NSKEYS_LOG_ROOT says where their sockets are, as in a container."""
    return SystemLogs(folder.trail_copies, Path(environ.get("NSKEYS_LOG_ROOT") or "/"))


def _ssh_files(own: Path) -> "tuple[KnownHosts, tuple[Path, ...]]":
    """Return the known hosts of the home and of this user's ssh, and the key files that ssh shows."""
    from nskeys.destinations.ssh.known_hosts import KnownHosts

    system = Path("/etc/ssh/ssh_known_hosts")
    try:
        ssh = Path.home() / ".ssh"
    except RuntimeError:  # a user id without a name, as in a container, has no home
        return KnownHosts(own, (system,)), ()
    known = KnownHosts(own, (ssh / "known_hosts", system))
    return known, tuple(ssh / name for name in ("id_ed25519", "id_ecdsa", "id_rsa"))


def protectors() -> tuple[tuple[str, bool, ProtectorProblem | None], ...]:
    """Return every protector: its name, whether this machine can use it, and if not the reason."""
    from nskeys.protectors.catalogue import available

    return available()
