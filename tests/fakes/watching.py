"""A Progress that remembers what it was told, and stops at a chosen checkpoint."""

from collections.abc import Mapping, Sequence

from nskeys.errors import Cancelled
from nskeys.model.credentials import SealedRow
from nskeys.ports import Stage
from nskeys.reasons import FailureReason


class Watching:
    """ports.Progress. `stops_at` is the number of the checkpoint that raises Cancelled, 0 for none."""

    def __init__(self, stops_at: int = 0) -> None:
        self.stages: list[Stage] = []
        self.totals: dict[Stage, int | None] = {}
        self.advanced: dict[Stage, int] = {}
        self.places: dict[str, list[str]] = {}
        """What each of several destinations came through, then `done` or `failed`."""
        self.tried: list[str] = []
        self.failed: dict[str, FailureReason] = {}
        self.checkpoints = 0
        self._stops_at = stops_at

    def stage(self, stage: Stage, total: int | None = None) -> None:
        self.stages.append(stage)
        self.totals[stage] = total

    def advance(self, count: int = 1) -> None:
        stage = self.stages[-1]
        self.advanced[stage] = self.advanced.get(stage, 0) + count

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None:
        self.places.setdefault(address, []).append("failed" if failed else stage or "done")

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        self.tried += [row[0] for row in rows]
        self.failed |= failed

    def checkpoint(self) -> None:
        self.checkpoints += 1
        if self.checkpoints == self._stops_at:
            raise Cancelled
