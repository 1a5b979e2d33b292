"""The inventory in the rows of `keys`: read, compared with what is there, and changed by differences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from nskeys.crypto.inventory import RowSums
from nskeys.crypto.row_fields import bound_of
from nskeys.errors import CmdbDamaged
from nskeys.model.credentials import CHANGE_LIMIT, CredentialKind, SealedRow
from nskeys.model.inventory import ROW_SUM_SIZE, InventoryChange, KeyInventory, Tally
from nskeys.model.keys import Kid
from nskeys.reasons import Problem
from nskeys.store.cmdb.engine import Connection
from nskeys.store.cmdb.rows import kind_of, sound
from nskeys.store.cmdb.values import bytes_of, count_of, damaged, hex_of, text_of

NO_ROWS = (0, 0, *(0, "0") * len(CredentialKind), bytes(ROW_SUM_SIZE))
"""The inventory's columns of a key that seals nothing."""

_KINDS = (CredentialKind.HIERARCHY, CredentialKind.PCANYWHERE, CredentialKind.RUN_AS)
"""In the order of the columns."""
_COLUMNS = (
    "kid, resealed, counted, hierarchy_rows, hierarchy_number_sum, pcanywhere_rows, pcanywhere_number_sum,"
    " run_as_rows, run_as_number_sum, row_sum"
)
_ALL = " ".join(("SELECT", _COLUMNS, "FROM keys ORDER BY kid"))
_ONE = " ".join(("SELECT", _COLUMNS, "FROM keys WHERE kid = ?"))
_SET = (
    "UPDATE keys SET resealed = ?, counted = ?, hierarchy_rows = ?, hierarchy_number_sum = ?,"
    " pcanywhere_rows = ?, pcanywhere_number_sum = ?, run_as_rows = ?, run_as_number_sum = ?, row_sum = ?"
    " WHERE kid = ?"
)
# In two halves, because SQLite's sum of integers fails above 2^63, which any two rows can reach.
_TALLIES = (
    "SELECT key_no, kind, count(*), CAST(sum(number / 4294967296) AS TEXT),"
    " CAST(sum(number % 4294967296) AS TEXT) FROM credentials GROUP BY key_no, kind"
)
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,39}")


def inventories(connection: Connection) -> tuple[tuple[Kid, KeyInventory | None], ...]:
    """Return each key's inventory; None where its row has none that can be read."""
    found = []
    for row in connection.all(_ALL):
        with suppress(CmdbDamaged):  # no credential belongs to a key without an id
            found.append((Kid(hex_of(row[0], 64, "keys")), inventory_of(row)))
    return tuple(found)


def tallies(connection: Connection, keys: Mapping[int, Kid]) -> dict[tuple[Kid, str], Tally]:
    """Return how many credentials each key seals of each kind, and the sums of their numbers, from an
    index. Kinds and keys that do not exist are left out."""
    found = {}
    for key_no, kind, rows, high, low in connection.all(_TALLIES):
        if type(key_no) is int and key_no in keys and type(kind) is str and kind in tuple(_KINDS):
            found[keys[key_no], kind] = Tally(rows, _sum_of(high, low))
    return found


def _sum_of(high: Any, low: Any) -> int | None:
    if type(high) is str and type(low) is str and _DECIMAL.fullmatch(high) and _DECIMAL.fullmatch(low):
        return (int(high) << 32) + int(low)
    return None


class InventoryBook:
    """What one step of a change does to the inventory; `write` puts it into the keys' rows."""

    def __init__(self, connection: Connection, cmdb_id: str) -> None:
        self._connection = connection
        self._cmdb_id = cmdb_id
        self._changes: dict[Kid, InventoryChange] = {}

    def add(self, kid: Kid, rows: Sequence[SealedRow]) -> None:
        """Add rows that the key seals from now on."""
        self._count(kid, rows, 1, RowSums(self._cmdb_id, kid).of(rows))

    def subtract(self, kid: Kid, rows: Sequence[SealedRow]) -> None:
        """Take rows off as they are stored. What something else changed in them is no part of the sum, so
        the difference stays in it."""
        self._count(kid, rows, -1, RowSums(self._cmdb_id, kid).of(rows))

    def move(
        self, old: Kid, rows: Sequence[tuple[SealedRow, bytes]], kid: Kid, bound: Sequence[bytes] | None
    ) -> None:
        """Move rows from one key to another, under which they have these secrets; `bound` is their
        `bound_of`, where that is known."""
        before, blobs = [row for row, _ in rows], [blob for _, blob in rows]
        bound = bound_of(before) if bound is None else bound
        self._count(old, before, -1, RowSums(self._cmdb_id, old).of(before, bound))
        self._count(kid, before, 1, RowSums(self._cmdb_id, kid).of(before, bound, blobs))

    def subtract_stored(self, kid: Kid, row: Sequence[Any]) -> None:
        """Take off a row that may not be one that nskeys writes: of what cannot be read, nothing."""
        if sound([tuple(row)]):
            self.subtract(kid, [tuple(row)])
            return
        try:
            kind, number = kind_of(row[1], ""), count_of(row[6], CHANGE_LIMIT, "")
        except CmdbDamaged:
            return
        self._of(kid).count(kind.value, -1, -number)

    def write(self, resealed: Mapping[Kid, int] | None = None) -> None:
        """Change the keys' rows. One that cannot be read is left as it is, which `compare` reports.
        `resealed` are keys under which a rotation moved rows, with the number of its change."""
        for kid, change in self._changes.items():
            row = self._connection.one(_ONE, kid)
            inventory = None if row is None else inventory_of(row)
            if inventory is None:
                continue
            changed = change.applied_to(inventory)
            if resealed and kid in resealed:
                changed = replace(changed, resealed=resealed[kid])
            write_inventory(self._connection, changed)

    def _count(self, kid: Kid, rows: Sequence[SealedRow], sign: int, row_sum: int) -> None:
        change = self._of(kid)
        for kind in {row[1] for row in rows}:
            numbers = [row[6] for row in rows if row[1] == kind]
            change.count(kind, sign * len(numbers), sign * sum(numbers))
        change.row_sum += sign * row_sum

    def _of(self, kid: Kid) -> InventoryChange:
        return self._changes.setdefault(kid, InventoryChange({}))


def write_inventory(connection: Connection, inventory: KeyInventory) -> None:
    """Put an inventory into its key's row. Numbers that have no sum are written as 0, which they are
    not."""
    values: list[object] = [inventory.resealed, inventory.counted]
    for kind in _KINDS:
        tally = inventory.kinds.get(kind.value, Tally())
        values += [tally.rows, str(tally.number_sum or 0)]
    row_sum = inventory.row_sum.to_bytes(ROW_SUM_SIZE, "big")
    connection.run(_SET, *values, row_sum, inventory.kid)


def inventory_of(row: Sequence[Any]) -> KeyInventory | None:
    """Return the inventory in a key's row (kid, resealed, counted, ...); None where it has none that can be
    read."""
    kid, resealed, counted, *tallied, row_sum = row
    try:
        sums = bytes_of(row_sum, ROW_SUM_SIZE, "keys", kid)
        if len(sums) != ROW_SUM_SIZE:
            raise damaged("keys", Problem.NOT_BYTES, kid)
        pairs = zip(_KINDS, tallied[::2], tallied[1::2], strict=True)
        return KeyInventory(
            Kid(kid),
            {kind.value: Tally(_rows_of(rows), _decimal_of(numbers)) for kind, rows, numbers in pairs},
            int.from_bytes(sums, "big"),
            count_of(resealed, CHANGE_LIMIT, "keys", kid),
            count_of(counted, CHANGE_LIMIT, "keys", kid),
        )
    except CmdbDamaged:
        return None


def _rows_of(value: Any) -> int:
    """Return a count of rows, which is below 0 where more were removed than ever were added."""
    if type(value) is int:
        return value
    raise damaged("keys", Problem.NOT_A_COUNT)


def _decimal_of(value: Any) -> int:
    if _DECIMAL.fullmatch(text := text_of(value, 40, "keys")):
        return int(text)
    raise damaged("keys", Problem.NOT_A_COUNT)
