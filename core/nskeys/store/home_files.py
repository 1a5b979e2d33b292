"""Documents in the home: `registry.json`, and `recovery/` with the files of identities."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from nskeys.errors import ConfigurationInvalid, FileUnreadable
from nskeys.files import (
    discard,
    exists,
    make_folder,
    names_in,
    read_if_there,
    remove,
    replace,
    replace_behind,
    replace_by_link,
    sweep,
)
from nskeys.model.home_checkpoint import HOME_LIMIT
from nskeys.model.registry import RegistryValues
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


class CheckpointFolder:
    """ports.CheckpointFiles on two files beside one another."""

    def __init__(self, path: Path, following: Path) -> None:
        self._path = path
        self._next = following

    @property
    def path(self) -> str:
        return str(self._path)

    def read(self) -> bytes | None:
        return read_if_there(self._path, HOME_LIMIT)

    def read_next(self) -> bytes | None:
        return read_if_there(self._next, HOME_LIMIT)

    def lay_down(self, data: bytes) -> None:
        replace(self._next, data)

    def settle(self) -> None:
        data = self.read_next()
        # Not a rename: half of it could arrive on the medium, and then neither file would be there. What
        # was laid down was flushed before it got its name, so a second name is as durable as a copy.
        if data is not None and not replace_by_link(self._path, self._next):
            replace(self._path, data)
        # After a power cut it may be there again: it is the same by then, or an earlier one.
        discard(self._next)

    def drop(self) -> None:
        remove(self._next)


class EventFile:
    """ports.EventList on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[str, ...]:
        data = read_if_there(self._path, _EVENTS_LIMIT) or b""
        return tuple(line for line in data.decode("utf-8", "replace").split("\n") if line)

    def write(self, lines: Sequence[str]) -> None:
        if lines:
            replace(self._path, "".join(f"{line}\n" for line in lines).encode("utf-8"))
        else:
            remove(self._path)


_EVENTS_LIMIT = 16 << 20
_FILE_LIMIT = 256 * 1024
_SUFFIX = ".age"


class RecoveryFolder:
    """ports.IdentityFiles on a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, sha256: str) -> str:
        return str(self._path(sha256))

    def read(self, sha256: str) -> bytes | None:
        return read_if_there(self._path(sha256), _FILE_LIMIT)

    def write(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        make_folder(self._folder)
        if self._lies(name) != data:
            # What a killed process or a failing disk left under this name is not the file of this name.
            replace(self._path(name), data)
        return name

    def sweep(self, named: Collection[str]) -> None:
        sweep(self._folder)
        for name in names_in(self._folder) if exists(self._folder) else ():
            if name.endswith(_SUFFIX) and name.removesuffix(_SUFFIX) not in named:
                remove(self._folder / name)

    def _lies(self, name: str) -> bytes | None:
        with suppress(FileUnreadable):
            return self.read(name)
        return None

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}{_SUFFIX}"
