"""Errors of every class, filled with whatever a test wants to see in them."""

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from nskeys import errors
from nskeys.errors import BadRow, Mismatch, NskeysError
from nskeys.reasons import FieldProblem, MismatchKind, Problem

_NOTHING: Mapping[str, object] = MappingProxyType({})


def error_classes() -> list[type[NskeysError]]:
    """Every class that a person may see; those with an underscore only group others."""
    found = [
        thing for _, thing in inspect.getmembers(errors, inspect.isclass) if issubclass(thing, NskeysError)
    ]
    return [thing for thing in found if thing is not NskeysError and not thing.__name__.startswith("_")]


def reasons(cls: type[NskeysError]) -> Iterator[tuple[str, StrEnum]]:
    """Every reason that an error of this class can have, with the name of its field."""
    for name, kind in typing.get_type_hints(cls).items():
        for enum in _enums(kind):
            yield from ((name, member) for member in enum)


E = TypeVar("E", bound=NskeysError)


def samples(cls: type[NskeysError], text: str = "x", number: int = 3) -> Iterator[NskeysError]:
    """An error with each reason that it can have."""
    yield sample(cls, text, number)
    for name, reason in reasons(cls):
        many = "tuple" in str(typing.get_type_hints(cls)[name])
        yield sample(cls, text, number, {name: (reason,) if many else reason})


def _enums(kind: Any) -> list[type[StrEnum]]:
    if isinstance(kind, type) and not isinstance(kind, types.GenericAlias) and issubclass(kind, StrEnum):
        return [kind]
    return [enum for part in typing.get_args(kind) for enum in _enums(part)]


def sample(cls: type[E], text: str, number: int = 3, given: Mapping[str, object] = _NOTHING) -> E:
    """An error whose texts are all `text` and whose numbers are all `number`, but for those given; each
    reason is the first of its kind."""
    hints = typing.get_type_hints(cls)
    values: dict[str, object] = {}
    for field in dataclasses.fields(cls):
        kind, enums = str(hints[field.name]), _enums(hints[field.name])
        if "BadRow" in kind:
            values[field.name] = (BadRow(number, text, text, FieldProblem.EMPTY),)
        elif "Mismatch" in kind:
            values[field.name] = tuple(Mismatch(what, text, text) for what in MismatchKind)
        elif "NskeysError" in kind:
            values[field.name] = ((text, errors.DestinationUnreachable(text, Problem.GONE)),) * 2
        elif enums:
            reason = next(iter(enums[0]))
            values[field.name] = (reason,) if "tuple" in kind else reason
        elif "tuple" in kind:
            values[field.name] = (text, text)
        elif "bool" in kind:
            values[field.name] = bool(number % 2)
        else:
            values[field.name] = number if "int" in kind else text
    return cls(**(values | dict(given)))
