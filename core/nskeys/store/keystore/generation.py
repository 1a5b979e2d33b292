"""One generation of the key store: the folder `store/<n>`, read without unwrapping.

Nothing in it changes once it is written; only the files of new keys are added, each before the change of
the CMDB that names its key. Where a filesystem can neither link nor rename without replacing, a new file
begins empty (`files`), so a kill can leave one without content: nothing names that key yet, so it is not
here. Whoever asks for it all the same is told that its file was emptied.
"""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable
from pathlib import Path

from nskeys import files
from nskeys.errors import FileUnreadable, KeyStoreDamaged, NewerVersion, NotPermitted
from nskeys.model.keys import Kid, Leftover
from nskeys.ports import UNKNOWN_PROTECTOR
from nskeys.reasons import Problem
from nskeys.store.keystore.copy_keys import CopyKeyFiles, CopyKeyRecord
from nskeys.store.keystore.files import (
    KeyRecord,
    ServerRecord,
    StoreRecord,
    is_kid,
    key_bytes,
    read_key,
    read_server,
    read_store,
    server_bytes,
    store_bytes,
    translated,
)

_SMALL = 1 << 16


class Generation:
    """The files in one folder. Reading raises KeyStoreDamaged, NewerVersion, NotPermitted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.protector_json = folder / "protector.json"
        self.server_json = folder / "server.json"
        self.keys_folder = folder / "keys"

    def key_json(self, kid: str) -> Path:
        """Return the file of a key."""
        return self.keys_folder / f"{kid}.json"

    def write_whole(
        self,
        store: StoreRecord,
        server: ServerRecord,
        keys: Iterable[KeyRecord],
        copy_keys: Iterable[CopyKeyRecord] = (),
    ) -> None:
        """Write a whole new generation into a folder that nothing reads yet."""
        files.make_folder(self.keys_folder)
        files.write_new(self.protector_json, store_bytes(store))
        files.write_new(self.server_json, server_bytes(server))
        for record in keys:
            self.add(record)
        for copy_key in copy_keys:
            CopyKeyFiles(self.folder).add(copy_key)

    def add(self, record: KeyRecord) -> None:
        """Write the file of a new key. Needs the lock. Raises CannotCreate."""
        path = self.key_json(record.key.kid)
        if _is_empty(path):
            files.remove(path)  # safe: it has no byte, so no key is in it
        files.write_new(path, key_bytes(record))

    def copy_to(self, other: Generation) -> None:
        """Write the same files into another folder, where they are missing or not whole. Raises
        CannotCreate."""
        files.make_folder(other.keys_folder)
        pairs = [(self.key_json(kid), other.key_json(kid)) for kid in sorted(self._kids())]
        mine, theirs = CopyKeyFiles(self.folder), CopyKeyFiles(other.folder)
        if kids := sorted(mine.kids()):
            files.make_folder(theirs.folder)
            pairs += [(mine.path(kid), theirs.path(kid)) for kid in kids]
        pairs += [(self.server_json, other.server_json), (self.protector_json, other.protector_json)]
        for source, target in pairs:
            data = _read(source)
            if not files.exists(target) or _read(target) != data:
                files.replace(target, data)

    def store_record(self) -> StoreRecord:
        return read_store(str(self.protector_json), _read(self.protector_json))

    def server_record(self) -> ServerRecord:
        return read_server(str(self.server_json), _read(self.server_json))

    def key_records(self) -> dict[Kid, KeyRecord]:
        """Return every key that has a file with content."""
        return {kid: self._key_record(kid) for kid in sorted(self._kids())}

    def require_absent(self, kid: Kid) -> None:
        """Raise KeyStoreDamaged where the key has a file and no content: somebody emptied it."""
        if _is_empty(self.key_json(kid)):
            raise KeyStoreDamaged(str(self.key_json(kid)), Problem.NOT_CANONICAL)

    def _kids(self) -> frozenset[Kid]:
        """Return the ids of the keys that have a file with content. Other files are ignored."""
        try:
            names = files.names_in(self.keys_folder)
        except FileUnreadable as error:
            raise translated(error) from None
        return frozenset(
            Kid(name.removesuffix(".json"))
            for name in names
            if name.endswith(".json")
            and is_kid(name.removesuffix(".json"))
            and not _is_empty(self.keys_folder / name)
        )

    def all_kids(self) -> frozenset[str]:
        """Return the ids of its keys and copy keys."""
        return frozenset(self.key_records()) | CopyKeyFiles(self.folder).kids()

    def sweep(self) -> None:
        files.sweep(self.folder)
        files.sweep(self.keys_folder)
        files.sweep(CopyKeyFiles(self.folder).folder)

    def adds_nothing_to(self, kids: Collection[str]) -> bool:
        """Return whether every key that may be in here is one of `kids`, by file names; keys of a
        half-removed generation do not count."""
        if not CopyKeyFiles(self.folder).kids() <= set(kids):
            return False
        return not files.exists(self.keys_folder) or self._kids() <= set(kids)

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
