"""Home and CMDB: whether they agree, and what a change that was broken off left to do.

Everything here needs the lock. A change that a process died in was made where the CMDB has the very
checkpoint that lies in the home as the next one, and was not made where it has the home's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache

from nskeys.archive.recovery_json import parse_record
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import verify
from nskeys.errors import ChangeWaits, Mismatch, NewerVersion, NotSetUp
from nskeys.model.audit import AuditHead, event_from_line
from nskeys.model.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    from_text,
    hash_of,
    row_hash,
)
from nskeys.model.home_checkpoint import HomeCheckpoint, from_bytes, hash_of_text
from nskeys.model.keys import Rotation
from nskeys.model.signed_json import Json, Malformed
from nskeys.model.times import to_rfc3339
from nskeys.ports import CmdbView, OpenKeyStore, SecretProvider
from nskeys.reasons import MismatchKind
from nskeys.services.installation import Installation
from nskeys.services.trail import broken_line, with_line

LABEL = "checkpoint"
"""What the server key signs a checkpoint as."""
_LINES_AT_A_CHANGE = 2_000
"""Lines of the audit trail that are read before a change and again in it: 25 ms each time at most."""


def settle(installation: Installation) -> HomeCheckpoint | None:
    """Finish or drop what a killed process began, and return the checkpoint on which home and CMDB agree;
    None where nothing was ever signed here. Raises ChangeWaits where they do not agree."""
    home, laid = home_of(installation), next_of(installation)
    if laid is None:
        return home  # no change was begun, so nothing in the CMDB is left to finish
    try:
        with installation.cmdb.alone() as view:
            stored = view.checkpoint()
    except NotSetUp:
        return home
    if stored == laid.signed:
        finish(installation, laid)
        return laid
    if (None if home is None else home.signed) == stored:
        there = None if laid.moved is None else installation.elsewhere()
        if there is not None:
            # It was made, in the database that the settings lead to since, and not in the one here.
            raise ChangeWaits((Mismatch(MismatchKind.ELSEWHERE, str(laid.checkpoint.number), there),))
        installation.checkpoint.drop()
    return home


def require_agreement(installation: Installation, home: HomeCheckpoint | None) -> None:
    """Raise ChangeWaits where the CMDB, or the key store, contradicts the home's checkpoint."""
    with installation.cmdb.alone() as view:
        found = contradictions(installation, view, home)
    if found:
        raise ChangeWaits(found)


@contextmanager
def unlocked(installation: Installation, secrets: SecretProvider) -> Iterator[OpenKeyStore]:
    """Open the key store. Raises ChangeWaits, before anybody is asked, where it is another generation than
    the home's checkpoint names: an older one, or one that somebody put there."""
    require_named_store(installation)
    with installation.key_store.unlock(secrets) as keys:
        yield keys


def require_named_store(installation: Installation) -> None:
    """Raise ChangeWaits where the key store is not the one that the home's checkpoint names, or the one
    that is laid down for a change."""
    home, laid = None, next_of(installation)
    with suppress(ChangeWaits):  # one that is damaged names none, and is told with every answer
        home = home_of(installation)
    if home is None:
        return
    expected, found = home.checkpoint.store_id, installation.key_store.info().store_id
    if found != expected and (laid is None or found != laid.checkpoint.store_id):
        raise ChangeWaits((Mismatch(MismatchKind.STORE, expected, found),))


def finish(installation: Installation, made: HomeCheckpoint) -> None:
    """Do in the home what follows a change that was made. May be repeated; the home's checkpoint is last,
    and nothing is removed before it."""
    store_id = made.checkpoint.store_id
    if _store_in_use(installation) != store_id:
        installation.key_store.publish(store_id)
    if made.registry is not None and installation.registry.read() != made.registry:
        installation.registry.write(made.registry)
    if made.events:
        taken = set(made.events)
        lines = installation.events.read()
        installation.events.write([line for line in lines if not _is_taken(line, taken)])
    installation.checkpoint.settle()
    sweep(installation, made)


def _store_in_use(installation: Installation) -> str | None:
    try:
        return installation.key_store.info().store_id
    except NotSetUp:
        return None


def _is_taken(line: str, taken: Collection[str]) -> bool:
    event = event_from_line(line)
    return event is not None and event.event_id in taken


def sweep(installation: Installation, home: HomeCheckpoint | None) -> None:
    """Remove what no checkpoint names: generations without a key of their own, files of identities."""
    installation.key_store.sweep()
    with suppress(Malformed, NewerVersion):
        record = None if home is None else home.recovery
        installation.identity_files.sweep(() if record is None else parse_record(record).recovery.files)


def home_of(installation: Installation) -> HomeCheckpoint | None:
    """Return the home's checkpoint; None where there is none. Raises ChangeWaits for a damaged one."""
    return _read(installation.checkpoint.read())


def next_of(installation: Installation) -> HomeCheckpoint | None:
    """Return what was laid down for a change; None where there is nothing that was written whole."""
    with suppress(ChangeWaits):
        return _read(installation.checkpoint.read_next())
    return None


def names_recovery(installation: Installation, record: str | None) -> bool:
    """Return whether the home's checkpoint names this record of who can open backups; also where a change
    is just being finished, or where the home has no checkpoint that could name another one."""
    laid = next_of(installation)
    home = home_of(installation)
    return home is None or record == home.recovery or (laid is not None and record == laid.recovery)


def _read(data: bytes | None) -> HomeCheckpoint | None:
    return None if data is None else _understood(data)


@lru_cache(maxsize=2)  # of bytes that were just read, so it is never out of date: home's, and the next
def _understood(data: bytes) -> HomeCheckpoint:
    try:
        home = from_bytes(data)
    except Malformed:
        raise ChangeWaits((Mismatch(MismatchKind.HOME_CHANGED),)) from None
    if not home.holds_together:
        raise ChangeWaits((Mismatch(MismatchKind.HOME_CHANGED),))
    return home


# --- comparing -------------------------------------------------------------------------------------------


def mismatches(
    installation: Installation, view: CmdbView, home: HomeCheckpoint | None
) -> tuple[Mismatch, ...]:
    """Return what contradicts the home's checkpoint, the gravest first."""
    return _mismatches(installation, view, home, installation.server_public())


def _mismatches(
    installation: Installation, view: CmdbView, home: HomeCheckpoint | None, public: bytes | None
) -> tuple[Mismatch, ...]:
    if home is None or public is None:
        there = installation.key_store.exists()
        return (Mismatch(MismatchKind.HOME_MISSING),) if there else ()
    store_id = installation.key_store.info().store_id
    another = Mismatch(MismatchKind.STORE, home.checkpoint.store_id, store_id)
    if not _signed(public, home.signed):
        theirs = home.checkpoint.server_key != server_thumbprint(public)
        return (another,) if theirs else (Mismatch(MismatchKind.HOME_CHANGED),)
    stored = view.checkpoint()
    if stored != home.signed:
        return (_moved_or_back(installation, home, _other_checkpoint(stored, home, public)),)
    found = list(_parts(view, home))
    known = {one.what for one in found}
    # What a change went on beside stays until a person accepts it.
    found += [one for one in unexplained(home) if one.what not in known]
    if store_id != home.checkpoint.store_id:
        found.insert(0, another)
    return tuple(found)


def contradictions(
    installation: Installation, view: CmdbView, home: HomeCheckpoint | None
) -> tuple[Mismatch, ...]:
    """Return the mismatches, and the first line of the audit trail that is not what was written; of a long
    trail only the look at everything reads every line."""
    public = installation.server_public()
    found = _mismatches(installation, view, home, public)
    return with_line(found, broken_line(view, public, _LINES_AT_A_CHANGE))


def state_digest(view: CmdbView, home: HomeCheckpoint | None, found: Sequence[Mismatch]) -> str:
    """Return a digest of what is compared, and of what came out: an acceptance is bound to it."""
    stored, recovery = view.checkpoint(), view.recovery_row()
    return hash_of(
        [
            None if home is None else home.signed.text,
            None if stored is None else stored.text,
            [[one.what.value, one.expected, one.found] for one in found],
            view.number,
            view.key_rows(),
            register_hashes(view),
            diary_hashes(view),
            _shown(view.audit_head()),
            view.audit_head().digest.hex(),
            rotation_of(view),
            None if recovery is None else recovery.text,
        ]
    )


def unexplained(home: HomeCheckpoint) -> tuple[Mismatch, ...]:
    """Return the mismatches that changes went on beside."""
    kinds = {kind.value: kind for kind in MismatchKind}
    return tuple(
        Mismatch(kinds[one.what], one.expected, one.found)
        for one in home.checkpoint.unexplained
        if one.what in kinds
    )


_STOPS_ALL = (
    MismatchKind.HOME_MISSING,
    MismatchKind.HOME_CHANGED,
    MismatchKind.OTHER_SERVER,
    MismatchKind.STORE,
    MismatchKind.MOVED,
    MismatchKind.ELSEWHERE,
)


def may_go_on(found: Sequence[Mismatch]) -> bool:
    """Return whether backups, drills and checks are still recorded beside these: there is a checkpoint of
    this server to go on from, its keys, and the database that is the CMDB."""
    return all(one.what not in _STOPS_ALL for one in found)


def number_signed_by(public: bytes | None, stored: SignedCheckpoint | None) -> int:
    """Return the number in a checkpoint that the owner of `public` signed; 0 for any other."""
    if public is None or stored is None or not _signed(public, stored):
        return 0
    with suppress(Malformed, NewerVersion):
        return from_text(stored.text).number
    return 0


@lru_cache(maxsize=4)
def _signed(public: bytes, signed: SignedCheckpoint) -> bool:
    return verify(public, LABEL, signed.text.encode("utf-8"), signed.signature)


def _other_checkpoint(stored: SignedCheckpoint | None, home: HomeCheckpoint, public: bytes) -> Mismatch:
    """Return what is wrong with a CMDB that has another checkpoint than the home."""
    expected = home.checkpoint
    number = str(expected.number)
    if stored is None:
        return Mismatch(MismatchKind.CMDB_MISSING, number)
    try:
        found = from_text(stored.text)
    except (Malformed, NewerVersion):
        return Mismatch(MismatchKind.CMDB_CHANGED, number)
    if found.server_key != server_thumbprint(public):
        return Mismatch(MismatchKind.OTHER_SERVER, expected.server_key[:8], found.server_key[:8])
    if found.cmdb_id != expected.cmdb_id or not _signed(public, stored):
        return Mismatch(MismatchKind.CMDB_CHANGED, number)
    back = found.number < expected.number
    return Mismatch(MismatchKind.WENT_BACK if back else MismatchKind.WENT_ON, number, str(found.number))


def _moved_or_back(installation: Installation, home: HomeCheckpoint, found: Mismatch) -> Mismatch:
    """Return what is wrong with a database that went back to before the last move: nothing is recorded in
    the one that was left. In the CMDB itself, whose rows others may put back, it does not stop backups."""
    moved = home.moved
    if moved is None or found.what is not MismatchKind.WENT_BACK or int(found.found) >= moved.number:
        return found
    if (there := installation.elsewhere()) is not None:
        return Mismatch(MismatchKind.ELSEWHERE, str(moved.number), there)
    if not moved.names(installation.cmdb.url()):
        return found
    return Mismatch(MismatchKind.MOVED, str(moved.number), found.found)


def _parts(view: CmdbView, home: HomeCheckpoint) -> Sequence[Mismatch]:
    named = home.checkpoint
    found = []
    if view.number != named.number:
        kind = MismatchKind.WENT_BACK if view.number < named.number else MismatchKind.WENT_ON
        found.append(Mismatch(kind, str(named.number), str(view.number)))
    if hash_of(view.key_rows()) != named.keys:
        found.append(Mismatch(MismatchKind.KEYS, f"{len(home.keys)}", f"{len(view.key_rows())}"))
    if home.register != register_hashes(view):
        found.append(Mismatch(MismatchKind.REGISTER, str(len(home.register)), str(view.register_count())))
    if home.diary != (lines := diary_hashes(view)):
        found.append(Mismatch(MismatchKind.DIARY, str(len(home.diary)), str(len(lines))))
    head = view.audit_head()
    if head != named.audit:
        found.append(Mismatch(MismatchKind.AUDIT, _shown(named.audit), _shown(head)))
    if rotation_hash(view) != named.rotation:
        found.append(Mismatch(MismatchKind.ROTATION, _known(home.rotation), _known(rotation_of(view))))
    if recovery_hash(view) != named.recovery:
        found.append(Mismatch(MismatchKind.RECOVERY))
    return found


def contradicting(view: CmdbView, named: Checkpoint) -> tuple[MismatchKind, ...]:
    """Return which parts of a CMDB are not what its own checkpoint says."""
    head, number = view.audit_head(), view.number
    parts = (
        (MismatchKind.WENT_BACK, number >= named.number),
        (MismatchKind.WENT_ON, number <= named.number),
        (MismatchKind.KEYS, hash_of(view.key_rows()) == named.keys),
        (MismatchKind.REGISTER, hash_of(register_hashes(view)) == named.register),
        (MismatchKind.DIARY, hash_of(diary_hashes(view)) == named.diary),
        (MismatchKind.AUDIT, head == named.audit),
        (MismatchKind.ROTATION, rotation_hash(view) == named.rotation),
        (MismatchKind.RECOVERY, recovery_hash(view) == named.recovery),
    )
    return tuple(kind for kind, fits in parts if not fits)


def _shown(head: AuditHead) -> str:
    return f"{head.count} lines, {head.digest.hex()[:8]}"


def _known(rotation: object) -> str:
    return "none" if rotation is None else "open"


def register_hashes(view: CmdbView) -> tuple[str, ...]:
    """Return the hash of each row of the register, in order."""
    return tuple(row_hash(row.text, row.signature) for row in view.register_rows())


def diary_hashes(view: CmdbView) -> tuple[str, ...]:
    """Return the hash of each line of the diary, in order."""
    return tuple(row_hash(row.text, row.signature) for row in reversed(view.drill_rows()))


def rotation_of(view: CmdbView) -> dict[str, Json] | None:
    """Return the open rotation as a checkpoint hashes it; None without one."""
    rotation = view.rotation()
    return None if rotation is None else rotation_document(rotation)


def rotation_hash(view: CmdbView) -> str | None:
    rotation = rotation_of(view)
    return None if rotation is None else hash_of(rotation)


def recovery_hash(view: CmdbView) -> str | None:
    row = view.recovery_row()
    return None if row is None else hash_of_text(row.text)


def rotation_document(rotation: Rotation) -> dict[str, Json]:
    """Return a rotation as a checkpoint hashes it."""
    return {
        "number": rotation.number,
        "kid": rotation.kid,
        "stage": rotation.stage.value,
        "begun": to_rfc3339(rotation.begun),
        "changed": to_rfc3339(rotation.changed),
        "gate_skipped": rotation.gate_skipped,
    }
