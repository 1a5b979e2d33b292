"""The small files of a home, in memory: registry values, settings, the home itself, and the lock."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from nskeys.errors import Locked
from nskeys.model.plans import RegistryValues
from nskeys.ports import Settings, Waiting

_NO_BACKUP_YET = RegistryValues()
_DEFAULTS = Settings("ns01.example.net", "")


class MemoryRegistry:
    """ports.Registry."""

    def __init__(self, values: RegistryValues = _NO_BACKUP_YET) -> None:
        self.values = values

    def read(self) -> RegistryValues:
        return self.values

    def write(self, values: RegistryValues) -> None:
        self.values = values


class MemorySettings:
    """ports.SettingsFile."""

    def __init__(self, settings: Settings = _DEFAULTS) -> None:
        self.settings = settings

    def read(self) -> Settings:
        return self.settings

    def write(self, settings: Settings) -> None:
        self.settings = settings


class MemoryHome:
    """ports.Home; `prepared` counts."""

    def __init__(self, path: str = "/var/lib/nskeys") -> None:
        self._path = path
        self.prepared = 0

    @property
    def path(self) -> str:
        return self._path

    def prepare(self) -> None:
        self.prepared += 1

    def default_destination(self) -> str:
        return f"{self._path}/backups"


class MemoryRecovery:
    """ports.RecoveryStore; `kept` is the record, `files` the identities, which a test may tamper with."""

    def __init__(self, path: str = "/var/lib/nskeys/recovery") -> None:
        self._path = path
        self.kept: bytes | None = None
        self.files: dict[str, bytes] = {}

    @property
    def path(self) -> str:
        return f"{self._path}/recovery.json"

    def path_of(self, member: str) -> str:
        return f"{self._path}/{member}"

    def record(self) -> bytes | None:
        return self.kept

    def candidates(self, member: str) -> tuple[bytes, ...]:
        return (self.files[member],) if member in self.files else ()

    def write(self, record: bytes, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.kept = record


class FreeLock:
    """ports.Lock; free unless the test lets somebody else hold it. `doings` lists who had it."""

    def __init__(self) -> None:
        self.waiting = Waiting()
        self.somebody: Locked | None = None
        self.held = ""
        self.doings: list[str] = []

    @contextmanager
    def hold(self, doing: str) -> Iterator[None]:
        if self.somebody is not None:
            raise self.somebody
        if self.held:
            raise Locked("root", 1, self.held, "2026-11-23T14:02:00Z")
        self.held = doing
        self.doings.append(doing)
        try:
            yield
        finally:
            self.held = ""
