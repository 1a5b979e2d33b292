"""Keys and the key store."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class KeyStoreDamaged(NskeysError):
    """A file of the key store is not what was written."""

    path: str
    problem: str


@dataclass(eq=False)
class KeyStoreElsewhere(NskeysError):
    """The KEK cannot be unwrapped here: it is bound to another machine (protector `protector`)."""

    protector: str


@dataclass(eq=False)
class KeyStoreOfAnotherCmdb(NskeysError):
    """The key store belongs to another CMDB than the one configured."""

    store_cmdb_id: str
    cmdb_id: str


@dataclass(eq=False)
class ProtectorUnavailable(NskeysError):
    """A protector cannot be used on this machine; `reason` is a token."""

    protector: str
    reason: str


@dataclass(eq=False)
class KeyStoreUnreached(ProtectorUnavailable):
    """What the KEK is bound to cannot be asked: it is away for now, or this is another machine."""


@dataclass(eq=False)
class NoProvenBackup(NskeysError):
    """What puts every key at stake was asked for, and no proven backup elsewhere holds them all."""


@dataclass(eq=False)
class NoSuchKey(NskeysError):
    """No key has this id or prefix."""

    prefix: str


@dataclass(eq=False)
class AmbiguousKey(NskeysError):
    """Several keys begin with this prefix."""

    prefix: str
    matches: tuple[str, ...]


@dataclass(eq=False)
class KeyUsedUp(NskeysError):
    """The key sealed 2^32 secrets; it must be rotated before it seals another."""

    kid: str


@dataclass(eq=False)
class KeyNotUsable(NskeysError):
    """There is no active key to seal with, or the key is in `state`, which forbids it."""

    state: str


@dataclass(eq=False)
class RotationNotOpen(NskeysError):
    """`resume` was asked for and no rotation is open."""
