"""The key store on disk (core/FORMAT.md, "Key store"): its generations, and `server.pub` beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nskeys import files
from nskeys.crypto.signing import public_of
from nskeys.errors import (
    CannotCreate,
    FileUnreadable,
    KeyStoreDamaged,
    KeyStoreElsewhere,
    NotSetUp,
)
from nskeys.model.copy_keys import CopyKey, HeldCopyKey
from nskeys.model.keys import Leftover, StoredKey
from nskeys.model.secret import SecretBytes
from nskeys.ports import (
    NewKey,
    Protector,
    SecretProvider,
    StoreInfo,
    Wrapped,
    nobody,
)
from nskeys.reasons import Problem
from nskeys.store.keystore.copy_keys import CopyKeyFiles
from nskeys.store.keystore.files import read_server_pub, server_pub_bytes, translated
from nskeys.store.keystore.generations import Generations, remove_if_possible

if TYPE_CHECKING:
    from nskeys.store.keystore.unlocked import OpenGeneration

_LIMIT = 4096


class DiskKeyStore:
    """ports.KeyStore in the folder `store`, with the server key's public half in `server_pub`. `protectors`
    returns a protector by its name, or raises ProtectorUnavailable."""

    def __init__(self, store: Path, server_pub: Path, protectors: Callable[[str], Protector]) -> None:
        self._store = store
        self._server_pub = server_pub
        self._protectors = protectors
        self._generations = Generations(store)

    def exists(self) -> bool:
        """Return whether a complete store is there. Raises KeyStoreDamaged, NotPermitted."""
        return self._generations.number() is not None

    def info(self) -> StoreInfo:
        number, record = self._generations.read(lambda generation: generation.store_record())
        uri, device = record.parameters.get("uri", ""), record.parameters.get("device", "")
        return StoreInfo(
            number,
            record.store_id,
            record.cmdb_id,
            record.protector,
            uri=uri if isinstance(uri, str) else "",
            device=f"{record.protector}:{device}" if isinstance(device, str) and device else "",
        )

    def keys(self) -> tuple[StoredKey, ...]:
        _, records = self._generations.read(lambda generation: generation.key_records())
        keys = (record.key for record in records.values())
        return tuple(sorted(keys, key=lambda key: (key.created, key.kid)))

    def copy_keys(self) -> tuple[CopyKey, ...]:
        _, found = self._generations.read(lambda generation: CopyKeyFiles(generation.folder).keys())
        return found

    def server_public(self) -> bytes | None:
        """Return the server key's public half (32 bytes); None without a store. Raises KeyStoreDamaged
        (`wrong_key`) where `server.pub` is another one's."""
        try:
            _, record = self._generations.read(lambda generation: generation.server_record())
        except NotSetUp:
            return None
        try:
            data = files.read_bounded(self._server_pub, _LIMIT)
        except FileUnreadable as error:
            if error.problem is Problem.MISSING:
                return record.public
            raise translated(error) from None
        if read_server_pub(str(self._server_pub), data) != record.public:
            raise KeyStoreDamaged(str(self._server_pub), Problem.WRONG_KEY)
        return record.public

    def prepare(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
        copy_keys: Sequence[HeldCopyKey] = (),
    ) -> StoreInfo:
        number = self._generations.next_number()
        generation = self._generations.unfinished(number)
        from nskeys.store.keystore.build import Contents, build

        try:
            store_id = build(generation, cmdb_id, protector, secrets, Contents(keys, copy_keys, server_key))
        except BaseException:
            remove_if_possible(generation.destroy)  # it may hold its KEK in the clear
            raise
        return StoreInfo(number, store_id, cmdb_id, protector.name)

    def publish(self, store_id: str) -> None:
        generation = self._generations.find(store_id)
        if generation is None:
            raise KeyStoreDamaged(str(self._store), Problem.MISSING)
        public = server_pub_bytes(generation.server_record().public)
        if self._server_pub_is(public):
            self._generations.publish(generation)
        else:
            # No `server.pub` vouches for nothing; one that is not its store's would be damage.
            files.remove(self._server_pub)
            self._generations.publish(generation)
            files.replace(self._server_pub, public)

    def elsewhere(self) -> bool:
        if not self.exists():
            return False
        _, record = self._generations.read(lambda generation: generation.store_record())
        protector = self._protectors(record.protector)
        if protector.asks:
            return False  # whoever knows what it asks for can be anywhere
        try:
            protector.unwrap(Wrapped(record.parameters), record.store_id, nobody).wipe()
        except KeyStoreElsewhere:
            return True
        return False

    @contextmanager
    def unlock(self, secrets: SecretProvider) -> Iterator[OpenGeneration]:
        from nskeys.store.keystore.unlocked import OpenGeneration  # most runs open no key

        number, (generation, store, keys, server) = self._generations.read(
            lambda now: (now, now.store_record(), now.key_records(), now.server_record())
        )
        protector = self._protectors(store.protector)
        kek = protector.unwrap(Wrapped(store.parameters), store.store_id, secrets)
        opened = OpenGeneration(
            generation, store.store_id, kek, keys, server, lambda: self._generations.number() == number
        )
        try:
            self._mend_server_pub(opened)
            yield opened
        finally:
            opened.close()

    def opens_with(self, candidate: SecretBytes) -> bool:
        """Return whether a password would open this store; False where there is no store."""
        if not self.exists():
            return False
        _, record = self._generations.read(lambda generation: generation.store_record())
        protector = self._protectors(record.protector)
        return protector.opens_with(Wrapped(record.parameters), record.store_id, candidate)

    def leftovers(self) -> tuple[Leftover, ...]:
        return self._generations.leftovers()

    def sweep(self) -> None:
        files.sweep(self._server_pub.parent)
        self._generations.sweep()

    def _mend_server_pub(self, opened: OpenGeneration) -> None:
        """Write `server.pub` again where it was lost: other programs check signatures with it. It is always
        the same bytes, written at once, so no lock is needed."""
        with suppress(CannotCreate, FileUnreadable):
            if not files.exists(self._server_pub):
                files.replace(self._server_pub, server_pub_bytes(public_of(opened.server_key())))

    def _server_pub_is(self, data: bytes) -> bool:
        try:
            return files.read_bounded(self._server_pub, _LIMIT) == data
        except FileUnreadable:
            return False
