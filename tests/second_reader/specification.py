"""What this reader takes out of core/FORMAT.md as it stands: the templates, the actions, a hash."""

import re
from functools import cache
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "core" / "FORMAT.md").read_text("utf-8")
HEADINGS = {
    "key-backup-1.txt": "RESTORE.txt                                      nskeys key backup, format 1",
    "database-copy-1.txt": "This is a part of a database copy made by nskeys",
}


@cache
def read_template(name: str) -> str:
    """Give a template, whose lines stand in the text behind four blanks."""
    lines = TEXT[TEXT.index(f"    {HEADINGS[name]}\n") :].splitlines()
    found: list[str] = []
    for line in lines:
        if line and not line.startswith("    "):
            break
        found.append(line.removeprefix("    "))
    return "\n".join(found).rstrip("\n") + "\n"


def read_actions() -> list[str]:
    """Give the actions of the audit trail, out of their table in section 9."""
    return re.findall(r"(?m)^\| `([a-z-]+)` \| `[0-9a-f]{32}` \|$", TEXT)


def read_encodings() -> list[str]:
    """Give the encodings of `[columns]` in the settings (section 15)."""
    found = re.findall(r"`encoding` \(a string: empty, (.*?)\)", TEXT)
    names: list[str] = re.findall(r"`([^`]+)`", found[0])
    return names


def read_reader_sha256() -> str:
    """Give the hash of `open_kms.py` in section 6."""
    found: list[str] = re.findall(r"(?m)^    ([0-9a-f]{64})  open_kms\.py$", TEXT)
    return found[0]
