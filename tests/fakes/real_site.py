"""Machines whose home is a folder: real files, SQLite, flock. A `servers.Site`.

The vault is one more folder, declared to be carried away: nothing else makes it lie elsewhere.
"""

import gc
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from nskeys.bootstrap import Services
from nskeys.destinations.resolver import AllDestinations, RemoteSchemes
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.destinations.ssh.pool import SshPool
from nskeys.model.destinations import DestinationInfo
from nskeys.ports import Cmdb
from nskeys.services.installation import Installation
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import understand, url_of
from nskeys.store.cmdb.other import OtherCmdbs
from nskeys.store.home import HomeFolder
from nskeys.store.home_files import CheckpointFolder, EventFile, RecoveryFolder, RegistryFile
from nskeys.store.keystore.store import DiskKeyStore
from nskeys.store.lock import FileLock
from nskeys.store.settings import ConfigToml
from tests.fakes.dying import Life
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

    patience = 1.0
    """Seconds to wait for the database; the program's own are more than most stories want to wait."""

    def __init__(self, home: Path, vault: Path, clock: FixedClock, cmdb: str = "") -> None:
        """`cmdb` is the URL of a database on a server; empty for a file in the home."""
        self.folder = HomeFolder(home)
        self._cmdb = cmdb or url_of(self.folder.cmdb)
        self._life: Life | None = None
        self._dying: Cmdb | None = None
        """That of a process which ends when its life does."""
        super().__init__(self._wired(clock), clock, DestinationInfo(str(vault), _WORDS))

    def _wired(self, clock: FixedClock) -> Installation:
        folder = self.folder
        folder.prepare()
        settings = ConfigToml(folder.config, NAME)
        servers = SshPool(KnownHosts(folder.known_hosts))
        return Installation(
            home=folder,
            settings=settings,
            cmdb=SqlCmdb(settings.read().cmdb or self._cmdb, clock, busy_timeout=self.patience),
            key_store=DiskKeyStore(folder.store, folder.server_pub, protector_named),
            registry=RegistryFile(folder.registry),
            destinations=AllDestinations(
                lambda: settings.read().destinations,
                remote=RemoteSchemes(lambda: servers),
                servers=lambda: servers,
            ),
            protectors=protector_named,
            lock=FileLock(Path(folder.lock), OPERATOR, clock),
            clock=clock,
            identity=FixedIdentity(),
            identity_files=RecoveryFolder(folder.recovery),
            checkpoint=CheckpointFolder(folder.checkpoint, folder.next_checkpoint),
            events=EventFile(folder.events),
            other_databases=OtherCmdbs(understand(self._cmdb), folder.cmdb.parent, clock),
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
            asked = "SELECT kms_sha256, address, body, signature FROM register ORDER BY number"
            return [RawRegisterRow(*row) for row in database.execute(asked)]

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

    def restored_elsewhere(self) -> str:
        number = len(list(self.folder.cmdb.parent.parent.glob("restored-*")))
        name = self.folder.cmdb.parent.parent / f"restored-{number}.sqlite3"
        return str(shutil.copy(self.folder.cmdb, name))

    def forge_credential(self, credential_id: str, **fields: str) -> None:
        with self._database() as database:
            for name, value in fields.items():
                database.execute(f"UPDATE credentials SET {name} = ? WHERE id = ?", (value, credential_id))

    def restarted(self) -> "RealServer":
        dying, dead = self._dying, self.services
        if self._life is None:  # the dead close nothing, but the system ends their connections
            dead.close()
        self._life = self._dying = None
        self.services = Services(self._wired(self.clock))
        self.installation = self.services.installation
        del dead
        if dying is not None and dying.describe() == "PostgreSQL":
            gc.collect()  # what the dead held in the middle of a transaction
            dying.close()
        return self

    def with_life(self, life: Life) -> "RealServer":
        """The same machine, in a process that ends when `life` does."""
        self.services.close()
        self._life, wired = life, self._wired(self.clock)
        self._dying = wired.cmdb
        self.services = Services(life.of(wired))
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
        self._vault.mkdir(exist_ok=True)
        self._machines = 0

    def server(self, cmdb: str = "") -> RealServer:
        self._machines += 1
        home = self._folder / f"machine{self._machines}"
        return RealServer(home, self._vault, self.clock, cmdb)

    def with_database_of(self, other: Server) -> RealServer:
        server = self.server()
        assert isinstance(other, RealServer)
        shutil.copy(other.folder.cmdb, server.folder.cmdb)
        return server
