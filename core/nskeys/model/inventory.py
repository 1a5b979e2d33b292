"""The inventory: what the CMDB's credentials must be, by what the keys' rows say, and where they differ.

Each key's row says how many credentials of each kind it seals, the sum of their numbers, and the sum of a
hash of each whole row. nskeys changes these by differences only, together with the rows: whatever something
else did to a row stays in them, also after nskeys edited or removed that row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nskeys.model.keys import Kid

ROW_SUM_SIZE = 256
"""Bytes of a `row_sum`."""
ROW_SUM_MASK = (1 << 8 * ROW_SUM_SIZE) - 1


class Tally(NamedTuple):
    """How many credentials of one kind a key seals, and the sum of their numbers."""

    rows: int = 0
    number_sum: int | None = 0
    """None where the database holds numbers that have no sum."""


@dataclass(frozen=True, slots=True)
class KeyInventory:
    """What a key's row says of the credentials that it seals."""

    kid: Kid
    kinds: Mapping[str, Tally] = field(default_factory=dict)
    row_sum: int = 0
    """At most `ROW_SUM_MASK`."""
    resealed: int = 0
    """The number of the last change by which a rotation moved rows under this key; 0 for none."""
    counted: int = 0
    """The number of the last change that counted all this anew; 0 for none."""


class KindDifference(NamedTuple):
    """A kind of which there are other credentials than the key's row says."""

    kind: str
    expected: Tally
    found: Tally


class KeyDifference(NamedTuple):
    """A key whose credentials are not those that its row says."""

    kid: Kid
    kinds: tuple[KindDifference, ...]
    row_sum_fits: bool | None
    """Whether the sum over the rows is that of the key's row; None where it was not compared."""
    readable: bool = True
    """Whether the key's row has an inventory at all that can be read."""

    @property
    def removed(self) -> int:
        """How many credentials are missing."""
        return sum(max(0, kind.expected.rows - kind.found.rows) for kind in self.kinds)

    @property
    def added(self) -> int:
        """How many there are too many."""
        return sum(max(0, kind.found.rows - kind.expected.rows) for kind in self.kinds)

    @property
    def older(self) -> bool:
        """Whether as many are there as must be, with lower numbers: older rows were put back."""
        return any(
            kind.found.rows == kind.expected.rows
            and kind.found.number_sum is not None
            and kind.expected.number_sum is not None
            and kind.found.number_sum < kind.expected.number_sum
            for kind in self.kinds
        )


def compare(
    expected: Iterable[tuple[Kid, KeyInventory | None]],
    found: Mapping[tuple[Kid, str], Tally],
    row_sums: Mapping[Kid, int] | None = None,
) -> tuple[KeyDifference, ...]:
    """Return the keys whose credentials are not those of their rows, in the order of `expected`, which has
    None where a key's row cannot be read. `row_sums` are those of the rows that are there."""
    differences = (
        _difference(kid, inventory, _of(found, kid), None if row_sums is None else row_sums.get(kid, 0))
        for kid, inventory in expected
    )
    return tuple(difference for difference in differences if difference is not None)


def _of(found: Mapping[tuple[Kid, str], Tally], kid: Kid) -> dict[str, Tally]:
    return {kind: tally for (other, kind), tally in found.items() if other == kid}


def _difference(
    kid: Kid, inventory: KeyInventory | None, found: Mapping[str, Tally], row_sum: int | None
) -> KeyDifference | None:
    if inventory is None:
        return KeyDifference(kid, (), None, readable=False)
    nothing = Tally()
    kinds = tuple(
        KindDifference(kind, inventory.kinds.get(kind, nothing), found.get(kind, nothing))
        for kind in sorted(inventory.kinds.keys() | found.keys())
    )
    off = tuple(kind for kind in kinds if kind.expected != kind.found)
    fits = None if row_sum is None else row_sum == inventory.row_sum
    return None if not off and fits is not False else KeyDifference(kid, off, fits)


@dataclass(slots=True)
class InventoryChange:
    """What one change adds to a key's inventory; numbers may be negative."""

    kinds: dict[str, Tally]
    row_sum: int = 0

    def count(self, kind: str, rows: int, number_sum: int) -> None:
        """Add so many rows of a kind, whose numbers have this sum."""
        before = self.kinds.get(kind, Tally())
        self.kinds[kind] = Tally(before.rows + rows, (before.number_sum or 0) + number_sum)

    def applied_to(self, inventory: KeyInventory) -> KeyInventory:
        """Return the inventory after the change."""
        kinds = dict(inventory.kinds)
        for kind, more in self.kinds.items():
            before = kinds.get(kind, Tally())
            kinds[kind] = Tally(before.rows + more.rows, (before.number_sum or 0) + (more.number_sum or 0))
        return KeyInventory(
            inventory.kid,
            kinds,
            (inventory.row_sum + self.row_sum) & ROW_SUM_MASK,
            inventory.resealed,
            inventory.counted,
        )


def tallied(rows: Sequence[tuple[str, int]]) -> dict[str, Tally]:
    """Return the tally of each kind in a list of kinds and numbers."""
    change = InventoryChange({})
    for kind, number in rows:
        change.count(kind, 1, number)
    return change.kinds
