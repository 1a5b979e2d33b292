"""JSON (RFC 8259) from outside: strict, and without the parser's error, which holds the whole text."""

import json
from typing import TypeAlias

from nskeys.errors import ImportUnreadable

Value: TypeAlias = bool | int | float | str | list["Value"] | dict[str, "Value"] | None


def parse(source: str, text: str) -> Value:
    """The value; ImportUnreadable with `json_syntax` (and the line), `json_depth` or
    `duplicate_name`: an object with two passwords has none that is surely right."""
    line = 0
    try:
        value: Value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        problem, line = "json_syntax", error.lineno
    except RecursionError:
        problem = "json_depth"
    except _DuplicateName:
        problem = "duplicate_name"
    except ValueError:
        problem = "json_syntax"
    else:
        return value
    # Raised here and not in a handler: JSONDecodeError carries every secret of the file in `doc`.
    raise ImportUnreadable(source, problem, line)


def text_of(value: Value) -> str | None:
    """A string, "" for null (exports write it where nothing was entered); None for anything else."""
    if value is None:
        return ""
    return value if isinstance(value, str) else None


class _DuplicateName(Exception):
    """An object has a name twice."""


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise _DuplicateName
    return result


def _no_constant(name: str) -> Value:
    raise ValueError(name)
