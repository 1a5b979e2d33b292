"""Machines whose home is a folder: real files, SQLite, flock. A `servers.Site`.

The vault is one more folder, declared to be carried away: nothing else makes it lie elsewhere.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from nskeys.bootstrap import wire
from nskeys.destinations.resolver import AllDestinations, remote_schemes
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.destinations.ssh.pool import SshPool
from nskeys.model.destinations import DestinationInfo
from nskeys.services.installation import Installation
from nskeys.store.cmdb import cmdb_in_file
from nskeys.store.home import HomeFolder
from nskeys.store.home_files import RecoveryFolder, RegistryFile
from nskeys.store.keystore.store import DiskKeyStore
from nskeys.store.lock import FileLock
from nskeys.store.settings import ConfigToml
from tests.fakes.fixed import OPERATOR, FixedClock, FixedIdentity
from tests.fakes.servers import (
    NAME,
    SCRYPT_LOG_N,
    RawRegisterRow,
    Server,
    Site,
    protector_named,
)

_WORDS = "carried to the vault every night"


class RealServer(Server):
    """A machine whose home is a folder: real files, SQLite, flock."""

    def __init__(self, home: Path, vault: Path, clock: FixedClock) -> None:
        self.folder = HomeFolder(home)
        super().__init__(self._wired(clock), clock, DestinationInfo(str(vault), _WORDS))

    def _wired(self, clock: FixedClock) -> Installation:
        folder = self.folder
        folder.prepare()
        settings = ConfigToml(folder.config, NAME)
        servers = SshPool(KnownHosts(folder.known_hosts))
        return Installation(
            home=folder,
            settings=settings,
            cmdb=cmdb_in_file(folder.cmdb, clock),
            key_store=DiskKeyStore(folder.store, folder.server_pub, protector_named),
            registry=RegistryFile(folder.registry),
            destinations=AllDestinations(
                lambda: settings.read().destinations, remote=remote_schemes(servers), servers=servers
            ),
            protectors=protector_named,
            lock=FileLock(Path(folder.lock), OPERATOR, clock),
            clock=clock,
            identity=FixedIdentity(),
            recovery=RecoveryFolder(folder.recovery),
            unproven=RecoveryFolder(folder.unproven),
            scrypt_log_n=SCRYPT_LOG_N,
            least_score=0,
        )

    @property
    def local(self) -> str:
        return self.folder.default_destination()

    def lose(self, address: str) -> None:
        Path(address).unlink()

    def corrupt(self, address: str) -> None:
        data = bytearray(Path(address).read_bytes())
        data[len(data) // 2] ^= 1
        Path(address).write_bytes(data)

    def carry(self, address: str, destination: str) -> str:
        return str(shutil.copy(address, destination))

    @contextmanager
    def cut_off(self, destination: str) -> Iterator[None]:
        away = Path(destination + ".away")
        Path(destination).rename(away)
        yield
        away.rename(destination)

    def register_rows(self) -> list[RawRegisterRow]:
        with self._database() as database:
            rows = database.execute("SELECT kms_sha256, address, body, signature FROM register")
            return sorted((RawRegisterRow(*row) for row in rows), key=lambda row: row.kms_sha256)

    def forge_register(self, rows: Sequence[RawRegisterRow]) -> None:
        with self._database() as database:
            database.execute("DELETE FROM register")
            database.executemany(
                "INSERT INTO register VALUES (?, ?, ?, ?, ?)",
                [
                    (number, row.kms_sha256, row.address, row.body, row.signature)
                    for number, row in enumerate(rows, 1)
                ],
            )

    def forge_credential(self, credential_id: str, **fields: str) -> None:
        with self._database() as database:
            for name, value in fields.items():
                database.execute(f"UPDATE credentials SET {name} = ? WHERE id = ?", (value, credential_id))

    def restarted(self) -> "RealServer":
        self.services.close()
        self.services = wire(self._wired(self.clock))
        self.installation = self.services.installation
        return self

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.folder.cmdb)) as database, database:
            yield database


class RealSite(Site):
    """Machines that are folders."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock()
        self._folder = folder
        self._vault = folder / "vault"
        self._vault.mkdir()
        self._machines = 0

    def server(self) -> RealServer:
        self._machines += 1
        return RealServer(self._folder / f"machine{self._machines}", self._vault, self.clock)

    def with_database_of(self, other: Server) -> RealServer:
        server = self.server()
        assert isinstance(other, RealServer)
        shutil.copy(other.folder.cmdb, server.folder.cmdb)
        return server
