"""Exported credentials (section 16)."""

import json
from typing import Any

from tests.second_reader.age_file import open_age
from tests.second_reader.age_stanzas import Opener
from tests.second_reader.refusal import Refused, refuse_unless

NEEDED = ("name", "target", "account", "secret")
OPTIONAL = ("kind", "note")


def open_export(data: bytes, opener: Opener) -> list[dict[str, str]]:
    """Open an export as nskeys writes it, an age file, and read it."""
    return read_export(open_age(data, opener))


def read_export(data: bytes) -> list[dict[str, str]]:
    """Read the JSON of an export: an object with a list, a list alone, or one credential alone."""
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused("damaged", "R-16.1", f"no JSON: {error}") from error
    if isinstance(found, dict):
        found = found.get("credentials", [found])
    refuse_unless(isinstance(found, list), "damaged", "R-16.1", "no list of credentials")
    return [read_entry(entry) for entry in found]


def read_entry(entry: Any) -> dict[str, str]:
    """Read one entry; members that are not known are ignored."""
    refuse_unless(isinstance(entry, dict), "damaged", "R-16.1", "an entry that is no object")
    refuse_unless(
        all(name in entry for name in NEEDED), "damaged", "R-16.1", "an entry that lacks a member"
    )
    known = {name: entry[name] for name in NEEDED}
    known |= {name: entry[name] for name in OPTIONAL if entry.get(name) is not None}
    texts = all(isinstance(value, str) for value in known.values())
    refuse_unless(texts, "damaged", "R-16.1", "a member that is no string")
    return known
