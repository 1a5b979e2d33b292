"""What every failure is told as: one sentence of what happened, one of what to do.

How they are worded: short and concrete, with the name of the thing; what happened, not who is to
blame; no exclamation; a command that can be typed as it stands in single quotes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from nskeys.errors import NskeysError
from nskeys.wording.text.terminal import shown

K = TypeVar("K", bound=str)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`what` happened and `advice`, each one sentence with its full stop, safe for a terminal."""

    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"


def token_words(table: Mapping[K, str], token: K) -> str:
    """The words for a token; one that the table does not know is shown as it is, readable."""
    return table.get(token) or shown(token.replace("_", " "))


def listed(parts: tuple[str, ...], limit: int = 5) -> str:
    """`a, b and c`; a long list ends with how many more there are."""
    if len(parts) > limit:
        return f"{', '.join(parts[:limit])} and {len(parts) - limit:,} more"
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def either(parts: tuple[str, ...]) -> str:
    """`a, b or c`."""
    return " or ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


Table: TypeAlias = Mapping[type[NskeysError], Callable[[Any], Sentence]]
"""A class and the function that words it; the function takes that class and no other."""
