"""The rows' half of the answer: which database copies decide it, looked at now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache

from nskeys.errors import Mismatch
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.halves import DatabaseHalf, RowsOf, Signers, held_in, serves
from nskeys.model.home_checkpoint import HomeCheckpoint
from nskeys.model.inventory import KeyDifference, KeyInventory
from nskeys.model.register import BackupCopy
from nskeys.ports import CmdbView
from nskeys.services.installation import Installation
from nskeys.services.register.database_probe import seen_in_answer


def database_half(
    installation: Installation, copies: Sequence[DatabaseCopy], home: HomeCheckpoint | None
) -> DatabaseHalf:
    """Return the copies as they are, with who vouches for them and which keys of theirs are here."""
    signers = None
    if home is not None:
        named = home.checkpoint
        signers = Signers(named.cmdb_id, named.server_key, named.predecessors, named.void)
    store = installation.key_store
    here = frozenset(key.kid for key in store.copy_keys()) if store.exists() else frozenset()
    return DatabaseHalf(tuple(copies), signers, here)


def sealed_by(inventory: Iterable[KeyInventory | None]) -> tuple[RowsOf, ...]:
    """Return what a copy must be of, to serve each key that seals anything, by the keys' rows."""
    return tuple(
        RowsOf(known.kid, 0, known.resealed, known.counted)
        for known in inventory
        if known is not None and any(tally.rows for tally in known.kinds.values())
    )


def looked_at(
    installation: Installation,
    half: DatabaseHalf,
    backups: Sequence[BackupCopy],
    sealed: Sequence[RowsOf],
    keys: Collection[str],
) -> DatabaseHalf:
    """Return the same with those copies looked at that decide the answer: of each key the newest that
    serves it, and older ones while a newer one is not good. A copy that would serve a key only with another
    key backup is looked at last; `keys` are those of this server."""
    held = held_in(backups)
    seen: dict[DatabaseCopy, DatabaseCopy] = {}
    waiting = list(sealed)
    for those in (held, held | half.here | frozenset(keys)):
        for copy in half.vouched():
            wanted = [rows for rows in waiting if serves(copy.copy, rows, those)]
            if not wanted or not copy.signed or copy.retired is not None:
                continue
            now = seen[copy] if copy in seen else _seen(installation, copy)
            seen[copy] = now
            if now.good:
                waiting = [rows for rows in waiting if rows not in wanted]
    return half._replace(copies=tuple(seen.get(copy, copy) for copy in half.copies))


def _seen(installation: Installation, copy: DatabaseCopy) -> DatabaseCopy:
    """Return the copy as it is now; what is known of somebody else's backup is its last check."""
    return copy if copy.declared else seen_in_answer(installation, copy)


def believed(
    half: DatabaseHalf,
    view: CmdbView,
    counts: bool,
    mismatches: Sequence[Mismatch],
    differences: Sequence[KeyDifference],
) -> DatabaseHalf:
    """Return the same as far as the checkpoint lets it count (`counts`), with the CMDB to ask."""
    copies = half.copies if counts else tuple(replace(copy, signed=False) for copy in half.copies)
    explained = not (mismatches or differences)
    return half._replace(copies=copies, explained=explained, later=cache(view.beyond))
