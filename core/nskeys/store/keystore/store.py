"""The key store on disk (core/FORMAT.md, "Key store"): its generations, and `server.pub` beside them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from nskeys import files
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.errors import (
    AlreadySetUp,
    CannotCreate,
    FileUnreadable,
    KeyStoreDamaged,
    KeyStoreElsewhere,
    KeyStoreUnreached,
)
from nskeys.model.keys import KeyInfo, Leftover
from nskeys.model.secret import SecretBytes
from nskeys.ports import (
    NewKey,
    Protector,
    SecretProvider,
    StoreInfo,
    Wrapped,
    nobody,
    nothing,
)
from nskeys.reasons import Problem
from nskeys.store.keystore.build import build
from nskeys.store.keystore.files import read_server_pub, server_pub_bytes
from nskeys.store.keystore.generation import Generation, translated
from nskeys.store.keystore.generations import Generations, remove_if_possible
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
        uri = record.parameters.get("uri", "")
        return StoreInfo(
            number,
            record.store_id,
            record.cmdb_id,
            record.protector,
            uri=uri if isinstance(uri, str) else "",
        )

    def keys(self) -> tuple[KeyInfo, ...]:
        _, records = self._generations.read(lambda generation: generation.key_records())
        infos = (record.info for record in records.values())
        return tuple(sorted(infos, key=lambda info: (info.created, info.kid)))

    def server_public(self) -> bytes | None:
        """Return the server key's public half (32 bytes), from `server.pub`; None when there is none.
        Raises KeyStoreDamaged (`wrong_key`) where it is not this store's."""
        try:
            data = files.read_bounded(self._server_pub, _LIMIT)
        except FileUnreadable as error:
            if error.problem is Problem.MISSING:
                return None
            raise translated(error) from None
        public = read_server_pub(str(self._server_pub), data)
        if self.exists():
            _, record = self._generations.read(lambda generation: generation.server_record())
            if server_thumbprint(public) != record.thumbprint:
                raise KeyStoreDamaged(str(self._server_pub), Problem.WRONG_KEY)
        return public

    def create(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
    ) -> None:
        if self.exists():
            raise AlreadySetUp(str(self._store.parent))
        self._generations.remove_unfinished()
        number = self._generations.next_number()
        with self._built(number, cmdb_id, protector, secrets, keys, server_key) as generation:
            files.replace(self._server_pub, server_pub_bytes(public_of(server_key)))
            self._generations.publish(generation, number)

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

    def replace(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
        gone: bool = False,
    ) -> None:
        if not self._may_be_replaced(gone=gone):
            raise AlreadySetUp(str(self._store.parent))
        self._generations.remove_unfinished()
        number = self._generations.next_number()
        with self._built(number, cmdb_id, protector, secrets, keys, server_key) as generation:
            public = server_pub_bytes(public_of(server_key))
            if self._server_pub_is(public):
                self._generations.publish(generation, number)
            else:
                # No `server.pub` vouches for nothing; one that is not its store's would be damage.
                files.remove(self._server_pub)
                self._generations.publish(generation, number)
                files.replace(self._server_pub, public)
        self._generations.remove_superseded(self._generations.at(number))

    @contextmanager
    def unlock(self, secrets: SecretProvider) -> Iterator[OpenGeneration]:
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

    def rewrap(
        self,
        protector: Protector,
        unwrap: SecretProvider,
        wrap: SecretProvider,
        before_switch: Callable[[], None] = nothing,
    ) -> None:
        self.sweep()
        before = self.info()
        with self.unlock(unwrap) as opened:
            keys = [NewKey(info, opened.key(info.kid)) for info in self.keys()]
            following, server_key = self._generations.next_number(), opened.server_key()
            with self._built(following, before.cmdb_id, protector, wrap, keys, server_key) as generation:
                before_switch()
                self._generations.publish(generation, following)
        # The switch is made. What cannot be removed now is a leftover: `leftovers` tells of it.
        remove_if_possible(self._generations.at(before.generation).destroy)

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

    def _may_be_replaced(self, *, gone: bool) -> bool:
        try:
            return self.elsewhere()
        except KeyStoreUnreached:
            if not gone:
                raise
            return True

    def _mend_server_pub(self, opened: OpenGeneration) -> None:
        """Write `server.pub` again where it was lost: without it no signature can be checked, and no backup
        counts. It is always the same bytes, written at once, so no lock is needed."""
        with suppress(CannotCreate, FileUnreadable):
            if not files.exists(self._server_pub):
                files.replace(self._server_pub, server_pub_bytes(public_of(opened.server_key())))

    def _server_pub_is(self, data: bytes) -> bool:
        try:
            return files.read_bounded(self._server_pub, _LIMIT) == data
        except FileUnreadable:
            return False

    @contextmanager
    def _built(
        self,
        number: int,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
    ) -> Iterator[Generation]:
        """Build a whole new generation under a temporary name, and remove it again if the block raises: it
        may hold its KEK in the clear."""
        generation = self._generations.unfinished(number)
        try:
            build(generation, cmdb_id, protector, secrets, keys, server_key)
            yield generation
        except BaseException:
            remove_if_possible(generation.destroy)
            raise
