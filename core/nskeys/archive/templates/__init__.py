"""The texts of RESTORE.txt, as files with named holes (core/FORMAT.md, "RESTORE.txt").

They are a part of the formats: a reader fills the template from the facts and compares, so nobody can put
other instructions beside the keys. FORMAT.md prints them in full, and a test keeps both alike.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeAlias

Holes: TypeAlias = Mapping[str, str]
"""What stands in the holes of a block, by name."""
Blocks: TypeAlias = Mapping[str, Sequence[Holes]]
"""How often each block stands, with which holes: none, once, or once for each."""

KEY_BACKUP = "key-backup-1.txt"
DATABASE_COPY = "database-copy-1.txt"
WIDTH = 62
"""Characters of a field's value in a line."""
_LABEL = 14
_HOLE = re.compile(r"\{([a-z0-9_]+)\}")
_DIRECTIVE = "%"
_FOR, _END, _FIELD = "%for ", "%end", "%field "


@cache
def template(name: str) -> str:
    """Return a template as it lies in the package."""
    return files(__name__).joinpath(name).read_text("utf-8")


def fill(name: str, holes: Holes, blocks: Blocks) -> bytes:
    """Return the whole file, UTF-8 with line feeds."""
    lines = deque(template(name).splitlines())
    labels: set[str] = set()
    text = [line for part in _parts(lines, holes, blocks) for line in _line(*part, labels)]
    return ("\n".join(text) + "\n").encode("utf-8")


def halves(digits: str) -> tuple[str, str]:
    """Return a number of 64 digits in two halves, for a line of 78 columns."""
    return digits[:32], digits[32:]


def readable(moment: str) -> str:
    """Return an RFC 3339 time as the texts show it."""
    return moment.replace("T", " ").replace("Z", " UTC")


def _parts(lines: deque[str], holes: Holes, blocks: Blocks) -> Iterator[tuple[str, Holes]]:
    """Yield each line of the text as it stands in the template, and what fills its holes."""
    while lines:
        line = lines.popleft()
        if not line.startswith(_FOR):
            yield line, holes
            continue
        inner = list(iter(lines.popleft, _END))
        for each in blocks[line.removeprefix(_FOR)]:
            for part in inner:
                yield part, {**holes, **each}


def _line(line: str, holes: Holes, labels: set[str]) -> Iterator[str]:
    if not line.startswith(_DIRECTIVE):
        yield _filled(line, holes)
        return
    name, _, value = line.removeprefix(_FIELD).partition(" = ")
    first, _, later = name.partition("/")
    label = later if name in labels else first
    labels.add(name)
    value = _filled(value, holes)
    for at in range(0, max(1, len(value)), WIDTH):
        yield f"  {label if at == 0 else '':<{_LABEL}}{value[at : at + WIDTH]}".rstrip(" ")


def _filled(line: str, holes: Holes) -> str:
    # In one pass, so that what fills a hole is text, whatever it holds.
    return _HOLE.sub(lambda found: holes[found[1]], line)
