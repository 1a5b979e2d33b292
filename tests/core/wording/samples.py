"""Errors of every class, filled with whatever a test wants to see in them."""

import dataclasses
import inspect
from collections.abc import Mapping
from types import MappingProxyType

from nskeys import errors
from nskeys.errors import BadRow, NskeysError

_NOTHING: Mapping[str, object] = MappingProxyType({})


def error_classes() -> list[type[NskeysError]]:
    """Every class that a person may see; those with an underscore only group others."""
    found = [
        thing for _, thing in inspect.getmembers(errors, inspect.isclass) if issubclass(thing, NskeysError)
    ]
    return [thing for thing in found if thing is not NskeysError and not thing.__name__.startswith("_")]


def sample(
    cls: type[NskeysError], text: str, number: int = 3, given: Mapping[str, object] = _NOTHING
) -> NskeysError:
    """An error whose texts are all `text` and whose numbers are all `number`, but for those given."""
    values: dict[str, object] = {}
    for field in dataclasses.fields(cls):
        kind = str(field.type)
        if "BadRow" in kind:
            values[field.name] = (BadRow(number, text, text, text),)
        elif "NskeysError" in kind:
            values[field.name] = ((text, errors.DestinationUnreachable(text, text)),) * 2
        elif "tuple" in kind:
            values[field.name] = (text, text)
        else:
            values[field.name] = number if "int" in kind else text
    return cls(**(values | dict(given)))
