"""Ports of the protectors and the key store."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from nskeys.model.copy_keys import CopyKey, HeldCopyKey
from nskeys.model.keys import KeyInfo, Kid, Leftover, StoredKey
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json
from nskeys.ports.interaction import Purpose, SecretProvider


class Wrapped(NamedTuple):
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


class StoreInfo(NamedTuple):
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
    device: str = ""
    """Of a TPM other than the machine's own, as `tpm2:DEVICE`; empty for every other protector."""


UNKNOWN_PROTECTOR = "unknown"
"""The protector of a leftover whose file cannot be read."""


class NewKey(NamedTuple):
    """A key to be stored: its material and age in the key store, its state in the CMDB."""

    info: KeyInfo
    material: SecretBytes


class OpenKeyStore(Protocol):
    """A key store whose KEK is unwrapped. Closing it wipes the KEK and all keys it gave out."""

    @property
    def store_id(self) -> str:
        """The id of the generation that was opened."""
        ...

    def key(self, kid: Kid) -> SecretBytes:
        """Return a key, its thumbprint recomputed and compared. Raises NoSuchKey, KeyStoreDamaged."""
        ...

    def server_key(self) -> SecretBytes:
        """Return the Ed25519 seed (32 bytes)."""
        ...

    def copy_key(self, kid: str) -> HeldCopyKey:
        """Return a copy key, its thumbprint recomputed and compared. Raises NoSuchKey, KeyStoreDamaged."""
        ...

    def add_copy_keys(self, keys: Sequence[HeldCopyKey]) -> None:
        """Write the files of new copy keys, durably when this returns; one that is here already stays as it
        is. Needs the lock."""
        ...

    def add(self, keys: Sequence[NewKey]) -> None:
        """Write the files of new keys, durably when this returns. Nothing names them before a change of the
        CMDB does; a key that is here already stays as it is."""
        ...

    def close(self) -> None:
        """Wipe the KEK and every key that it gave out."""
        ...


class KeyStore(Protocol):
    """This server's keys on disk, wrapped under one KEK. Its files never change; the states of the keys are
    rows of the CMDB."""

    def exists(self) -> bool:
        """Return whether a complete store is there."""
        ...

    def info(self) -> StoreInfo:
        """Return the facts that need no unlocking. Raises NotSetUp, KeyStoreDamaged, NewerVersion."""
        ...

    def keys(self) -> tuple[StoredKey, ...]:
        """Return every key that is here, without unlocking; oldest first."""
        ...

    def copy_keys(self) -> tuple[CopyKey, ...]:
        """Return every copy key, without unlocking; oldest first."""
        ...

    def server_public(self) -> bytes | None:
        """Return the server key's public half (32 bytes); None without a store."""
        ...

    def elsewhere(self) -> bool:
        """Return whether there is a store that is bound to another machine and cannot be opened here. It
        tries, without asking anybody. Raises ProtectorUnavailable where that cannot be told now."""
        ...

    def prepare(
        self,
        cmdb_id: str,
        protector: Protector,
        secrets: SecretProvider,
        keys: Sequence[NewKey],
        server_key: SecretBytes,
        copy_keys: Sequence[HeldCopyKey] = (),
    ) -> StoreInfo:
        """Write a new generation with these keys under a new KEK, and open all of it again. It counts once
        a change of the CMDB named its store id and `publish` followed. Needs the lock."""
        ...

    def publish(self, store_id: str) -> None:
        """Make a prepared generation the one that counts. Does what is left where that was broken off.
        Raises KeyStoreDamaged (`missing`) where there is none with this id."""
        ...

    def unlock(self, secrets: SecretProvider) -> AbstractContextManager[OpenKeyStore]:
        """Return the open store; asks its protector's questions through `secrets`."""
        ...

    def opens_with(self, candidate: SecretBytes) -> bool:
        """Return whether a password would open this store."""
        ...

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what should have been removed and was not, without unlocking."""
        ...

    def sweep(self) -> None:
        """Remove what was left behind: generations that were never named, and superseded ones, but never
        one that holds a key of its own. Needs the lock. What cannot be removed stays among the
        `leftovers`."""
        ...
