"""One Notification Server's installation: every port that a use case may touch, in one value."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from nskeys.crypto.signing import sign
from nskeys.errors import (
    CmdbUnreachable,
    DestinationInvalid,
    DestinationUnreachable,
    KeyNotUsable,
    KeyStoreOfAnotherCmdb,
    KeyUsedUp,
    NotSetUp,
    PlanOutdated,
)
from nskeys.model.audit import Action, AuditEvent, AuditHead
from nskeys.model.destinations import DestinationInfo
from nskeys.model.keys import SEALS_LIMIT, KeyInfo, active_key
from nskeys.model.plain_text import as_text
from nskeys.model.secret import LEAST_SCORE, SecretBytes
from nskeys.model.signed_json import Json, canonical_json
from nskeys.ports import (
    Clock,
    Cmdb,
    CmdbChange,
    CmdbView,
    Destinations,
    Home,
    Identity,
    KeyStore,
    Lock,
    OpenKeyStore,
    Protector,
    RecoveryStore,
    Registry,
    SecretProvider,
    SettingsFile,
)
from nskeys.reasons import Operation, Problem

SCRYPT_LOG_N = 18
"""The work factor of a backup password: 2^18, as `age -p` (256 MiB, about a second)."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts of one server. `scrypt_log_n` is a value so that tests need not wait."""

    home: Home
    settings: SettingsFile
    cmdb: Cmdb
    key_store: KeyStore
    registry: Registry
    destinations: Destinations
    protectors: Callable[[str], Protector]
    lock: Lock
    clock: Clock
    identity: Identity
    recovery: RecoveryStore
    unproven: RecoveryStore
    """Custodians' identities whose shares were not proven yet."""
    scrypt_log_n: int = SCRYPT_LOG_N
    least_score: int = LEAST_SCORE
    """New passwords that are easier to guess are used only if a person insists; a value for the same
    reason."""

    def require(self) -> None:
        """Keys and CMDB are here and belong together; else NotSetUp, with the credentials that wait,
        CmdbUnreachable (`missing`), KeyStoreOfAnotherCmdb."""
        if not self.key_store.exists():
            raise NotSetUp(self.home.path, self.waiting())
        store = self.key_store.info().cmdb_id
        try:
            cmdb = self.cmdb.cmdb_id()
        except NotSetUp:
            # There are keys, so there was a CMDB: that is no case for a new installation.
            raise CmdbUnreachable(self.cmdb.address(), Problem.MISSING) from None
        if store != cmdb:
            raise KeyStoreOfAnotherCmdb(store, cmdb)

    def server_public(self) -> bytes | None:
        """The server key's public half; None unless its key store is here. A `server.pub` without one
        was left by a set-up that was broken off, and vouches for nothing."""
        return self.key_store.server_public() if self.key_store.exists() else None

    def waiting(self) -> int:
        """How many credentials the CMDB holds, if there is one."""
        if not self.cmdb.exists():
            return 0
        with self.cmdb.reading() as view:
            return sum(use.credentials for use in view.counts())

    def event(self, action: Action, subject: str, **details: str | int) -> AuditEvent:
        """The audit line of a change that is about to be made, now and by whoever runs this."""
        told = tuple((name, as_text(str(value))) for name, value in sorted(details.items()))
        actor = self.identity.actor()
        known = replace(actor, user=as_text(actor.user), sudo_user=as_text(actor.sudo_user))
        return AuditEvent(action, as_text(subject), known, self.clock.now(), told)

    @contextmanager
    def changing(self, doing: str) -> Iterator[None]:
        """Hold the lock; whatever a killed predecessor left in the key store is finished first."""
        with self.lock.hold(doing):
            self.key_store.sweep()
            yield

    def unchanged(self, what: Operation, fingerprint: str) -> None:
        """Under the lock: PlanOutdated unless the keys are those that the plan saw."""
        if self.fingerprint() != fingerprint:
            raise PlanOutdated(what)

    def fingerprint(self) -> str:
        """A digest of the key store's generation, keys and states, and the CMDB's id."""
        state: Json = ["empty"]
        if self.key_store.exists():
            info = self.key_store.info()
            keys = [[key.kid, key.state.value] for key in self.key_store.keys()]
            state = [info.generation, info.store_id, info.cmdb_id, keys]
        cmdb = self.cmdb.cmdb_id() if self.cmdb.exists() else ""
        return hashlib.sha256(canonical_json([state, cmdb])).hexdigest()

    def configured(self, address: str) -> DestinationInfo:
        """The destination with this address as it is configured, or as it was just named."""
        normal = self.destinations.normal(address)
        for known in self.settings.read().destinations:
            if self.is_at(known, normal):
                return known
        return DestinationInfo(normal)

    def is_at(self, known: DestinationInfo, normal: str) -> bool:
        """Whether a configured destination is the one with this address, in its one spelling. What was
        configured by hand or by a newer version may be no address at all."""
        try:
            return self.destinations.normal(known.address) == normal
        except (DestinationInvalid, DestinationUnreachable):
            return known.address == normal

    def default_destination(self) -> DestinationInfo:
        """Where the next backup goes unless told otherwise: where the last one went, the first
        configured place, or the home's own folder."""
        last = self.registry.read().backup_path
        if last:
            try:
                return self.configured(last)
            except (DestinationInvalid, DestinationUnreachable):
                return DestinationInfo(last)  # what is wrong with it is said when it is used
        configured = self.settings.read().destinations
        return configured[0] if configured else DestinationInfo(self.home.default_destination())


@contextmanager
def unlocked(installation: Installation, secrets: SecretProvider) -> Iterator[OpenKeyStore]:
    """The open key store. Unlock before taking the lock: a person may have to think."""
    with installation.key_store.unlock(secrets) as keys:
        yield keys


def sealing_key(installation: Installation, view: CmdbView, count: int = 1) -> KeyInfo:
    """The active key, if it may seal `count` more secrets; KeyNotUsable, KeyUsedUp."""
    active = active_key(installation.key_store.keys())
    if active is None:
        raise KeyNotUsable()
    if view.seals(active.kid) + count > SEALS_LIMIT:
        raise KeyUsedUp(active.kid)
    return active


def sign_off(change: CmdbChange, cmdb_id: str, server_key: SecretBytes) -> None:
    """Sign the audit trail's new head while the server key is at hand, in the same transaction."""
    head = change.audit_head()
    change.sign_audit(head, sign(server_key, "audit", head_document(cmdb_id, head)))


def head_document(cmdb_id: str, head: AuditHead) -> bytes:
    """What the server key signs of an audit head."""
    return canonical_json({"cmdb_id": cmdb_id, "count": head.count, "head": head.digest.hex()})


def shorts(keys: Sequence[str]) -> str:
    """Key ids as the audit trail names them: first 8 digits, in order."""
    return " ".join(kid[:8] for kid in keys)
