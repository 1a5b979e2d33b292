"""Ports of an installation's home, its settings and registry values, the import reader, and the user."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nskeys.model.audit import Actor
from nskeys.model.destinations import DestinationInfo
from nskeys.model.imports import ParsedExport, Reading
from nskeys.model.monitoring import DRILL_DAYS
from nskeys.model.plans import RegistryValues
from nskeys.model.retention import DEFAULT_RETENTION, Retention


class Registry(Protocol):
    """`KMSBackupPath` and `KMSBackupDate` on this server."""

    def read(self) -> RegistryValues:
        """Return both values; empty where none were written."""
        ...

    def write(self, values: RegistryValues) -> None:
        """Write both values, durably, in one step."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of `config.toml`, parsed."""

    server_name: str
    cmdb: str
    """The CMDB's URL as configured; empty for `cmdb.sqlite3` in the home."""
    destinations: tuple[DestinationInfo, ...] = ()
    retention: Retention = DEFAULT_RETENTION
    """What `prune` keeps by default; nothing is pruned unasked."""
    drill_days: int = DRILL_DAYS
    """Days after which a drill is overdue; 0: never."""
    columns: tuple[tuple[str, Reading], ...] = ()
    """How CSV is read that a person named the columns of, under the names that were given to that."""


class SettingsFile(Protocol):
    """`config.toml`; a change keeps the comments that a person wrote."""

    def read(self) -> Settings:
        """Return what is configured, with defaults for what is not."""
        ...

    def write(self, settings: Settings) -> None:
        """Write the settings that differ, durably."""
        ...


class ImportReader(Protocol):
    """Reads another program's export."""

    def __call__(self, source: str, data: bytes, reading: Reading) -> ParsedExport:
        """Detect the format and parse it. Raises ImportUnreadable."""
        ...


class Home(Protocol):
    """The home folder of an installation."""

    @property
    def path(self) -> str: ...

    def prepare(self) -> None:
        """Make the folder (0700) if it is missing. Raises HomeUnreadable, CannotCreate."""
        ...

    def default_destination(self) -> str:
        """Return the address of `backups/` in the home."""
        ...


class Identity(Protocol):
    """Who runs this process."""

    def actor(self) -> Actor:
        """Return the effective user, and SUDO_USER."""
        ...

    def host(self) -> str: ...


class RecoveryStore(Protocol):
    """`recovery/` in the home: the signed record, and an identity file for each kind. It handles bytes;
    services check what they say and whether they belong together."""

    @property
    def path(self) -> str:
        """The record's path, for messages."""
        ...

    def path_of(self, member: str) -> str:
        """Return an identity file's path, for messages."""
        ...

    def record(self) -> bytes | None:
        """Return the record; None where there is none. Raises FileUnreadable."""
        ...

    def candidates(self, member: str) -> tuple[bytes, ...]:
        """Return the contents that may be the identity file of this name: the file there, and one that an
        interrupted change left beside it. Raises FileUnreadable."""
        ...

    def write(self, record: bytes, files: Mapping[str, bytes]) -> None:
        """Write the record and every identity file that belongs to it, durably. After a kill at any
        point, the files of the record on disk are among the `candidates`. Raises CannotCreate."""
        ...
