"""What the home of an installation holds, what is read for it, and who runs this process."""

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
        """Both values; empty where none were written."""
        ...

    def write(self, values: RegistryValues) -> None:
        """Both values, durably, at once."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """`config.toml`, understood."""

    server_name: str
    cmdb: str
    """The CMDB's URL as configured; empty for `cmdb.sqlite3` in the home."""
    destinations: tuple[DestinationInfo, ...] = ()
    retention: Retention = DEFAULT_RETENTION
    """What `prune` keeps unless told otherwise; nothing is pruned that nobody asked for."""
    drill_days: int = DRILL_DAYS
    """Days after which a drill is overdue; 0: never."""
    columns: tuple[tuple[str, Reading], ...] = ()
    """How CSV is read that a person named the columns of, under the names that were given to that."""


class SettingsFile(Protocol):
    """`config.toml`; comments that a person wrote survive a change."""

    def read(self) -> Settings:
        """What is configured, with defaults for what is not."""
        ...

    def write(self, settings: Settings) -> None:
        """Change what differs, durably."""
        ...


class ImportReader(Protocol):
    """Reads another program's export."""

    def __call__(self, source: str, data: bytes, reading: Reading) -> ParsedExport:
        """Recognise the format and understand it; ImportUnreadable."""
        ...


class Home(Protocol):
    """The folder where all of this lies."""

    @property
    def path(self) -> str:
        """Its absolute path."""
        ...

    def prepare(self) -> None:
        """Make the folder (0700) if it is missing; HomeUnreadable, CannotCreate."""
        ...

    def default_destination(self) -> str:
        """`backups/` in the home, as an address."""
        ...


class Identity(Protocol):
    """Who runs this process."""

    def actor(self) -> Actor:
        """Effective user, and SUDO_USER."""
        ...

    def host(self) -> str:
        """This machine's own name."""
        ...


class RecoveryStore(Protocol):
    """`recovery/` in the home: the signed record, and an identity file for each kind. Bytes only: what they
    say, and whether they belong together, is judged above."""

    @property
    def path(self) -> str:
        """The record's path, for messages."""
        ...

    def path_of(self, member: str) -> str:
        """An identity file's path, for messages."""
        ...

    def record(self) -> bytes | None:
        """The record; None where there is none. FileUnreadable."""
        ...

    def candidates(self, member: str) -> tuple[bytes, ...]:
        """What may be the identity file of this name: the one that lies there, and one that a change which
        was broken off left beside it. FileUnreadable."""
        ...

    def write(self, record: bytes, files: Mapping[str, bytes]) -> None:
        """The record and every identity file that belongs to it, durably: killed anywhere, the record that
        is there has its files among the `candidates`. CannotCreate."""
        ...
