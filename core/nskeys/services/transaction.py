"""The only way to change anything: unlock, lock, plan still true, audit line, rows, signed head, commit.

Services write to the CMDB through this module alone, so none can forget the lock, the audit line or the
signature. The order is fixed: a person is asked before the lock is taken, since that can take minutes; what
a killed predecessor left in the key store is finished first; the audit trail's new head is signed in the
transaction that wrote the line.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property

from nskeys.crypto.signing import sign
from nskeys.errors import PlanOutdated
from nskeys.model.audit import AuditEvent, AuditHead
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, canonical_json
from nskeys.ports import CmdbChange, OpenKeyStore, SecretProvider
from nskeys.reasons import Operation
from nskeys.services.installation import Installation


class _Changes:
    """The changes that are possible while the lock is held."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def require_unchanged(self, what: Operation, fingerprint: str) -> None:
        """Raise PlanOutdated unless the keys are those that the plan saw."""
        if keys_fingerprint(self._installation) != fingerprint:
            raise PlanOutdated(what)


class UnsignedChanges(_Changes):
    """Changes without the server key; the next signed change signs their audit lines too."""

    @contextmanager
    def unsigned(self, event: AuditEvent) -> Iterator[CmdbChange]:
        """Open a transaction with its audit line; an exception rolls all of it back."""
        with self._installation.cmdb.changing(event) as change:
            yield change


class SignedChanges(_Changes):
    """Changes that the server key signs."""

    def __init__(self, installation: Installation, server_key: Callable[[], SecretBytes]) -> None:
        super().__init__(installation)
        self._read_server_key = server_key

    @cached_property
    def server_key(self) -> SecretBytes:
        """The key that signs, wiped by whoever gave it or with the open key store. Raises
        KeyStoreDamaged."""
        return self._read_server_key()

    @contextmanager
    def signed(self, event: AuditEvent) -> Iterator[CmdbChange]:
        """Open a transaction with its audit line, signed when the block ends; an exception rolls all of it
        back."""
        cmdb_id, server_key = self._installation.cmdb.cmdb_id(), self.server_key
        with self._installation.cmdb.changing(event) as change:
            yield change
            head = change.audit_head()
            change.sign_audit(head, sign(server_key, "audit", head_document(cmdb_id, head)))

    def tell(self, event: AuditEvent) -> None:
        """Write a signed audit line and nothing else."""
        with self.signed(event):
            pass


class KeyedChanges(SignedChanges):
    def __init__(self, installation: Installation, keys: OpenKeyStore) -> None:
        super().__init__(installation, keys.server_key)
        self.keys = keys


@contextmanager
def signed_changes(
    installation: Installation, secrets: SecretProvider, doing: str
) -> Iterator[KeyedChanges]:
    """Unlock the keys, then take the lock. `doing` is what others who wait for the lock are told. Raises
    Locked."""
    with (
        installation.key_store.unlock(secrets) as keys,
        changes_with(installation, keys, doing) as changes,
    ):
        yield changes


@contextmanager
def changes_with(installation: Installation, keys: OpenKeyStore, doing: str) -> Iterator[KeyedChanges]:
    """Take the lock with keys that are open already, for changes that need a long look first."""
    with _locked(installation, doing):
        yield KeyedChanges(installation, keys)


@contextmanager
def first_changes(
    installation: Installation, server_key: SecretBytes, doing: str
) -> Iterator[SignedChanges]:
    """Take the lock where there is no key store yet; `server_key` is the one that it will hold."""
    with _locked(installation, doing):
        yield SignedChanges(installation, lambda: server_key)


@contextmanager
def unsigned_changes(installation: Installation, doing: str) -> Iterator[UnsignedChanges]:
    """Take the lock for changes that need no key, or where there is none; nobody is asked for anything."""
    with _locked(installation, doing):
        yield UnsignedChanges(installation)


def require_free(installation: Installation, doing: str) -> None:
    """Raise Locked where somebody else changes this installation now."""
    with installation.lock.hold(doing):
        pass


@contextmanager
def _locked(installation: Installation, doing: str) -> Iterator[None]:
    """Hold the lock, and first finish what a killed process left in the key store."""
    with installation.lock.hold(doing):
        installation.key_store.sweep()
        yield


def keys_fingerprint(installation: Installation) -> str:
    """Return a digest of the key store's generation, keys and states, and the CMDB's id, for
    PlanOutdated."""
    state: Json = ["empty"]
    if installation.key_store.exists():
        info = installation.key_store.info()
        keys = [[key.kid, key.state.value] for key in installation.key_store.keys()]
        state = [info.generation, info.store_id, info.cmdb_id, keys]
    cmdb = installation.cmdb.cmdb_id() if installation.cmdb.exists() else ""
    return hashlib.sha256(canonical_json([state, cmdb])).hexdigest()


def head_document(cmdb_id: str, head: AuditHead) -> bytes:
    """Return the bytes of an audit head that the server key signs."""
    return canonical_json({"cmdb_id": cmdb_id, "count": head.count, "head": head.digest.hex()})
