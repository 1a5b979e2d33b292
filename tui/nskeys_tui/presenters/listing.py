"""The list on the first screen: what it can be narrowed to, and the line above it that says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from nskeys.model.credential_list import CredentialFilter
from nskeys.model.credentials import CredentialKind
from nskeys.model.keys import Kid
from nskeys.model.recoverability import Recoverability, RecoveryState
from nskeys.wording.labels import kind_name, state_name
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import width

ALL = "all"
_HEADING = "Credentials"
_MARK = "▸"
_ALONE, _BOTH = 6, 10
"""Cells that a line needs beside one text in it, and beside two, so that some of it is still seen."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A part of the list: its name, how many credentials it holds, and what narrows the list to it."""

    name: str
    credentials: int
    kind: CredentialKind | None = None
    kids: frozenset[Kid] | None = None

    def wanted(self, text: str) -> CredentialFilter:
        """The credentials on it that contain `text`."""
        return CredentialFilter(kind=self.kind, text=text, kids=self.kids)


def shelves(answer: Recoverability) -> tuple[Shelf, ...]:
    """All, each kind, and those that would not come back where there are any."""
    kinds = dict(answer.kinds)
    found = [Shelf(ALL, answer.totals.total)]
    found += [Shelf(kind_name(kind), kinds.get(kind.value, 0), kind=kind) for kind in CredentialKind]
    for state in (RecoveryState.AT_RISK, RecoveryState.LOST):
        keys = [key for key in answer.keys if key.state is state and key.credentials]
        if keys:
            kids = frozenset(key.kid for key in keys)
            found.append(Shelf(state_name(state), sum(key.credentials for key in keys), kids=kids))
    return tuple(found)


def chosen(known: Sequence[Shelf], name: str) -> Shelf:
    """The shelf of this name; all, where there is none any more."""
    return next((shelf for shelf in known if shelf.name == name), known[0])


def beside(known: Sequence[Shelf], name: str, by: int) -> Shelf:
    """The next or the previous shelf that holds anything; round at the ends."""
    full = [shelf for shelf in known if shelf.credentials or shelf.name in (ALL, name)]
    here = next((place for place, shelf in enumerate(full) if shelf.name == name), 0)
    return full[(here + by) % len(full)]


def heading(known: Sequence[Shelf], name: str, cells: int) -> tuple[str, ...]:
    """The parts of the line above the list, in as many words as fit `cells`: the heading and all
    shelves, the chosen one marked; without the heading; the kinds alone; the chosen one alone."""
    texts = [f"{_MARK if shelf.name == name != ALL else ''}{_counted(shelf)}" for shelf in known]
    everything = " · ".join(texts)
    if width(_HEADING) + width(everything) + _BOTH <= cells:
        return _HEADING, everything
    here = chosen(known, name)
    kinds = " · ".join(text for text, shelf in zip(texts, known, strict=True) if shelf.kids is None)
    for line in (everything, kinds if here.kids is None else ""):
        if line and width(line) + _ALONE <= cells:
            return (line,)
    all_of_them = "" if here.name == ALL else f" of {number(known[0].credentials)}"
    return _HEADING, f"{_counted(here)}{all_of_them}"


def _counted(shelf: Shelf) -> str:
    return f"{shelf.name} {number(shelf.credentials)}"
