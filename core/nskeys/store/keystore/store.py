"""The key store on disk (core/FORMAT.md, "Key store"): `store/current` names the current generation.

A generation is built in `store/new-<n>` and renamed to `store/<n>` only when it is whole and was opened
again; then `current` names it, then the one before is removed. So the name tells what a killed process
left: `new-<n>` is unfinished, and a generation that `current` does not name is old or unwanted. Without
`current`, a single generation is the store.

What should have been removed and was not is a leftover: it may still open with a passphrase that was given
up. Each sweep tries again, a failure stops nobody, and `leftovers` reports it until it is gone.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

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
    NotPermitted,
    NotSetUp,
)
from nskeys.model.keys import KeyInfo, Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import (
    Leftover,
    NewKey,
    Protector,
    SecretProvider,
    StoreInfo,
    Wrapped,
    nobody,
    nothing,
)
from nskeys.store.keystore.build import build
from nskeys.store.keystore.files import read_server_pub, server_pub_bytes
from nskeys.store.keystore.generation import Generation, translated
from nskeys.store.keystore.unlocked import OpenGeneration

_LIMIT = 4096
_UNFINISHED = "new-"
_TRIES, _PAUSE = 200, 0.01  # a reader waits at most two seconds for a writer that is quicker than it
_UNDER_WAY = 600  # seconds; no change builds a generation for longer, for what is asked is asked before

_T = TypeVar("_T")


class DiskKeyStore:
    """ports.KeyStore in the folder `store`, with the server key's public half in `server_pub`. `protectors`
    returns a protector by its name, or raises ProtectorUnavailable."""

    def __init__(self, store: Path, server_pub: Path, protectors: Callable[[str], Protector]) -> None:
        self._store = store
        self._server_pub = server_pub
        self._protectors = protectors
        self._current = store / "current"

    def exists(self) -> bool:
        """Return whether a complete store is there. Raises KeyStoreDamaged, NotPermitted."""
        return self._number() is not None

    def info(self) -> StoreInfo:
        number, record = self._read(lambda generation: generation.store_record())
        uri = record.parameters.get("uri", "")
        return StoreInfo(
            number,
            record.store_id,
            record.cmdb_id,
            record.protector,
            uri=uri if isinstance(uri, str) else "",
        )

    def keys(self) -> tuple[KeyInfo, ...]:
        _, records = self._read(lambda generation: generation.key_records())
        infos = (record.info for record in records.values())
        return tuple(sorted(infos, key=lambda info: (info.created, info.kid)))

    def server_public(self) -> bytes | None:
        """Return the server key's public half (32 bytes), from `server.pub`; None when there is none.
        Raises KeyStoreDamaged (`wrong_key`) where it is not this store's."""
        try:
            data = files.read_bounded(self._server_pub, _LIMIT)
        except FileUnreadable as error:
            if error.problem == "missing":
                return None
            raise translated(error) from None
        public = read_server_pub(str(self._server_pub), data)
        if self.exists():
            _, record = self._read(lambda generation: generation.server_record())
            if server_thumbprint(public) != record.thumbprint:
                raise KeyStoreDamaged(str(self._server_pub), "wrong_key")
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
        self._remove_unfinished()
        number = self._next_number()
        with self._built(number, cmdb_id, protector, secrets, keys, server_key) as generation:
            files.replace(self._server_pub, server_pub_bytes(public_of(server_key)))
            self._believe(generation, number)

    def elsewhere(self) -> bool:
        if not self.exists():
            return False
        _, record = self._read(lambda generation: generation.store_record())
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
        self._remove_unfinished()
        number = self._next_number()
        with self._built(number, cmdb_id, protector, secrets, keys, server_key) as generation:
            public = server_pub_bytes(public_of(server_key))
            if self._server_pub_is(public):
                self._believe(generation, number)
            else:
                # No `server.pub` vouches for nothing; one that is not its store's would be damage.
                files.remove(self._server_pub)
                self._believe(generation, number)
                files.replace(self._server_pub, public)
        self._remove_superseded(self._generation(number))

    @contextmanager
    def unlock(self, secrets: SecretProvider) -> Iterator[OpenGeneration]:
        number, (generation, store, keys, server) = self._read(
            lambda now: (now, now.store_record(), now.key_records(), now.server_record())
        )
        protector = self._protectors(store.protector)
        kek = protector.unwrap(Wrapped(store.parameters), store.store_id, secrets)
        opened = OpenGeneration(
            generation, store.store_id, kek, keys, server, lambda: self._number() == number
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
            following, server_key = self._next_number(), opened.server_key()
            with self._built(following, before.cmdb_id, protector, wrap, keys, server_key) as generation:
                before_switch()
                self._believe(generation, following)
        # The switch is made. What cannot be removed now is a leftover: `leftovers` tells of it.
        _remove_if_possible(self._generation(before.generation).destroy)

    def opens_with(self, candidate: SecretBytes) -> bool:
        """Return whether a password would open this store; False where there is no store."""
        if not self.exists():
            return False
        _, record = self._read(lambda generation: generation.store_record())
        protector = self._protectors(record.protector)
        return protector.opens_with(Wrapped(record.parameters), record.store_id, candidate)

    def leftovers(self) -> tuple[Leftover, ...]:
        number = self._number()
        if number is None:
            return ()
        current, left = self._generation(number), []
        kids = current.key_records().keys()
        for path in self._entries():
            generation = Generation(path)
            if _is_number(path.name):
                superseded = path != current.folder and _adds_nothing(generation, kids)
            else:
                superseded = path.name.startswith(_UNFINISHED) and _seconds_old(path) > _UNDER_WAY
            if superseded and path.exists():  # else it was removed while we looked
                left.append(generation.leftover())
        return tuple(left)

    def sweep(self) -> None:
        files.sweep(self._server_pub.parent)
        files.sweep(self._store)
        self._remove_unfinished()
        number = self._number()
        if number is None:
            return
        generation = self._generation(number)
        generation.sweep()
        generation.finish_change()
        if not files.exists(self._current):
            self._point_to(number)
        self._remove_superseded(generation)

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
        generation = self._unfinished(number)
        try:
            build(generation, cmdb_id, protector, secrets, keys, server_key)
            yield generation
        except BaseException:
            _remove_if_possible(generation.destroy)
            raise

    def _remove_unfinished(self) -> None:
        for path in self._entries():
            if path.name.startswith(_UNFINISHED):
                _remove_if_possible(Generation(path).destroy)

    def _remove_superseded(self, current: Generation) -> None:
        """Remove other generations whose keys are all in the current one, which is whole. Any other stays,
        because it may hold keys that nothing else does."""
        with suppress(KeyStoreDamaged):
            kids = current.key_records().keys()
            for number in self._numbers():
                other = self._generation(number)
                if other.folder != current.folder and other.adds_nothing_to(kids):
                    _remove_if_possible(other.destroy)

    def _unfinished(self, number: int) -> Generation:
        return Generation(self._store / f"{_UNFINISHED}{number}")

    def _generation(self, number: int) -> Generation:
        return Generation(self._store / str(number))

    def _believe(self, generation: Generation, number: int) -> None:
        files.rename_folder(generation.folder, self._store / str(number))
        self._point_to(number)

    def _point_to(self, number: int) -> None:
        files.replace(self._current, b"%d\n" % number)

    def _read(self, read: Callable[[Generation], _T]) -> tuple[int, _T]:
        """Return the current generation's number and the result of `read`, consistently: it is read again
        if a writer was at work meanwhile. Raises NotSetUp."""
        for _ in range(_TRIES):
            number = self._number()
            if number is None:
                raise NotSetUp(str(self._store.parent))
            generation = self._generation(number)
            before = generation.stamp()
            try:
                result = read(generation)
            except KeyStoreDamaged:
                if generation.stamp() == before and self._number() == number:
                    raise
            else:
                if generation.stamp() == before and self._number() == number:
                    return number, result
            time.sleep(_PAUSE)
        raise KeyStoreDamaged(str(self._store), "changing")

    def _number(self) -> int | None:
        """Return which generation counts; None where there is no store."""
        try:
            text = files.read_bounded(self._current, _LIMIT).decode("ascii", "replace")
        except FileUnreadable as error:
            if error.problem != "missing":
                raise translated(error) from None
            numbers = self._numbers()
            if len(numbers) > 1:
                raise KeyStoreDamaged(str(self._current), "missing") from None
            return numbers[0] if numbers else None
        if not _is_number(text.removesuffix("\n")):
            raise KeyStoreDamaged(str(self._current), "not_as_written")
        return int(text)

    def _next_number(self) -> int:
        """Return a number that no generation has, finished or not."""
        names = (path.name.removeprefix(_UNFINISHED) for path in self._entries())
        return max((int(name) for name in names if _is_number(name)), default=0) + 1

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._entries() if _is_number(path.name))

    def _entries(self) -> list[Path]:
        try:
            return [self._store / name for name in files.names_in(self._store)]
        except FileUnreadable as error:
            if error.problem == "missing":
                return []
            raise translated(error) from None


def _adds_nothing(generation: Generation, kids: Collection[Kid]) -> bool:
    """Return whether a generation holds no key but these; one that cannot be read gives no key to
    anybody."""
    try:
        return generation.adds_nothing_to(kids)
    except (KeyStoreDamaged, FileUnreadable):
        return True


def _remove_if_possible(remove: Callable[[], None]) -> None:
    """Remove a generation, ignoring failures: `leftovers` reports it, and the next sweep tries again."""
    with suppress(CannotCreate, NotPermitted, KeyStoreDamaged, FileUnreadable):
        remove()


def _seconds_old(path: Path) -> float:
    """Return how many seconds ago a folder changed; 0 where that cannot be told."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and not text.startswith("0") and len(text) <= 9
