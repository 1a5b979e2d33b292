"""Compares the CMDB's credentials with its inventory; needs no key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nskeys.crypto.inventory import RowSums
from nskeys.model.credentials import SealedRow
from nskeys.model.inventory import ROW_SUM_MASK, KeyDifference, Tally, compare
from nskeys.model.keys import Kid
from nskeys.model.signed_json import Json
from nskeys.ports import CmdbView


def inventory_differences(view: CmdbView) -> tuple[KeyDifference, ...]:
    """Return keys whose numbers of credentials, or sums of their numbers, are not those of their rows. The
    rows themselves are not read; `InventoryCheck` does that."""
    return compare(view.inventory(), view.tallies())


ROWS_LIMIT = 20_000
"""Credentials that are read at every look; of more, only counts and sums of numbers are compared."""


def differences_of(view: CmdbView, limit: int | None = ROWS_LIMIT) -> tuple[KeyDifference, ...]:
    """Return keys whose credentials are not those of their rows. Each credential is read too, as long as
    there are no more than `limit`."""
    tallies = view.tallies()
    if limit is not None and sum(tally.rows for tally in tallies.values()) > limit:
        return compare(view.inventory(), tallies)
    return every_row(view, tallies).differences()


def every_row(view: CmdbView, tallies: Mapping[tuple[Kid, str], Tally] | None = None) -> InventoryCheck:
    """Return the whole comparison, every row read; `tallies` are the view's, where they are known."""
    check = InventoryCheck(view, tallies)
    for kid, batch in view.stream_rows(lambda _: None):
        check.add(kid, batch)
    return check


class InventoryCheck:
    """The whole comparison, given every row of one snapshot, in batches."""

    def __init__(self, view: CmdbView, tallies: Mapping[tuple[Kid, str], Tally] | None = None) -> None:
        self._cmdb_id = view.cmdb_id
        self._expected = view.inventory()
        self._found = view.tallies() if tallies is None else tallies
        self._sums: dict[Kid, tuple[RowSums, int]] = {}

    def add(self, kid: Kid, rows: Sequence[SealedRow], bound: Sequence[bytes] | None = None) -> None:
        """Add rows that one key seals; `bound` is their `bound_of`."""
        sums, so_far = self._sums.get(kid) or (RowSums(self._cmdb_id, kid), 0)
        self._sums[kid] = (sums, so_far + sums.of(rows, bound))

    def differences(self) -> tuple[KeyDifference, ...]:
        """Return the keys whose rows are not what they must be; every row was added."""
        return compare(self._expected, self._found, self._row_sums())

    def found(self) -> Json:
        """Return what is there, to be hashed: for each key its rows' numbers and sum."""
        tallies: list[Json] = [
            [kid, kind, tally.rows, None if tally.number_sum is None else str(tally.number_sum)]
            for (kid, kind), tally in sorted(self._found.items())
        ]
        return [tallies, [[kid, str(row_sum)] for kid, row_sum in sorted(self._row_sums().items())]]

    def _row_sums(self) -> dict[Kid, int]:
        return {kid: row_sum & ROW_SUM_MASK for kid, (_, row_sum) in self._sums.items()}
