"""The reader that was written from core/FORMAT.md says of every vector what the index expects."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.second_reader.refusal import Refused
from tests.second_reader.vector import Vector
from tests.second_reader.vectors import read_vector

FOLDER = Path(__file__).parents[1] / "vectors"
ENTRIES: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_bytes())["vectors"]


def title(entry: dict[str, Any]) -> str:
    """Name a vector for people."""
    return f"{entry['kind']}: {entry['files'][0]} ({entry['note']})"


@pytest.mark.parametrize("entry", ENTRIES, ids=title)
def test_vector(entry: dict[str, Any]) -> None:
    """Read a vector and compare with the index, the rule too."""
    said: tuple[str, ...] = ("accepted",)
    try:
        read_vector(Vector(FOLDER, entry))
    except Refused as refused:
        said = ("refused", refused.outcome, refused.rule)
    expected = tuple(entry[name] for name in ("expect", "outcome", "rule") if name in entry)
    assert said == expected
