"""Ports of an installation's home, its settings and registry values, the import reader, and the user."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeVar

from nskeys.model.audit import Actor
from nskeys.model.destinations import DestinationInfo
from nskeys.model.monitoring import CHECK_DAYS, DATABASE_CHECK_DAYS, DRILL_DAYS, EXPOSURE_HOURS
from nskeys.model.registry import RegistryValues
from nskeys.model.retention import DEFAULT_RETENTION, Retention
from nskeys.model.secret import SecretBytes
from nskeys.ports.interaction import Purpose

T = TypeVar("T")

if TYPE_CHECKING:
    from nskeys.model.imports import CsvPreview, ExportFolder, ParsedExport, Reading


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
    audit_journal: bool | None = None
    """Whether journald gets a copy of each audit line; None: where it runs."""
    audit_syslog: bool | None = None
    """Whether a syslog daemon does; None: where one runs that is not journald."""
    columns: tuple[tuple[str, Reading], ...] = ()
    """How CSV is read that a person named the columns of, under the names that were given to that."""
    default_destination: str = ""
    """The address where backups go unless told otherwise; empty for where the last one went."""
    source: str = ""
    """Where nskeys is to be had, for the instructions in backups; empty: they name the package alone."""
    check_days: int = CHECK_DAYS
    """Days after which a look at everything is overdue; 0: never."""
    exposure_hours: int = EXPOSURE_HOURS
    """Hours that a changed credential may wait for its next database copy before monitoring warns."""
    database_check_days: int = DATABASE_CHECK_DAYS
    """Days for which a check of somebody else's database backup counts; 0: for ever."""


class SettingsFile(Protocol):
    """`config.toml`; a change keeps the comments that a person wrote."""

    def read(self) -> Settings:
        """Return what is configured, with defaults for what is not."""
        ...

    def write(self, settings: Settings) -> None:
        """Write the settings that differ, durably."""
        ...


class ExportUnlock(Protocol):
    """Gives what opens an encrypted export."""

    def __call__(self, purpose: Purpose, opens: Callable[[SecretBytes], T]) -> T:
        """Ask until `opens` takes the secret, which raises WrongPassword where it does not open; each
        secret is wiped. Raises SecretUnavailable, Cancelled."""
        ...


class ImportPreview(Protocol):
    """Reads the beginning of a CSV."""

    def __call__(self, source: str, data: bytes, reading: Reading) -> CsvPreview:
        """Return the first rows. Raises ImportUnreadable."""
        ...


class ImportReader(Protocol):
    """Reads another program's export."""

    def __call__(
        self, source: str, data: bytes | ExportFolder, reading: Reading, unlock: ExportUnlock
    ) -> ParsedExport:
        """Detect the format and parse it. Raises ImportUnreadable, and what `unlock` raises."""
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

    def default_cmdb(self) -> str:
        """Return the URL of `cmdb.sqlite3` in the home."""
        ...

    def scratch(self) -> AbstractContextManager[BinaryIO]:
        """Give a file without a name, for what is too large for memory and never kept. Raises CannotCreate,
        also where what is written to it does not fit."""
        ...


class Identity(Protocol):
    """Who runs this process."""

    def actor(self) -> Actor:
        """Return the effective user, the login session's, and what SUDO_USER says."""
        ...

    def host(self) -> str: ...


class CheckpointFiles(Protocol):
    """The home's copy of the checkpoint, and what is laid down before a change commits. It handles bytes;
    services check what they say."""

    @property
    def path(self) -> str:
        """The copy's path, for messages."""
        ...

    def read(self) -> bytes | None:
        """Return the copy; None where there is none. Raises FileUnreadable."""
        ...

    def read_next(self) -> bytes | None:
        """Return what was laid down; None where nothing is. Raises FileUnreadable."""
        ...

    def lay_down(self, data: bytes) -> None:
        """Write what will be the copy once the change is made, durably. Needs the lock. Raises
        CannotCreate."""
        ...

    def settle(self) -> None:
        """Make what was laid down the copy, durably. Needs the lock. Raises CannotCreate."""
        ...

    def drop(self) -> None:
        """Remove what was laid down: that change was not made. Needs the lock. Raises CannotCreate."""
        ...


class EventList(Protocol):
    """What happened without the server key and waits for the next signed change, one JSON document a
    line."""

    def read(self) -> tuple[str, ...]:
        """Return the lines in order. Raises FileUnreadable."""
        ...

    def write(self, lines: Sequence[str]) -> None:
        """Replace the lines, durably. Needs the lock. Raises CannotCreate."""
        ...


class IdentityFiles(Protocol):
    """`recovery/` in the home: the files of recovery identities, each under its hash. A file never changes
    once it is written; which of them are in force, the CMDB's record says."""

    def path_of(self, sha256: str) -> str:
        """Return the path of a file, for messages."""
        ...

    def read(self, sha256: str) -> bytes | None:
        """Return what lies under this name; None where there is nothing. Whoever uses it compares the hash.
        Raises FileUnreadable."""
        ...

    def write(self, data: bytes) -> str:
        """Write a file, durably when this returns, and return its name; one that is there already, whole,
        stays. Needs the lock. Raises CannotCreate."""
        ...

    def sweep(self, named: Collection[str]) -> None:
        """Remove what a killed process left, and the files of identities that are not `named`. Needs the
        lock. Raises CannotCreate."""
        ...
