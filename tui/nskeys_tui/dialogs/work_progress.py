"""What a service tells of its work, brought from its thread to the screen, seldom enough for slow lines."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nskeys.errors import Cancelled
from nskeys.model.plans import FailureReason
from nskeys.ports import SealedRow, Stage

_INTERVAL = 0.1
"""Seconds between two reports of one stage."""
_FIRST_GUESS = 1.0
"""Seconds of a stage before its rate says anything about its end."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far a stage is. `total` and `seconds_left` are None where they are not known."""

    stage: Stage
    done: int
    total: int | None
    seconds_left: float | None
    failed: int = 0
    """Credentials that were tried and did not open, so far."""


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """How far one of several destinations is; None once it is done with."""

    address: str
    stage: Stage | None
    failed: bool


class TuiProgress:
    """A `ports.Progress`: its methods are called in the worker's thread, `stop` in the app's."""

    def __init__(
        self,
        tell: Callable[[Report], None],
        clock: Callable[[], float] = time.monotonic,
        tell_place: Callable[[PlaceReport], None] = lambda _: None,
    ) -> None:
        self._tell, self._tell_place = tell, tell_place
        self._clock = clock
        self._stopped = threading.Event()
        self._stage: Stage | None = None
        self._total: int | None = None
        self._done = self._failed = 0
        self._began = self._told = 0.0

    def stop(self) -> None:
        """The next checkpoint raises Cancelled."""
        self._stopped.set()

    def stage(self, stage: Stage, total: int | None = None) -> None:
        """A stage begins; what the one before it came to is told first."""
        if self._stage is not None and self._total is not None:
            self._report()
        self._stage, self._total, self._done = stage, total, 0
        self._began = self._clock()
        self._report()

    def advance(self, count: int = 1) -> None:
        """So many more are done; told at most every tenth of a second."""
        self._done += count
        if self._clock() - self._told >= _INTERVAL or self._done == self._total:
            self._report()

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None:
        """Told at once: there are few of them."""
        self._tell_place(PlaceReport(address, stage, failed))

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        """Count those that did not open."""
        self._failed += len(failed)

    def checkpoint(self) -> None:
        """Raises Cancelled once the person asked to stop."""
        if self._stopped.is_set():
            raise Cancelled(self._stage or "")

    def _report(self) -> None:
        if self._stage is None:
            return
        self._told = self._clock()
        self._tell(Report(self._stage, self._done, self._total, self._seconds_left(), self._failed))

    def _seconds_left(self) -> float | None:
        elapsed = self._told - self._began
        if not self._total or not 0 < self._done < self._total or elapsed < _FIRST_GUESS:
            return None
        return elapsed / self._done * (self._total - self._done)
