"""A key store in memory. Its KEK is wrapped by a real protector, so its questions are real too."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from nskeys.crypto.age_primitives import x25519_public
from nskeys.crypto.keys import copy_thumbprint, new_material, thumbprint
from nskeys.crypto.signing import public_of
from nskeys.errors import (
    KeyStoreDamaged,
    KeyStoreElsewhere,
    NoSuchKey,
    NotSetUp,
    PlanOutdated,
)
from nskeys.model.copy_keys import CopyKey, HeldCopyKey, in_order
from nskeys.model.keys import Kid, Leftover, StoredKey
from nskeys.model.secret import SecretBytes
from nskeys.ports import (
    NewKey,
    Protector,
    SecretProvider,
    SecretRequest,
    StoreInfo,
    Wrapped,
)
from nskeys.reasons import Operation, Problem


@dataclass
class _Generation:
    number: int
    store_id: str
    cmdb_id: str
    protector: Protector
    wrapped: Wrapped
    seed: bytes
    public: bytes
    keys: dict[Kid, tuple[StoredKey, bytes]]
    copies: dict[str, tuple[CopyKey, bytes]] = field(default_factory=dict)


class MemoryKeyStore:
    """ports.KeyStore. `damaged` kids do not load; `swept` counts; `left` is what a change left."""

    def __init__(self, home: str = "/var/lib/nskeys") -> None:
        self._home = home
        self._generation: _Generation | None = None
        self._prepared: dict[str, _Generation] = {}
        self.damaged: set[Kid] = set()
        self.swept = 0
        self.left: tuple[Leftover, ...] = ()

    def exists(self) -> bool:
        return self._generation is not None

    def info(self) -> StoreInfo:
        now = self._now()
        return StoreInfo(now.number, now.store_id, now.cmdb_id, now.protector.name)

    def keys(self) -> tuple[StoredKey, ...]:
        keys = (key for key, _ in self._now().keys.values())
        return tuple(sorted(keys, key=lambda key: (key.created, key.kid)))

    def copy_keys(self) -> tuple[CopyKey, ...]:
        return in_order([key for key, _ in self._now().copies.values()])

    def server_public(self) -> bytes | None:
        return self._generation.public if self._generation else None

    def prepare(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
        copy_keys: Sequence[HeldCopyKey] = (),
    ) -> StoreInfo:
        for key in keys:
            _check(key)
        store_id = os.urandom(16).hex()
        with new_material() as kek:
            wrapped = protector.wrap(kek, store_id, secrets)
        made = _Generation(
            self._generation.number + 1 if self._generation else 1,
            store_id,
            cmdb_id,
            protector,
            wrapped,
            server_key.reveal(),
            public_of(server_key),
            {},
        )
        _add(made, keys)
        _add_copies(made, copy_keys)
        self._prepared[store_id] = made
        return StoreInfo(made.number, store_id, cmdb_id, protector.name)

    def publish(self, store_id: str) -> None:
        if self._generation is not None and self._generation.store_id == store_id:
            return
        if store_id not in self._prepared:
            raise KeyStoreDamaged(self._home, Problem.MISSING)
        self._generation = self._prepared.pop(store_id)

    def elsewhere(self) -> bool:
        now = self._generation
        if now is None or now.protector.asks:
            return False
        try:
            now.protector.unwrap(now.wrapped, now.store_id, _nobody).wipe()
        except KeyStoreElsewhere:
            return True
        return False

    @contextmanager
    def unlock(self, secrets: SecretProvider) -> Iterator["OpenMemoryKeyStore"]:
        now = self._now()
        now.protector.unwrap(now.wrapped, now.store_id, secrets).wipe()
        opened = OpenMemoryKeyStore(self, now)
        try:
            yield opened
        finally:
            opened.close()

    def opens_with(self, candidate: SecretBytes) -> bool:
        now = self._generation
        return now is not None and now.protector.opens_with(now.wrapped, now.store_id, candidate)

    def leftovers(self) -> tuple[Leftover, ...]:
        return self.left

    def sweep(self) -> None:
        self.swept += 1
        self._prepared.clear()

    def _now(self) -> _Generation:
        if self._generation is None:
            raise NotSetUp(self._home)
        return self._generation


class OpenMemoryKeyStore:
    """ports.OpenKeyStore."""

    def __init__(self, store: MemoryKeyStore, generation: _Generation) -> None:
        self._store = store
        self._generation: _Generation | None = generation
        self._given: list[SecretBytes] = []

    @property
    def store_id(self) -> str:
        return self._open().store_id

    def key(self, kid: Kid) -> SecretBytes:
        now = self._open()
        if kid not in now.keys:
            raise NoSuchKey(kid)
        if kid in self._store.damaged:
            raise KeyStoreDamaged(kid, Problem.DOES_NOT_OPEN)
        return self._give(SecretBytes(now.keys[kid][1]))

    def server_key(self) -> SecretBytes:
        return self._give(SecretBytes(self._open().seed))

    def add(self, keys: Sequence[NewKey]) -> None:
        now = self._open()
        if self._store.info().store_id != now.store_id:
            raise PlanOutdated(Operation.KEY_STORE)
        for key in keys:
            _check(key)
        _add(now, keys)

    def copy_key(self, kid: str) -> HeldCopyKey:
        copies = self._open().copies
        if kid not in copies:
            raise NoSuchKey(kid)
        key, secret = copies[kid]
        return HeldCopyKey(key, self._give(SecretBytes(secret)))

    def add_copy_keys(self, keys: Sequence[HeldCopyKey]) -> None:
        now = self._open()
        if self._store.info().store_id != now.store_id:
            raise PlanOutdated(Operation.KEY_STORE)
        _add_copies(now, keys)

    def close(self) -> None:
        self._generation = None
        for secret in self._given:
            secret.wipe()
        self._given.clear()

    def _give(self, secret: SecretBytes) -> SecretBytes:
        self._given.append(secret)
        return secret

    def _open(self) -> _Generation:
        if self._generation is None:
            raise ValueError("the key store is closed")
        return self._generation


def _nobody(request: SecretRequest, retry: int) -> SecretBytes:
    raise AssertionError(f"{request.purpose} was asked for (retry {retry})")


def _add(generation: _Generation, keys: Sequence[NewKey]) -> None:
    for key in keys:
        stored = StoredKey(key.info.kid, key.info.created)
        generation.keys.setdefault(stored.kid, (stored, key.material.reveal()))


def _add_copies(generation: _Generation, keys: Sequence[HeldCopyKey]) -> None:
    for held in keys:
        if copy_thumbprint(x25519_public(held.secret)) != held.key.kid:
            raise KeyStoreDamaged(held.key.kid, Problem.WRONG_KEY)
        generation.copies.setdefault(held.key.kid, (held.key, held.secret.reveal()))


def _check(key: NewKey) -> None:
    with suppress(ValueError):
        if thumbprint(key.material) == key.info.kid and len(key.material) == 32:
            return
    raise KeyStoreDamaged(key.info.kid, Problem.WRONG_KEY)
