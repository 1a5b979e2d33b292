"""The small files of a home, in memory: registry values, settings, the home itself, and the lock."""

from collections.abc import Iterator
from contextlib import contextmanager

from nskeys.errors import Locked
from nskeys.model.operations import RegistryValues
from nskeys.ports import Settings

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


class FreeLock:
    """ports.Lock; free unless the test lets somebody else hold it. `doings` lists who had it."""

    def __init__(self) -> None:
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
