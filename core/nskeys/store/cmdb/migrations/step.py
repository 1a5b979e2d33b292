"""What a step is: a number and the statements that lead to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spelling:
    """Where databases differ in their SQL."""

    text: str
    """A text type that sorts by code point."""
    blob: str
    clustered: str
    """Behind a table whose rows lie in the order of its primary key."""


@dataclass(frozen=True, slots=True)
class Step:
    """Leads from schema `number - 1` to `number`."""

    number: int
    statements: Callable[[Spelling], Sequence[str]]
