"""Medians of things measured in turn, so that whatever else the machine does hits both sides alike: wall
time, and CPU seconds beside it, since machines are shared."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: wall time or another amount, and CPU seconds (None: of no meaning here)."""

    amount: float
    cpu: float | None = None

    def times(self, factor: float) -> "Cost":
        return Cost(self.amount * factor, None if self.cpu is None else self.cpu * factor)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A measured cost beside its floor."""

    what: str
    floor: Cost
    program: Cost
    unit: str
    budget: float | None = None
    """The most that program / floor may be; None where nothing was promised."""

    @property
    def ratio(self) -> float:
        """How many floors the program takes."""
        return self.program.amount / self.floor.amount if self.floor.amount else 0.0

    @property
    def cpu_ratio(self) -> float | None:
        if not self.floor.cpu or self.program.cpu is None:
            return None
        return self.program.cpu / self.floor.cpu

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        return None if self.budget is None else self.ratio <= self.budget

    def line(self) -> str:
        """One line of the report."""
        cpu = "" if self.cpu_ratio is None else f"{self.cpu_ratio:.2f}"
        verdict = {None: "", True: "met", False: "missed"}[self.met]
        budget = "" if self.budget is None else f"{self.budget:.2f}"
        return (
            f"{self.what:<58} {self.floor.amount:11.3f} {self.program.amount:11.3f} {self.unit:<3}"
            f" {self.ratio:8.2f} {cpu:>8} {budget:>8}  {verdict}"
        ).rstrip()

    def document(self) -> dict[str, object]:
        return {
            "what": self.what,
            "unit": self.unit,
            "floor": self.floor.amount,
            "nskeys": self.program.amount,
            "ratio": round(self.ratio, 3),
            "cpu_seconds": {"floor": self.floor.cpu, "nskeys": self.program.cpu},
            "cpu_ratio": None if self.cpu_ratio is None else round(self.cpu_ratio, 3),
            "budget": self.budget,
            "met": self.met,
        }


HEADER = f"{'':<58} {'floor':>11} {'nskeys':>11} {'':<3} {'ratio':>8} {'by CPU':>8} {'budget':>8}"


def taken(work: Callable[[], object]) -> Cost:
    """Return what one call in this process takes, in seconds."""
    cpu, start = time.process_time(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - start, time.process_time() - cpu)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process so far, those of its threads among them."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def in_turn(rounds: int, *works: Callable[[], Cost]) -> list[Cost]:
    """Return the median of each work's own measure, the works taking turns."""
    costs: list[list[Cost]] = [[] for _ in works]
    for _ in range(rounds):
        for index, work in enumerate(works):
            costs[index].append(work())
    return [_median(each) for each in costs]


def _median(costs: Sequence[Cost]) -> Cost:
    cpu = [cost.cpu for cost in costs if cost.cpu is not None]
    return Cost(statistics.median(cost.amount for cost in costs), statistics.median(cpu) if cpu else None)


@dataclass
class Machine:
    """What it was measured on, as far as that explains a figure."""

    python: str = field(default_factory=platform.python_version)
    system: str = field(default_factory=platform.platform)
    processor: str = field(default_factory=lambda: next(_processors(), platform.machine()))
    cores: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """Processes that waited for a core in the minute before: above the cores, wall time says little."""

    def line(self) -> str:
        cores = f"{self.cores} cores of {self.processor}"
        return f"{cores}, Python {self.python}, {self.system}, load {self.load:.1f}"


def _processors() -> Iterator[str]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    return (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
