"""The benchmark: floor and program in one run, as ratios. `python -m tests.benchmark [--quick]`.

It is no test: a busy machine makes no failure. Run it on an idle one, and read the ratios.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmark import core_costs, terminal_costs
from tests.benchmark.measuring import HEADER, Ratio


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ten times fewer credentials")
    parser.add_argument(
        "--only", metavar="PART", help="start, keys, memory, growth, loops, large or backup"
    )
    chosen = parser.parse_args()
    many = 10_000 if chosen.quick else 100_000
    sizes = (100, many // 10, many)
    parts: dict[str, Callable[[Path], list[Ratio]]] = {
        "start": lambda folder: terminal_costs.starting(folder, sizes),
        "keys": lambda folder: terminal_costs.keys(folder, many),
        "memory": lambda folder: terminal_costs.memory(folder, (100, many)),
        "growth": lambda folder: core_costs.growth(folder, sizes),
        "loops": lambda folder: core_costs.opening_and_rotating(folder, many),
        "large": lambda folder: core_costs.the_answer_after_years(folder, 10 * many),
        "backup": core_costs.backup_and_restore,
    }
    print(HEADER)
    for name, measure in parts.items():
        if chosen.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="nskeys-benchmark-") as folder:
                for ratio in measure(Path(folder)):
                    print(ratio.line(), flush=True)


if __name__ == "__main__":
    main()
