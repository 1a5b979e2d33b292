"""How many credentials each key seals, since when and up to which change, from the index over key, kind and
number."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from nskeys.errors import CmdbDamaged
from nskeys.model.credentials import CHANGE_LIMIT
from nskeys.model.keys import Beyond, KeyUse, Kid
from nskeys.store.cmdb.engine import Connection
from nskeys.store.cmdb.inventory import inventories
from nskeys.store.cmdb.rows import change_of, key_of, kind_of
from nskeys.store.cmdb.values import count_of, moment_of, seconds_of

_SINCE = (
    "(SELECT first.updated FROM credentials first WHERE first.key_no = used.key_no"
    " AND first.kind = used.kind AND first.number = used.least ORDER BY first.updated LIMIT 1)"
)
_COUNTED = (
    "FROM (SELECT key_no, kind, count(*) AS total, min(number) AS least, max(number) AS most"
    " FROM credentials"
)
_GROUPED = "GROUP BY key_no, kind) AS used"
# The three kinds are named, so that the index is searched by number within each.
_OF_KEY = (
    "WHERE key_no = ? AND kind IN ('hierarchy', 'pcanywhere', 'run-as') AND number > ? AND number <= ?"
)


_BOUNDS = ", used.least, used.most"


def _joined(*parts: str) -> str:
    """Return a statement of several parts, all of them constants of this module."""
    return " ".join(parts)


_USES = _joined("SELECT used.key_no, used.kind, used.total,", _SINCE, _BOUNDS, _COUNTED, _GROUPED)
_USE = _joined(
    "SELECT used.total,",
    _SINCE,
    _BOUNDS,
    _COUNTED,
    "WHERE key_no = ? AND kind = ? AND number BETWEEN 1 AND ? AND number = CAST(number AS BIGINT)",
    _GROUPED,
)
_BEYOND = _joined(
    "SELECT used.total,", _SINCE, ", used.least", _COUNTED, _OF_KEY, _GROUPED, "ORDER BY used.least"
)
_ADDED = _joined(
    "SELECT count(*) FROM (SELECT 1 FROM credentials", _OF_KEY, "AND created > ? LIMIT 1) AS found"
)
# One entry of the index each, however many credentials there are.
_FIRST = (
    "SELECT updated, number FROM credentials WHERE key_no = ? AND kind = ? ORDER BY number, updated LIMIT 1"
)
_LAST = "SELECT number FROM credentials WHERE key_no = ? AND kind = ? ORDER BY number DESC LIMIT 1"
_MOVED = "SELECT kid, resealed, counted FROM keys"

Moved = Mapping[Kid, tuple[int, int]]
"""For each key the last change that re-sealed rows under it, and the last that counted its inventory
anew."""


def uses(connection: Connection, keys: Mapping[int, Kid]) -> tuple[KeyUse, ...]:
    """Return the number of credentials of each key and kind."""
    moved = moved_of(connection)
    found = (_use(connection, keys, moved, *row) for row in connection.all(_USES))
    kept = (use for use in found if use is not None)
    return tuple(sorted(kept, key=lambda use: (use.kid, use.kind)))


def noted(connection: Connection, keys: Mapping[int, Kid]) -> tuple[KeyUse, ...] | None:
    """Return what `uses` does, with the numbers of credentials that the keys' rows say; None where they do
    not say it, or say what cannot be."""
    moved, numbers = moved_of(connection), {kid: key_no for key_no, kid in keys.items()}
    found = []
    for kid, inventory in inventories(connection):
        if inventory is None or kid not in numbers:
            return None
        for kind, tally in inventory.kinds.items():
            if tally.rows:
                first = connection.one(_FIRST, numbers[kid], kind)
                last = connection.value(_LAST, numbers[kid], kind)
                if tally.rows < 0 or first is None:
                    return None
                try:
                    found.append(_use_of(kid, kind, moved, tally.rows, *first, last))
                except CmdbDamaged:
                    return None
    return tuple(sorted(found, key=lambda use: (use.kid, use.kind)))


def beyond(connection: Connection, key_no: int, number: int, moment: datetime) -> Beyond:
    """Return the credentials of a key that a change after `number` made what they are, and whether one of
    them was added after `moment`."""
    rows = connection.all(_BEYOND, key_no, number, CHANGE_LIMIT)
    if not rows:
        return Beyond(0)
    since = None
    with suppress(CmdbDamaged):
        since = moment_of(rows[0][1], "")
    added = connection.value(_ADDED, key_no, number, CHANGE_LIMIT, seconds_of(moment))
    return Beyond(sum(row[0] for row in rows), since, bool(added), rows[0][2])


def moved_of(connection: Connection) -> Moved:
    """Return for each key the last change that re-sealed rows under it, and the last that counted its
    inventory anew; where a key's row does not say, the highest there can be, so that no drill and no copy
    is credited with more than it saw."""
    found = {}
    for kid, *numbers in connection.all(_MOVED):
        resealed, counted = map(_number_or_highest, numbers)
        found[kid] = (resealed, counted)
    return found


def _number_or_highest(value: object) -> int:
    try:
        return count_of(value, CHANGE_LIMIT, "keys")
    except CmdbDamaged:
        return CHANGE_LIMIT


def _use(
    connection: Connection,
    keys: Mapping[int, Kid],
    moved: Moved,
    key_no: object,
    kind: object,
    *counted: Any,
) -> KeyUse | None:
    """Return one group of the index; None where none of its rows can be read. An unreadable number sorts
    above the others and would hide them, so the query is repeated without it."""
    with suppress(CmdbDamaged):
        kid, kind_value = key_of(key_no, keys), kind_of(kind, "credentials").value
        with suppress(CmdbDamaged):
            return _use_of(kid, kind_value, moved, *counted)
        row = connection.one(_USE, key_no, kind, CHANGE_LIMIT)
        if row is not None:
            return _use_of(kid, kind_value, moved, *row)
    return None


def _use_of(kid: Kid, kind: str, moved: Moved, total: int, since: object, *bounds: object) -> KeyUse:
    first, last = (change_of(bound, "credentials") for bound in bounds)
    resealed, counted = moved.get(kid, (0, 0))
    moment = None
    with suppress(CmdbDamaged):
        moment = moment_of(since, "")
    return KeyUse(kid, kind, total, moment, last, resealed, counted, first)
