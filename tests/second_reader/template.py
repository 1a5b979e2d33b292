"""Filling a template of a RESTORE.txt (section 6)."""

import re
from collections.abc import Mapping

Holes = Mapping[str, str]
Blocks = Mapping[str, list[Holes]]

LABEL_WIDTH = 14
VALUE_WIDTH = 62
HOLE = re.compile(r"\{(\w+)\}")


class Filler:
    """Fills one template; remembers the labels that it has met."""

    def __init__(self, holes: Holes, blocks: Blocks) -> None:
        """Take what fills the holes, and how often each block stands."""
        self.holes = holes
        self.blocks = blocks
        self.labels: set[str] = set()

    def fill(self, template: str) -> str:
        """Give the text of a template."""
        out: list[str] = []
        lines = iter(template.splitlines())
        for line in lines:
            if line.startswith("%for "):
                inside = []
                for inner in lines:
                    if inner == "%end":
                        break
                    inside.append(inner)
                for element in self.blocks[line.removeprefix("%for ")]:
                    for inner in inside:
                        out += self.fill_line(inner, {**self.holes, **element})
            else:
                out += self.fill_line(line, self.holes)
        return "\n".join(out) + "\n"

    def fill_line(self, line: str, holes: Holes) -> list[str]:
        """Give the lines that one line of the template stands for."""
        if not line.startswith("%field "):
            return [fill_holes(line, holes)]
        label, _, value = line.removeprefix("%field ").partition(" = ")
        return lay_field(self.choose_label(label), fill_holes(value, holes))

    def choose_label(self, label: str) -> str:
        """Choose A the first time that a label `A/B` comes, later B."""
        if "/" not in label:
            return label
        first, _, later = label.partition("/")
        met = label in self.labels
        self.labels.add(label)
        return later if met else first


def fill_holes(line: str, holes: Holes) -> str:
    """Fill the holes of a line, once."""
    return HOLE.sub(lambda hole: holes[hole[1]], line)


def lay_field(label: str, value: str) -> list[str]:
    """Lay out a label and its value, broken behind each 62nd character."""
    parts = [value[at : at + VALUE_WIDTH] for at in range(0, max(len(value), 1), VALUE_WIDTH)]
    heads = [f"  {label:<{LABEL_WIDTH}}"] + [" " * (LABEL_WIDTH + 2)] * (len(parts) - 1)
    return [(head + part).rstrip(" ") for head, part in zip(heads, parts, strict=True)]
