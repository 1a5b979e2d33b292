"""One Notification Server's installation: every port that a use case may touch, in one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    CheckpointFiles,
    Clock,
    Cmdb,
    CmdbView,
    Destinations,
    EventList,
    Home,
    Identity,
    IdentityFiles,
    KeyStore,
    Lock,
    OtherDatabases,
    Protector,
    Registry,
    SettingsFile,
    TrailLogs,
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
    identity_files: IdentityFiles
    checkpoint: CheckpointFiles
    events: EventList
    other_databases: OtherDatabases
    """Opens databases that may have been restored from a backup of the CMDB."""
    logs: TrailLogs | None = None
    """Where each audit line is copied to; None: nowhere."""
    scrypt_log_n: int = SCRYPT_LOG_N
    least_score: int = LEAST_SCORE
    """New passwords that are easier to guess are used only if a person insists; a value for the same
    reason."""

    def require(self) -> str:
        """Require keys and CMDB that belong together, and return the CMDB's id. Raises NotSetUp with the
        number of credentials that wait, CmdbUnreachable (`missing`, `moved_away`),
        KeyStoreOfAnotherCmdb."""
        try:
            store = self.key_store.info().cmdb_id
        except NotSetUp:
            raise NotSetUp(self.home.path, self.waiting()) from None
        try:
            cmdb = self.cmdb.cmdb_id()
        except NotSetUp:
            if (there := self.elsewhere()) is not None:
                raise CmdbUnreachable(self.cmdb.address(), Problem.MOVED_AWAY, there) from None
            # Keys without a CMDB mean that it is missing, not that nothing was set up yet.
            raise CmdbUnreachable(self.cmdb.address(), Problem.MISSING) from None
        if store != cmdb:
            raise KeyStoreOfAnotherCmdb(store, cmdb)
        return cmdb

    def elsewhere(self) -> str | None:
        """Return the address of the database that the settings name, where this process has opened another
        one, as after a move that another process made."""
        named = self.cmdb.at(self.settings.read().cmdb or self.home.default_cmdb())
        return None if named.url() == self.cmdb.url() else named.address()

    def server_public(self) -> bytes | None:
        """Return the server key's public half; None without its key store. A `server.pub` alone was left by
        a set-up that was broken off and signs nothing."""
        return self.key_store.server_public()

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return the keys that are here in the states that the CMDB gives them, oldest first."""
        with self.cmdb.reading() as view:
            return self.keys_in(view)

    def keys_in(self, view: CmdbView) -> tuple[KeyInfo, ...]:
        """Return the keys that are here as this view of the CMDB knows them. A key whose file no row names
        is left out: the change that was to name it was never made."""
        here = {key.kid for key in self.key_store.keys()}
        return tuple(key for key in view.keys() if key.kid in here)

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
        known = actor._replace(
            user=as_text(actor.user),
            login_user=as_text(actor.login_user),
            sudo_user=as_text(actor.sudo_user),
        )
        return AuditEvent(action, as_text(subject), known, self.clock.now(), told)

    def default_destination(self) -> DestinationInfo:
        """Return where the next backup goes by default: where a person said, where the last one went, the
        first configured destination, or the home's own folder."""
        last = self.settings.read().default_destination or self.registry.read().backup_path
        if last:
            try:
                return self.destinations.configured(last)
            except (DestinationInvalid, DestinationUnreachable):
                return DestinationInfo(last)  # an invalid one is reported when it is used
        configured = self.settings.read().destinations
        return configured[0] if configured else DestinationInfo(self.home.default_destination())


def sealing_key(installation: Installation, view: CmdbView, count: int = 1) -> KeyInfo:
    """Return the active key if it may seal `count` more secrets. Raises KeyNotUsable, KeyUsedUp."""
    active = active_key(installation.keys_in(view))
    if active is None:
        raise KeyNotUsable()
    if view.seals(active.kid) + count > SEALS_LIMIT:
        raise KeyUsedUp(active.kid)
    return active


def shorts(keys: Sequence[str]) -> str:
    """Return key ids as the audit trail names them: first 8 digits, in order."""
    return " ".join(kid[:8] for kid in keys)
