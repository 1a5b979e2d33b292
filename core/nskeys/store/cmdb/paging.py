"""Statements for lists of credentials: filtered, sorted, from a cursor on.

A page is a keyset scan of one `listing_by_...` index: the rows before its cursor cost nothing. No index
helps a text search, and reading the table once is faster than looking each row up in the order of an index,
so there the sort key is an expression that no index covers.
"""

from collections.abc import Mapping

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, fold
from nskeys.model.keys import Kid

Query = tuple[str, list[object]]
"""A statement with question marks, and its parameters."""

COLUMNS = (
    "credentials.id, credentials.key_no, credentials.kind, credentials.name, credentials.target,"
    " credentials.account, credentials.note, credentials.sealed_at, credentials.created,"
    " credentials.updated, credentials.seal_no"
)
"""The columns of a credential."""

_FEW = 1_000
"""Up to this many credentials are collected by their keys instead of scanning a list."""

# Templates: what fills their holes are words of this module and so many question marks, never what somebody
# typed or stored; that is given beside the statement.
_COUNT = "SELECT count(*) FROM {table}{where}"
_PAGE = (
    "SELECT chosen.place, chosen.id, {columns} FROM"
    " (SELECT {key} AS place, listing.id AS id FROM listing{where}"
    " ORDER BY {key} {way}, listing.id {way} LIMIT ? OFFSET ?) AS chosen"
    " LEFT JOIN credentials ON credentials.id = chosen.id ORDER BY chosen.place {way}, chosen.id {way}"
)
_OF_KEYS = "credentials.key_no IN ({marks})"
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
        if wanted.kids is not None and not key_numbers.keys() <= wanted.kids:
            self.key_numbers = sorted(key_numbers[kid] for kid in wanted.kids & key_numbers.keys())
        self._position = position
        self._text_only = text_only

    @property
    def nothing(self) -> bool:
        """Whether it cannot let anything through."""
        return self.key_numbers == [] or not storable(self.text)

    def total(self) -> Query:
        """Return the query for how many rows it selects; without a text an index answers it."""
        if self.text:
            conditions, values = self._conditions(few=False)
            return _COUNT.format(table="listing", where=_where(conditions)), values
        conditions, values = [], []
        if self.kind is not None:
            conditions.append("credentials.kind = ?")
            values.append(self.kind.value)
        if self.key_numbers is not None:
            conditions.append(self._of_keys())
            values.extend(self.key_numbers)
        return _COUNT.format(table="credentials", where=_where(conditions)), values

    def sealed_by_keys(self) -> Query:
        """Return how many credentials its keys seal."""
        where = _where([self._of_keys()])
        return _COUNT.format(table="credentials", where=where), [*(self.key_numbers or [])]

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
        way, beyond = ("DESC", "<") if order.descending != backwards else ("ASC", ">")
        key = f"listing.by_{order.by.value}" + (" || ''" if self.text else "")
        conditions, values = self._conditions(few=of_keys is not None and of_keys <= _FEW)
        conditions += [self._text_only.format(column) for column in (key, "listing.id")]
        if after is not None:
            conditions.append(f"({key}, listing.id) {beyond} (CAST(? AS TEXT), CAST(? AS TEXT))")
            values.extend(map(cursor_value, after))
        statement = _PAGE.format(columns=COLUMNS, key=key, where=_where(conditions), way=way)
        return statement, [*values, limit, offset]

    def _conditions(self, *, few: bool) -> tuple[list[str], list[object]]:
        conditions: list[str] = []
        values: list[object] = []
        if self.kind is not None:
            conditions.append("listing.kind = ?")
            values.append(self.kind.value)
        if self.key_numbers is not None:
            conditions.append((_AMONG_FEW if few else _AMONG_MANY).format(of_keys=self._of_keys()))
            values.extend(self.key_numbers)
        if self.text:
            conditions.append(f"{self._position}(listing.haystack, ?) > 0")
            values.append(self.text)
        return conditions, values

    def _of_keys(self) -> str:
        return _OF_KEYS.format(marks=marks(len(self.key_numbers or [])))


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
