"""One generation of the key store: the folder `store/<n>`, read and changed without unwrapping.

A change of several keys is one step: the new records are written into `change.json`, whose appearance is
the commit; then file by file; then it is removed. A reader lays it over the files, so it sees the old or
the new records and never some of each. The next writer finishes an interrupted change.

Where a filesystem can neither link nor rename without replacing, a new file begins empty (`files`), so a
kill can leave one without content. An empty `change.json` committed nothing, and the content of an empty
key file is still in `change.json`, which is removed last.
"""

import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from nskeys import files
from nskeys.errors import FileUnreadable, KeyStoreDamaged, NewerVersion, NotPermitted
from nskeys.model.keys import Kid, Leftover
from nskeys.ports import UNKNOWN_PROTECTOR
from nskeys.reasons import Problem
from nskeys.store.keystore.files import (
    KeyRecord,
    ServerRecord,
    StoreRecord,
    change_bytes,
    is_kid,
    key_bytes,
    read_change,
    read_key,
    read_server,
    read_store,
    server_bytes,
    store_bytes,
)

_SMALL = 1 << 16
_CHANGE = 1 << 26  # some hundred thousand keys


class Generation:
    """The files in one folder. Reading raises KeyStoreDamaged, NewerVersion, NotPermitted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.protector_json = folder / "protector.json"
        self.server_json = folder / "server.json"
        self.change_json = folder / "change.json"
        self.keys_folder = folder / "keys"

    def key_json(self, kid: str) -> Path:
        """Return the file of a key."""
        return self.keys_folder / f"{kid}.json"

    def write_whole(self, store: StoreRecord, server: ServerRecord, keys: Mapping[Kid, KeyRecord]) -> None:
        """Write a whole new generation into a folder that nothing reads yet."""
        files.make_folder(self.keys_folder)
        files.write_new(self.protector_json, store_bytes(store))
        files.write_new(self.server_json, server_bytes(server))
        for kid, record in keys.items():
            files.write_new(self.key_json(kid), key_bytes(record))

    def store_record(self) -> StoreRecord:
        return read_store(str(self.protector_json), _read(self.protector_json))

    def server_record(self) -> ServerRecord:
        return read_server(str(self.server_json), _read(self.server_json))

    def key_records(self) -> dict[Kid, KeyRecord]:
        """Return every key, with a committed but unfinished change applied."""
        changed = self._committed_change()
        records = {kid: self._key_record(kid) for kid in self.kids_by_name() if kid not in changed}
        return records | changed

    def kids_by_name(self) -> frozenset[Kid]:
        """Return the ids of the keys that have a file, whatever its content. Other files are ignored."""
        try:
            names = files.names_in(self.keys_folder)
        except FileUnreadable as error:
            raise translated(error) from None
        return frozenset(
            Kid(name.removesuffix(".json"))
            for name in names
            if name.endswith(".json") and is_kid(name.removesuffix(".json"))
        )

    def change(self, records: Mapping[Kid, KeyRecord]) -> None:
        """Write these records, all or none of them. Raises CannotCreate."""
        self.finish_change()
        files.write_new(self.change_json, change_bytes(records))
        self.finish_change()

    def finish_change(self) -> None:
        """Carry out a committed change, if there is one. Needs the lock. Raises CannotCreate."""
        changed = self._committed_change()
        if not changed:
            if _is_empty(self.change_json):  # safe: nobody else writes it while we hold the lock
                files.remove(self.change_json)
            return
        present = self.kids_by_name()
        for kid, record in changed.items():
            if kid in present and _is_empty(self.key_json(kid)):
                files.remove(
                    self.key_json(kid)
                )  # safe: it has no byte, and the record stays in `change.json`
                present -= {kid}
            if kid not in present:
                files.write_new(self.key_json(kid), key_bytes(record))
                continue
            before = self._key_record(kid)
            if before.wrapped != record.wrapped:
                # A change touches states only; a key's file never gets other material.
                raise KeyStoreDamaged(str(self.key_json(kid)), Problem.WRONG_KEY)
            if before != record:
                files.replace(self.key_json(kid), key_bytes(record))
        files.remove(self.change_json)

    def sweep(self) -> None:
        files.sweep(self.folder)
        files.sweep(self.keys_folder)

    def adds_nothing_to(self, kids: Collection[Kid]) -> bool:
        """Return whether every key that may be in here is one of `kids`, by file names; keys of a
        half-removed generation do not count."""
        if files.exists(self.change_json) and not _is_empty(self.change_json):
            return False
        return not files.exists(self.keys_folder) or self.kids_by_name() <= set(kids)

    def stamp(self) -> tuple[int, int] | None:
        """Return a value that differs after a change was committed or finished; None where the folder is
        missing."""
        try:
            status = self.folder.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def leftover(self) -> Leftover:
        """Return what is left of this generation, which should be gone: the file that holds its KEK, also
        under a temporary name; the folder where there is none."""
        for path in (self.protector_json, *files.temporary(self.folder)):
            try:
                return Leftover(str(path), str(self.folder), read_store(str(path), _read(path)).protector)
            except KeyStoreDamaged as error:
                if error.problem is Problem.MISSING or path != self.protector_json:
                    continue
            except (NewerVersion, NotPermitted, FileUnreadable):
                pass
            return Leftover(str(path), str(self.folder), UNKNOWN_PROTECTOR)
        return Leftover(str(self.folder), str(self.folder), None)

    def destroy(self) -> None:
        """Remove the folder, the file that holds its KEK first. Raises CannotCreate."""
        if files.exists(self.folder):
            files.remove(self.protector_json)
        files.remove_folder(self.folder)

    def _committed_change(self) -> dict[Kid, KeyRecord]:
        try:
            data = files.read_bounded(self.change_json, _CHANGE)
        except FileUnreadable as error:
            if error.problem is Problem.MISSING:
                return {}
            raise translated(error) from None
        # Its bytes are on the medium before it gets its name, so an empty one never had any.
        return read_change(str(self.change_json), data) if data else {}

    def _key_record(self, kid: Kid) -> KeyRecord:
        path = self.key_json(kid)
        return read_key(str(path), _read(path), kid)


def _is_empty(path: Path) -> bool:
    """Return whether it is a regular file without content; False where that cannot be told."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def _read(path: Path) -> bytes:
    try:
        return files.read_bounded(path, _SMALL)
    except FileUnreadable as error:
        raise translated(error) from None


_WRONG_FILE = (Problem.MISSING, Problem.TOO_LARGE, Problem.NOT_A_FILE)


def translated(error: FileUnreadable) -> KeyStoreDamaged | NotPermitted | FileUnreadable:
    """Return a file error as the key store's: wrong content is damage, a file that may not be read is
    not."""
    match error.problem:
        case Problem() as problem if problem in _WRONG_FILE:
            return KeyStoreDamaged(error.path, problem)
        case Problem.NOT_PERMITTED:
            return NotPermitted(error.path)
        case _:
            return error
