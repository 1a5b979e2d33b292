"""Makes the test vectors: `python -m tests.vectors.generate` from the repository's root.

Everything is fixed, nonces too, so a second run changes nothing. Until a format is released, `--anew` makes
all of its vectors again. Once it was released they are never made anew: a format that changes gets a new
number, a new folder, and its own part of this script. The keys, nonces and passwords in here are published
and protect nothing.
"""

import json
import shutil
import sys
from functools import cache
from pathlib import Path

from tests.vectors import (
    edges,
    foreign,
    listed,
    positives,
    refused_backups,
    refused_copies,
    refused_records,
)
from tests.vectors.entries import Entry

HERE = Path(__file__).parent
FOLDER = HERE / "format-1"
INDEX = HERE / "index.json"


@cache
def entries() -> list[Entry]:
    """Every vector, in the order of the index: what is accepted, then what is refused, by rule."""
    refused = [
        *refused_backups.entries(),
        *refused_records.entries(),
        *refused_copies.entries(),
        *edges.entries(),
    ]
    return [*listed.entries(), *foreign.entries(), *sorted(refused, key=_by_rule)]


def _by_rule(entry: Entry) -> list[int]:
    return [int(part) for part in entry.rule.removeprefix("R-").split(".")]


def vectors() -> dict[str, bytes]:
    """Every file by its path under the format's folder."""
    files = positives.files()
    for entry in entries():
        for name, data in entry.files.items():
            if data is not None and files.setdefault(name, data) != data:
                raise ValueError(f"two vectors are called {name}")
    return files


def index() -> bytes:
    """Return index.json."""
    lines = ",\n".join(json.dumps(entry.line(), ensure_ascii=False) for entry in entries())
    return f'{{"format": 1, "vectors": [\n{lines}\n]}}\n'.encode()


def main(anew: bool) -> None:
    """Write what is missing. A vector that is there stays as it is, unless all are made `anew`."""
    made = vectors()
    if anew:
        shutil.rmtree(FOLDER, ignore_errors=True)
    for name, data in made.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(data)
        elif path.read_bytes() != data:
            raise SystemExit(f"{path} would change: a released vector stays; a new format is a new folder")
    INDEX.write_bytes(index())


if __name__ == "__main__":
    main(anew=sys.argv[1:] == ["--anew"])
