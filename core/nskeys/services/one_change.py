"""One change on its way: what it goes on from, the checkpoint that it becomes, and whether it was made.

`services.transaction` alone uses this; its ten steps are told there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, sign
from nskeys.errors import CmdbUnreachable, Mismatch, NskeysError
from nskeys.model.audit import AuditEvent, AuditHead, event_from_line
from nskeys.model.checkpoint import (
    Checkpoint,
    LastCheck,
    Predecessor,
    SignedCheckpoint,
    Unexplained,
    hash_of,
    to_text,
)
from nskeys.model.home_checkpoint import HomeCheckpoint, Moved, hash_of_text, to_bytes
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import SecretBytes
from nskeys.ports import ChangedCmdb, CmdbChange, CmdbView
from nskeys.reasons import Problem
from nskeys.services.installation import Installation
from nskeys.services.settling import LABEL, diary_hashes, register_hashes, rotation_of


@dataclass(frozen=True, slots=True)
class Extras:
    """What belongs to a change besides rows: the store id of a prepared generation that counts from then
    on, the registry values that follow, how much a look at everything found that does not fit; of a new
    server key the ones before it, and the highest number that is known of them."""

    store_id: str = ""
    registry: RegistryValues | None = None
    findings: int | None = None
    predecessors: tuple[Predecessor, ...] | None = None
    highest: int = 0
    generation: int = 0
    """The number that a backup reserves, or the highest that an archive has."""
    witnessed: tuple[Mismatch, ...] = ()
    """What an archive contradicts; the change goes on beside it."""
    into: ChangedCmdb | None = None
    """The database that the change moves everything to; it is written only there."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a change goes on from: the home's checkpoint, the CMDB's, the number it gets (None: the next
    one), numbers that are abandoned with it; `check` sees what the transaction finds, may raise, and may
    return the head that the audit trail goes on from. `beside` are the mismatches that it goes on beside:
    then everything that nobody wrote here is carried on as the home has it."""

    home: HomeCheckpoint | None
    stored: SignedCheckpoint | None
    number: int | None
    void: tuple[tuple[int, int], ...]
    check: Callable[[CmdbView], AuditHead | None]
    beside: tuple[Mismatch, ...] = ()


class Change:
    """One change on its way: what it goes on from, and what it becomes."""

    def __init__(
        self, installation: Installation, server_key: SecretBytes, ground: Ground, extras: Extras
    ) -> None:
        self._installation = installation
        self._cmdb: ChangedCmdb = extras.into or installation.cmdb
        self._server_key = server_key
        self._ground = ground
        self._extras = extras
        self._stored = ground.stored
        self._events = tuple(installation.events.read())
        self._made: HomeCheckpoint | None = None
        self._before: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def made(self) -> HomeCheckpoint:
        """The checkpoint of this change, once it is laid down."""
        if self._made is None:
            raise ValueError("not signed yet")
        return self._made

    @property
    def lines(self) -> int:
        """How many audit lines the change writes as it begins: its own, and those that waited for it."""
        return 1 + sum(event_from_line(line) is not None for line in self._events)

    @contextmanager
    def opened(self, event: AuditEvent) -> Iterator[CmdbChange]:
        """Begin the transaction, compare, and write the audit lines."""
        earlier = [found for line in self._events if (found := event_from_line(line)) is not None]
        ground = self._ground
        with self._cmdb.changing(event, earlier, ground.number, ground.check) as change:
            if ground.beside:
                self._before = (register_hashes(change), diary_hashes(change))
            yield change

    def sign(self, change: CmdbChange) -> None:
        """Make the checkpoint of what the transaction has become, lay it down, and put it in its place."""
        document, made = self._checkpoint(change)
        text = to_text(document)
        signed = SignedCheckpoint(text, sign(self._server_key, LABEL, text.encode("utf-8")))
        self._made = replace(made, signed=signed)
        self._installation.checkpoint.lay_down(to_bytes(self._made))
        change.set_checkpoint(self._stored, signed)

    def _checkpoint(self, change: CmdbChange) -> tuple[Checkpoint, HomeCheckpoint]:
        home, extras = self._ground.home, self._extras
        before = None if home is None else home.checkpoint
        previous = self._stored if home is None else home.signed
        found = self._found(change)
        signer = server_thumbprint(public_of(self._server_key))
        store_id = extras.store_id or (before.store_id if before else "")
        checkpoint = Checkpoint(
            cmdb_id=change.cmdb_id,
            server_key=signer,
            number=change.number,
            previous=None if previous is None else previous.sha256,
            moment=self._installation.clock.now(),
            store_id=store_id or self._installation.key_store.info().store_id,
            keys=hash_of(found.keys),
            register=hash_of(found.register),
            diary=hash_of(found.diary),
            audit=change.audit_head(),
            rotation=None if found.rotation is None else hash_of(found.rotation),
            recovery=None if found.recovery is None else hash_of_text(found.recovery),
            predecessors=self._predecessors(before),
            void=self._ground.void,
            unexplained=self._unexplained(),
            last_check=self._last_check(change, before),
        )
        return checkpoint, found

    def _last_check(self, change: CmdbChange, before: Checkpoint | None) -> LastCheck | None:
        """Return the look at everything that this change writes down, else the one before it."""
        if self._extras.findings is None:
            return before.last_check if before else None
        return LastCheck(change.number, self._installation.clock.now(), self._extras.findings)

    def _predecessors(self, before: Checkpoint | None) -> tuple[Predecessor, ...]:
        """Return the server keys before this one. That of a checkpoint which lies in the CMDB is none of
        them by itself: anybody can sign one with a key of their own."""
        if self._extras.predecessors is not None:
            return self._extras.predecessors
        return before.predecessors if before else ()

    def _found(self, change: CmdbChange) -> HomeCheckpoint:
        """Return what the checkpoint is about, as the transaction leaves it."""
        home, recovery = self._ground.home, change.recovery_row()
        made = HomeCheckpoint(
            signed=SignedCheckpoint("", b""),
            keys=tuple(change.key_rows()),
            recovery=None if recovery is None else recovery.text,
            rotation=rotation_of(change),
            register=register_hashes(change),
            diary=diary_hashes(change),
            registry=self._extras.registry,
            events=tuple(_event_ids(self._events)),
            generation=max(self._extras.generation, 0 if home is None else home.generation),
            moved=self._moved(change),
        )
        if home is None or not self._ground.beside:
            return made
        register, diary = self._before
        return replace(
            made,
            keys=home.keys,
            recovery=home.recovery,
            rotation=home.rotation,
            register=gone_on(home.register, register, made.register),
            diary=gone_on(home.diary, diary, made.diary),
        )

    def _moved(self, change: CmdbChange) -> Moved | None:
        if self._extras.into is not None:
            return Moved(change.number, self._installation.cmdb.url())
        return None if self._ground.home is None else self._ground.home.moved

    def _unexplained(self) -> tuple[Unexplained, ...]:
        """Return the mismatches that this change goes on beside, each since it was first signed beside."""
        home, now = self._ground.home, self._installation.clock.now()
        known = {} if home is None else {one.what: one for one in home.checkpoint.unexplained}
        return tuple(
            known.get(one.what.value, Unexplained(one.what.value, now, one.expected, one.found))
            for one in self._ground.beside
        )

    def was_made(self) -> bool:
        """Return whether the change was made although it ended with an error. Raises CmdbUnreachable
        (`outcome_unknown`) where nobody can tell; then nothing is removed."""
        if self._made is None:
            if self._extras.store_id:
                self._installation.key_store.sweep()  # a plain file would have its KEK in the clear
            return False
        try:
            with self._cmdb.alone() as view:
                stored = view.checkpoint()
        except NskeysError:
            raise self._unknown() from None
        if stored == self._made.signed:
            return True
        if stored != self._stored:
            raise self._unknown() from None
        with suppress(NskeysError):  # the next change does it then
            self._installation.checkpoint.drop()
            if self._extras.store_id:
                self._installation.key_store.sweep()
        return False

    def _unknown(self) -> CmdbUnreachable:
        return CmdbUnreachable(self._cmdb.address(), Problem.OUTCOME_UNKNOWN)


def gone_on(known: Sequence[str], before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Return a list of signed rows that goes on from the `known` ones, where a change found rows `before`
    and left those `after`: rows that it changed or added are in it, rows that others put there are not, and
    rows that others removed stay in it."""
    changed = {old: new for old, new in zip(before, after, strict=False) if old != new}
    return (*(changed.get(one, one) for one in known), *after[len(before) :])


def _event_ids(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        event = event_from_line(line)
        if event is not None:
            yield event.event_id
