"""RFC 8785 (JSON Canonicalization Scheme), for the values that nskeys signs and nothing more.

Allowed are objects with ASCII keys, arrays, strings without lone surrogates, integers within
+-(2^53 - 1), booleans and null. Within these `json.dumps` and RFC 8785 agree byte for byte: keys sort
alike (ASCII), strings escape alike (section 3.2.2.2), and there are no floats to differ about.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_LIMIT = 2**53 - 1


def canonical_json(value: Json) -> bytes:
    """The one spelling of `value`, as UTF-8; ValueError or TypeError for what has none here."""
    _check(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "strict")


def _check(value: Json) -> None:
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if not -_LIMIT <= value <= _LIMIT:
            raise ValueError("an integer beyond 2^53 has no canonical form")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("keys are ASCII text")
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")
