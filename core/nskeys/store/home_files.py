"""Documents in the home: `registry.json`, and `recovery/` with its identities."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from nskeys.errors import ConfigurationInvalid, FileUnreadable
from nskeys.files import make_folder, read_bounded, read_if_there, remove, replace, replace_behind, sweep
from nskeys.model.plans import RegistryValues
from nskeys.model.recovery import IDENTITY_MEMBERS
from nskeys.model.signed_json import Fields, Malformed, parse_any_spelling
from nskeys.model.times import to_rfc3339
from nskeys.reasons import Problem

_T = TypeVar("_T")

_LIMIT = 65_536
_PATH, _DATE = "KMSBackupPath", "KMSBackupDate"


class RegistryFile:
    """ports.Registry on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> RegistryValues:
        data = read_if_there(self._path, _LIMIT)
        return RegistryValues() if data is None else self._understand(data)

    def write(self, values: RegistryValues) -> None:
        document: dict[str, str] = {}
        if values.backup_path is not None:
            document[_PATH] = values.backup_path
        if values.backup_date is not None:
            document[_DATE] = to_rfc3339(values.backup_date)
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        replace_behind(self._path, text.encode("utf-8"))

    def _understand(self, data: bytes) -> RegistryValues:
        try:
            fields = Fields(parse_any_spelling(data, _LIMIT))
        except Malformed:
            raise self._invalid(Problem.NOT_JSON) from None
        return RegistryValues(
            self._value(fields, _PATH, fields.text), self._value(fields, _DATE, fields.moment)
        )

    def _value(self, fields: Fields, name: str, read: Callable[[str], _T]) -> _T | None:
        if not fields.has(name) or fields.is_null(name):
            return None
        try:
            return read(name)
        except Malformed:
            raise self._invalid(Problem.WRONG_TYPE, name) from None

    def _invalid(self, problem: Problem, detail: str = "") -> ConfigurationInvalid:
        return ConfigurationInvalid(str(self._path), problem, detail)


_RECORD = "recovery.json"
_FILE_LIMIT = 256 * 1024


class RecoveryFolder:
    """ports.RecoveryStore on a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def path(self) -> str:
        return str(self._folder / _RECORD)

    def path_of(self, member: str) -> str:
        """Return an identity file's path."""
        return str(self._folder / member)

    def record(self) -> bytes | None:
        return self._read(self._folder / _RECORD)

    def candidates(self, member: str) -> tuple[bytes, ...]:
        found = (self._read(self._folder / member), self._read(self._next(member)))
        return tuple(data for data in found if data is not None)

    def write(self, record: bytes, files: Mapping[str, bytes]) -> None:
        make_folder(self._folder)
        sweep(self._folder)
        self._finish()
        for member, data in files.items():
            replace(self._next(member), data)
        replace(self._folder / _RECORD, record)
        for member, data in files.items():
            replace(self._folder / member, data)
            remove(self._next(member))

    def _finish(self) -> None:
        """Give a file that the record names its final name, where a killed process did not; a new write
        would replace it before the new record is there."""
        try:
            record = self.record() or b""
        except FileUnreadable:
            return  # it names nothing, and is replaced or cannot be
        for member in IDENTITY_MEMBERS:
            pending = self._read(self._next(member))
            if pending is not None and hashlib.sha256(pending).hexdigest().encode("ascii") in record:
                replace(self._folder / member, pending)

    def _next(self, member: str) -> Path:
        return self._folder / f"{member}.next"

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            return read_bounded(path, _FILE_LIMIT)
        except FileUnreadable as error:
            if error.problem is Problem.MISSING:
                return None
            raise
