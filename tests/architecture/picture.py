"""Draws the floors of the house from the import contracts in `pyproject.toml`.

`python -m tests.architecture.picture` prints the picture that stands in `core/ARCHITECTURE.md`.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_WIDTH = 72
_GAP = "   "


def picture() -> str:
    """Return one box for each contract of layers, highest floor first: what stands in a row imports what
    stands below it, and nothing beside it."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    houses = {c["containers"][0]: c["layers"] for c in contracts if c["type"] == "layers"}
    return "\n\n".join("\n".join(_box(name, houses[name])) for name in sorted(houses, reverse=True))


def _box(name: str, layers: list[str]) -> Iterator[str]:
    yield f"┌─ {name} ".ljust(_WIDTH - 1, "─") + "┐"
    for number, layer in enumerate(layers):
        if number:
            yield f"├{'─' * (_WIDTH - 2)}┤"
        rooms = _GAP.join(room.strip(" ()") for room in layer.split("|"))
        yield f"│{rooms.center(_WIDTH - 2)}│"
    yield f"└{'─' * (_WIDTH - 2)}┘"


if __name__ == "__main__":
    print(picture())
