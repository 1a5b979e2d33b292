"""A vector: its files, what kind of thing they are, what opens them, and what reading them gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Doc: TypeAlias = dict[str, Any]

ACCEPTED = "accepted"
OUTCOMES = (
    "no backup",
    "newer",
    "damaged",
    "not canonical",
    "forged",
    "not signed",
    "wrong password",
    "other identity",
    "does not open",
    "incomplete",
    "mixed",
)
"""The outcomes of core/FORMAT.md, "Outcomes", in its order."""


@dataclass(frozen=True)
class Entry:
    """A line of index.json. `files` are by their path below the format's folder, with their content;
    without content where the file is made elsewhere."""

    kind: str
    files: Mapping[str, bytes | None]
    section: str
    note: str
    outcome: str = ACCEPTED
    rule: str = ""
    opened_with: Mapping[str, Any] = field(default_factory=dict)
    gives: Mapping[str, Any] = field(default_factory=dict)
    folder: str = "format-1"

    @property
    def paths(self) -> Sequence[str]:
        """The files, from the folder of the index."""
        return [f"{self.folder}/{name}" for name in self.files]

    def line(self) -> Doc:
        """Return what the index says of it."""
        told: Doc = {
            "files": list(self.paths),
            "kind": self.kind,
            "section": self.section,
            "note": self.note,
            "expect": ACCEPTED if self.outcome == ACCEPTED else "refused",
        }
        if self.outcome != ACCEPTED:
            told |= {"outcome": self.outcome, "rule": self.rule}
        if self.opened_with:
            told["opened_with"] = self.opened_with
        if self.gives:
            told["gives"] = self.gives
        return told


def refused(
    rule: str,
    outcome: str,
    kind: str,
    name: str,
    data: bytes | Mapping[str, bytes],
    note: str,
    opened_with: Mapping[str, Any] | None = None,
) -> Entry:
    """Return a vector that breaks one rule; `data` are the content of `name`, or several files."""
    files = {name: data} if isinstance(data, bytes) else data
    return Entry(
        kind,
        {f"refused/{file}": content for file, content in files.items()},
        rule.removeprefix("R-").split(".")[0],
        note,
        outcome,
        rule,
        opened_with or {},
    )
