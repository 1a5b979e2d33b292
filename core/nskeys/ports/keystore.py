"""Ports of the protectors and the key store."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from nskeys.model.keys import KeyInfo, Kid, Leftover
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json
from nskeys.ports.interaction import Purpose, SecretProvider


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A wrapped KEK: JSON parameters that `unwrap` of the same protector reads."""

    parameters: Mapping[str, Json]


class Protector(Protocol):
    """Wraps the KEK so that only this machine, a person or a token can unwrap it."""

    @property
    def name(self) -> str:
        """Its name: `tpm2`, `passphrase`, `file`, ..."""
        ...

    @property
    def asks(self) -> bool:
        """Whether a person is needed to unwrap."""
        ...

    @property
    def wants(self) -> Purpose | None:
        """What is asked for a new wrapping: NEW_PASSPHRASE, PIN; None where nothing is asked."""
        ...

    def require(self) -> None:
        """Raise ProtectorUnavailable, before anything is asked or written, where this machine cannot wrap
        with it, as far as that is known without trying."""
        ...

    def wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Wrapped:
        """Wrap a 32-byte KEK for the store `store_id` (32 hex digits)."""
        ...

    def unwrap(self, wrapped: Wrapped, store_id: str, secrets: SecretProvider) -> SecretBytes:
        """Return the unwrapped KEK. Raises WrongPassword, KeyStoreElsewhere, KeyStoreDamaged or
        ProtectorUnavailable."""
        ...

    def opens_with(self, wrapped: Wrapped, store_id: str, candidate: SecretBytes) -> bool:
        """Return whether `candidate`, say a new backup password, would unwrap this KEK."""
        ...


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What the key store says without being unlocked."""

    generation: int
    store_id: str
    cmdb_id: str
    protector: str
    weak: int | None = None
    """How hard its new passphrase is to guess, 0 to 2, where a person insisted on a weak one; returned
    by the change only, never stored."""
    uri: str = ""
    """Of a security token and its key (RFC 7512, without a PIN); empty for every other protector."""


UNKNOWN_PROTECTOR = "unknown"
"""The protector of a leftover whose file cannot be read."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be stored."""

    info: KeyInfo
    material: SecretBytes


class OpenKeyStore(Protocol):
    """A key store whose KEK is unwrapped. Closing it wipes the KEK and all keys it gave out."""

    def key(self, kid: Kid) -> SecretBytes:
        """Return a key, its thumbprint recomputed and compared. Raises NoSuchKey, KeyStoreDamaged."""
        ...

    def server_key(self) -> SecretBytes:
        """Return the Ed25519 seed (32 bytes)."""
        ...

    def change(self, add: Sequence[NewKey] = (), states: Sequence[KeyInfo] = ()) -> None:
        """Add keys and change states, all or nothing, durably when this returns."""
        ...

    def close(self) -> None:
        """Wipe the KEK and every key that it gave out."""
        ...


def nothing() -> None:
    """The default of `before_switch`: do nothing."""


class KeyStore(Protocol):
    """This server's keys on disk, wrapped under one KEK."""

    def exists(self) -> bool:
        """Return whether a complete store is there."""
        ...

    def info(self) -> StoreInfo:
        """Return the facts that need no unlocking. Raises NotSetUp, KeyStoreDamaged, NewerVersion."""
        ...

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return every key's state, without unlocking; oldest first."""
        ...

    def server_public(self) -> bytes | None:
        """Return the server key's public half (32 bytes), from `server.pub`; None when there is none."""
        ...

    def elsewhere(self) -> bool:
        """Return whether there is a store that is bound to another machine and cannot be opened here. It
        tries, without asking anybody. Raises ProtectorUnavailable where that cannot be told now."""
        ...

    def create(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
    ) -> None:
        """Make the first generation, with these keys, all or nothing. Raises AlreadySetUp."""
        ...

    def replace(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
        gone: bool = False,
    ) -> None:
        """Replace a store that is `elsewhere`, or with `gone` one that cannot be tried (KeyStoreUnreached).
        Raises AlreadySetUp where it opens here. The old store stays on the disk as long as it may hold a
        key that the new one lacks."""
        ...

    def unlock(self, secrets: SecretProvider) -> AbstractContextManager[OpenKeyStore]:
        """Return the open store; asks its protector's questions through `secrets`."""
        ...

    def rewrap(
        self,
        protector: Protector,
        unwrap: SecretProvider,
        wrap: SecretProvider,
        before_switch: Callable[[], None] = nothing,
    ) -> None:
        """Make a new generation under a new KEK and `protector`, and open all of it again before the
        switch. Just before it, `before_switch` is called; if that raises, the old generation stays."""
        ...

    def opens_with(self, candidate: SecretBytes) -> bool:
        """Return whether a password would open this store."""
        ...

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what should have been removed and was not, without unlocking."""
        ...

    def sweep(self) -> None:
        """Finish an interrupted change and remove what was left behind. Needs the lock. What cannot be
        removed stays among the `leftovers`."""
        ...
