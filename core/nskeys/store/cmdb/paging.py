"""Lists of credentials: which, in which order, from which place on. Statements only.

A page is a keyset scan of one `listing_by_...` index: what stands before its place costs nothing. With a
searched text there is no index that helps, and reading the table once beats looking each row up in the
order of an index: there the order key is an expression that no index knows.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal, select, tuple_

from nskeys.model.keys import Kid
from nskeys.model.listing import fold
from nskeys.model.paging import CredentialFilter, CredentialOrder
from nskeys.store.cmdb.schema import credentials, listing

Columns = tuple[ColumnElement[Any], ...]

_COLUMNS: Columns = (
    credentials.c.id,
    credentials.c.key_no,
    credentials.c.kind,
    credentials.c.name,
    credentials.c.target,
    credentials.c.account,
    credentials.c.note,
    credentials.c.sealed_at,
    credentials.c.created,
    credentials.c.updated,
)

_NUMBERED = 2
"""The schema from which on seals have numbers."""
_FEW = 1_000
"""So many credentials are quicker collected by their keys than met on the way through a list."""


def credential_columns(schema: int) -> Columns:
    """What makes a credential, in a CMDB of this schema."""
    return (*_COLUMNS, credentials.c.seal_no if has_numbers(schema) else literal(0).label("seal_no"))


def has_numbers(schema: int) -> bool:
    """Whether seals have numbers there, and drills a diary."""
    return schema >= _NUMBERED


def storable(*texts: str) -> bool:
    """Whether a text could be in a database at all; U+0000 and lone surrogates cannot."""
    try:
        return all("\x00" not in text and text.encode("utf-8") is not None for text in texts)
    except UnicodeEncodeError:
        return False


class Wanted:
    """A filter, understood: which rows of `listing` it lets through."""

    def __init__(self, wanted: CredentialFilter, key_numbers: Mapping[Kid, int], position: str) -> None:
        """`key_numbers` are all keys that the database knows; `position` is its function that finds a
        text in a text (0: not in it)."""
        self.kind = wanted.kind
        self.text = fold(wanted.text)
        self.key_numbers: list[int] | None = None
        if wanted.kids is not None and not key_numbers.keys() <= wanted.kids:
            self.key_numbers = sorted(key_numbers[kid] for kid in wanted.kids & key_numbers.keys())
        self._position = position

    @property
    def nothing(self) -> bool:
        """Whether it cannot let anything through."""
        return self.key_numbers == [] or not storable(self.text)

    def total(self) -> Select[int]:
        """How many it lets through; without a text this is counted in an index."""
        if self.text:
            return select(func.count()).select_from(listing).where(*self._conditions(few=False))
        statement = select(func.count()).select_from(credentials)
        if self.kind is not None:
            statement = statement.where(credentials.c.kind == self.kind.value)
        if self.key_numbers is not None:
            statement = statement.where(credentials.c.key_no.in_(self.key_numbers))
        return statement

    def sealed_by_keys(self) -> Select[int]:
        """How many credentials its keys seal."""
        numbers = self.key_numbers or []
        return select(func.count()).select_from(credentials).where(credentials.c.key_no.in_(numbers))

    def page(
        self,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None,
        backwards: bool,
        offset: int,
        of_keys: int | None,
        columns: Columns,
    ) -> Select[*tuple[Any, ...]]:
        """The rows behind the place `after` in the direction walked: order key, id, and
        `columns` of credentials. `of_keys` is what `sealed_by_keys` gave."""
        falling = order.descending != backwards
        column = listing.c[f"by_{order.by.value}"]
        key: ColumnElement[str] = column.concat("") if self.text else column
        place = tuple_(key, listing.c.id)
        found = select(key.label("place"), listing.c.id)
        found = found.where(*self._conditions(few=of_keys is not None and of_keys <= _FEW))
        if after is not None:
            found = found.where(place < tuple_(*after) if falling else place > tuple_(*after))
        chosen = (
            found.order_by(*_directed(falling, key, listing.c.id)).limit(limit).offset(offset).subquery()
        )
        joined = chosen.outerjoin(credentials, credentials.c.id == chosen.c.id)
        return (
            select(chosen.c.place, chosen.c.id.label("listed_id"), *columns)
            .select_from(joined)
            .order_by(*_directed(falling, chosen.c.place, chosen.c.id))
        )

    def _conditions(self, *, few: bool) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.kind is not None:
            conditions.append(listing.c.kind == self.kind.value)
        if self.key_numbers is not None:
            of_keys = credentials.c.key_no.in_(self.key_numbers)
            conditions.append(
                listing.c.id.in_(select(credentials.c.id).where(of_keys))
                if few
                else exists().where(credentials.c.id == listing.c.id, of_keys)
            )
        if self.text:
            conditions.append(getattr(func, self._position)(listing.c.haystack, self.text) > 0)
        return conditions


def _directed(falling: bool, *columns: ColumnElement[str]) -> list[ColumnElement[str]]:
    return [column.desc() if falling else column.asc() for column in columns]
