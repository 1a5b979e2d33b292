"""`config.toml`: people write it, so it is read strictly and changed as little as possible.

version = 1
server_name = "ns01.example.net"
cmdb = "postgresql://..."            # left out for cmdb.sqlite3 in the home
source = "https://pkgs.example.net/nskeys"  # where nskeys is to be had; RESTORE.txt of backups says it
default_destination = "/mnt/vault/nskeys"   # left out for where the last backup went
drill_days = 90                      # left out for 90; a drill is overdue after so many days, 0: never
check_days = 8                       # left out for 8; so is 'nskeys register check', which a timer runs
exposure_hours = 26                  # left out for 26; so long a changed credential may wait for its copy
database_check_days = 30             # left out for 30; so long a check of somebody else's backup counts
audit_journal = true                 # left out: audit lines are copied to journald where it runs
audit_syslog = true                  # left out: and to a syslog daemon that is not journald

[[destination]]
address = "/mnt/vault/nskeys"
elsewhere = "tape to the safe"       # left out where nothing was declared
mounted = {point = "/mnt/vault", kind = "ext4", source = "/dev/sdb1", uuid = "2b1c...", inside = "/nskeys"}
                                     # what held it then; while something else does, it counts as here

[[destination]]
address = "sftp://backup@vault02/nskeys"
key_file = "/root/.ssh/nskeys"       # left out for the usual key files; holds no secret itself

[retention]                          # what `nskeys prune` keeps; left out for these numbers
keep_last = 7
keep_copies = 48                     # database copies at each destination
keep_monthly = 12

[columns]                            # what 'nskeys credential import FILE --columns till' stands for
till = {name = "Title", account = "User", secret = "Password", delimiter = ";"}
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nskeys.errors import ConfigurationInvalid, NewerVersion
from nskeys.files import read_if_there, replace_behind
from nskeys.model.destinations import DestinationInfo, Mounted
from nskeys.model.monitoring import CHECK_DAYS, DATABASE_CHECK_DAYS, DRILL_DAYS, EXPOSURE_HOURS
from nskeys.model.register import SOURCE_LIMIT
from nskeys.model.retention import DEFAULT_RETENTION, LEAST_LAST, MOST_KEPT, Retention
from nskeys.ports import Settings
from nskeys.reasons import Problem, Versioned

if TYPE_CHECKING:
    from nskeys.model.imports import Reading

_VERSION = 1
_LIMIT = 1 << 20
_MOST_DAYS = 36_500
NAMES = (
    "version",
    "server_name",
    "cmdb",
    "source",
    "default_destination",
    "drill_days",
    "check_days",
    "exposure_hours",
    "database_check_days",
    "audit_journal",
    "audit_syslog",
    "destination",
    "retention",
    "columns",
)


class ConfigToml:
    """ports.SettingsFile on a file; `default_server_name` is used where none is configured."""

    def __init__(self, path: Path, default_server_name: str) -> None:
        self._path = path
        self._default_server_name = default_server_name

    def read(self) -> Settings:
        """Return the settings, with defaults. Raises ConfigurationInvalid (`not_toml`, `wrong_type`,
        `empty`, `unknown_setting`, `twice`), NewerVersion, FileUnreadable."""
        return self._understand(self._text())

    def write(self, settings: Settings) -> None:
        """Write the settings that differ, durably. Raises ConfigurationInvalid (`cannot_change`) where a
        person chose a layout that cannot be edited here; then nothing is written. Raises CannotCreate."""
        from nskeys.store.settings_edit import changed  # here, for its parser is slow to load

        before = self._text()
        self._understand(before)
        after = changed(before or f"version = {_VERSION}\n", settings)
        # What was just made is read before anything is replaced: a file that we cannot read, or that
        # says something else, must never become the configuration.
        if after is None or self._understand(after) != settings:
            raise self._invalid(Problem.CANNOT_CHANGE)
        if after != before:
            replace_behind(self._path, after.encode("utf-8"))

    def _text(self) -> str:
        try:
            return (read_if_there(self._path, _LIMIT) or b"").decode("utf-8")
        except UnicodeDecodeError:
            raise self._invalid(Problem.NOT_TOML) from None

    def _understand(self, text: str) -> Settings:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise self._invalid(Problem.NOT_TOML, str(error)) from None
        except RecursionError:
            raise self._invalid(Problem.NOT_TOML) from None
        version = document.get("version", _VERSION)
        if isinstance(version, bool) or not isinstance(version, int):
            raise self._invalid(Problem.WRONG_TYPE, "version")
        if version > _VERSION:
            raise NewerVersion(Versioned.CONFIG, version, _VERSION)
        self._only(document, *NAMES)
        server_name = self._string(document, "server_name", self._default_server_name)
        if not server_name:
            raise self._invalid(Problem.EMPTY, "server_name")
        return Settings(
            server_name,
            self._string(document, "cmdb", ""),
            self._destinations(document),
            self._retention(document),
            self._days(document, "drill_days", DRILL_DAYS),
            self._flag(document, "audit_journal"),
            self._flag(document, "audit_syslog"),
            self._columns(document),
            self._string(document, "default_destination", ""),
            source=self._source(document),
            check_days=self._days(document, "check_days", CHECK_DAYS),
            exposure_hours=self._days(document, "exposure_hours", EXPOSURE_HOURS),
            database_check_days=self._days(document, "database_check_days", DATABASE_CHECK_DAYS),
        )

    def _source(self, document: dict[str, Any]) -> str:
        """Return a line that RESTORE.txt can carry."""
        source = self._string(document, "source", "")
        if len(source) > SOURCE_LIMIT or not source.isprintable():
            raise self._invalid(Problem.WRONG_VALUE, "source")
        return source

    def _destinations(self, document: dict[str, Any]) -> tuple[DestinationInfo, ...]:
        tables = document.get("destination", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._invalid(Problem.WRONG_TYPE, "destination")
        found: dict[str, DestinationInfo] = {}
        for table in tables:
            self._only(table, "address", "elsewhere", "key_file", "mounted")
            address = self._string(table, "address", "")
            if not address:
                raise self._invalid(Problem.EMPTY, "address")
            if address in found:
                raise self._invalid(Problem.TWICE, address)
            found[address] = DestinationInfo(
                address,
                self._string(table, "elsewhere", ""),
                self._string(table, "key_file", ""),
                self._mounted(table),
            )
        return tuple(found.values())

    def _mounted(self, destination: dict[str, Any]) -> Mounted | None:
        table = destination.get("mounted")
        if table is None:
            return None
        if not isinstance(table, dict):
            raise self._invalid(Problem.WRONG_TYPE, "mounted")
        names = Mounted._fields
        self._only(table, *names)
        values = {name: self._string(table, name, "") for name in names}
        if empty := [name for name in names if name != "uuid" and not values[name]]:
            raise self._invalid(Problem.EMPTY, empty[0])
        return Mounted(**values)

    def _retention(self, document: dict[str, Any]) -> Retention:
        table = document.get("retention", {})
        if not isinstance(table, dict):
            raise self._invalid(Problem.WRONG_TYPE, "retention")
        self._only(table, "keep_last", "keep_monthly", "keep_copies")
        default = DEFAULT_RETENTION
        return Retention(
            self._count(table, "keep_last", default.keep_last, LEAST_LAST),
            self._count(table, "keep_monthly", default.keep_monthly, 0),
            self._count(table, "keep_copies", default.keep_copies, LEAST_LAST),
        )

    def _columns(self, document: dict[str, Any]) -> tuple[tuple[str, Reading], ...]:
        tables = document.get("columns", {})
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            raise self._invalid(Problem.WRONG_TYPE, "columns")
        if not tables:
            return ()
        from nskeys.model.imports import COLUMN_FIELDS, ENCODINGS, NEEDED_FIELDS, Reading

        found = []
        for name, table in tables.items():
            self._only(table, *COLUMN_FIELDS, "encoding", "delimiter")
            pairs = tuple(
                (field, self._string(table, field, "")) for field in COLUMN_FIELDS if field in table
            )
            if empty := [field for field in NEEDED_FIELDS if not dict(pairs).get(field)]:
                raise self._invalid(Problem.EMPTY, empty[0])
            encoding, delimiter = (self._string(table, key, "") for key in ("encoding", "delimiter"))
            if encoding not in ("", *ENCODINGS):
                raise self._invalid(Problem.WRONG_VALUE, "encoding")
            if len(delimiter) > 1:
                raise self._invalid(Problem.WRONG_VALUE, "delimiter")
            found.append((name, Reading(encoding, delimiter, pairs)))
        return tuple(found)

    def _count(self, table: dict[str, Any], name: str, default: int, least: int) -> int:
        value = table.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._invalid(Problem.WRONG_TYPE, name)
        if not least <= value <= MOST_KEPT:
            raise self._invalid(Problem.WRONG_VALUE, name)
        return value

    def _days(self, table: dict[str, Any], name: str, default: int) -> int:
        value = table.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._invalid(Problem.WRONG_TYPE, name)
        if not 0 <= value <= _MOST_DAYS:
            raise self._invalid(Problem.WRONG_VALUE, name)
        return value

    def _flag(self, table: dict[str, Any], name: str) -> bool | None:
        value = table.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._invalid(Problem.WRONG_TYPE, name)
        return value

    def _string(self, table: dict[str, Any], name: str, default: str) -> str:
        value = table.get(name, default)
        if not isinstance(value, str):
            raise self._invalid(Problem.WRONG_TYPE, name)
        return value

    def _only(self, table: dict[str, Any], *names: str) -> None:
        """Raise ConfigurationInvalid for other settings: a misspelt one must not be ignored."""
        for name in table:
            if name not in names:
                raise self._invalid(Problem.UNKNOWN_SETTING, name)

    def _invalid(self, problem: Problem, detail: str = "") -> ConfigurationInvalid:
        return ConfigurationInvalid(str(self._path), problem, detail)
