"""Documents of `--json`, each held against its schema."""

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator

from nskeys.cli.schemas.documents import schema_of


def checked(text: str | bytes) -> Any:
    """Standard output as the one document that it is, or a list of them, after each was held against the
    schema that it names and had no member that this schema lacks; without the name of the schema."""
    value = json.loads(text)
    return [_checked(item) for item in value] if isinstance(value, list) else _checked(value)


def _checked(document: dict[str, Any]) -> dict[str, Any]:
    kind, name, number = document["schema"].split("/")
    assert (kind, number) == ("nskeys", "1")
    _validator(name).validate(document)
    assert next(iter(document)) == "schema"
    return {member: value for member, value in document.items() if member != "schema"}


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema if name in _OPEN else _closed(schema))


_OPEN = frozenset({"audit-line"})
"""Whoever wrote a line of the trail chose its members."""


def _closed(schema: Any) -> Any:
    """The same schema, whose objects have no members but those that it names."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(item) for name, item in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        closed["additionalProperties"] = False
    return closed
