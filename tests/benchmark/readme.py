"""Puts a run's figures into the README: `python -m tests.benchmark.readme FILE`, which `--json` wrote."""

import json
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- benchmark: begin -->\n", "<!-- benchmark: end -->\n"


def table(document: dict[str, Any]) -> str:
    """Return a run as Markdown: what it was made on, and each line that has a budget."""
    machine, many = document["machine"], document["credentials"]
    told = (
        f"{document['moment'][:10]}, {many:,} and {10 * many:,} credentials,\n"
        f"{machine['cores']} cores of {machine['processor']}, Python {machine['python']},\n"
        f"{machine['system']}, load {machine['load']:.1f}:\n"
    )
    lines = [
        "| what (floor) | floor | nskeys | ratio | by CPU | budget | |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for ratio in (ratio for part in document["measured"].values() for ratio in part):
        if ratio["met"] is None:
            continue
        amounts = (_amount(ratio[side], ratio["unit"]) for side in ("floor", "nskeys"))
        by_cpu = "" if ratio["cpu_ratio"] is None else f"{ratio['cpu_ratio']:.2f}"
        cells = [
            ratio["what"].replace("  ", "… "),
            *amounts,
            f"{ratio['ratio']:.2f}",
            by_cpu,
            f"{ratio['budget']:.2f}",
            "met" if ratio["met"] else "missed",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([told, *lines, ""])


def _amount(amount: float, unit: str) -> str:
    return f"{amount:,.0f} {unit}" if amount >= 100 else f"{amount:.3g} {unit}"


def with_table(readme: str, document: dict[str, Any]) -> str:
    """Return the README with this run in the place of the one before."""
    before, _, rest = readme.partition(BEGIN)
    _, _, behind = rest.partition(END)
    return f"{before}{BEGIN}\n{table(document)}\n{END}{behind}"


if __name__ == "__main__":
    run = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    README.write_text(with_table(README.read_text("utf-8"), run), "utf-8")
