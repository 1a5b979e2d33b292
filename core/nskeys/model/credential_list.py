"""How a list of credentials is filtered, sorted, searched and paged, the same for every CMDB."""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.credentials import Credential, CredentialFields, CredentialKind
from nskeys.model.keys import Kid
from nskeys.model.times import to_rfc3339


class SortBy(StrEnum):
    """The column that a list is sorted by; ties are broken by the credential's id."""

    KIND = "kind"
    NAME = "name"
    TARGET = "target"
    ACCOUNT = "account"
    UPDATED = "updated"


class CredentialFilter(NamedTuple):
    """Which credentials to list: of one kind, containing a text, sealed by one of some keys (None: any), of
    these keys only what a change after some number made what it is."""

    kind: CredentialKind | None = None
    text: str = ""
    kids: frozenset[Kid] | None = None
    beyond: tuple[tuple[Kid, int], ...] = ()
    """Keys among `kids`, each with such a number."""


class CredentialOrder(NamedTuple):
    """The column a list is sorted by, and the direction."""

    by: SortBy = SortBy.NAME
    descending: bool = False


class PlacedCredential(NamedTuple):
    """A credential with its keyset cursor: the two values that say where it stands in an order."""

    credential: Credential
    place: tuple[str, str]


PART_LIMIT = 120
"""Characters of a field that count for its order; PostgreSQL indexes no more than 2,704 bytes."""

_END = "\n"
"""Ends the searched text with two line feeds, so that every character of it begins three: a text of one or
two can be looked up by the trigrams that begin with it."""

_BETWEEN = "\x01"
"""Sorts before every character of a line, so equal fields stay together, ordered by name."""


class SortKeys(NamedTuple):
    """What a list stores of a credential besides its fields: one sort key per order, and the searched
    text."""

    by_kind: str
    by_name: str
    by_target: str
    by_account: str
    by_updated: str
    haystack: str

    def key(self, by: SortBy) -> str:
        """Return the order key for a column."""
        keys = {
            SortBy.KIND: self.by_kind,
            SortBy.NAME: self.by_name,
            SortBy.TARGET: self.by_target,
            SortBy.ACCOUNT: self.by_account,
            SortBy.UPDATED: self.by_updated,
        }
        return keys[by]


def fold(text: str) -> str:
    """Return `text` without regard to case and to how its characters are composed (NFKC, case-folded)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def sort_keys(fields: CredentialFields, updated: datetime) -> SortKeys:
    """Return the order keys and searched text of a credential with these fields."""
    name = _part(fields.name)
    return SortKeys(
        by_kind=f"{fields.kind}/{name}",
        by_name=name,
        by_target=_part(fields.target) + _BETWEEN + name,
        by_account=_part(fields.account) + _BETWEEN + name,
        by_updated=to_rfc3339(updated) + _BETWEEN + name,
        haystack=fold("\n".join((fields.name, fields.target, fields.account, fields.note, _END))),
    )


def sort_keys_of(credential: Credential) -> SortKeys:
    """Return the order keys and searched text of a credential."""
    return sort_keys(credential.fields, credential.updated)


def _part(text: str) -> str:
    return _DIGITS.sub(_counted, fold(text)[:PART_LIMIT])


_DIGITS = re.compile("[0-9]+")
_LONG = 9


def _counted(number: "re.Match[str]") -> str:
    """Return a number behind the count of its digits, so that `till-2` comes before `till-12`."""
    digits = number[0].lstrip("0") or "0"
    length = len(digits)
    return f"{length}{digits}" if length < _LONG else f"{_LONG}{length:03}{digits}"
