"""Every failure as one sentence of what happened and one of what to do.

They are short and concrete, with the name of the thing; they blame nobody; no exclamation; a command that
can be typed as it stands in single quotes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias, TypeVar

from nskeys.errors import NskeysError
from nskeys.wording.text.terminal import shown

K = TypeVar("K", bound=str)


class Sentence(NamedTuple):
    """`what` happened and `advice`, each one sentence with its full stop, safe for a terminal."""

    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"


class Row(NamedTuple):
    """What is told of an error: `what` happened, and what to do, `by_command` on the command line and
    `by_key` in the app, each with its full stop, safe for a terminal."""

    what: str
    by_command: str
    by_key: str


def alike(what: str, advice: str) -> Row:
    """Return a row whose advice names neither a command nor a key."""
    return Row(what, advice, advice)


WITH_SUDO = "Leave nskeys (q) and start it again with sudo, or as a user who may do that."
LOOK_AGAIN = "Look once more, and try it again."


def token_words(table: Mapping[K, str], token: K) -> str:
    """Return the words for a token; one that the table does not know is shown as it is, readable."""
    return table.get(token) or shown(token.replace("_", " "))


def listed(parts: tuple[str, ...], limit: int = 5) -> str:
    """Return parts as `a, b and c`; a long list ends with how many more there are."""
    if len(parts) > limit:
        return f"{', '.join(parts[:limit])} and {len(parts) - limit:,} more"
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def capitalised(text: str) -> str:
    """Return the text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def either(parts: tuple[str, ...]) -> str:
    """Return parts as `a, b or c`."""
    return " or ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


Table: TypeAlias = Mapping[type[NskeysError], Callable[[Any], Row]]
"""A class and the function that makes its row; the function takes that class and no other."""
