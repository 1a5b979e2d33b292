"""A page to print: chapters of words, facts, commands and checksums. Every text in it is safe already."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; `mark` puts a `!` before one that warns."""

    text: str
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labelled facts, one a line."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to type as they stand."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A text that a machine reads from paper, as a QR code; where nothing can be drawn it is left out,
    for it stands among the facts as well."""

    label: str
    text: str


Part = Words | Pairs | Commands | Code


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and what stands below it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole, with its title."""

    title: str
    chapters: tuple[Chapter, ...]
