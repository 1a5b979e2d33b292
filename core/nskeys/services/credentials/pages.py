"""Rows of a long credential list by their position, holding no more rows than were asked for.

The list is read by keyset, from the nearest known position, forwards or backwards; its two ends are always
known. Only a jump to a far position makes the database skip rows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nskeys.errors import Cancelled
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
        self._view: CmdbView | None = None
        self._stopped = False

    @property
    def searched(self) -> bool:
        """Whether counting all that match takes longer than a page of them."""
        return bool(self._wanted.text)

    def total(self) -> int:
        with self._reading() as view:
            self._total = view.total(self._wanted)
        return self._total

    def beginning(self, count: int) -> tuple[Credential, ...]:
        """Return the first rows, whatever their number; fewer than `count` are all there are."""
        with self._reading() as view:
            rows = view.page(self._wanted, self._order, count)
        if len(rows) < count:
            self._total = len(rows)
        self._keep(0, rows)
        return tuple(row.credential for row in rows)

    def stop(self) -> None:
        """Break off what another thread is reading, and whatever it would read next: that raises
        Cancelled."""
        self._stopped = True
        if (view := self._view) is not None:
            view.stop()

    def window(self, first: int, count: int) -> tuple[Credential, ...]:
        """Return rows `first` to `first + count - 1`, fewer at the end."""
        with self._reading() as view:
            if self._total is None:
                self._total = view.total(self._wanted)
            end = min(first + count, self._total)
            rows = self._read(view, first, end) if first < end else ()
        self._keep(first, rows)
        return tuple(row.credential for row in rows)

    @contextmanager
    def _reading(self) -> Iterator[CmdbView]:
        with self._cmdb.reading() as view:
            self._view = view
            try:
                if self._stopped:
                    raise Cancelled
                yield view
            finally:
                self._view = None

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

    def _keep(self, first: int, rows: Sequence[PlacedCredential]) -> None:
        """Remember where the first and the last of these rows stand."""
        for index in {0, len(rows) - 1} if rows else ():
            self._remember(first + index, rows[index].place)

    def _remember(self, position: int, place: tuple[str, str]) -> None:
        if position in self._places:
            return
        if len(self._positions) >= _KNOWN_LIMIT:
            self._places.clear()
            self._positions.clear()
        self._places[position] = place
        self._positions.insert(bisect_right(self._positions, position), position)
