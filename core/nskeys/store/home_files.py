"""The registry values, in `registry.json`: this server's own, so never in the CMDB that others restore.

{"KMSBackupPath": "/mnt/vault/nskeys", "KMSBackupDate": "2026-11-23T14:02:00Z"}
"""

import json
from pathlib import Path

from nskeys.errors import ConfigurationInvalid
from nskeys.files import read_if_there, replace_behind
from nskeys.model.operations import RegistryValues
from nskeys.model.times import from_rfc3339, to_rfc3339

_LIMIT = 65_536
_PATH, _DATE = "KMSBackupPath", "KMSBackupDate"


class RegistryFile:
    """ports.Registry on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> RegistryValues:
        """Both values; empty where none were written. ConfigurationInvalid, FileUnreadable."""
        data = read_if_there(self._path, _LIMIT)
        return RegistryValues() if data is None else self._understand(data)

    def write(self, values: RegistryValues) -> None:
        """Both values, durably, at once. CannotCreate."""
        document: dict[str, str] = {}
        if values.backup_path is not None:
            document[_PATH] = values.backup_path
        if values.backup_date is not None:
            document[_DATE] = to_rfc3339(values.backup_date)
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        replace_behind(self._path, text.encode("utf-8"))

    def _understand(self, data: bytes) -> RegistryValues:
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            raise self._invalid("not_json") from None
        if not isinstance(document, dict):
            raise self._invalid("not_json")
        path, date = document.get(_PATH), document.get(_DATE)
        if not isinstance(path, str | None):
            raise self._invalid("wrong_type", _PATH)
        if date is None:
            return RegistryValues(path, None)
        try:
            return RegistryValues(path, from_rfc3339(date))
        except (TypeError, ValueError):
            raise self._invalid("wrong_type", _DATE) from None

    def _invalid(self, problem: str, detail: str = "") -> ConfigurationInvalid:
        return ConfigurationInvalid(str(self._path), problem, detail)
