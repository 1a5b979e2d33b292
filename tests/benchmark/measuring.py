"""Medians of things measured in turn, so that whatever else the machine does hits both sides alike."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """A measured value beside its floor."""

    what: str
    floor: float
    program: float
    unit: str
    budget: float | None = None
    """The most that program / floor may be; None where nothing was promised."""

    @property
    def ratio(self) -> float:
        """How many floors the program takes."""
        return self.program / self.floor if self.floor else 0.0

    def line(self) -> str:
        """One line of the report."""
        verdict = ""
        if self.budget is not None:
            verdict = f"budget {self.budget:5.2f}  {'met' if self.ratio <= self.budget else 'NOT MET'}"
        return (
            f"{self.what:<46} {self.floor:10.3f} {self.program:10.3f} {self.unit:<5}"
            f" {self.ratio:7.2f}  {verdict}"
        )


HEADER = f"{'':<46} {'floor':>10} {'nskeys':>10} {'':<5} {'ratio':>7}"


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(rounds: int, *works: Callable[[], float]) -> list[float]:
    """The median of each work's own measure, the works taking turns."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for index, work in enumerate(works):
            taken[index].append(work())
    return [statistics.median(values) for values in taken]
