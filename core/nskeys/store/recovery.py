"""`recovery/` in the home: `recovery.json`, `identity.age`, `identity-custodians.age`.

A change writes the new identity files beside the old ones (`.next`), then replaces the record, which names
them by their hash, then gives them their names. So whichever record a killed process left, the files that
it names are there.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from nskeys.errors import FileUnreadable
from nskeys.files import make_folder, read_bounded, remove, replace, sweep
from nskeys.model.recovery import IDENTITY_MEMBERS

_RECORD = "recovery.json"
_LIMIT = 256 * 1024


class RecoveryFolder:
    """ports.RecoveryStore on a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def path(self) -> str:
        """The record's path."""
        return str(self._folder / _RECORD)

    def path_of(self, member: str) -> str:
        """An identity file's path."""
        return str(self._folder / member)

    def record(self) -> bytes | None:
        """The record; None where there is none. FileUnreadable."""
        return self._read(self._folder / _RECORD)

    def candidates(self, member: str) -> tuple[bytes, ...]:
        """The file of this name, and one that was not given its name yet. FileUnreadable."""
        found = (self._read(self._folder / member), self._read(self._next(member)))
        return tuple(data for data in found if data is not None)

    def write(self, record: bytes, files: Mapping[str, bytes]) -> None:
        """The record and every identity file that belongs to it, durably. CannotCreate."""
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
        """Give a file that the record names its name, where a killed process did not: what is written now
        would take its place before the record names anything else."""
        try:
            record = self.record() or b""
        except FileUnreadable:
            return  # it names nothing, and is replaced or cannot be
        for member in IDENTITY_MEMBERS:
            left = self._read(self._next(member))
            if left is not None and hashlib.sha256(left).hexdigest().encode("ascii") in record:
                replace(self._folder / member, left)

    def _next(self, member: str) -> Path:
        return self._folder / f"{member}.next"

    @staticmethod
    def _read(path: Path) -> bytes | None:
        try:
            return read_bounded(path, _LIMIT)
        except FileUnreadable as error:
            if error.problem == "missing":
                return None
            raise
