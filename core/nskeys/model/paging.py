"""How a long list of credentials is asked for: a filter, an order, and a place to go on from."""

from dataclasses import dataclass
from enum import StrEnum

from nskeys.model.credentials import Credential, CredentialKind
from nskeys.model.keys import Kid


class SortBy(StrEnum):
    """The column a list is ordered by; the credential's id breaks ties."""

    KIND = "kind"
    NAME = "name"
    TARGET = "target"
    ACCOUNT = "account"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class CredentialFilter:
    """Which credentials: of one kind, containing a text, sealed by one of some keys (None: any)."""

    kind: CredentialKind | None = None
    text: str = ""
    kids: frozenset[Kid] | None = None


@dataclass(frozen=True, slots=True)
class CredentialOrder:
    """In which order."""

    by: SortBy = SortBy.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PlacedCredential:
    """A credential with the two values that say where it stands in an order (a keyset cursor)."""

    credential: Credential
    place: tuple[str, str]
