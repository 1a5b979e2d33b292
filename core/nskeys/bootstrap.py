"""Floor 5: the only wiring. From a home and an address to services; adapters are named only here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nskeys.crypto.kdf import Argon2Cost
from nskeys.destinations.resolver import AllDestinations, remote_schemes
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.destinations.ssh.pool import SshPool
from nskeys.imports.detect import read_export
from nskeys.model.secret import LEAST_SCORE
from nskeys.ports import Protector, ServiceManager, Waiting
from nskeys.protectors.catalogue import available, protector
from nskeys.protectors.passphrase import DEFAULT_COST
from nskeys.reasons import ProtectorProblem
from nskeys.services.backup.service import BackupService
from nskeys.services.credentials.importer import ImportService
from nskeys.services.credentials.service import CredentialService
from nskeys.services.credentials.verify import VerifyService
from nskeys.services.drill.diary import DiaryService
from nskeys.services.drill.service import DrillService
from nskeys.services.installation import SCRYPT_LOG_N, Installation
from nskeys.services.keys.protector import ProtectionService
from nskeys.services.keys.rotation import RotationService
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
from nskeys.services.status.overview import RecoverabilityService
from nskeys.services.status.runbook import RunbookService
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import url_of
from nskeys.store.home import HomeFolder, find_home
from nskeys.store.home_files import RecoveryFolder, RegistryFile
from nskeys.store.keystore.store import DiskKeyStore
from nskeys.store.lock import FileLock
from nskeys.store.machine import ProcessIdentity, SystemClock, host_name
from nskeys.store.settings import ConfigToml
from nskeys.store.systemd import SystemdUnits

PATIENCE = 10.0
"""Seconds that a change waits for another one to end, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of deriving a key from a password, and the lowest score of a new one; values, so that tests
    need not wait."""

    scrypt_log_n: int = SCRYPT_LOG_N
    argon2: Argon2Cost = DEFAULT_COST
    least_score: int = LEAST_SCORE


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case of one installation, over its ports."""

    installation: Installation
    about: AboutService
    set_up: SetUpService
    credentials: CredentialService
    imports: ImportService
    recoverability: RecoverabilityService
    register: RegisterService
    backup: BackupService
    sources: SourceService
    restore: RestoreService
    drill: DrillService
    diary: DiaryService
    rotation: RotationService
    verify: VerifyService
    destinations: DestinationService
    protection: ProtectionService
    audit: AuditService
    runbook: RunbookService
    re_entry: ReEntryService
    pruning: PruningService
    recovery: RecoveryService
    custodians: CustodiansService
    schedule: ScheduleService
    closed: tuple[str, ...] = ()
    """What other users could read in the home, and was closed to them just now."""

    def tell_who_waits(self, waiting: Waiting) -> None:
        """Set what a change calls while it waits for somebody else's change to end."""
        self.installation.lock.waiting = waiting

    def close(self) -> None:
        """Close the CMDB, and give up destinations that do not answer."""
        self.installation.destinations.close()
        self.installation.cmdb.close()


def connect(
    home: str | None = None,
    cmdb: str | None = None,
    environ: Mapping[str, str] = os.environ,
    costs: Costs | None = None,
    manager: ServiceManager | None = None,
    wait: float = PATIENCE,
) -> Services:
    """Return the services of the installation in `home` (None: found as core/FORMAT.md says). `cmdb` is the
    URL of the CMDB where none is configured yet; a change waits `wait` seconds for another one to end.

    Opens nothing: what is missing is reported when it is needed. Raises HomeNotSafe, HomeUnreachable,
    HomeUnreadable.
    """
    costs = costs or Costs()
    folder = HomeFolder(find_home(home, environ))
    closed = folder.make_safe()
    clock, identity = SystemClock(), ProcessIdentity(environ)
    settings = ConfigToml(folder.config, host_name())

    def protector_named(name: str) -> Protector:
        return protector(name, costs.argon2)

    servers = SshPool(*_ssh_files(folder.known_hosts))
    address = cmdb if cmdb is not None else settings.read().cmdb
    database = SqlCmdb(address or url_of(folder.cmdb), clock, busy_timeout=wait)
    return wire(
        Installation(
            home=folder,
            settings=settings,
            cmdb=database,
            key_store=DiskKeyStore(folder.store, folder.server_pub, protector_named),
            registry=RegistryFile(folder.registry),
            destinations=AllDestinations(
                lambda: settings.read().destinations, remote=remote_schemes(servers), servers=servers
            ),
            protectors=protector_named,
            lock=FileLock(folder.lock, identity.actor(), clock, wait),
            clock=clock,
            identity=identity,
            recovery=RecoveryFolder(folder.recovery),
            unproven=RecoveryFolder(folder.unproven),
            scrypt_log_n=costs.scrypt_log_n,
            least_score=costs.least_score,
        ),
        manager,
        closed,
    )


def _ssh_files(own: Path) -> tuple[KnownHosts, tuple[Path, ...]]:
    """Return the known hosts of the home and of this user's ssh, and the key files that ssh shows."""
    system = Path("/etc/ssh/ssh_known_hosts")
    try:
        ssh = Path.home() / ".ssh"
    except RuntimeError:  # a user id without a name, as in a container, has no home
        return KnownHosts(own, (system,)), ()
    known = KnownHosts(own, (ssh / "known_hosts", system))
    return known, tuple(ssh / name for name in ("id_ed25519", "id_ecdsa", "id_rsa"))


def wire(
    installation: Installation, manager: ServiceManager | None = None, closed: tuple[str, ...] = ()
) -> Services:
    """Return the services over these ports; the schedule is this machine's systemd's unless `manager` is
    given."""
    return Services(
        installation=installation,
        about=AboutService(installation),
        set_up=SetUpService(installation, random_id=lambda: os.urandom(16).hex()),
        credentials=CredentialService(installation),
        imports=ImportService(installation, read_export),
        recoverability=RecoverabilityService(installation),
        register=RegisterService(installation),
        backup=BackupService(installation),
        sources=SourceService(installation),
        restore=RestoreService(installation),
        drill=DrillService(installation),
        diary=DiaryService(installation),
        rotation=RotationService(installation),
        verify=VerifyService(installation),
        destinations=DestinationService(installation),
        protection=ProtectionService(installation),
        audit=AuditService(installation),
        runbook=RunbookService(installation),
        re_entry=ReEntryService(installation),
        pruning=PruningService(installation),
        recovery=RecoveryService(installation),
        custodians=CustodiansService(installation),
        schedule=ScheduleService(installation, manager or SystemdUnits()),
        closed=closed,
    )


def protectors() -> tuple[tuple[str, bool, ProtectorProblem | None], ...]:
    """Return every protector: its name, whether this machine can use it, and if not the reason."""
    return available()
