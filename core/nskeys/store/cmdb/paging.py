"""Statements for lists of credentials: filtered, sorted, from a cursor on.

A page is a keyset scan of one `listing_by_...` index: the rows before its cursor cost nothing. Where a text
is searched for in a long list, the next rows of that index are tried first: what many rows have, some of
them have. What few have is found by its trigrams (`search`). Otherwise every row is read, once and not in
the order of an index, so there the sort key is an expression that no index covers.
"""

from collections.abc import Mapping
from typing import NamedTuple

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, fold
from nskeys.model.keys import Kid

Query = tuple[str, list[object]]
"""A statement with question marks, and its parameters."""


class Among(NamedTuple):
    """A condition on rows of `listing`, with question marks, and its parameters."""

    condition: str
    values: list[object]
    beside: str = ""
    """What `listing` is joined to for it."""
    few: bool = False
    """Whether so few rows keep to it that looking up each is quicker than anything else."""


COLUMNS = (
    "credentials.id, credentials.key_no, credentials.kind, credentials.name, credentials.target,"
    " credentials.account, credentials.note, credentials.number, credentials.created,"
    " credentials.updated"
)
"""The columns of a credential."""

_FEW = 1_000
"""Up to this many credentials are collected by their keys instead of scanning a list."""

# Templates: what fills their holes are words of this module and so many question marks, never what somebody
# typed or stored; that is given beside the statement.
_COUNT = "SELECT count(*) FROM {table}{where}"
_PAGE = (
    "SELECT chosen.place, chosen.id, {columns} FROM"
    " (SELECT {key} AS place, listing.id AS id FROM {table}{where}"
    " ORDER BY {key} {way}, listing.id {way} LIMIT ? OFFSET ?) AS chosen"
    " LEFT JOIN credentials ON credentials.id = chosen.id ORDER BY chosen.place {way}, chosen.id {way}"
)
_WALK = (
    "SELECT chosen.place, chosen.id, {columns} FROM (SELECT listing.place AS place, listing.id AS id FROM"
    " (SELECT {key} AS place, listing.id AS id, listing.kind AS kind, listing.haystack AS haystack"
    " FROM listing{walked} ORDER BY {key} {way}, listing.id {way} LIMIT ?) AS listing{where}"
    " ORDER BY listing.place {way}, listing.id {way} LIMIT ?) AS chosen"
    " LEFT JOIN credentials ON credentials.id = chosen.id ORDER BY chosen.place {way}, chosen.id {way}"
)
_OF_KEYS = "credentials.key_no IN ({marks})"
_LATER = "(credentials.key_no = ? AND credentials.number > ?)"
_AMONG_FEW = "listing.id IN (SELECT credentials.id FROM credentials WHERE {of_keys})"
_AMONG_MANY = "EXISTS (SELECT 1 FROM credentials WHERE credentials.id = listing.id AND {of_keys})"


def storable(*texts: str) -> bool:
    """Return whether a database can hold a text; U+0000 and lone surrogates cannot be stored."""
    try:
        return all("\x00" not in text and text.encode("utf-8") is not None for text in texts)
    except UnicodeEncodeError:
        return False


class Selection:
    """A filter as SQL: the rows of `listing` that it selects."""

    def __init__(
        self, wanted: CredentialFilter, key_numbers: Mapping[Kid, int], position: str, text_only: str
    ) -> None:
        """`key_numbers` are all keys in the database; `position` and `text_only` are the connection's."""
        self.kind = wanted.kind
        self.text = fold(wanted.text)
        self.key_numbers: list[int] | None = None
        of_all = wanted.kids is not None and key_numbers.keys() <= wanted.kids and not wanted.beyond
        if wanted.kids is not None and not of_all:
            self.key_numbers = sorted(key_numbers[kid] for kid in wanted.kids & key_numbers.keys())
        self._later = [(key_numbers[kid], number) for kid, number in wanted.beyond if kid in key_numbers]
        self._position = position
        self._text_only = text_only
        self.among: Among | None = None
        """Where to look for the text: what all that have it keep to."""
        self.narrowed = False
        """Whether that was asked."""

    @property
    def _table(self) -> str:
        return f"{self.among.beside if self.among else ''}listing"

    @property
    def nothing(self) -> bool:
        """Whether it cannot let anything through."""
        return self.key_numbers == [] or not storable(self.text)

    def total(self) -> Query:
        """Return the query for how many rows it selects; without a text an index answers it."""
        if self.text:
            conditions, values = self._narrowed(few=False)
            return _COUNT.format(table=self._table, where=_where(conditions)), values
        conditions, values = [], []
        if self.kind is not None:
            conditions.append("credentials.kind = ?")
            values.append(self.kind.value)
        if self.key_numbers is not None:
            conditions.append(self._of_keys())
            values.extend(self._key_values())
        return _COUNT.format(table="credentials", where=_where(conditions)), values

    def sealed_by_keys(self) -> Query:
        """Return how many credentials its keys seal."""
        where = _where([self._of_keys()])
        return _COUNT.format(table="credentials", where=where), self._key_values()

    def page(
        self,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None,
        backwards: bool,
        offset: int,
        of_keys: int | None,
    ) -> Query:
        """Return the query for the rows after the cursor `after` in the direction walked: sort key, id, and
        `COLUMNS`. `of_keys` is the result of `sealed_by_keys`."""
        key = f"listing.by_{order.by.value}"
        if self.text:
            key = f"coalesce({key}, '')"
        conditions, values = self._narrowed(few=of_keys is not None and of_keys <= _FEW)
        way, place, places = self._place(key, order, after, backwards)
        statement = _PAGE.format(
            columns=COLUMNS, key=key, table=self._table, where=_where([*conditions, *place]), way=way
        )
        return statement, [*values, *places, limit, offset]

    def walk(
        self,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None,
        backwards: bool,
        length: int,
    ) -> Query:
        """Return the query for those of the same rows that are among the next `length` of the list: where
        these are `limit`, they are the same page."""
        key = f"listing.by_{order.by.value}"
        conditions, values = self._conditions(few=False)
        way, place, places = self._place(key, order, after, backwards)
        statement = _WALK.format(
            columns=COLUMNS, key=key, walked=_where(place), where=_where(conditions), way=way
        )
        return statement, [*places, length, *values, limit]

    def _place(
        self, key: str, order: CredentialOrder, after: tuple[str, str] | None, backwards: bool
    ) -> tuple[str, list[str], list[object]]:
        """Return the direction in which an order is walked, and the condition on what lies there."""
        way, beyond = ("DESC", "<") if order.descending != backwards else ("ASC", ">")
        conditions = [self._text_only.format(column) for column in (key, "listing.id")]
        if after is None:
            return way, conditions, []
        conditions.append(f"({key}, listing.id) {beyond} (CAST(? AS TEXT), CAST(? AS TEXT))")
        return way, conditions, list(map(cursor_value, after))

    def _conditions(self, *, few: bool) -> tuple[list[str], list[object]]:
        conditions: list[str] = []
        values: list[object] = []
        if self.kind is not None:
            conditions.append("listing.kind = ?")
            values.append(self.kind.value)
        if self.key_numbers is not None:
            conditions.append((_AMONG_FEW if few else _AMONG_MANY).format(of_keys=self._of_keys()))
            values.extend(self._key_values())
        if self.text:
            conditions.append(f"{self._position}(listing.haystack, ?) > 0")
            values.append(self.text)
        return conditions, values

    def _narrowed(self, *, few: bool) -> tuple[list[str], list[object]]:
        conditions, values = self._conditions(few=few)
        if self.among is None:
            return conditions, values
        return [self.among.condition, *conditions], [*self.among.values, *values]

    def _of_keys(self) -> str:
        whole = _OF_KEYS.format(marks=marks(len(self._whole_keys())))
        return f"({' OR '.join([whole, *[_LATER] * len(self._later)])})"

    def _key_values(self) -> list[object]:
        """Return the parameters of `_of_keys`."""
        return [*self._whole_keys(), *(value for pair in self._later for value in pair)]

    def _whole_keys(self) -> list[int]:
        """Return the keys of which it lets everything through."""
        bounded = {key_no for key_no, _ in self._later}
        return [number for number in self.key_numbers or [] if number not in bounded]


def cursor_text(value: str | bytes) -> str:
    """Return a sort key as text for a cursor; `cursor_value` restores what is not UTF-8 in it."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")


def cursor_value(text: str) -> str | bytes:
    """Return the sort key of a cursor, to be compared with CAST(? AS TEXT)."""
    return text if storable(text) else text.encode("utf-8", "surrogateescape")


def marks(number: int) -> str:
    """Return this many question marks for a list; an empty list gets NULL."""
    return ", ".join("?" * number) or "NULL"


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
