"""A destination that is a folder: on a disk, a stick, or a mounted share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nskeys import files
from nskeys.destinations.backup_names import candidates, is_backup, listing_of
from nskeys.destinations.declared_mount import mounted_at
from nskeys.destinations.location import where_is
from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
)
from nskeys.model.destinations import DestinationInfo, LocatedAt, LocationReason, Mounted
from nskeys.ports import Listed, Listing
from nskeys.reasons import Problem

_NOT_THERE = (Problem.MISSING_FOLDER, Problem.NOT_A_FOLDER, Problem.GONE)


class FolderDestination:
    """ports.Destination in the folder `info.address`, an absolute path."""

    live = True

    def __init__(self, info: DestinationInfo) -> None:
        self._info = info
        self._folder = Path(info.address)
        self._flushed: bool | None = None

    def where(self) -> LocatedAt:
        return where_is(self._info.address, self._info.declared_elsewhere, self._info.mounted)

    def mounted(self) -> Mounted | None:
        return mounted_at(self._info.address)

    def address_of(self, name: str) -> str:
        return str(self._path(name))

    def check(self) -> None:
        self._reach()
        with self._reaching():
            self._flushed = files.try_publishing(self._folder)

    def publish(self, name: str, data: bytes) -> str:
        self._path(name)
        self._reach()
        with self._reaching():
            used, self._flushed = files.publish(self._folder, candidates(name), data)
            return used

    def read(self, name: str, limit: int) -> bytes:
        """Return the whole file, read from the medium where possible. Raises FileUnreadable. Raises
        DestinationUnreachable where the folder is missing too."""
        with self._reading():
            return files.read_bounded(self._path(name), limit, from_medium=True)

    def beginning(self, name: str, size: int) -> bytes:
        with self._reading():
            return files.read_beginning(self._path(name), size)

    def listing(self) -> Listing:
        self._reach()
        try:
            with os.scandir(self._folder) as entries:
                found = [listed for entry in entries if (listed := _listed(entry))]
        except OSError as error:
            raise self._unreachable(error) from None
        return listing_of(found)

    def remove(self, name: str) -> None:
        """Remove a file and sync the folder; a link is removed, not followed. Raises FileUnreadable
        (`missing`), CannotRemove, DestinationUnreachable."""
        path = self._path(name)
        self._reach()
        there = os.path.lexists(path)
        try:
            with self._reaching():
                if there:
                    files.remove(path)
                else:
                    files.sync_folder(self._folder)  # who removed it may have died before that
        except CannotCreate as error:
            raise CannotRemove(str(path), error.problem) from None
        if not there:
            raise FileUnreadable(str(path), Problem.MISSING)

    def sweep(self) -> None:
        files.sweep(self._folder)

    def flushes(self) -> bool:
        if self._flushed is None:
            self.check()
        return bool(self._flushed)

    def _path(self, name: str) -> Path:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise DestinationInvalid(name, Problem.NO_FILE)
        return self._folder / name

    def _reach(self) -> None:
        """Raise DestinationUnreachable unless the folder exists; `not_mounted` where it was declared to lie
        elsewhere and something else is there now, such as the disk under the mount point."""
        if self._info.mounted is not None and self.where().reason is LocationReason.NOT_MOUNTED:
            raise DestinationUnreachable(self._info.address, Problem.NOT_MOUNTED)
        try:
            if self._folder.is_dir():
                return
            problem = Problem.NOT_A_FOLDER if os.path.lexists(self._folder) else Problem.MISSING_FOLDER
        except OSError as error:
            raise self._unreachable(error) from None
        raise DestinationUnreachable(self._info.address, problem)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except FileUnreadable as error:
            if error.problem is Problem.GONE:
                raise DestinationUnreachable(self._info.address, Problem.GONE) from None
            if error.problem is Problem.MISSING:
                self._reach()
            raise

    def _unreachable(self, error: OSError) -> DestinationUnreachable:
        return DestinationUnreachable(self._info.address, files.problem_of(error))

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Translate errors to DestinationUnreachable where the folder went away meanwhile."""
        try:
            yield
        except CannotCreate as error:
            if error.problem in _NOT_THERE:
                raise DestinationUnreachable(self._info.address, error.problem) from None
            raise


def _listed(entry: os.DirEntry[str]) -> Listed | None:
    try:
        if is_backup(entry.name) and entry.is_file():
            return Listed(entry.name, entry.stat().st_size)
    except OSError:  # gone meanwhile
        pass
    return None
