"""Machines in memory, and the vault that they reach: a `servers.Site`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from nskeys.bootstrap import Services
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.ports import RegisterRow, Settings
from nskeys.reasons import Problem
from nskeys.services.installation import Installation
from tests.fakes.dying import Life
from tests.fakes.fixed import FixedClock, FixedIdentity
from tests.fakes.memory_cmdb import MemoryCmdb
from tests.fakes.memory_destination import MemoryDestinations, Place
from tests.fakes.memory_files import (
    FreeLock,
    MemoryCheckpoint,
    MemoryEvents,
    MemoryHome,
    MemoryIdentityFiles,
    MemoryRegistry,
    MemorySettings,
)
from tests.fakes.memory_keystore import MemoryKeyStore
from tests.fakes.other_databases import MemoryOtherDatabases
from tests.fakes.servers import (
    NAME,
    SCRYPT_LOG_N,
    RawRegisterRow,
    Server,
    Site,
    protector_named,
)

_VAULT = DestinationInfo("/vault")
_ELSEWHERE = LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs vault02:/nskeys")


class MemoryServer(Server):
    """A machine in memory."""

    def __init__(
        self, destinations: MemoryDestinations, clock: FixedClock, cmdb: MemoryCmdb, home: str
    ) -> None:
        self.cmdb = cmdb
        self.key_store = MemoryKeyStore(home)
        self.registry = MemoryRegistry()
        self.identity_files = MemoryIdentityFiles(f"{home}/recovery")
        self.checkpoint = MemoryCheckpoint(f"{home}/checkpoint.json")
        self.events = MemoryEvents()
        self.other_databases = MemoryOtherDatabases()
        self.settings_file = MemorySettings(Settings(NAME, ""))
        # The places are everybody's, what is declared of them is this machine's.
        self.destinations = MemoryDestinations(lambda: self.settings_file.read().destinations)
        self.destinations.places = destinations.places
        self.home = MemoryHome(home)
        self.lock = FreeLock()
        self.destinations.make(self.home.default_destination())
        super().__init__(self._wired(clock), clock, _VAULT)

    def _wired(self, clock: FixedClock) -> Installation:
        self.cmdb = self.cmdb.at(self.settings_file.read().cmdb or self.home.default_cmdb())
        return Installation(
            home=self.home,
            settings=self.settings_file,
            cmdb=self.cmdb,
            key_store=self.key_store,
            registry=self.registry,
            destinations=self.destinations,
            protectors=protector_named,
            lock=self.lock,
            clock=clock,
            identity=FixedIdentity(),
            identity_files=self.identity_files,
            checkpoint=self.checkpoint,
            events=self.events,
            other_databases=self.other_databases,
            scrypt_log_n=SCRYPT_LOG_N,
            least_score=0,
        )

    @property
    def local(self) -> str:
        return self.home.default_destination()

    def lose(self, address: str) -> None:
        place, name = self._place(address)
        place.lose(name)

    def corrupt(self, address: str) -> None:
        place, name = self._place(address)
        place.corrupt(name)

    def carry(self, address: str, destination: str) -> str:
        place, name = self._place(address)
        self.destinations.places[destination].files[name] = place.files[name]
        return f"{destination}/{name}"

    @contextmanager
    def cut_off(self, destination: str) -> Iterator[None]:
        place = self.destinations.places[destination]
        place.unreachable = Problem.GONE
        yield
        place.unreachable = None

    def register_rows(self) -> list[RawRegisterRow]:
        return [
            RawRegisterRow(*key, row.text, row.signature) for key, row in self.cmdb.state.register.items()
        ]

    def forge_register(self, rows: Sequence[RawRegisterRow]) -> None:
        state = self.cmdb.state.copy()
        state.register = {
            (row.kms_sha256, row.address): RegisterRow(row.body, row.signature) for row in rows
        }
        self.cmdb.state = state

    def restored_elsewhere(self) -> str:
        return self.other_databases.restored_from(self.cmdb)

    def forge_credential(self, credential_id: str, **fields: str) -> None:
        state = self.cmdb.state.copy()
        row = state.rows[credential_id]
        forged = row.credential.fields._replace(**fields)  # type: ignore[arg-type]  # text fields only
        state.rows[credential_id] = row._replace(credential=replace(row.credential, fields=forged))
        self.cmdb.state = state

    def restarted(self) -> "MemoryServer":
        self.lock.held = ""
        return self.with_life(Life())

    def with_life(self, life: Life) -> "MemoryServer":
        """The same machine, in a process that ends when `life` does."""
        self.services = Services(life.of(self._wired(self.clock)))
        self.installation = self.services.installation
        return self

    def _place(self, address: str) -> tuple[Place, str]:
        folder, _, name = address.rpartition("/")
        return self.destinations.places[folder], name


class MemorySite(Site):
    """Machines in memory."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.destinations = MemoryDestinations()
        self.destinations.make(_VAULT.address, _ELSEWHERE)
        self._machines = 0

    def server(self) -> MemoryServer:
        self._machines += 1
        home = f"/machine{self._machines}/nskeys"
        cmdb = MemoryCmdb(f"{home}/cmdb.sqlite3", busy_timeout=0.2)
        return MemoryServer(self.destinations, self.clock, cmdb, home)

    def after_the_fire(self, other: Server) -> MemoryServer:
        """New hardware where nothing is left but a copy of the database and what lies elsewhere."""
        return self.elsewhere_alone().with_database_of(other)

    def elsewhere_alone(self) -> "MemorySite":
        """The same world without every machine that there was: only what lies elsewhere is left."""
        survived = MemorySite()
        survived.clock = self.clock
        survived.destinations.places = {
            address: place
            for address, place in self.destinations.places.items()
            if place.whereabouts.location is Location.ELSEWHERE
        }
        return survived

    def with_database_of(self, other: Server) -> MemoryServer:
        server = self.server()
        assert isinstance(other, MemoryServer)
        server.cmdb.create(other.cmdb.cmdb_id())
        server.cmdb.state = other.cmdb.state.copy()
        return server
