"""Rows of a long credential list by their position, without ever holding more than was asked for.

The list is read by keyset: from the nearest place that is known, forwards or backwards. Only a jump to
a far position costs the database a skip.
"""

from bisect import bisect_right

from nskeys.model.credentials import Credential
from nskeys.model.paging import CredentialFilter, CredentialOrder
from nskeys.ports import Cmdb

_KNOWN_LIMIT = 512


class CredentialPages:
    """One list: a filter in an order. Make a new one when either, or the data, changes."""

    def __init__(self, cmdb: Cmdb, wanted: CredentialFilter, order: CredentialOrder) -> None:
        self._cmdb = cmdb
        self._wanted = wanted
        self._order = order
        self._places: dict[int, tuple[str, str]] = {}
        self._positions: list[int] = []

    def total(self) -> int:
        """How many rows there are now."""
        with self._cmdb.reading() as view:
            return view.total(self._wanted)

    def window(self, first: int, count: int) -> tuple[Credential, ...]:
        """Rows `first` to `first + count - 1`, fewer at the end."""
        before = bisect_right(self._positions, first - 1)
        start = self._positions[before - 1] if before else -1
        after = self._places.get(start)
        with self._cmdb.reading() as view:
            rows = view.page(self._wanted, self._order, count, after=after, offset=first - start - 1)
        for index, row in enumerate(rows):
            if index in (0, len(rows) - 1):
                self._remember(first + index, row.place)
        return tuple(row.credential for row in rows)

    def _remember(self, position: int, place: tuple[str, str]) -> None:
        if position in self._places:
            return
        if len(self._positions) >= _KNOWN_LIMIT:
            self._places.clear()
            self._positions.clear()
        self._places[position] = place
        self._positions.insert(bisect_right(self._positions, position), position)
