"""One Notification Server's installation: every port that a use case may touch, in one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nskeys.errors import (
    CmdbUnreachable,
    DestinationInvalid,
    DestinationUnreachable,
    KeyNotUsable,
    KeyStoreOfAnotherCmdb,
    KeyUsedUp,
    NotSetUp,
)
from nskeys.model.audit import Action, AuditEvent
from nskeys.model.destinations import DestinationInfo
from nskeys.model.keys import SEALS_LIMIT, KeyInfo, active_key
from nskeys.model.plain_text import as_text
from nskeys.model.secret import LEAST_SCORE
from nskeys.ports import (
    Clock,
    Cmdb,
    CmdbView,
    Destinations,
    Home,
    Identity,
    KeyStore,
    Lock,
    Protector,
    RecoveryStore,
    Registry,
    SettingsFile,
)
from nskeys.reasons import Problem

SCRYPT_LOG_N = 18
"""The work factor of a backup password: 2^18, as `age -p` (256 MiB, about a second)."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The ports of one server. `scrypt_log_n` is a value so that tests need not wait."""

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
        """Require keys and CMDB that belong together. Raises NotSetUp with the number of credentials that
        wait, CmdbUnreachable (`missing`), KeyStoreOfAnotherCmdb."""
        if not self.key_store.exists():
            raise NotSetUp(self.home.path, self.waiting())
        store = self.key_store.info().cmdb_id
        try:
            cmdb = self.cmdb.cmdb_id()
        except NotSetUp:
            # Keys without a CMDB mean that it is missing, not that nothing was set up yet.
            raise CmdbUnreachable(self.cmdb.address(), Problem.MISSING) from None
        if store != cmdb:
            raise KeyStoreOfAnotherCmdb(store, cmdb)

    def server_public(self) -> bytes | None:
        """Return the server key's public half; None without its key store. A `server.pub` alone was left by
        a set-up that was broken off and signs nothing."""
        return self.key_store.server_public() if self.key_store.exists() else None

    def waiting(self) -> int:
        """Return how many credentials the CMDB holds; 0 where there is none."""
        if not self.cmdb.exists():
            return 0
        with self.cmdb.reading() as view:
            return sum(use.credentials for use in view.counts())

    def event(self, action: Action, subject: str, **details: str | int) -> AuditEvent:
        """Return the audit line of a change that the present user is about to make now."""
        told = tuple((name, as_text(str(value))) for name, value in sorted(details.items()))
        actor = self.identity.actor()
        known = replace(actor, user=as_text(actor.user), sudo_user=as_text(actor.sudo_user))
        return AuditEvent(action, as_text(subject), known, self.clock.now(), told)

    def default_destination(self) -> DestinationInfo:
        """Return where the next backup goes by default: where the last one went, the first configured
        destination, or the home's own folder."""
        last = self.registry.read().backup_path
        if last:
            try:
                return self.destinations.configured(last)
            except (DestinationInvalid, DestinationUnreachable):
                return DestinationInfo(last)  # an invalid one is reported when it is used
        configured = self.settings.read().destinations
        return configured[0] if configured else DestinationInfo(self.home.default_destination())


def sealing_key(installation: Installation, view: CmdbView, count: int = 1) -> KeyInfo:
    """Return the active key if it may seal `count` more secrets. Raises KeyNotUsable, KeyUsedUp."""
    active = active_key(installation.key_store.keys())
    if active is None:
        raise KeyNotUsable()
    if view.seals(active.kid) + count > SEALS_LIMIT:
        raise KeyUsedUp(active.kid)
    return active


def shorts(keys: Sequence[str]) -> str:
    """Return key ids as the audit trail names them: first 8 digits, in order."""
    return " ".join(kid[:8] for kid in keys)
