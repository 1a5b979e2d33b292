"""The small files of a home, in memory: registry values, settings, the home itself, and the lock."""

import hashlib
import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from nskeys.errors import Locked
from nskeys.model.registry import RegistryValues
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

    def default_cmdb(self) -> str:
        return f"{self._path}/cmdb.sqlite3"

    def scratch(self) -> io.BytesIO:
        return io.BytesIO()

    def default_destination(self) -> str:
        return f"{self._path}/backups"


class MemoryCheckpoint:
    """ports.CheckpointFiles."""

    def __init__(self, path: str = "/var/lib/nskeys/checkpoint.json") -> None:
        self._path = path
        self.kept: bytes | None = None
        self.laid: bytes | None = None

    @property
    def path(self) -> str:
        return self._path

    def read(self) -> bytes | None:
        return self.kept

    def read_next(self) -> bytes | None:
        return self.laid

    def lay_down(self, data: bytes) -> None:
        self.laid = data

    def settle(self) -> None:
        self.kept, self.laid = self.laid, None

    def drop(self) -> None:
        self.laid = None


class MemoryEvents:
    """ports.EventList."""

    def __init__(self) -> None:
        self.lines: tuple[str, ...] = ()

    def read(self) -> tuple[str, ...]:
        return self.lines

    def write(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)


class MemoryIdentityFiles:
    """ports.IdentityFiles; `files` are the identities, which a test may tamper with."""

    def __init__(self, path: str = "/var/lib/nskeys/recovery") -> None:
        self._path = path
        self.files: dict[str, bytes] = {}

    def path_of(self, sha256: str) -> str:
        return f"{self._path}/{sha256}.age"

    def read(self, sha256: str) -> bytes | None:
        return self.files.get(sha256)

    def write(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self.files[name] = data
        return name

    def sweep(self, named: Collection[str]) -> None:
        self.files = {name: data for name, data in self.files.items() if name in named}


class FreeLock:
    """ports.Lock; free unless the test lets somebody else hold it. `doings` lists who had it."""

    def __init__(self) -> None:
        self.waiting = Waiting()
        self.somebody: Locked | None = None
        self.held = ""
        self.doings: list[str] = []

    def is_held(self) -> bool:
        return bool(self.held or self.somebody)

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
