"""A key store in memory. Its KEK is wrapped by a real protector, so its questions are real too."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from nskeys.crypto.keys import new_material, thumbprint
from nskeys.crypto.signing import public_of
from nskeys.errors import (
    AlreadySetUp,
    KeyStoreDamaged,
    KeyStoreElsewhere,
    KeyStoreUnreached,
    NoSuchKey,
    NotSetUp,
)
from nskeys.model.keys import KeyInfo, Kid, Leftover
from nskeys.model.secret import SecretBytes
from nskeys.ports import (
    NewKey,
    Protector,
    SecretProvider,
    SecretRequest,
    StoreInfo,
    Wrapped,
    nothing,
)
from nskeys.reasons import Problem


@dataclass
class _Generation:
    number: int
    store_id: str
    cmdb_id: str
    protector: Protector
    wrapped: Wrapped


class MemoryKeyStore:
    """ports.KeyStore. `damaged` kids do not load; `swept` counts; `left` is what a change left."""

    def __init__(self, home: str = "/var/lib/nskeys") -> None:
        self._home = home
        self._generation: _Generation | None = None
        self._infos: dict[Kid, KeyInfo] = {}
        self._materials: dict[Kid, bytes] = {}
        self._seed = b""
        self._public: bytes | None = None
        self.damaged: set[Kid] = set()
        self.swept = 0
        self.left: tuple[Leftover, ...] = ()

    def exists(self) -> bool:
        return self._generation is not None

    def info(self) -> StoreInfo:
        now = self._now()
        return StoreInfo(now.number, now.store_id, now.cmdb_id, now.protector.name)

    def keys(self) -> tuple[KeyInfo, ...]:
        self._now()
        return tuple(sorted(self._infos.values(), key=lambda info: (info.created, info.kid)))

    def server_public(self) -> bytes | None:
        return self._public

    def create(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
    ) -> None:
        if self._generation is not None:
            raise AlreadySetUp(self._home)
        for key in keys:
            _check(key)
        generation = self._wrap(1, cmdb_id, protector, secrets)
        self._seed, self._public = server_key.reveal(), public_of(server_key)
        self._generation = generation
        self._add(keys)

    def elsewhere(self) -> bool:
        now = self._generation
        if now is None or now.protector.asks:
            return False
        try:
            now.protector.unwrap(now.wrapped, now.store_id, _nobody).wipe()
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
        try:
            replaceable = self.elsewhere()
        except KeyStoreUnreached:
            if not gone:
                raise
            replaceable = True
        if not replaceable:
            raise AlreadySetUp(self._home)
        for key in keys:
            _check(key)
        generation = self._wrap(self._now().number + 1, cmdb_id, protector, secrets)
        self._seed, self._public = server_key.reveal(), public_of(server_key)
        self._generation = generation
        self._infos, self._materials = {}, {}
        self._add(keys)

    @contextmanager
    def unlock(self, secrets: SecretProvider) -> Iterator["OpenMemoryKeyStore"]:
        now = self._now()
        now.protector.unwrap(now.wrapped, now.store_id, secrets).wipe()
        opened = OpenMemoryKeyStore(self)
        try:
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
        now = self._now()
        now.protector.unwrap(now.wrapped, now.store_id, unwrap).wipe()
        following = self._wrap(now.number + 1, now.cmdb_id, protector, wrap)
        before_switch()
        self._generation = following

    def opens_with(self, candidate: SecretBytes) -> bool:
        now = self._generation
        return now is not None and now.protector.opens_with(now.wrapped, now.store_id, candidate)

    def leftovers(self) -> tuple[Leftover, ...]:
        return self.left

    def sweep(self) -> None:
        self.swept += 1

    def load(self, kid: Kid) -> SecretBytes:
        """A key, once unlocked."""
        if kid not in self._materials:
            raise NoSuchKey(kid)
        if kid in self.damaged:
            raise KeyStoreDamaged(kid, Problem.DOES_NOT_OPEN)
        return SecretBytes(self._materials[kid])

    def load_server_key(self) -> SecretBytes:
        """The server key, once unlocked."""
        return SecretBytes(self._seed)

    def apply(self, add: Sequence[NewKey], states: Sequence[KeyInfo]) -> None:
        """A change: everything is checked before anything is touched."""
        for key in add:
            _check(key)
        known = self._infos.keys() | {key.info.kid for key in add}
        for info in states:
            if info.kid not in known:
                raise NoSuchKey(info.kid)
        self._add(add)
        for info in states:
            self._infos[info.kid] = self._infos[info.kid].in_state(info.state, info.state_since)

    def _add(self, keys: Sequence[NewKey]) -> None:
        for key in keys:
            self._infos.setdefault(key.info.kid, key.info)
            self._materials.setdefault(key.info.kid, key.material.reveal())

    def _wrap(
        self, number: int, cmdb_id: str, protector: Protector, secrets: SecretProvider
    ) -> _Generation:
        store_id = os.urandom(16).hex()
        with new_material() as kek:
            return _Generation(number, store_id, cmdb_id, protector, protector.wrap(kek, store_id, secrets))

    def _now(self) -> _Generation:
        if self._generation is None:
            raise NotSetUp(self._home)
        return self._generation


class OpenMemoryKeyStore:
    """ports.OpenKeyStore."""

    def __init__(self, store: MemoryKeyStore) -> None:
        self._store: MemoryKeyStore | None = store
        self._given: list[SecretBytes] = []

    def key(self, kid: Kid) -> SecretBytes:
        return self._give(self._open().load(kid))

    def server_key(self) -> SecretBytes:
        return self._give(self._open().load_server_key())

    def change(self, add: Sequence[NewKey] = (), states: Sequence[KeyInfo] = ()) -> None:
        self._open().apply(add, states)

    def close(self) -> None:
        self._store = None
        for secret in self._given:
            secret.wipe()
        self._given.clear()

    def _give(self, secret: SecretBytes) -> SecretBytes:
        self._given.append(secret)
        return secret

    def _open(self) -> MemoryKeyStore:
        if self._store is None:
            raise ValueError("the key store is closed")
        return self._store


def _nobody(request: SecretRequest, retry: int) -> SecretBytes:
    raise AssertionError(f"{request.purpose} was asked for (retry {retry})")


def _check(key: NewKey) -> None:
    with suppress(ValueError):
        if thumbprint(key.material) == key.info.kid and len(key.material) == 32:
            return
    raise KeyStoreDamaged(key.info.kid, Problem.WRONG_KEY)
