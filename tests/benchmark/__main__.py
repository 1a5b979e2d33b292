"""The benchmark: floor and program in one run, as ratios.

    python -m tests.benchmark [--quick] [--credentials N] [--json FILE] [--only PART]

It is no test: a busy machine makes no failure. Run it on an idle one, and read the ratios; on a shared one
those by CPU say more.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmark import (
    commands,
    core_costs,
    database_costs,
    postgres_costs,
    search_costs,
    terminal_costs,
    tour,
)
from tests.benchmark.measuring import HEADER, Machine, Ratio

Part = Callable[[Path], list[Ratio]]


def parts(many: int, *, quick: bool) -> Mapping[str, Part]:
    """Return what is measured, by name, with `many` credentials and with ten times as many."""
    rounds, million = 3 if quick else 7, 10 * many
    measured: dict[str, Part] = {
        "commands": lambda folder: commands.commands(folder, 5 if quick else 15),
        "start": lambda folder: terminal_costs.starting(folder, (100, many), rounds),
        "keys": lambda folder: terminal_costs.keys(folder, many),
        "tour": lambda folder: tour.tour(folder, 1_000),
        "memory": lambda folder: terminal_costs.memory(folder, (many,) if quick else (many, million)),
        "growth": lambda folder: core_costs.growth(folder, (100, many) if quick else (100, many, million)),
        "search": lambda folder: search_costs.searching(folder, million),
        "large": lambda folder: core_costs.the_answer_after_years(folder, million),
        "loops": lambda folder: core_costs.opening_and_rotating(folder, many),
        "import": lambda folder: core_costs.importing(folder, many),
        "change": core_costs.one_change,
        "backup": core_costs.backup_and_restore,
        "copy": lambda folder: database_costs.copying(folder, many, 1 if quick else 3),
        "large copy": lambda folder: database_costs.copying(folder, million, 1),
        "postgres": lambda folder: postgres_costs.on_postgres(folder, many, many if quick else million),
    }
    if quick:
        del measured["large copy"]
    return measured


def main() -> None:
    """Measure everything, print it, and write it as JSON where that was asked for."""
    parser = argparse.ArgumentParser(description="Measure nskeys beside its floors.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the credentials, in three minutes")
    parser.add_argument("--credentials", metavar="N", type=int, help="instead of 100,000 (--quick: 10,000)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the ratios to FILE too")
    parser.add_argument("--only", metavar="PART", choices=parts(0, quick=False), help="one of %(choices)s")
    chosen = parser.parse_args()
    many = chosen.credentials or (10_000 if chosen.quick else 100_000)
    machine, measured = Machine(), dict[str, list[Ratio]]()
    print(machine.line(), HEADER, sep="\n")
    for name, measure in parts(many, quick=chosen.quick).items():
        if chosen.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="nskeys-benchmark-") as folder:
                measured[name] = measure(Path(folder))
            for ratio in measured[name]:
                print(ratio.line(), flush=True)
            if chosen.json:  # what was measured stays, whatever comes of the next part
                document = _document(many, machine, measured)
                chosen.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    verdicts = [ratio.met for ratios in measured.values() for ratio in ratios if ratio.met is not None]
    print(f"{sum(verdicts)} of {len(verdicts)} budgets met")


def _document(many: int, machine: Machine, measured: Mapping[str, list[Ratio]]) -> dict[str, object]:
    return {
        "schema": "nskeys/benchmark/1",
        "moment": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "credentials": many,
        "machine": asdict(machine),
        "measured": {name: [ratio.document() for ratio in ratios] for name, ratios in measured.items()},
    }


if __name__ == "__main__":
    main()
