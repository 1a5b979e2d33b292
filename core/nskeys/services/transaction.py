"""The only way to change anything, in ten steps.

 1  ask and plan; nothing is locked
 2  settle under the lock, without keys: finish or drop what a killed process began; a mismatch ends it here
 3  let go of the lock, and unlock the keys
 4  lock again and settle again
 5  write what never changes: a generation, key files, files of identities
 6  begin the transaction, and compare what is there with the checkpoint once more
 7  rows, keys' rows and audit lines, all with the next number
 8  sign the next checkpoint, lay it down in the home, replace the CMDB's by compare-and-swap
 9  commit
10  in the home: the store that counts, registry values, the checkpoint; then remove what none names

Services write to the CMDB through this module alone. Where a commit ends otherwise than well, the
checkpoint is read again over a new connection: the change was made, was not made, or nobody can tell.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from nskeys.errors import ChangeWaits, Mismatch, NskeysError, PlanOutdated
from nskeys.model.audit import Action, AuditEvent, AuditHead, event_line
from nskeys.model.checkpoint import (
    STEP,
    SignedCheckpoint,
    from_text,
)
from nskeys.model.home_checkpoint import HomeCheckpoint
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, Malformed, canonical_json
from nskeys.ports import CmdbChange, CmdbView, OpenKeyStore, SecretProvider
from nskeys.reasons import Operation
from nskeys.services.installation import Installation
from nskeys.services.one_change import Change, Extras as Extras, Ground as Ground
from nskeys.services.settling import (
    contradictions,
    finish,
    may_go_on,
    number_signed_by,
    require_agreement,
    settle,
    state_digest,
    sweep,
    unlocked,
)
from nskeys.services.trail_copies import TrailCopy

GOES_ON = frozenset(
    {
        Action.REGISTER_CHECKED,
        Action.REGISTER_ADDED,
        Action.REGISTER_RETIRED,
        Action.BACKUP_BEGAN,
        Action.BACKED_UP,
        Action.BACKUP_FAILED,
        Action.DATABASE_COPIED,
        Action.DRILLED,
        Action.DRILL_FAILED,
    }
)
"""What is done also beside a mismatch: it makes nothing look better, and a backup is never in the way."""


class _Changes:
    """The changes that are possible while the lock is held."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def require_unchanged(self, what: Operation, fingerprint: str) -> None:
        """Raise PlanOutdated unless the keys are those that the plan saw."""
        if keys_fingerprint(self._installation) != fingerprint:
            raise PlanOutdated(what)


class UnsignedChanges(_Changes):
    """Changes of the home without the server key."""

    @contextmanager
    def unsigned(self, event: AuditEvent) -> Iterator[None]:
        """Note what the block does; the next signed change writes it to the audit trail, with its own time.
        An exception takes the note back."""
        events = self._installation.events
        before = events.read()
        events.write([*before, event_line(event._replace(event_id=os.urandom(16).hex()))])
        try:
            yield
        except BaseException:
            events.write(before)
            raise


class SignedChanges(_Changes):
    """Changes that the server key signs. `base` is the checkpoint that home and CMDB agree on; None where
    the first one is made here."""

    def __init__(
        self, installation: Installation, server_key: Callable[[], SecretBytes], base: HomeCheckpoint | None
    ) -> None:
        super().__init__(installation)
        self._read_server_key = server_key
        self._base = base

    @cached_property
    def server_key(self) -> SecretBytes:
        """The key that signs, wiped by whoever gave it or with the open key store. Raises
        KeyStoreDamaged."""
        return self._read_server_key()

    @contextmanager
    def signed(
        self, event: AuditEvent, extras: Extras | None = None, ground: Ground | None = None
    ) -> Iterator[CmdbChange]:
        """Open a transaction with its audit line, signed when the block ends; an exception rolls all of it
        back. Raises ChangeWaits, with nothing changed, where something does not fit the checkpoint.
        `ground` is for what goes on from elsewhere than where home and CMDB agree."""
        extras = extras or Extras()
        if ground is None:
            goes_on = event.action in GOES_ON and self._base is not None
            ground = (
                self._beside(self._base, extras.witnessed)
                if goes_on and self._base
                else self._agreed(extras.highest)
            )
        change = Change(self._installation, self.server_key, ground, extras)
        copy = TrailCopy(self._installation)
        try:
            with change.opened(event) as rows:
                copy.begin(rows, change.lines)
                yield rows
                change.sign(rows)
                copy.take(rows)
        except BaseException as error:
            if not change.was_made():
                raise
            if not isinstance(error, NskeysError):
                finish(self._installation, change.made)  # a signal: the change stays, and the process ends
                raise
        finish(self._installation, change.made)
        copy.send()
        self._base = change.made

    def mismatches(self, view: CmdbView) -> tuple[Mismatch, ...]:
        """Return what of this state contradicts the checkpoint that the changes go on from."""
        return contradictions(self._installation, view, self._base)

    def _agreed(self, highest: int = 0) -> Ground:
        """Return what an ordinary change goes on from. Where the first one is made here, the CMDB may have
        another server's checkpoint, and of the key before a `highest` number may be known: it goes on a
        million above both."""
        installation, base = self._installation, self._base
        if base is None:
            with installation.cmdb.alone() as view:
                stored, last = view.checkpoint(), view.number
            known = max(0 if stored is None else _number_in(stored), highest)
            number = max(last, known) + STEP if known else None
            return Ground(None, stored, number, (), _accept)

        def check(view: CmdbView) -> None:
            if found := contradictions(installation, view, base):
                raise ChangeWaits(found)

        named = base.checkpoint
        return Ground(base, base.signed, named.number + 1, named.void, check)

    def _beside(self, base: HomeCheckpoint, witnessed: Sequence[Mismatch] = ()) -> Ground:
        """Return what a change goes on from that is made also where something does not fit; `witnessed` is
        what archives contradict."""
        installation, named = self._installation, base.checkpoint
        with installation.cmdb.alone() as view:
            stored, found = view.checkpoint(), contradictions(installation, view, base)
            seen = state_digest(view, base, found)
        known = {one.what for one in found}
        beside = (*found, *(one for one in witnessed if one.what not in known))
        if not beside:
            return self._agreed()
        if not may_go_on(found):
            raise ChangeWaits(found)

        def check(view: CmdbView) -> AuditHead:
            now = contradictions(installation, view, base)
            if state_digest(view, base, now) != seen:
                raise ChangeWaits(now)
            return named.audit

        public = installation.server_public()
        highest = max(named.number, number_signed_by(public, stored))
        return Ground(base, stored, highest + 1, named.void, check, beside)

    def tell(self, event: AuditEvent, extras: Extras | None = None) -> None:
        """Write a signed audit line and nothing else."""
        with self.signed(event, extras):
            pass


class KeyedChanges(SignedChanges):
    def __init__(self, installation: Installation, keys: OpenKeyStore, base: HomeCheckpoint | None) -> None:
        super().__init__(installation, keys.server_key, base)
        self.keys = keys

    def succeeded_by(self, server_key: SecretBytes) -> SignedChanges:
        """Return changes that another server key signs, which goes on from where this one agreed."""
        return SignedChanges(self._installation, lambda: server_key, self._base)


def _accept(_: CmdbView) -> AuditHead | None:
    return None


def _number_in(stored: SignedCheckpoint) -> int:
    try:
        return from_text(stored.text).number
    except (Malformed, NskeysError):
        return 0


@contextmanager
def signed_changes(
    installation: Installation, secrets: SecretProvider, doing: str, goes_on: bool = False
) -> Iterator[KeyedChanges]:
    """Settle, unlock the keys, then take the lock. `doing` is what others who wait for the lock are told;
    `goes_on` where only changes follow that are made also beside a mismatch. Raises Locked, ChangeWaits."""
    if not goes_on:
        require_settled(installation, doing)
    with (
        unlocked(installation, secrets) as keys,
        changes_with(installation, keys, doing) as changes,
    ):
        yield changes


def require_settled(installation: Installation, doing: str) -> None:
    """Settle, so that whoever would have to wait is told before anything is asked. Raises ChangeWaits."""
    with settled(installation, doing):
        pass


@contextmanager
def settled(installation: Installation, doing: str) -> Iterator[None]:
    """Take the lock and settle, for a look while nothing is changed. Raises Locked, ChangeWaits."""
    with installation.lock.hold(doing):
        require_agreement(installation, settle(installation))
        yield


@contextmanager
def changes_with(installation: Installation, keys: OpenKeyStore, doing: str) -> Iterator[KeyedChanges]:
    """Take the lock with keys that are open already, for changes that need a long look first. Raises
    PlanOutdated where the keys were wrapped anew since they were opened."""
    with installation.lock.hold(doing):
        base = settle(installation)
        sweep(installation, base)
        if installation.key_store.info().store_id != keys.store_id:
            raise PlanOutdated(Operation.KEY_STORE)
        if base is None:
            require_agreement(installation, base)
        yield KeyedChanges(installation, keys, base)


@contextmanager
def accepting_changes(installation: Installation, keys: OpenKeyStore, doing: str) -> Iterator[KeyedChanges]:
    """Take the lock for a change that goes on beside a mismatch, from a `Ground` of its own."""
    with installation.lock.hold(doing):
        yield KeyedChanges(installation, keys, settle(installation))


@contextmanager
def first_changes(
    installation: Installation, server_key: SecretBytes, doing: str
) -> Iterator[SignedChanges]:
    """Take the lock where there is no key store that opens here; `server_key` is the one that it will
    hold."""
    with installation.lock.hold(doing):
        settle(installation)
        installation.key_store.sweep()
        yield SignedChanges(installation, lambda: server_key, None)


@contextmanager
def unsigned_changes(installation: Installation, doing: str) -> Iterator[UnsignedChanges]:
    """Take the lock for changes of the home that need no key; nobody is asked for anything."""
    with installation.lock.hold(doing):
        yield UnsignedChanges(installation)


def finish_begun(installation: Installation, doing: str) -> bool:
    """Settle where a process died between its commit and its last step, for those that ask whether there
    are keys before they change anything, and return whether one did. Raises Locked, ChangeWaits."""
    if installation.checkpoint.read_next() is None:
        return False
    with installation.lock.hold(doing):
        settle(installation)
    return True


def require_free(installation: Installation, doing: str) -> None:
    """Raise Locked where somebody else changes this installation now."""
    with installation.lock.hold(doing):
        pass


def write_note(installation: Installation, doing: str, text: str) -> None:
    """Take the lock and append a note, which nothing vouches for."""
    with installation.lock.hold(doing):
        installation.cmdb.note(text)


def keys_fingerprint(installation: Installation) -> str:
    """Return a digest of the key store's generation, keys and states, and the CMDB's id, for
    PlanOutdated."""
    state: Json = ["empty"]
    if installation.key_store.exists():
        info = installation.key_store.info()
        here: list[Json] = [key.kid for key in installation.key_store.keys()]
        state = [info.generation, info.store_id, info.cmdb_id, here]
    cmdb: Json = []
    if installation.cmdb.exists():
        with installation.cmdb.reading() as view:
            cmdb = [view.cmdb_id, [[key.kid, key.state.value] for key in view.keys()]]
    return hashlib.sha256(canonical_json([state, cmdb])).hexdigest()
