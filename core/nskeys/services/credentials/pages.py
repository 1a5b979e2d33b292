"""Rows of a long credential list by their position, holding no more rows than were asked for.

The list is read by keyset, from the nearest known position, forwards or backwards; its two ends are always
known. Only a jump to a far position makes the database skip rows.
"""

from bisect import bisect_left, bisect_right

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, PlacedCredential
from nskeys.model.credentials import Credential
from nskeys.ports import Cmdb, CmdbView

_KNOWN_LIMIT = 512


class CredentialPages:
    """One list: a filter in an order. Make a new one when either, or the data, changes."""

    def __init__(self, cmdb: Cmdb, wanted: CredentialFilter, order: CredentialOrder) -> None:
        self._cmdb = cmdb
        self._wanted = wanted
        self._order = order
        self._total: int | None = None
        self._places: dict[int, tuple[str, str]] = {}
        self._positions: list[int] = []

    def total(self) -> int:
        with self._cmdb.reading() as view:
            self._total = view.total(self._wanted)
        return self._total

    def window(self, first: int, count: int) -> tuple[Credential, ...]:
        """Return rows `first` to `first + count - 1`, fewer at the end."""
        with self._cmdb.reading() as view:
            if self._total is None:
                self._total = view.total(self._wanted)
            end = min(first + count, self._total)
            rows = self._read(view, first, end) if first < end else ()
        for index in {0, len(rows) - 1} if rows else ():
            self._remember(first + index, rows[index].place)
        return tuple(row.credential for row in rows)

    def _read(self, view: CmdbView, first: int, end: int) -> tuple[PlacedCredential, ...]:
        """Return the rows from `first` to `end`, read from the nearer known position: the last one before
        or the first one behind."""
        before = bisect_left(self._positions, first) - 1
        behind = bisect_left(self._positions, end)
        start = self._positions[before] if before >= 0 else -1
        stop = self._positions[behind] if behind < len(self._positions) else self._total or 0
        backwards = stop - end < first - start - 1
        return view.page(
            self._wanted,
            self._order,
            end - first,
            after=self._places.get(stop if backwards else start),
            backwards=backwards,
            offset=stop - end if backwards else first - start - 1,
        )

    def _remember(self, position: int, place: tuple[str, str]) -> None:
        if position in self._places:
            return
        if len(self._positions) >= _KNOWN_LIMIT:
            self._places.clear()
            self._positions.clear()
        self._places[position] = place
        self._positions.insert(bisect_right(self._positions, position), position)
